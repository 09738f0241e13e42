"""The banks of exercises: found by their module name, loaded one lesson at a time, only as far as needed."""

import difflib
import importlib
import pkgutil
import re
from pathlib import Path

from course_lib.check.exercise import Exercise
from course_lib.errors import CourseError

_banks: dict[str, dict[str, Exercise]] = {}  # exercises by name, by module name, in the order of loading
_own: dict[str, Exercise] = {}  # those that an instructor registered by hand


def bank_names() -> list[str]:
    """Return the names of the bank modules ("lesson01", …) in the order of the lessons."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in found if re.fullmatch(r"lesson\d\d", module.name))


def load_bank(module_name: str) -> dict[str, Exercise]:
    """Import one bank and return its exercises by name.

    Raises:
        CourseError: two exercises have the same name.
    """
    if module_name not in _banks:
        listed = importlib.import_module(f"course_lib.check.{module_name}").EXERCISES
        names = [exercise.name for exercise in listed]
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            raise CourseError(f"Bank {module_name} has two exercises named {', '.join(double)}. Rename one.")
        _banks[module_name] = {exercise.name: exercise for exercise in listed}
    return _banks[module_name]


def register(exercise: Exercise) -> None:
    """Add an exercise of one's own, for instance an instructor's; it goes before a bank's of the same name."""
    _own[exercise.name] = exercise


def find_exercise(name: str) -> Exercise | None:
    """Return the exercise, or None. Banks are loaded in order until one has it, so lesson 1 never loads lesson 9's."""
    if name in _own:
        return _own[name]
    for module_name in bank_names():
        if name in load_bank(module_name):
            return _banks[module_name][name]
    return None


def exercises(lesson: int | None = None) -> list[Exercise]:
    """Return all exercises, or those of one lesson, in the order in which the banks list them."""
    every = [exercise for module_name in bank_names() for exercise in load_bank(module_name).values()]
    every += list(_own.values())
    return [exercise for exercise in every if lesson in (None, exercise.lesson)]


def similar_names(name: str) -> list[str]:
    """Return up to three names of exercises that look like `name`."""
    return difflib.get_close_matches(name, [exercise.name for exercise in exercises()], n=3, cutoff=0.5)
