"""Take one exercise out of a lesson: the cells that it needs, and no others, run in order in a fresh namespace."""

import ast
from collections.abc import Callable
from typing import Any

import nbformat

from course_lib.grading.slices import SETUP_TAG, check_calls, names, python_only

__all__ = ["check_calls", "exercise_names", "python_only", "run_slice", "slice_of"]


def exercise_names(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the names of the exercises whose solutions a lesson holds, in order."""
    named = [cell.metadata["course"]["exercise"] for cell in notebook.cells if "course" in cell.metadata]
    return list(dict.fromkeys(named))


def slice_of(notebook: nbformat.NotebookNode, exercise: str) -> list[nbformat.NotebookNode]:
    """Return, in order, the cells that the first check of an exercise needs, that check's cell included.

    Cells tagged "setup" always belong to it. Beyond these a cell belongs to it if it binds, or assigns into, a name
    that a later cell of the slice reads.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    last = next((n for n, cell in enumerate(code) if exercise in check_calls(cell.source)), None)
    if last is None:
        return []
    wanted, chosen = set(), []
    for number in range(last, -1, -1):
        bound, read = names(code[number].source)
        own = code[number].metadata.get("course", {}).get("exercise") == exercise
        if number == last or own or bound & wanted or SETUP_TAG in code[number].metadata.get("tags", []):
            chosen.append(code[number])
            wanted |= read
    return chosen[::-1]


def run_slice(cells: list[nbformat.NotebookNode], exercise: str, check: Callable[..., Any]) -> Any:
    """Run the cells of a slice and return what `check` returned for the exercise; leave out other checks and hints."""
    results = []

    def only_this(name: str, *arguments, **given):
        if name == exercise:
            results.append(check(name, *arguments, **given))

    space: dict[str, Any] = {"__name__": "__lesson__"}
    for cell in cells:
        tree = ast.parse(python_only(cell.source))
        exec(compile(tree, f"<{cell.id}>", "exec"), space)
        space["check"], space["hint"] = only_this, lambda name: None
    if not results:
        raise LookupError(f"The slice of {exercise} never called check.")
    return results[0]
