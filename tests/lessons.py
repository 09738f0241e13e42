"""What the tests of the lessons share: what an executed lesson shows, and how its cells are run once more."""

import re
from pathlib import Path
from types import MappingProxyType

import nbformat

from tools.notebook_build.execute import environment
from tools.notebook_build.source import read_source

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def source_of(number):
    """The source of a lesson, as a notebook with solutions."""
    (path,) = (NOTEBOOKS / "source").glob(f"{number:02d}_*.py")
    return read_source(path)


def cells_of(number):
    """The cells of a lesson as it was executed."""
    (path,) = (NOTEBOOKS / "solutions").glob(f"{number:02d}_*.ipynb")
    return nbformat.read(path, as_version=4).cells


def outputs_of(number):
    """All outputs of the executed lesson, in order."""
    return [output for cell in cells_of(number) for output in cell.get("outputs", [])]


def printed_by(number):
    """Everything that the executed lesson prints."""
    return "\n".join(output.text for output in outputs_of(number) if output.output_type == "stream")


def shown_by(number):
    """Everything that the executed lesson prints, its tables, and the descriptions of its figures."""
    return "\n".join(output.get("text", "") or plain(output) for output in outputs_of(number))


def plain(output):
    """An output's form in plain text; "" where it has none."""
    return output.get("data", {}).get("text/plain", "")


def numbers(pattern, text):
    """The numbers that the groups of a pattern find, where it first fits."""
    found = re.search(pattern, text)
    assert found, pattern
    return [float(group) for group in found.groups()]


def see_what_lessons_see(patch):
    """Have lessons show the phantoms, as the built ones do, and open no window."""
    patch.setenv("MPLBACKEND", "agg")
    patch.delenv("COURSE_DATA", raising=False)
    if named := environment().get("COURSE_DATA"):
        patch.setenv("COURSE_DATA", named)


def run_cells(number, changes=MappingProxyType({}), needed=("",)):
    """Run code cells of a lesson's source after changes to their text, and return what their names stand for.

    Args:
        number: of the lesson.
        changes: by piece of text what takes its place; each piece must be there.
        needed: pieces of text; of the cells those are run that hold one of them.
    """
    cells = [cell.source for cell in source_of(number).cells if cell.cell_type == "code"]
    chosen = [source for source in cells if any(part in source for part in needed)]
    missing = [piece for piece in changes if not any(piece in source for source in chosen)]
    assert missing == []
    names = {}
    for source in chosen:
        for piece, other in changes.items():
            source = source.replace(piece, other)
        exec(compile(source, f"lesson {number}", "exec"), names)
    return names
