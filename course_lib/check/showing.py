"""Values as text short enough for a learner to read: small ones in full, large ones by type, shape and range."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

SMALL = 64  # array elements shown one by one
WIDE = 16  # elements in one row of them


def compact(value: Any) -> str:
    """Return a value as short text.

    >>> compact(0.1 + 0.2)
    '0.3'
    >>> compact(np.zeros((64, 64), np.uint8))
    'uint8 array of shape (64, 64), values 0 to 0'
    >>> compact(("post",))
    "('post',)"
    """
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)):
        return format(float(value), ".6g")
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, str):
        return _cut(repr(str(value)))  # NumPy's own texts would show as np.str_('…')
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return _table(value)
    if isinstance(value, Mapping):
        return _listed([f"{compact(key)}: {compact(item)}" for key, item in value.items()], "{", "}")
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        items = [f"{name}={compact(item)}" for name, item in zip(value._fields, value, strict=True)]
        return _listed(items, f"{type(value).__name__}(", ")")
    if isinstance(value, (list, tuple, set, frozenset)):
        left, right = {list: "[]", tuple: "()"}.get(type(value), "{}")
        if isinstance(value, tuple) and len(value) == 1:
            right = ",)"  # as Python writes it: brackets alone make no tuple
        items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
        return _listed([compact(item) for item in items], left, right)
    if callable(value) and hasattr(value, "__name__"):
        return f"the function {value.__name__}"
    return _cut(repr(value))


def describe(value: Any) -> str:
    """Return what kind of thing a value is, for a message about the wrong kind.

    >>> describe(np.zeros((4, 4), bool)), describe([1, 2]), describe(None)
    ('a boolean array of shape (4, 4)', 'a list of 2', 'None')
    """
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"{kind_of(value)} array of shape {value.shape}"
    if isinstance(value, (bool, np.bool_)):
        return "True or False"
    if isinstance(value, (int, float, np.number)):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, pd.DataFrame):
        return f"a table of {len(value)} rows"
    if isinstance(value, pd.Series):
        return f"a column of {len(value)} rows"
    if isinstance(value, Mapping):
        return f"a dictionary of {len(value)}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"an object of type {type(value).__name__}"


def kind_of(array: np.ndarray) -> str:
    """Return an array's kind of element with its article: "a boolean", "a whole-number", "a decimal", "a text"."""
    return {"b": "a boolean", "i": "a whole-number", "u": "a whole-number", "f": "a decimal"}.get(
        array.dtype.kind, "a text" if array.dtype.kind in "UST" else "an object"
    )


def shown_inputs(function: Callable, inputs: tuple, keywords: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the inputs as pairs of parameter name (from the signature of `function`) and compact text."""
    try:
        names = list(inspect.signature(function).bind(*inputs, **keywords).arguments)
    except (TypeError, ValueError):
        names = []
    names = names[: len(inputs)] if len(names) >= len(inputs) else [f"argument {n + 1}" for n in range(len(inputs))]
    pairs = [(name, compact(value)) for name, value in zip(names, inputs, strict=True)]
    return pairs + [(name, compact(value)) for name, value in keywords.items()]


def _array(array: np.ndarray) -> str:
    if array.ndim == 0:
        return compact(array.item())
    if 0 < array.size <= SMALL and max(array.shape) <= WIDE:
        return np.array2string(array, precision=4, suppress_small=True, max_line_width=100)
    text = f"{array.dtype} array of shape {array.shape}"
    if array.size and array.dtype.kind in "iuf":
        finite = array[np.isfinite(array)]
        text += f", values {compact(finite.min())} to {compact(finite.max())}" if finite.size else ""
        text += "" if finite.size == array.size else f", {array.size - finite.size} not finite"
    elif array.size and array.dtype.kind == "b":
        text += f", {int(array.sum())} of {array.size} True"
    return text


def _table(table: pd.DataFrame | pd.Series) -> str:
    frame = table.to_frame() if isinstance(table, pd.Series) else table
    if len(frame) <= 8 and frame.shape[1] <= 6:
        return table.to_string(max_rows=8)
    columns = _cut(", ".join(str(column) for column in frame.columns), 100)
    return f"table of {len(frame)} rows × {frame.shape[1]} columns ({columns})"


def _listed(items: list[str], left: str, right: str) -> str:
    kept = items if len(items) <= 12 else [*items[:10], f"… {len(items) - 10} more"]
    joiner = ",\n" if any("\n" in item for item in kept) else ", "
    return left + joiner.join(kept) + right


def _cut(text: str, length: int = 160) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
