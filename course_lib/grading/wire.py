"""Values as plain data that JSON can hold, and back: all that ever crosses the boundary.

What JSON has for itself stands as it is (None, booleans, numbers, text, lists); everything else is a dictionary with
one key, the tag. `decode` trusts nothing: it builds only the kinds below, checks every size before it builds, and runs
no code, except for functions, which only the inside of the sandbox asks for.
"""

import datetime
import inspect
import math
import re
import textwrap
from collections import namedtuple
from collections.abc import Callable
from keyword import iskeyword
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pandas as pd

from course_lib.check.running import Outcome
from course_lib.grading import wire_arrays
from course_lib.grading.wire_arrays import WireError

DEEPEST = 50  # levels of nesting
ITEMS = 100_000  # in one dictionary or set, whose keys the sender may have chosen to collide
LONGEST_INT = 1000  # bits: what still becomes a float


class Opaque:
    """Stands for a value that cannot cross; its class has the name of the value's own, so that messages read well."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def encode(value: Any, limit: float = 20e6, strict: bool = False) -> Any:
    """Return a value as plain data.

    Args:
        value: anything. Tensors of any library become arrays; what has no plain form becomes {"opaque": its type}.
        limit: bytes that it may take at most, roughly.
        strict: raise for what has no plain form, and let functions through, by their source. For inputs.

    Raises:
        WireError: too large or too deeply nested; with `strict` also what has no plain form.

    >>> encode({"share": (0.5, float("nan"))})
    {'dict': [['share', {'tuple': [0.5, {'float': 'nan'}]}]]}
    """
    return _Encoder(limit, strict).encode(value, 0)


def decode(data: Any, limit: float = 20e6, allow_code: bool = False) -> Any:
    """Return the value that `encode` made plain.

    Args:
        data: what came over the wire.
        limit: bytes that the value may take at most.
        allow_code: build functions from their source. Only inside the sandbox.

    Raises:
        WireError: it is not what `encode` gives, or too large, or too deeply nested.
    """
    try:
        return _Decoder(limit, allow_code).decode(data, 0)
    except WireError:
        raise
    except Exception as error:  # whatever NumPy and pandas find wrong with parts that do not fit together
        raise WireError(f"Damaged data: {type(error).__name__}: {str(error)[:200]}") from error


def outcome(data: Any, limit: float = 20e6) -> Outcome:
    """Return the `Outcome` of one call that came back in an `Answer`; a damaged one becomes the error "WireError"."""
    try:
        texts = {key: data[key] for key in ("error", "message", "printed", "changed")}
        if not all(isinstance(text, str) for text in texts.values()):
            raise WireError("An outcome's error, message, printed and changed are texts.")
        return Outcome(output=decode(data["output"], limit), **texts)
    except (WireError, KeyError, TypeError) as error:
        return Outcome(error="WireError", message=f"what it returned cannot be read ({str(error)[:200]})")


def clean(text: str) -> str:
    """Return a text that any file can hold: halves of characters, which have no UTF-8, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


class _Encoder:
    def __init__(self, limit: float, strict: bool):
        self.room, self.strict = limit, strict

    def encode(self, value: Any, depth: int) -> Any:
        if depth > DEEPEST:
            raise WireError(f"It is nested more than {DEEPEST} levels deep.")
        self.spend(8)
        kind = type(value)
        if kind in (bool, type(None)):
            return value
        for base in kind.__mro__:
            if base in _KINDS:
                return _KINDS[base](self, value, depth + 1)
        if hasattr(kind, "__array__") and isinstance(array := np.asarray(value), np.ndarray):
            return self.array(array, depth + 1)
        if self.strict and inspect.isfunction(value):
            return {"function": source_of(value)}
        return self.opaque(kind.__name__)

    def spend(self, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise WireError("It is larger than what may be returned.")

    def opaque(self, name: str) -> dict:
        if self.strict:
            raise WireError(f"A value of type {name} cannot be sent to a submission as plain data.")
        return {"opaque": str(name)[:80]}

    def integer(self, value, _depth):
        value = int.__int__(value)
        return value if value.bit_length() <= LONGEST_INT else self.opaque("int")

    def decimal(self, value, _depth):
        value = float.__float__(value)
        return value if math.isfinite(value) else {"float": repr(value)}

    def text(self, value, _depth):
        value = str.__str__(value)
        self.spend(len(value))
        return value

    def items(self, values, depth):
        return [self.encode(item, depth) for item in values]

    def tuple(self, value, depth):
        fields = getattr(type(value), "_fields", None)
        if fields is not None:
            return {"named": [type(value).__name__, list(fields), self.items(tuple.__iter__(value), depth)]}
        return {"tuple": self.items(tuple.__iter__(value), depth)}

    def mapping(self, value, depth):
        return {"dict": [self.items(pair, depth) for pair in dict.items(value)]}

    def set(self, value, depth):
        tag = "frozenset" if isinstance(value, frozenset) else "set"
        return {tag: self.items(sorted(value, key=repr), depth)}

    def array(self, value, depth):
        self.spend(value.size * value.itemsize)
        if value.dtype.kind == "O":
            return {"objects": [list(value.shape), self.items(value.ravel().tolist(), depth)]}
        sent = wire_arrays.pack(value)
        return self.opaque(f"array of {value.dtype}") if sent is None else {"array": sent}

    def scalar(self, value, depth):
        packed = self.array(np.asarray(value), depth)
        return {"scalar": packed["array"]} if "array" in packed else packed


_KINDS: dict[type, Callable] = {
    int: _Encoder.integer,
    float: _Encoder.decimal,
    str: _Encoder.text,
    list: lambda self, value, depth: self.items(list.__iter__(value), depth),
    tuple: _Encoder.tuple,
    dict: _Encoder.mapping,
    set: _Encoder.set,
    frozenset: _Encoder.set,
    complex: lambda self, value, _: {"complex": self.items([value.real, value.imag], 0)},
    type(...): lambda self, value, _: {"ellipsis": 0},
    type(pd.NA): lambda self, value, _: {"missing value": "NA"},
    type(pd.NaT): lambda self, value, _: {"missing value": "NaT"},
    pd.Timestamp: lambda self, value, _: {"timestamp": value.isoformat()},
    datetime.datetime: lambda self, value, _: {"datetime": value.isoformat()},
    datetime.date: lambda self, value, _: {"date": value.isoformat()},
    PurePath: lambda self, value, _: {"path": self.text(str(value), 0)},
    np.ndarray: _Encoder.array,
    np.generic: _Encoder.scalar,
    pd.Series: lambda self, value, depth: {"series": wire_arrays.pack_series(self, value, depth)},
    pd.DataFrame: lambda self, value, depth: {"table": wire_arrays.pack_table(self, value, depth)},
    pd.Index: lambda self, value, depth: {"index": wire_arrays.pack_index(self, value, depth)},
}


class _Decoder:
    def __init__(self, limit: float, allow_code: bool):
        self.room, self.allow_code = limit, allow_code

    def decode(self, data: Any, depth: int) -> Any:
        if depth > DEEPEST:
            raise WireError(f"Nested more than {DEEPEST} levels deep.")
        self.spend(8)
        if data is None or isinstance(data, (bool, float)):
            return data
        if isinstance(data, int):
            if data.bit_length() > LONGEST_INT:
                raise WireError("A whole number is too long.")
            return data
        if isinstance(data, str):
            self.spend(len(data))
            return clean(data)
        if isinstance(data, list):
            return self.items(data, depth + 1)
        if not isinstance(data, dict) or len(data) != 1:
            raise WireError("Expected plain data or one tag.")
        ((tag, inner),) = data.items()
        if tag not in _TAGS:
            raise WireError(f"Unknown tag {str(tag)[:40]!r}.")
        return _TAGS[tag](self, inner, depth + 1)

    def spend(self, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise WireError("Larger than allowed.")

    def items(self, data: Any, depth: int, at_most: float = math.inf) -> list:
        if not isinstance(data, list) or len(data) > at_most:
            raise WireError("Expected a list, not too long.")
        return [self.decode(item, depth) for item in data]

    def keys(self, data: Any, depth: int) -> list:
        keys = self.items(data, depth, ITEMS)
        if not all(map(_hashable, keys)):
            raise WireError("A key of a dictionary or member of a set is no plain, short value.")
        return keys

    def mapping(self, data, depth):
        if not isinstance(data, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in data):
            raise WireError("Expected pairs.")
        keys = self.keys([pair[0] for pair in data], depth)
        return dict(zip(keys, self.items([pair[1] for pair in data], depth), strict=True))

    def named(self, data, depth):
        name, fields, items = _parts(data, str, list, list)
        names = [name, *fields]
        if not all(isinstance(each, str) and re.fullmatch(r"[^\W_]\w{0,79}", each) for each in names):
            raise WireError("Bad name of a named tuple or its field.")
        if any(map(iskeyword, names)) or not len(fields) == len(items) == len(set(fields)) <= 100:
            raise WireError("Names and values of a named tuple do not fit.")
        return namedtuple(name, fields)(*self.items(items, depth))

    def opaque(self, data, _depth):
        name = re.sub(r"\W", "_", _text(data))[:80]
        return type(name if name.isidentifier() else "object", (Opaque,), {})()

    def array(self, data, _depth):
        return wire_arrays.unpack(data, self.spend)

    def objects(self, data, depth):
        shape, items = _parts(data, list, list)
        array = np.empty(len(items), object)
        array[:] = self.items(items, depth)
        return array.reshape(wire_arrays.checked_shape(shape, len(items)))

    def scalar(self, data, _depth):
        array = wire_arrays.unpack(data, self.spend)
        if array.ndim:
            raise WireError("A scalar has no axes.")
        return array[()]

    def function(self, data, _depth):
        name, source = _parts(data, str, str)
        if not self.allow_code:
            raise WireError("Code is not accepted here.")
        space = {"np": np, "__name__": "input"}
        exec(compile(source, f"<input {name}>", "exec"), space)
        return space[name]


_TAGS: dict[str, Callable] = {
    "float": lambda self, data, _: {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[data],
    "tuple": lambda self, data, depth: tuple(self.items(data, depth)),
    "named": _Decoder.named,
    "dict": _Decoder.mapping,
    "set": lambda self, data, depth: set(self.keys(data, depth)),
    "frozenset": lambda self, data, depth: frozenset(self.keys(data, depth)),
    "complex": lambda self, data, depth: complex(*map(float, self.items(data, depth, 2))),
    "ellipsis": lambda self, data, _: ...,
    "missing value": lambda self, data, _: {"NA": pd.NA, "NaT": pd.NaT}[data],
    "timestamp": lambda self, data, _: pd.Timestamp(_moment(data)),
    "datetime": lambda self, data, _: datetime.datetime.fromisoformat(_moment(data)),
    "date": lambda self, data, _: datetime.date.fromisoformat(_moment(data)),
    "path": lambda self, data, _: Path(clean(_text(data))),
    "opaque": _Decoder.opaque,
    "array": _Decoder.array,
    "objects": _Decoder.objects,
    "scalar": _Decoder.scalar,
    "function": _Decoder.function,
    "series": lambda self, data, depth: wire_arrays.unpack_series(self, data, depth),
    "table": lambda self, data, depth: wire_arrays.unpack_table(self, data, depth),
    "index": lambda self, data, depth: wire_arrays.unpack_index(self, data, depth),
}


def source_of(function: Callable) -> list[str]:
    """Return name and source of a function that needs nothing but `np` and built-in names.

    Raises:
        WireError: it has no source (a lambda, a partial), or needs other names.
    """
    name = function.__name__
    needs = inspect.getclosurevars(function)
    others = sorted((set(needs.globals) - {"np", name}) | set(needs.nonlocals))
    if others or not name.isidentifier():
        why = f"it needs {', '.join(others)}" if others else "it has no name"
        raise WireError(f"Function {name} cannot be an input of a graded call: {why}. Write it with `np` alone.")
    try:
        return [name, getattr(function, "course_source", None) or textwrap.dedent(inspect.getsource(function))]
    except OSError as error:
        raise WireError(f"Function {name} cannot be an input of a graded call: its source is not to be had.") from error


def _hashable(value: Any) -> bool:
    """Whether a value may be a key: not an object with code of its own, no number made to collide."""
    if isinstance(value, int):
        return value.bit_length() <= 64
    if isinstance(value, tuple):
        return len(value) <= 20 and all(map(_hashable, value))
    plain = (str, float, bool, type(None), np.generic, pd.Timestamp, datetime.date, Path, frozenset)
    return isinstance(value, plain)


def _parts(data: Any, *kinds: type) -> list:
    if not isinstance(data, list) or len(data) != len(kinds):
        raise WireError("Expected a list of other length.")
    if not all(isinstance(part, kind) for part, kind in zip(data, kinds, strict=True)):
        raise WireError("A part is of the wrong kind.")
    return data


def _text(data: Any) -> str:
    if not isinstance(data, str) or len(data) > 10_000:
        raise WireError("Expected a short text.")
    return data


def _moment(data: Any) -> str:
    if not re.fullmatch(r"[-+:.T0-9]{1,40}", _text(data)):
        raise WireError("Expected a date or time in ISO form.")
    return data
