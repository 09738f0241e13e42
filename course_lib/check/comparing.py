"""The first difference between an expected and a given value, in a sentence that a learner can act on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from course_lib.check.showing import compact, describe, kind_of

NUMBERS = (int, float, np.integer, np.floating)
BOOLEANS = (bool, np.bool_)


def difference(expected: Any, got: Any, tolerance: float = 1e-5, where: str = "") -> str | None:
    """Return None if two values agree, else a sentence about the first place in which they do not.

    Whole and decimal numbers may stand for each other, and lists for tuples; True is not 1, and NaN agrees with NaN.
    The row labels of a table count only where the expected index has a name.

    Args:
        expected: the right value.
        got: the learner's.
        tolerance: largest difference of two numbers that counts as equal, absolute below 1 and relative above.
        where: name of the part that is compared, for the sentence.
    """
    expected, got = _plain(expected), _plain(got)
    for fits, compare in _RULES:
        if fits(expected):
            return compare(expected, got, tolerance, where)
    same = type(expected) is type(got) and bool(expected == got)
    return None if same else f"{_at(where)}expected {compact(expected)}, got {compact(got)}."


def is_plain(value: Any) -> bool:
    """Return whether a value is data that can be compared: numbers, text, arrays, tables, and containers of them."""
    if isinstance(value, Mapping):
        return all(is_plain(item) for item in value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(is_plain(item) for item in value)
    return isinstance(value, (np.ndarray, pd.DataFrame, pd.Series, str, *NUMBERS, *BOOLEANS, type(None)))


def _plain(value: Any) -> Any:
    """Turn tensors of any library, and arrays without axes, into what NumPy and Python have for them."""
    if hasattr(value, "__array__") and not isinstance(value, (np.ndarray, np.generic, pd.DataFrame, pd.Series)):
        try:
            value = np.asarray(value)
        except Exception:  # a symbolic tensor has no values; every library says so with its own error
            return value
    if isinstance(value, np.ndarray) and value.dtype.name == "bfloat16":
        value = value.astype(np.float32)
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _at(where: str) -> str:
    return f"In {where}: " if where else ""


def _wrong_kind(expected: Any, got: Any, where: str) -> str:
    extra = " Is a `return` missing?" if got is None and not where else ""
    return f"{_at(where)}expected {describe(expected)}, got {describe(got)}.{extra}"


def _boolean(expected, got, _tolerance, where):
    if not isinstance(got, BOOLEANS):
        return _wrong_kind(expected, got, where)
    return None if bool(expected) == bool(got) else f"{_at(where)}expected {bool(expected)}, got {bool(got)}."


def _number(expected, got, tolerance, where):
    if isinstance(got, BOOLEANS) or not isinstance(got, NUMBERS):
        return _wrong_kind(expected, got, where)
    if _close(np.asarray(expected), np.asarray(got), tolerance).all():
        return None
    return f"{_at(where)}expected {compact(expected)}, got {compact(got)}."


def _close(expected: np.ndarray, got: np.ndarray, tolerance: float) -> np.ndarray:
    if expected.dtype.kind in "iu" and got.dtype.kind in "iu" and tolerance < 1e-9:
        return expected == got
    wide, narrow = expected.astype(np.float64), got.astype(np.float64)
    with np.errstate(invalid="ignore"):
        near = np.abs(wide - narrow) <= tolerance * np.maximum(1.0, np.abs(wide))
    return near | (wide == narrow) | (np.isnan(wide) & np.isnan(narrow))


def _text(expected, got, _tolerance, where):
    if not isinstance(got, str):
        return _wrong_kind(expected, got, where)
    return None if str(expected) == str(got) else f"{_at(where)}expected {expected!r}, got {got!r}."


def _array(expected, got, tolerance, where):
    if not isinstance(got, np.ndarray):
        return _wrong_kind(expected, got, where)
    if expected.shape != got.shape:
        return f"{_at(where)}expected shape {expected.shape}, got shape {got.shape}."
    numeric = expected.dtype.kind in "iuf"
    if (numeric and got.dtype.kind not in "iuf") or (expected.dtype.kind == "b") != (got.dtype.kind == "b"):
        return f"{_at(where)}expected {kind_of(expected)} array, got {kind_of(got)} array ({got.dtype})."
    wrong = ~_close(expected, got, tolerance) if numeric else np.asarray(expected != got)
    if not wrong.any():
        return None
    if numeric and (unasked := int((np.isnan(got) & ~np.isnan(expected)).sum())):
        return f"{_at(where)}{unasked} of {got.size} values are NaN (a division 0/0?)."
    place = tuple(int(axis[0]) for axis in np.nonzero(wrong))
    index = str(place[0]) if len(place) == 1 else ", ".join(map(str, place))
    return (
        f"{_at(where)}{int(wrong.sum())} of {got.size} values differ; the first at [{index}]: "
        f"expected {compact(expected[place])}, got {compact(got[place])}."
    )


def _sequence(expected, got, tolerance, where):
    if not isinstance(got, (list, tuple)):
        return _wrong_kind(expected, got, where)
    if len(expected) != len(got):
        return f"{_at(where)}expected {len(expected)} items, got {len(got)}."
    names = getattr(expected, "_fields", [f"item {n}" for n in range(len(expected))])
    parts = (
        difference(
            a, b, tolerance, f"{where}, {name}" if where else f"`{name}`" if hasattr(expected, "_fields") else name
        )
        for name, a, b in zip(names, expected, got, strict=True)
    )
    return next((part for part in parts if part), None)


def _members(what: str, expected: set, got: set, where: str) -> str | None:
    missing, extra = sorted(expected - got, key=repr), sorted(got - expected, key=repr)
    if missing:
        return f"{_at(where)}{what} missing: {', '.join(map(compact, missing[:5]))}{_more(missing)}."
    if extra:
        return f"{_at(where)}{what} not asked for: {', '.join(map(compact, extra[:5]))}{_more(extra)}."
    return None


def _more(items: list) -> str:
    return f" and {len(items) - 5} more" if len(items) > 5 else ""


def _mapping(expected, got, tolerance, where):
    if not isinstance(got, Mapping):
        return _wrong_kind(expected, got, where)
    named = _members("keys", set(expected), set(got), where)
    parts = (
        difference(expected[key], got[key], tolerance, f"{where}[{key!r}]" if where else repr(key)) for key in expected
    )
    return named or next((part for part in parts if part), None)


def _set(expected, got, _tolerance, where):
    if not isinstance(got, (set, frozenset)):
        return _wrong_kind(expected, got, where)
    return _members("members", set(expected), set(got), where)


def _frame(expected, got, tolerance, where):
    if not isinstance(got, pd.DataFrame):
        return _wrong_kind(expected, got, where)
    named = _members("columns", set(expected.columns), set(got.columns), where)
    if named:
        return named
    if len(expected) != len(got):
        return f"{_at(where)}expected {len(expected)} rows, got {len(got)}."
    columns = (
        _column(expected[name], got[name], tolerance, f"{where}, column {name!r}" if where else f"column {name!r}")
        for name in expected
    )
    return _labels(expected, got, where) or next((part for part in columns if part), None)


def _series(expected, got, tolerance, where):
    if not isinstance(got, pd.Series):
        return _wrong_kind(expected, got, where)
    if len(expected) != len(got):
        return f"{_at(where)}expected {len(expected)} rows, got {len(got)}."
    return _labels(expected, got, where) or _column(expected, got, tolerance, where)


def _labels(expected, got, where):
    if expected.index.name is None or list(expected.index) == list(got.index):
        return None
    named = _members("row labels", set(expected.index), set(got.index), where)
    return named or f"{_at(where)}the row labels are right but in another order."


def _column(expected: pd.Series, got: pd.Series, tolerance: float, where: str) -> str | None:
    def values(series: pd.Series) -> np.ndarray:
        if pd.api.types.is_bool_dtype(series):
            return series.to_numpy(dtype=bool)
        if pd.api.types.is_numeric_dtype(series):
            return series.to_numpy(dtype=np.float64, na_value=np.nan)
        return series.astype(str).to_numpy(dtype=object)

    return difference(values(expected), values(got), tolerance, where)


_RULES = (
    (lambda value: isinstance(value, BOOLEANS), _boolean),
    (lambda value: isinstance(value, NUMBERS), _number),
    (lambda value: isinstance(value, str), _text),
    (lambda value: isinstance(value, np.ndarray), _array),
    (lambda value: isinstance(value, pd.DataFrame), _frame),
    (lambda value: isinstance(value, pd.Series), _series),
    (lambda value: isinstance(value, Mapping), _mapping),
    (lambda value: isinstance(value, (list, tuple)), _sequence),
    (lambda value: isinstance(value, (set, frozenset)), _set),
)
