"""A lesson's executed solution as a page: launch links on top, each exercise open with hints and solution folded."""

import copy
import html
import re
from dataclasses import dataclass

import nbformat

from course_lib.check.banks import find_exercise
from course_lib.errors import CourseError
from tools import repository
from tools.notebook_build.beginning import BEGIN_TAG, LAUNCH_TAG
from tools.notebook_build.source import BEGIN, END, Lesson, without_solution
from tools.site_build.figures import Album
from tools.site_build.links import Links

SOLUTION = {"free": "One answer", "prediction": "Our guess"}  # by the exercise's kind; others have a solution


_ASIDE = re.compile(r"(# )?hint\(|progress\.show\(|from course_lib import progress$")


@dataclass(frozen=True)
class Summary:
    """What a lesson says of itself in its first cell: title, driving question, what one can do after it, its time."""

    title: str
    question: str
    able: str
    time: str


def summary(notebook: nbformat.NotebookNode) -> Summary:
    """Read a lesson's summary from its head.

    Raises:
        CourseError: the head lacks one of its parts.
    """
    head = next(cell.source for cell in notebook.cells if cell.source.startswith("# ") and cell.cell_type == "markdown")
    rows = {name.strip(): text.strip() for name, text in re.findall(r"^\| \*\*(.+?)\*\* \|(.+)\|$", head, re.M)}
    question = re.search(r"^\*\*(.+?)\*\*$", head, re.M)
    wanted = ("You will be able to", "Time")
    if question is None or not all(name in rows for name in wanted):
        raise CourseError(
            f"A lesson begins with its question in bold and a table with {' and '.join(wanted)}: {head[:60]}"
        )
    return Summary(head.splitlines()[0].lstrip("# "), question[1], rows["You will be able to"], rows["Time"])


def lesson_page(lesson: Lesson, links: Links, page: str, album: Album) -> nbformat.NotebookNode:
    """Return the notebook that Sphinx shows for a lesson.

    Args:
        lesson: its executed solution is read.
        links: leads the text's links.
        page: where the page lies in the site's source.
        album: takes the pictures.

    Raises:
        CourseError: a picture has no alt text, a link leads nowhere, an exercise is in no bank.
    """
    notebook = nbformat.read(lesson.solution, as_version=4)
    origin = f"notebooks/solutions/{lesson.solution.name}"
    cells = []
    for cell in notebook.cells:
        if _only_in_notebooks(cell):
            continue
        for output in cell.get("outputs", []):
            album.without_pictures(output)
            _without_headings(output)
        exercise = cell.metadata.get("course", {}).get("exercise")
        if exercise:
            cells += folded(cell, exercise)
        elif cell.cell_type == "markdown":
            cell.source = links.rewritten(_without_asking_for_hints(cell.source), origin, page)
            cells += [cell] if cell.source.strip() else []
        else:
            cells.append(cell)
    title, _, rest = cells[0].source.partition("\n")
    cells[0].source = f"{title}\n\n{launch_links(lesson.name)}\n{rest}"
    made = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(notebook.metadata))
    for number, cell in enumerate(made.cells):
        cell.id = f"cell-{number}"
    return made


def _only_in_notebooks(cell: nbformat.NotebookNode) -> bool:
    """Return whether a cell is of use only where it runs: the first one, badges, a hint to ask for, one's progress."""
    if {BEGIN_TAG, LAUNCH_TAG} & set(cell.metadata.get("tags", [])):
        return True
    lines = [line for line in cell.source.splitlines() if line.strip()]
    return cell.cell_type == "code" and all(_ASIDE.match(line) for line in lines)


def _without_asking_for_hints(text: str) -> str:
    """Leave out the paragraph that says how to ask for a hint: here hints lie open to be unfolded."""
    return "\n\n".join(part for part in re.split(r"\n{2,}", text) if not part.startswith("Stuck?"))


def _without_headings(output: nbformat.NotebookNode) -> None:
    """Make headings within an output bold lines: they are not headings of the page."""
    data = output.get("data", {})
    if "text/markdown" in data:
        data["text/markdown"] = re.sub(r"^#+ (.+)$", r"**\1**", data["text/markdown"], flags=re.M)


def folded(cell: nbformat.NotebookNode, name: str) -> list[nbformat.NotebookNode]:
    """Return an exercise's cell as several: the stub, its hints one within the other, the solution folded away.

    Raises:
        CourseError: no bank knows the exercise.
    """
    exercise = find_exercise(name)
    if exercise is None:
        raise CourseError(f"No bank under course_lib/check has the exercise {name!r}.")
    stub = nbformat.v4.new_code_cell(without_solution(cell.source))
    solution = nbformat.v4.new_code_cell(_without_markers(cell.source), outputs=cell.outputs, execution_count=1)
    opened = f'<details class="fold solution">\n<summary>{SOLUTION.get(exercise.kind, "Solution")}: {name}</summary>'
    texts = [_hints(exercise.hints, name), opened, "</details>"]
    hints, before, after = (nbformat.v4.new_markdown_cell(text) for text in texts)
    return [stub, *([hints] if exercise.hints else []), before, solution, after]


def _hints(hints, name: str) -> str:
    """Return hints as HTML, each within the one before, so that they unfold step by step."""
    made = ""
    for step in range(len(hints), 0, -1):
        head = f"Hint {step} of {len(hints)}<span class='visually-hidden'>: {name}</span>"
        text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(hints[step - 1], quote=False)).replace("\n", " ")
        made = f'<details class="fold hint"><summary>{head}</summary><p>{text}</p>{made}</details>'
    return made


def _without_markers(code: str) -> str:
    return "\n".join(line for line in code.splitlines() if line.strip() not in (BEGIN, END))


def launch_links(name: str, label: str = "Work in it") -> str:
    """Return a row of links, as HTML, that open the learner's copy of a lesson on Colab, Kaggle and Binder."""
    hosts = {"Colab": repository.colab_link, "Kaggle": repository.kaggle_link, "Binder": repository.binder_link}
    row = "".join(f'<a class="launch" href="{html.escape(link(name))}">{host}</a>' for host, link in hosts.items())
    source = html.escape(repository.github_link(f"notebooks/source/{name}.py"))
    return (
        f'<nav class="launches" aria-label="Open this lesson elsewhere"><span>{label}:</span>{row}'
        f'<a class="source" href="{source}">Source</a></nav>'
    )
