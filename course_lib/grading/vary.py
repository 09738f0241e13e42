"""Draw fresh cases like the visible ones, so that an answer which only knows those is found out.

A drawn case has to test the same thing as the case that it comes from: the reference must accept it, and every wrong
answer of the exercise's bank must be right on it exactly where it was right before. So nobody loses a property to a
hidden case whose subject is another one, and no mistake that a visible case shows goes unseen on the hidden one.
"""

import itertools
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from course_lib.check.comparing import difference
from course_lib.check.exercise import Case, Exercise, Property
from course_lib.check.judging import judge_outcomes
from course_lib.check.running import call

TRIES = 240  # candidates drawn before a case is given up
PICKY = 30  # of these so many must also give an output that no visible case of the property gives
COLLECTION = "TCGA_"  # with which a patient's name begins
ANCHORS = (0.0, 0.25, 0.5, 0.75, 1.0)  # values with a meaning of their own: thresholds, edges of bins, certainty


def vary(case: Case, random: np.random.Generator) -> Case:
    """Return a case of the same form with other values; whether it still tests the same, `drawn_like` finds out.

    Functions, True, False, None, 0 and 1 stay, and so do texts, but for names of patients, which get other letters and
    digits: names that began alike still do. Equal numbers stay equal and larger ones larger; whole numbers of tables
    may all grow by the same; the pixels of arrays of one shape may be moved about together; a row, or an item of a
    list, may be there twice.
    """
    inputs, keywords = case.fresh()
    tree = [list(inputs), keywords]
    for change, chance in (
        (_moved, 0.5),
        (_scattered, 0.3),
        (_repeated, 0.3),
        (_revalued, 0.6),
        (_shifted, 0.7),
        (_renamed, 1),
    ):
        if random.random() < chance:
            tree = change(tree, random)
    return Case(tuple(tree[0]), tree[1], "hidden")


def drawn_like(exercise: Exercise, rule: Property, case: Case, random: np.random.Generator, count: int) -> list[Case]:
    """Return up to `count` varied cases that test of an answer what `case` tests; fewer where none could be found."""
    if callable(case.inputs):
        return []
    witness = _Witness.of(exercise, rule, case)
    known = [call(exercise.reference, each, exercise.seconds, exercise.view).output for each in rule.cases]
    found: list[Case] = []
    for attempt in range(TRIES):
        if len(found) == count:
            break
        candidate = vary(case, random)
        if not all(_differ(candidate, other) for other in [case, *found]):
            continue
        expected = call(exercise.reference, candidate, exercise.seconds, exercise.view)
        stale = any(difference(output, expected.output, exercise.tolerance) is None for output in known)
        if (stale and attempt < PICKY) or not witness.agrees(candidate):
            continue
        found.append(candidate)
    return found


def _differ(one: Case, other: Case) -> bool:
    return bool(difference([*one.inputs, one.keywords], [*other.inputs, other.keywords], tolerance=0.0))


@dataclass(frozen=True)
class _Witness:
    """Who is right on a case: the reference, and which of the wrong answers."""

    exercise: Exercise
    rule: Property
    error: str
    right: tuple[bool, ...]

    @classmethod
    def of(cls, exercise: Exercise, rule: Property, case: Case) -> "_Witness":
        error = call(exercise.reference, case, exercise.seconds, exercise.view).error
        return cls(exercise, rule, error, tuple(cls._verdicts(exercise, rule, case)))

    @staticmethod
    def _verdicts(exercise: Exercise, rule: Property, case: Case) -> Iterator[bool]:
        alone = replace(exercise, properties=[replace(rule, cases=[case])], misconceptions=(), may_change_inputs=True)
        for answer in [exercise.reference, *(wrong.answer for wrong in exercise.misconceptions)]:
            yield judge_outcomes(alone, [call(answer, case, exercise.seconds, exercise.view)]).score == 1.0

    def agrees(self, case: Case) -> bool:
        """Return whether the same answers are right on another case."""
        if call(self.exercise.reference, case, self.exercise.seconds, self.exercise.view).error != self.error:
            return False
        found = self._verdicts(self.exercise, self.rule, case)
        return all(mine == theirs for mine, theirs in zip(self.right, found, strict=True))


def _each(value: Any, change: Callable[[Any], Any], tables: bool = False) -> Any:
    """Return a tree of lists, tuples and dictionaries with `change` applied to every leaf, or column of a table."""
    if isinstance(value, (list, tuple)):
        return type(value)([_each(item, change, tables) for item in value])
    if isinstance(value, dict):
        return {key: _each(item, change, tables) for key, item in value.items()}
    if tables and isinstance(value, pd.DataFrame):
        return pd.DataFrame({name: _column(value[name], change) for name in value}, index=value.index)
    if tables and isinstance(value, pd.Series):
        return _column(value, change)
    return change(value)


def _column(series: pd.Series, change: Callable[[Any], Any]) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(series):
        names = series.name == "patient"
        return (
            pd.Series([change(_Patient(text)) for text in series], series.index, name=series.name) if names else series
        )
    if pd.api.types.is_integer_dtype(series):  # counts and numbers of slices, which `_shifted` moves together
        return series
    return pd.Series(change(series.to_numpy(copy=True)), index=series.index, name=series.name)


class _Patient(str):
    """A text that is known to be a patient's name by the column that it stands in."""

    __slots__ = ()


def _leaves(tree: Any, tables: bool = False) -> list[Any]:
    found: list[Any] = []
    _each(tree, lambda leaf: found.append(leaf) or leaf, tables)
    return found


def _arrays(tree: Any) -> list[np.ndarray]:
    return [leaf for leaf in _leaves(tree) if isinstance(leaf, np.ndarray) and leaf.ndim]


# --- other values ----------------------------------------------------------------------------------------------------


def _revalued(tree: Any, random: np.random.Generator) -> Any:
    """Map every number to another one: decimals keep their order, whole numbers too, brightness loses it at times."""
    numbers: dict[str, set] = {"float": set(), "int": set(), "pixel": set()}
    for leaf in _leaves(tree, tables=True):
        if kind := _kind(leaf):
            numbers[kind] |= set(np.unique(leaf).tolist())
    maps = {
        "float": _decimals(sorted(v for v in numbers["float"] if np.isfinite(v)), random),
        "int": _whole(sorted(numbers["int"]), random),
        "pixel": _brightness(sorted(numbers["pixel"]), random),
    }
    return _each(tree, lambda leaf: _replaced(leaf, maps[_kind(leaf)]) if _kind(leaf) else leaf, tables=True)


def _kind(leaf: Any) -> str:
    """Return of what kind a leaf's numbers are: "float", "int", "pixel" (many whole numbers), or "" for no number."""
    if isinstance(leaf, (bool, np.bool_)):
        return ""
    if isinstance(leaf, (float, np.floating)):
        return "float"
    if isinstance(leaf, (int, np.integer)):
        return "int"
    if not isinstance(leaf, np.ndarray) or leaf.dtype.kind not in "fiu":
        return ""
    return "float" if leaf.dtype.kind == "f" else "pixel"


def _replaced(leaf: Any, new: dict) -> Any:
    if isinstance(leaf, np.ndarray):
        values, places = np.unique(leaf, return_inverse=True)
        return np.array([new.get(v, v) for v in values.tolist()], leaf.dtype)[places].reshape(leaf.shape)
    return type(leaf)(new.get(leaf, leaf))


def _decimals(values: list[float], random: np.random.Generator) -> dict[float, float]:
    """Map decimals to others of the same order, each staying between the same two anchors."""
    top = max([1.0, *np.abs(values)])
    top = 255.0 if 8 < top <= 255 else 1.5 * top
    anchors = ANCHORS if random.random() < 0.7 else (0.0, 1.0)
    edges = [-top, *anchors, top]
    new = {value: value for value in values}
    for low, high in itertools.pairwise(edges):
        inner = [value for value in values if low < value < high and value not in anchors]
        drawn = np.round(np.sort(random.uniform(low, high, len(inner))), 3 if high - low < 2 else 2)
        if len({low, high, *drawn.tolist()}) == len(inner) + 2:
            new |= dict(zip(inner, drawn.tolist(), strict=True))
    return new


def _shifted(tree: Any, random: np.random.Generator) -> Any:
    """Add the same to all whole numbers of tables, so that neighbours stay neighbours."""
    step = int(random.integers(1, 30))

    def shift(leaf):
        if not isinstance(leaf, pd.DataFrame):
            return leaf
        whole = [name for name in leaf if pd.api.types.is_integer_dtype(leaf[name])]
        return leaf.assign(**{name: leaf[name] + step for name in whole})

    return _each(tree, shift)


def _renamed(tree: Any, random: np.random.Generator) -> Any:
    """Put another letter or digit for each in a patient's name, the same one everywhere; the collection stays."""
    letters = string.ascii_uppercase
    other = str.maketrans(
        letters + string.digits,
        "".join([*random.permutation(list(letters)), *random.permutation(list(string.digits))]),
    )

    def rename(leaf):
        if isinstance(leaf, str) and leaf.startswith(COLLECTION):
            return COLLECTION + leaf.removeprefix(COLLECTION).translate(other)
        return leaf.translate(other) if isinstance(leaf, _Patient) else leaf

    return _each(tree, rename, tables=True)


def _whole(values: list[int], random: np.random.Generator) -> dict[int, int]:
    """Map whole numbers from 2 on to others of the same order; 0, 1 and negative ones stay."""
    large = [value for value in values if value >= 2]
    if not large:
        return {}
    room = np.arange(2, max(large) + 4)
    return dict(zip(large, np.sort(random.choice(room, len(large), replace=False)).tolist(), strict=True))


def _brightness(values: list[int], random: np.random.Generator) -> dict[int, int]:
    """Map whole numbers of arrays to others; masks, which hold nothing but 0 and one more number, stay."""
    inner = [value for value in values if value not in (0, 1, 255)]
    if not inner or min(values) < 0:
        return {}
    drawn = random.choice(np.arange(2, max(max(inner) + 3, 255)), len(inner), replace=False)
    return dict(zip(inner, (np.sort(drawn) if random.random() < 0.5 else drawn).tolist(), strict=True))


# --- other places ----------------------------------------------------------------------------------------------------


def _moved(tree: Any, random: np.random.Generator) -> Any:
    """Turn, roll or shuffle one axis, alike in all arrays that are as long along it."""
    shapes = sorted({array.shape for array in _arrays(tree)})
    if not shapes:
        return tree
    shape = shapes[random.integers(len(shapes))]
    axis = int(random.integers(len(shape)))
    length = shape[axis]
    order = np.arange(length)
    way = random.integers(3)
    order = order[::-1] if way == 0 else np.roll(order, random.integers(length + 1)) if way == 1 else order
    order = random.permutation(length) if way == 2 else order
    return _each(tree, lambda leaf: leaf.take(order, axis) if _reaches(leaf, axis, length) else leaf)


def _scattered(tree: Any, random: np.random.Generator) -> Any:
    """Move all pixels of the arrays of one shape about, together or each array by itself."""
    shapes = sorted({array.shape for array in _arrays(tree)})
    if not shapes:
        return tree
    shape, together = shapes[random.integers(len(shapes))], random.random() < 0.5
    order = random.permutation(int(np.prod(shape)))

    def scatter(leaf):
        if not isinstance(leaf, np.ndarray) or leaf.shape != shape:
            return leaf
        return leaf.ravel()[order if together else random.permutation(leaf.size)].reshape(shape)

    return _each(tree, scatter)


def _repeated(tree: Any, random: np.random.Generator) -> Any:
    """Have one place of an axis twice, in all arrays alike; where there are no arrays, one item of a list."""
    shapes = sorted({array.shape for array in _arrays(tree)})
    if not shapes:
        return [[_longer(value, random) for value in tree[0]], tree[1]]
    shape = shapes[random.integers(len(shapes))]
    axis = int(random.integers(len(shape)))
    if not shape[axis]:
        return tree
    order = np.sort([*range(shape[axis]), random.integers(shape[axis])])
    return _each(tree, lambda leaf: leaf.take(order, axis) if _reaches(leaf, axis, shape[axis]) else leaf)


def _longer(value: Any, random: np.random.Generator) -> Any:
    if not isinstance(value, list) or not value or isinstance(value[0], str):  # a name twice is another matter
        return value
    place = int(random.integers(len(value)))
    return [*value[: place + 1], *value[place:]]


def _reaches(leaf: Any, axis: int, length: int) -> bool:
    return isinstance(leaf, np.ndarray) and leaf.ndim > axis and leaf.shape[axis] == length
