"""Where links lead on the site: files of the repository that are pages become links to pages, others to the repository.

Documents are written as they are read in the repository, with links counted from their own folder.
"""

import os
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.errors import CourseError
from tools.repository import ROOT, github_link

FILES = "files"  # folder of the site's source for pictures of the repository
_LINK = re.compile(r"""(\]\(|<img[^>]*?\ssrc="|^```\{image\} )(?![a-z]+:|[#/])([^)"\s#]*)(#[^)"\s]*)?""", re.M)
_CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.S | re.M)
_PICTURES = (".png", ".gif", ".svg", ".webp", ".jpg")


@dataclass
class Links:
    """Knows which files of the repository are pages, and collects the pictures that pages show.

    Attributes:
        pages: path in the repository to path in the site's source, both with "/".
        pictures: paths in the repository of the pictures that were met.
    """

    pages: dict[str, str]
    pictures: set[str] = field(default_factory=set)

    def rewritten(self, text: str, origin: str, page: str) -> str:
        """Return a Markdown text whose links work on the site.

        Args:
            text: as in the repository; code in it stays as it is.
            origin: the file it is from, in the repository.
            page: where the page lies in the site's source.

        Raises:
            CourseError: a link leads to a file that the repository does not have.
        """

        def turned(found: re.Match) -> str:
            before, target, anchor = found[1], found[2], found[3] or ""
            if not target:  # a place on the same page
                return found[0]
            return before + self.address(posixpath.join(posixpath.dirname(origin), target), origin, page) + anchor

        return "".join(part if _is_code(part) else _LINK.sub(turned, part) for part in _CODE.split(text))

    def address(self, target: str, origin: str, page: str) -> str:
        """Return what a page writes to lead to a file of the repository."""
        path = posixpath.normpath(target)
        folder = posixpath.dirname(page) or "."
        if path in self.pages:
            return posixpath.relpath(self.pages[path], folder)
        if path.startswith("..") or not (ROOT / path).exists():
            raise CourseError(f"{origin} leads to {path}, which is not there. Mend the link.")
        if path.endswith(_PICTURES):
            self.pictures.add(path)
            return posixpath.relpath(f"{FILES}/{path}", folder)
        return github_link(path)

    def copy_pictures(self, out: Path) -> None:
        """Copy the pictures that were met to where the pages look for them."""
        for path in sorted(self.pictures):
            copy = out / FILES / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / path).read_bytes())


def _is_code(part: str) -> bool:
    return part.startswith("`") and not part.startswith(("```{glossary}", "```{image}"))


def without_empty_sections(text: str) -> str:
    r"""Return a document without the sections whose table, made by a script, is not there yet.

    Such a table stands between ``<!-- name -->`` and ``<!-- end -->``.

    >>> without_empty_sections("# A\n\n## B\n\n<!-- b -->\n<!-- end -->\n\n## C\n\ntext\n")
    '# A\n\n## C\n\ntext\n'
    """
    sections = re.split(r"^(?=## )", text, flags=re.M)
    return "".join(part for part in sections if not re.search(r"<!-- [\w -]+ -->\s*<!-- end -->", part))


def site_path(path: Path, below: Path) -> str:
    """Return a path below a folder with "/", on every machine."""
    return path.relative_to(below).as_posix().replace(os.sep, "/")
