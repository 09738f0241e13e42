"""Arrays and tables as plain data: bytes in base64 with their shape and type, never pickle; columns one by one."""

import base64
import binascii
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from course_lib.errors import CourseError

PLAIN = r"\|b1|\|[iu]1|<[iu][248]|<f[248]|<c(8|16)|<U[0-9]{1,9}|\|S[0-9]{1,9}|<[mM]8(\[(ns|us|ms|s|m|h|D|W|M|Y)\])?"
EXTENSIONS = r"u?int(8|16|32|64)|float(32|64)|boolean|string|str|object|category"  # of pandas, lower case
AXES = 32
LONGEST_RANGE = 10_000_000  # rows of a table whose index is a range, which takes no room on the wire


class WireError(CourseError):
    """Data that crossed the boundary, or should, is not what it must be."""


def pack(array: np.ndarray) -> list | None:
    """Return [type, shape, bytes in base64] of an array; None for a type of element that does not cross."""
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    if array.dtype == np.longdouble and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    if plain.dtype.names or not re.fullmatch(PLAIN, plain.dtype.str):
        return None
    return [plain.dtype.str, list(array.shape), base64.b64encode(plain.tobytes()).decode("ascii")]


def unpack(data: Any, spend: Callable[[int], None]) -> np.ndarray:
    """Return the array that was packed; `spend` is told its size before it is made.

    Raises:
        WireError: unknown type, or a size that does not fit.
    """
    if not (isinstance(data, list) and len(data) == 3 and isinstance(data[0], str) and isinstance(data[2], str)):
        raise WireError("Expected type, shape and bytes of an array.")
    if not re.fullmatch(PLAIN, data[0]):
        raise WireError(f"Unknown type of array {data[0][:40]!r}.")
    spend(len(data[2]))
    try:
        content = base64.b64decode(data[2].encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise WireError("The bytes of an array are no base64.") from error
    dtype = np.dtype(data[0])
    spend(dtype.itemsize)
    shape = checked_shape(data[1])
    if math.prod(shape) * dtype.itemsize != len(content):
        raise WireError("Shape and bytes of an array do not fit.")
    if dtype.kind == "b" and content.strip(b"\0\1"):
        raise WireError("A boolean is 0 or 1.")
    if dtype.itemsize == 0:
        return np.zeros(shape, dtype)
    if dtype.kind == "U" and not _characters(content):
        raise WireError("A text holds what is no character.")
    return np.frombuffer(content, dtype).reshape(shape).copy()


def checked_shape(shape: Any, size: int | None = None) -> tuple[int, ...]:
    """Return a shape that an array can have.

    Raises:
        WireError: no list of whole numbers, or not that of `size` elements.
    """
    if not isinstance(shape, list) or len(shape) > AXES or not all(type(axis) is int for axis in shape):
        raise WireError("A shape is a short list of whole numbers.")
    if not all(0 <= axis <= 2**31 for axis in shape) or math.prod(shape) > 2**40:
        raise WireError("A shape is out of range.")
    if size is not None and math.prod(shape) != size:
        raise WireError("Shape and number of elements do not fit.")
    return tuple(shape)


def _characters(content: bytes) -> bool:
    """Return whether every four bytes are a whole character; NumPy would fail on others only when they are read."""
    codes = np.frombuffer(content, "<u4")
    return not ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any()


def pack_column(encoder, values: Any, depth: int) -> list:
    """Return [type, data] of a column's or index's values."""
    name = str(values.dtype)
    if isinstance(values.dtype, pd.CategoricalDtype):
        categories = pack_column(encoder, values.dtype.categories, depth)
        codes = values.codes if hasattr(values, "codes") else values.cat.codes
        return ["category", [encoder.encode(np.asarray(codes), depth), categories, bool(values.dtype.ordered)]]
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biufcmM":
        return ["numpy", encoder.encode(values.to_numpy(), depth)]
    known = name if re.fullmatch(EXTENSIONS, name.lower()) else "object"
    return [known, encoder.items(values.astype(object).tolist(), depth)]


def unpack_column(decoder, data: Any, depth: int) -> Any:
    """Return an array for pandas from what `pack_column` gave."""
    if not isinstance(data, list) or len(data) != 2 or not isinstance(data[0], str):
        raise WireError("Expected type and values of a column.")
    name, inner = data
    if name == "numpy":
        return _of_axes(decoder.decode(inner, depth), 1)
    if name == "category":
        if not isinstance(inner, list) or len(inner) != 3:
            raise WireError("Expected codes, categories and order.")
        codes = _of_axes(decoder.decode(inner[0], depth), 1)
        categories = pd.Index(unpack_column(decoder, inner[1], depth))
        return pd.Categorical.from_codes(codes, categories, ordered=inner[2] is True)
    if not re.fullmatch(EXTENSIONS, name.lower()):
        raise WireError(f"Unknown type of column {name[:40]!r}.")
    values = decoder.items(inner, depth)
    array = np.empty(len(values), object)
    array[:] = values
    return array if name == "object" else pd.array(array, dtype=name)


def _of_axes(array: Any, axes: int) -> np.ndarray:
    if not isinstance(array, np.ndarray) or array.ndim != axes:
        raise WireError(f"Expected an array with {axes} axes.")
    return array


def pack_index(encoder, index: pd.Index, depth: int) -> list:
    """Return [kind, names, data] of row or column labels."""
    names = [encoder.encode(name, depth) for name in index.names]
    if isinstance(index, pd.RangeIndex):
        return ["range", names, [index.start, index.stop, index.step]]
    if isinstance(index, pd.MultiIndex):
        levels = range(index.nlevels)
        return ["levels", names, [pack_column(encoder, index.get_level_values(level), depth) for level in levels]]
    return ["plain", names, pack_column(encoder, index, depth)]


def unpack_index(decoder, data: Any, depth: int) -> pd.Index:
    """Return labels from what `pack_index` gave."""
    if not isinstance(data, list) or len(data) != 3:
        raise WireError("Expected kind, names and values of an index.")
    kind, names, inner = data
    names = decoder.keys(names, depth)
    if kind == "range":
        bounds = decoder.items(inner, depth, 3)
        if not all(type(bound) is int and bound.bit_length() < 63 for bound in bounds):
            raise WireError("A range has whole numbers.")
        if len(found := range(*bounds)) > LONGEST_RANGE:
            raise WireError("An index is too long.")
        return pd.RangeIndex(found, name=names[0])
    if kind == "levels":
        if not isinstance(inner, list) or not 1 <= len(inner) <= 20:
            raise WireError("Expected a few levels of an index.")
        return pd.MultiIndex.from_arrays([unpack_column(decoder, level, depth) for level in inner], names=names)
    if kind != "plain" or len(names) != 1:
        raise WireError("Unknown kind of index.")
    return pd.Index(unpack_column(decoder, inner, depth), name=names[0], tupleize_cols=False)


def pack_series(encoder, series: pd.Series, depth: int) -> list:
    """Return [name, index, values] of a column."""
    name = encoder.encode(series.name, depth)
    return [name, pack_index(encoder, series.index, depth), pack_column(encoder, series, depth)]


def unpack_series(decoder, data: Any, depth: int) -> pd.Series:
    """Return a column from what `pack_series` gave."""
    if not isinstance(data, list) or len(data) != 3:
        raise WireError("Expected name, index and values of a column.")
    (name,) = decoder.keys([data[0]], depth)
    index, values = unpack_index(decoder, data[1], depth), unpack_column(decoder, data[2], depth)
    return pd.Series(values, index=index, name=name)


def pack_table(encoder, table: pd.DataFrame, depth: int) -> list:
    """Return [index, columns, values of each column] of a table."""
    values = [pack_column(encoder, table.iloc[:, place], depth) for place in range(table.shape[1])]
    return [pack_index(encoder, table.index, depth), pack_index(encoder, table.columns, depth), values]


def unpack_table(decoder, data: Any, depth: int) -> pd.DataFrame:
    """Return a table from what `pack_table` gave."""
    if not isinstance(data, list) or len(data) != 3 or not isinstance(data[2], list):
        raise WireError("Expected index, columns and values of a table.")
    index, columns = unpack_index(decoder, data[0], depth), unpack_index(decoder, data[1], depth)
    if len(columns) != len(data[2]):
        raise WireError("Names and values of a table's columns do not fit.")
    values = {place: unpack_column(decoder, column, depth) for place, column in enumerate(data[2])}
    if any(len(column) != len(index) for column in values.values()):
        raise WireError("Columns and index of a table differ in length.")
    decoder.spend(8 * len(index))
    table = pd.DataFrame(values, index=index)
    table.columns = columns
    return table
