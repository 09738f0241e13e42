"""A graded set: exercises that the library does not answer, one a file, kept by the instructor."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

import course_lib
from course_lib.check.exercise import Case, Exercise
from course_lib.errors import CourseError


@dataclass(frozen=True)
class Graded:
    """An exercise of a graded set: what learners are handed, and what stays here.

    Attributes:
        exercise: task, reference, visible cases, misconceptions, hints.
        text: the task as Markdown.
        stub: the code cell to fill in.
        solution: that cell, filled in.
        hidden: draws the hidden cases, a list for each property; None leaves that to `vary`.
        path: the file that it comes from.
    """

    exercise: Exercise
    text: str
    stub: str
    solution: str
    hidden: Callable[[np.random.Generator], list[list[Case]]] | None
    path: Path


def instructor_folder() -> Path:
    """The folder ``instructor`` of the course that this library belongs to; it is in no release."""
    return Path(course_lib.__file__).resolve().parents[1] / "instructor"


def graded_set(folder: Path) -> list[Graded]:
    """Return the exercises of a graded set: one a file ``lessonNN_name.py``, in the order of their names.

    Raises:
        CourseError: no such folder, or a file that lacks a part.
    """
    paths = sorted(Path(folder).glob("lesson[0-9][0-9]_*.py"))
    if not paths:
        raise CourseError(f"No lessonNN_name.py in {folder}. instructor/guide.md says what such a file holds.")
    return [_graded(path) for path in paths]


def _graded(path: Path) -> Graded:
    module = load_module(path)
    parts = ("EXERCISE", "TEXT", "STUB", "SOLUTION")
    lacking = [name for name in parts if not hasattr(module, name)]
    if lacking:
        raise CourseError(f"{path} lacks {', '.join(lacking)}. instructor/guide.md says what such a file holds.")
    exercise, text, stub, solution = (getattr(module, name) for name in parts)
    if exercise.kind != "function":
        raise CourseError(f"{path}: a graded exercise is a function that is called; this one is a {exercise.kind}.")
    if exercise.lesson != int(path.name[6:8]):
        raise CourseError(f"{path}: its name and its exercise say different lessons. Rename it, or mend `lesson`.")
    if f"def {exercise.name}(" not in stub or f"def {exercise.name}(" not in solution:
        raise CourseError(f"{path}: STUB and SOLUTION have to define {exercise.name!r}.")
    return Graded(
        exercise, text.strip("\n"), stub.strip("\n"), solution.strip("\n"), getattr(module, "hidden", None), path
    )


def load_module(path: Path) -> ModuleType:
    """Run an instructor's Python file and return what it defines.

    Raises:
        CourseError: whatever the file raised, with its name.
    """
    spec = importlib.util.spec_from_file_location(f"course_instructor_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # an instructor's own file: whatever it raises
        raise CourseError(f"Cannot load {path}: {type(error).__name__}: {error}. Mend it.") from error
    return module
