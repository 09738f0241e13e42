"""Puts together what Sphinx reads: the pages of docs/, the lessons, the repository's documents, the library."""

import re
import shutil
from pathlib import Path

import nbformat

from course_lib.errors import CourseError
from course_lib.storage import write_atomically
from tools import repository
from tools.notebook_build.source import Lesson, find_lessons
from tools.repository import ROOT
from tools.site_build import lessons as made
from tools.site_build import reference
from tools.site_build.figures import Album
from tools.site_build.links import Links, site_path, without_empty_sections

DOCS = ROOT / "docs"
# Documents of the repository that are pages as they stand; a folder's name leads to its page too.
DOCUMENTS = {
    "instructor/guide.md": "instructors.md",
    "results/README.md": "results/index.md",
    "data/README.md": "data/index.md",
    "data/model/README.md": "data/model.md",
    "data/encoder/README.md": "data/encoder.md",
}
ALSO = {
    "README.md": "index.md",
    ".": "index.md",
    "LICENSE": "licences.md",
    "LICENSE-TEXTS": "licences.md",
    "instructor": "instructors.md",
    "results": "results/index.md",
    "data": "data/index.md",
    "data/model": "data/model.md",
    "data/encoder": "data/encoder.md",
    "notebooks": "lessons/index.md",
    "notebooks/solutions": "lessons/index.md",
    "course_lib": "reference/index.md",
}


def write_source(out: Path) -> None:
    """Write everything that Sphinx reads into a folder that is not there yet.

    Raises:
        CourseError: a document leads nowhere, a picture has no alt text, an exercise is in no bank.
    """
    shutil.copytree(DOCS, out)
    chapters = find_lessons(ROOT / "notebooks")
    own = sorted(DOCS.rglob("*.md"))
    links = Links(pages_of(chapters, own))
    for path in own:
        origin, page = site_path(path, ROOT), site_path(path, DOCS)
        text = _filled(path.read_text(encoding="utf-8"), page, chapters)
        _write(out / page, links.rewritten(text, origin, page))
    for origin, page in DOCUMENTS.items():
        text = without_empty_sections((ROOT / origin).read_text(encoding="utf-8"))
        _write(out / page, links.rewritten(text, origin, page) + _contents(page))
    for lesson in chapters:
        _write_lesson(lesson, links, out)
    _write(out / "reference" / "index.md", reference.reference_index())
    _write(out / "reference" / "commands.md", reference.commands_page())
    for name in reference.MODULES:
        _write(out / "reference" / f"{name}.md", reference.module_page(name))
    links.copy_pictures(out)


def pages_of(chapters: list[Lesson], own: list[Path]) -> dict[str, str]:
    """Return which file of the repository is which page: path in the repository to path in the site's source."""
    pages = {**DOCUMENTS, **ALSO, **{site_path(path, ROOT): site_path(path, DOCS) for path in own}}
    for lesson in chapters:
        for folder in ("notebooks", "notebooks/solutions"):
            pages[f"{folder}/{lesson.name}.ipynb"] = f"lessons/{lesson.name}.ipynb"
    return pages


def _write_lesson(lesson: Lesson, links: Links, out: Path) -> None:
    page = f"lessons/{lesson.name}.ipynb"
    album = Album(out / "_static" / "figures", "../_static/figures", lesson.name)
    notebook = made.lesson_page(lesson, links, page, album)
    _write(out / page, nbformat.writes(notebook))


def _filled(text: str, page: str, chapters: list[Lesson]) -> str:
    """Fill the places of a page that follow from elsewhere: lessons, launch links, repository, licence."""
    up = "../" * (page.count("/") + 1)  # from docs/ to the root
    if "<!-- lessons -->" in text:
        text = text.replace("<!-- lessons -->", _list_of(chapters, up))
    if "<!-- licence -->" in text:
        licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
        text = text.replace("<!-- licence -->", f"```text\n{licence}```")
    text = re.sub(r"<!-- alt of (\S+) -->", lambda found: _description(found[1]), text)
    text = text.replace("<!-- repository -->", f"[the repository]({repository.address()})")
    return text.replace("<!-- launch -->", made.launch_links(chapters[0].name, "Begin with lesson 1 on"))


def _description(picture: str) -> str:
    """Return the alt text that the README gives a picture, so that it is written once.

    Raises:
        CourseError: the README does not show it.
    """
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"!\[([^\]]+)\]\({re.escape(picture)}\)", readme)
    if found is None:
        raise CourseError(f"README.md shows no {picture}, whose description the site takes over. Mend docs/index.md.")
    return found[1]


def _list_of(chapters: list[Lesson], up: str) -> str:
    rows = ['<div class="lessons">\n']
    for lesson in chapters:
        says = made.summary(nbformat.read(lesson.solution, as_version=4))
        title = says.title.split("·", 1)[-1].strip()
        rows.append(
            f"{lesson.number}. **[{title}]({up}notebooks/{lesson.name}.ipynb)** · {says.time}  \n"
            f"   *{says.question}* You will be able to {says.able}.\n"
        )
    return "\n".join([*rows, "</div>"])


def _contents(page: str) -> str:
    """Return the hidden table of contents of a page that has pages below it."""
    below = {"data/index.md": "model\nencoder"}.get(page)
    return f"\n```{{toctree}}\n:hidden:\n\n{below}\n```\n" if below else ""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as file:
        file.write(text)
