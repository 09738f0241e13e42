"""Read a lesson's percent source; make the learner's copy (solutions replaced by stubs) and the solution notebook."""

import ast
import copy
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat

from course_lib.errors import CourseError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"  # nbgrader's
SOLUTION_TAG = "solution"  # a whole cell that only the solution notebook has
STUB = 'raise NotImplementedError("your turn")'
METADATA = {
    "colab": {"provenance": [], "toc_visible": True},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Lesson:
    """Where one lesson's source and the two notebooks made of it lie."""

    source: Path
    learner: Path
    solution: Path

    @property
    def name(self) -> str:
        """The file name without its ending: "02_count_the_masks"."""
        return self.source.stem

    @property
    def number(self) -> int:
        """The lesson's number."""
        return int(self.source.stem[:2])


def find_lessons(notebooks: Path, only: list[str] | None = None) -> list[Lesson]:
    """Return the lessons of a notebooks folder in order, or those whose names start as one of `only` does.

    Raises:
        CourseError: one of `only` fits no lesson.
    """
    sources = sorted((notebooks / "source").glob("[0-9][0-9]_*.py"))
    for wanted in only or []:
        if not any(path.stem.startswith(wanted) for path in sources):
            raise CourseError(
                f"No lesson starts with {wanted!r} in {notebooks / 'source'}. Name it as in 01 or 02_count."
            )
    chosen = [path for path in sources if not only or path.stem.startswith(tuple(only))]
    return [
        Lesson(path, notebooks / f"{path.stem}.ipynb", notebooks / "solutions" / f"{path.stem}.ipynb")
        for path in chosen
    ]


def read_source(path: Path) -> nbformat.NotebookNode:
    """Return a source as a notebook with solutions, without outputs, with stable cell ids and the course's metadata.

    A cell's id follows from its exercise's name, or else from its text, so that it outlives changes to other cells.

    Raises:
        CourseError: markers do not pair, stand in a text cell, or in a cell that does not name its exercise.
    """
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    seen: dict[str, int] = {}
    cells = []
    for number, cell in enumerate(notebook.cells):
        where = f"{path.name}, cell {number}"
        cell.source = cell.source.strip("\n")
        exercise, tags = cell.metadata.get("exercise"), sorted(cell.metadata.get("tags", []))
        _refuse_bad_markers(cell, exercise, where)
        make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[cell.cell_type]
        made = make(cell.source)
        made.metadata.update({"tags": tags} if tags else {})
        made.metadata.update({"course": {"exercise": exercise}} if exercise else {})
        key = f"exercise-{exercise}" if exercise else hashlib.sha1(cell.source.encode()).hexdigest()[:12]
        seen[key] = seen.get(key, 0) + 1
        made.id = key if seen[key] == 1 else f"{key}-{seen[key]}"
        cells.append(made)
    metadata = {**copy.deepcopy(METADATA), "course": {"lesson": path.stem}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def _refuse_bad_markers(cell, exercise: str | None, where: str) -> None:
    lines = [line.strip() for line in cell.source.splitlines()]
    marks = [line for line in lines if line in (BEGIN, END)]
    loose = [line for line in lines if re.search(r"(BEGIN|END)\s+SOLUTION", line, re.I) and line not in (BEGIN, END)]
    if loose:
        raise CourseError(f"{where}: {loose[0]!r} is no marker. Write {BEGIN} or {END} alone on its line.")
    if marks != [BEGIN, END] * (len(marks) // 2):
        raise CourseError(f"{where}: solution markers do not pair. Each {BEGIN} needs one {END} after it.")
    if marks and cell.cell_type != "code":
        raise CourseError(f"{where}: a text cell cannot be stubbed. Tag the whole cell {SOLUTION_TAG!r} instead.")
    if marks and not exercise:
        raise CourseError(f'{where}: it holds a solution but names no exercise. Begin it with: # %% exercise="name"')


def learners_copy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy of a notebook from `read_source` without solutions and without the cells tagged "solution"."""
    made = copy.deepcopy(notebook)
    made.cells = [cell for cell in made.cells if SOLUTION_TAG not in cell.metadata.get("tags", [])]
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.source = without_solution(cell.source)
    return made


def without_solution(code: str) -> str:
    """Replace each solution block by a stub, so that a cell that only defines still runs.

    Inside a function the stub raises `NotImplementedError`; at the margin each name that the block assigns becomes
    `...`.

    >>> print(without_solution('''def f(x):
    ...     ### BEGIN SOLUTION
    ...     return 2 * x
    ...     ### END SOLUTION'''))
    def f(x):
        raise NotImplementedError("your turn")
    """
    kept, block = [], None
    for line in code.splitlines():
        if line.strip() == BEGIN:
            block, indent = [], line[: len(line) - len(line.lstrip())]
        elif line.strip() == END:
            kept += (
                [indent + STUB] if indent else [f"{name} = ...  # your turn" for name in _assigned("\n".join(block))]
            )
            block = None
        elif block is None:
            kept.append(line)
        else:
            block.append(line)
    return "\n".join(kept)


def _assigned(block: str) -> list[str]:
    """Return the names that a block at the margin assigns by itself, in order."""
    names: list[str] = []
    for statement in ast.parse(block).body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            raise CourseError(
                f"The solution block around {statement.name!r} hides its name. Put the markers inside it."
            )
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        found = [node.id for target in targets if target for node in ast.walk(target) if isinstance(node, ast.Name)]
        names += [name for name in found if name not in names and not name.startswith("_")]
    if not names:
        raise CourseError(f"A solution block at the margin assigns no name, so nothing is left to fill in:\n{block}")
    return names


def solution_blocks(code: str) -> list[list[str]]:
    """Return the lines of each solution block, without the markers."""
    return [block.strip("\n").splitlines() for block in re.findall(rf"{BEGIN}[^\n]*\n(.*?)\n?[ \t]*{END}", code, re.S)]


def for_solutions_folder(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy whose text cells link from `notebooks/solutions` to what they linked to from `notebooks`.

    Links to other lessons stay, and so lead to their solutions.
    """
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = DOCUMENT_LINK.sub(r"\1../\2", cell.source)
    return made


# A link or picture, not of the web, not within the page, and not of another lesson: what comes before, and the path.
DOCUMENT_LINK = re.compile(r"""(\]\(|<img[^>]*\ssrc=["'])(?![a-z]+:|[#/])(?![^)"']*\.ipynb)([^)"'\s]+)""")


def to_text(notebook: nbformat.NotebookNode) -> str:
    """Return a notebook as the text of its file: keys sorted, one trailing newline, the same on every machine."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"
