"""What crosses the boundary: every plain value comes back equal, and nothing that a submission sends can do harm."""

import base64
import datetime
import json
import math
from collections import OrderedDict, namedtuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from hypothesis.extra import pandas as pdst

from course_lib.check.comparing import difference
from course_lib.check.running import Outcome
from course_lib.grading.wire import decode, encode, outcome
from course_lib.grading.wire_arrays import WireError

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Split = namedtuple("Split", "train validation")


def there_and_back(value, **options):
    """Send a value as grading does: through the text of JSON."""
    return decode(json.loads(json.dumps(encode(value, **options))))


def plain_values():
    numbers = st.booleans() | st.integers(-(2**200), 2**200) | st.floats() | st.complex_numbers(allow_nan=False)
    moments = st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2100, 1, 1)) | st.dates()
    leaves = st.none() | numbers | st.text() | moments | st.just(...)
    keys = st.text() | st.integers(-(2**60), 2**60) | st.tuples(st.text(), st.booleans())
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(keys, inner, max_size=4)
            | st.tuples(inner, inner)
            | st.sets(st.integers(-9, 9), max_size=4)
            | st.frozensets(st.text(max_size=3), max_size=4)
            | st.builds(Split, inner, inner)
        ),
        max_leaves=12,
    )


def same(one, other):
    """Equal in value and in kind, at every level; NaN equals itself, and 0.0 is not -0.0."""
    if isinstance(one, tuple) and hasattr(one, "_fields"):
        return (
            type(one).__name__ == type(other).__name__
            and one._asdict().keys() == other._asdict().keys()
            and all(map(same, one, other))
        )
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or (
            one == other and math.copysign(1, one) == math.copysign(1, other)
        )
    return one == other


@QUICK
@given(plain_values())
def test_plain_values_come_back_as_they_went(value):
    assert same(value, there_and_back(value))


@QUICK
@given(
    npst.arrays(
        npst.boolean_dtypes()
        | npst.integer_dtypes(endianness="?")
        | npst.unsigned_integer_dtypes()
        | npst.floating_dtypes(sizes=(16, 32, 64), endianness="?")
        | npst.complex_number_dtypes(sizes=(64, 128))
        | npst.unicode_string_dtypes(max_len=5),
        npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
def test_arrays_keep_shape_type_and_every_value(array):
    back = there_and_back(array)
    assert back.shape == array.shape
    assert back.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(back, array)


@QUICK
@given(
    pdst.data_frames(
        columns=[
            pdst.column("patient", elements=st.text(max_size=5)),
            pdst.column("slice", dtype=np.int64),
            pdst.column("share", dtype=np.float32),
            pdst.column("tumor", dtype=bool),
            pdst.column("mixed", elements=st.none() | st.integers(-5, 5), dtype=object),
        ],
        index=pdst.range_indexes(max_size=5) | pdst.indexes(elements=st.text(max_size=3), max_size=5),
    )
)
def test_tables_come_back_equal(table):
    back = there_and_back(table)
    pd.testing.assert_frame_equal(back, table, check_column_type=False)


def test_tables_of_every_kind_of_column_and_index_come_back_equal():
    levels = pd.MultiIndex.from_tuples([("CS", 1), ("CS", 2), ("DU", 1)], names=["institution", "slice"])
    table = pd.DataFrame(
        {
            "grade": pd.Categorical(["II", "III", "II"], categories=["II", "III"], ordered=True),
            "age": pd.array([30, None, 50], dtype="Int64"),
            "seen": pd.to_datetime(["2020-01-01", None, "2021-05-05"]),
            5: [0.5, np.nan, np.inf],
        },
        index=levels,
    )
    pd.testing.assert_frame_equal(there_and_back(table), table)
    twice = pd.DataFrame([[1, 2.5]], columns=["a", "a"])
    pd.testing.assert_frame_equal(there_and_back(twice), twice)
    column = pd.Series([1, 2], index=pd.Index([3.5, 4.5], name="dice"), name=("mean", "sd"))
    pd.testing.assert_series_equal(there_and_back(column), column)
    pd.testing.assert_index_equal(there_and_back(levels), levels)


@pytest.mark.parametrize("value", [np.float32(0.1), np.int8(-3), np.bool_(True), np.complex64(1 + 2j)])
def test_numpy_scalars_keep_their_type(value):
    back = there_and_back(value)
    assert type(back) is type(value)
    assert back == value


def test_paths_and_timestamps_come_back():
    assert there_and_back(Path("a/b.tif")) == Path("a/b.tif")
    assert there_and_back(pd.Timestamp("2020-01-02 03:04:05")) == pd.Timestamp("2020-01-02 03:04:05")
    assert there_and_back(pd.NA) is pd.NA


def test_subclasses_become_what_they_stand_for():
    class Text(str):
        def __str__(self):
            return "something else"

    assert there_and_back(OrderedDict(a=Text("as it is"))) == {"a": "as it is"}


def test_what_offers_an_array_becomes_one():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return np.arange(3.0)

    np.testing.assert_array_equal(there_and_back(Tensor()), np.arange(3.0))


def test_what_has_no_plain_form_arrives_as_its_type_alone():
    class Network:
        pass

    back = there_and_back([Network(), lambda: 0])
    assert [type(item).__name__ for item in back] == ["Network", "function"]
    assert difference(1.0, back[0]) == "Expected a number, got an object of type Network.".replace("E", "e", 1)


def test_inputs_without_a_plain_form_are_refused_by_name():
    with pytest.raises(WireError, match="type object"):
        encode([object()], strict=True)


def brightest(images):
    """The brightest pixel of each image."""
    return np.max(images, axis=(1, 2))


def needs_more(images):
    return brightest(images)


def test_a_function_crosses_by_its_source_and_only_where_code_is_allowed():
    sent = json.loads(json.dumps(encode(brightest, strict=True)))
    images = np.arange(8.0).reshape(2, 2, 2)
    np.testing.assert_array_equal(decode(sent, allow_code=True)(images), [3, 7])
    with pytest.raises(WireError, match="Code is not accepted"):
        decode(sent)


def test_a_function_that_needs_other_names_is_refused():
    with pytest.raises(WireError, match="it needs brightest"):
        encode(needs_more, strict=True)
    with pytest.raises(WireError, match="no name"):
        encode(lambda images: images, strict=True)


def nested(levels):
    data = 1
    for _ in range(levels):
        data = [data]
    return data


def bytes_of(text):
    return base64.b64encode(text).decode()


HOSTILE = {
    "an unknown tag": {"pickle": "gASVAAAA"},
    "two tags": {"tuple": [], "set": []},
    "too deep": nested(60),
    "an array shorter than its shape": {"array": ["<f8", [1000], bytes_of(bytes(8))]},
    "an array of objects": {"array": ["|O", [1], bytes_of(bytes(8))]},
    "a structured type": {"array": ["f8,f8", [1], bytes_of(bytes(16))]},
    "a huge empty shape": {"array": ["<f8", [0, 10**30], ""]},
    "a negative axis": {"array": ["<f8", [-1, -1], bytes_of(bytes(8))]},
    "an axis that is no number": {"array": ["<f8", [True], bytes_of(bytes(8))]},
    "text of a gigabyte in no bytes": {"array": ["<U900000000", [0], ""]},
    "text that is no text": {"array": ["<U1", [1], bytes_of(b"\xff\xff\xff\xff")]},
    "booleans beyond 0 and 1": {"array": ["|b1", [1], bytes_of(b"\x07")]},
    "no base64": {"array": ["<f8", [1], "???"]},
    "a whole number of a million digits": 10**1_000_000,
    "a key that runs code": {"dict": [[[1], 2]]},
    "keys made to collide": {"set": [(2**61 - 1) * k * 2**40 for k in range(100)]},
    "too many keys": {"set": list(range(100_001))},
    "a table without end": {"table": [["range", [None], [0, 10**15, 1]], ["range", [None], [0, 0, 1]], []]},
    "columns of different length": {
        "table": [["range", [None], [0, 2, 1]], ["plain", [None], ["object", ["a"]]], [["object", [1]]]]
    },
    "a named tuple with code for a name": {"named": ["X", ["__class__"], [1]]},
    "a keyword for a name": {"named": ["X", ["class"], [1]]},
    "a strange moment": {"timestamp": "now"},
    "a strange number": {"float": "1e5"},
    "no list": {"tuple": 5},
    "a column of a strange type": {"index": ["plain", [None], ["period[D]", []]]},
    "categories that are not there": {
        "index": ["plain", [None], ["category", [{"array": ["|i1", [1], bytes_of(b"\x05")]}, ["object", []], False]]]
    },
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_damaged_or_hostile_data_is_refused(data):
    with pytest.raises(WireError):
        decode(data)


def test_a_text_that_no_file_could_hold_becomes_one():
    assert there_and_back(["tum\ud800our"]) == ["tum?our"]


def test_more_than_the_limit_is_refused_in_both_directions():
    for value in (np.zeros(2000), "x" * 20_000, [0] * 3000, np.broadcast_to(np.float64(0), (10**6, 10**6))):
        with pytest.raises(WireError, match="larger"):
            encode(value, limit=10_000)
    with pytest.raises(WireError, match="Larger"):
        decode(encode(np.zeros(2000)), limit=10_000)


def test_a_list_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(WireError, match="levels"):
        encode(endless)


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["array", "scalar", "table", "series", "index", "dict", "set", "named", "objects", "function", "opaque",
             "float", "complex", "tuple", "timestamp", "date", "path", "missing value"]
        ),
        inner,
        max_size=1,
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(json_data)
def test_whatever_is_sent_decoding_ends_with_a_value_or_the_courses_own_error(data):
    try:
        decode(data)
    except WireError:
        return


def test_an_outcome_arrives_as_the_checker_wants_it():
    sent = {"output": encode((1, 2)), "error": "", "message": "", "printed": "hi", "changed": ""}
    assert outcome(sent) == Outcome((1, 2), printed="hi")


@pytest.mark.parametrize(
    "sent", [None, {}, {"output": {"pickle": 1}, "error": "", "message": "", "printed": "", "changed": ""},
             {"output": 1, "error": 5, "message": "", "printed": "", "changed": ""}],
)  # fmt: skip
def test_a_damaged_outcome_is_an_error_of_the_call(sent):
    assert outcome(sent).error == "WireError"
