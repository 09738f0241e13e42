"""An answer is right where it means the same as the reference, and a difference is told in one sentence."""

from collections import namedtuple

import numpy as np
import pandas as pd
import pytest

from course_lib.check.comparing import difference
from course_lib.check.showing import compact

Pair = namedtuple("Pair", "train test")
SCANS = pd.DataFrame({"patient": ["a", "b"], "pixels": [1, 0]}, index=[4, 9])
NAMED = SCANS.set_index("patient")


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (1, 1.0),
        (0.1 + 0.2, 0.3),
        (1e6, 1e6 + 1),
        ((1, 2), [1, 2]),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan])),
        (np.uint8(3), 3),
        (np.array([1, 2], np.uint8), np.array([1.0, 2.0])),
        ({"a": np.ones(2)}, {"a": np.ones(2)}),
        ({1, 2}, frozenset({2, 1})),
        (Pair([1], [2]), ([1], [2])),
        (SCANS, SCANS.reset_index(drop=True)),
        (np.float64("inf"), float("inf")),
        (np.array(["a", "b"]), np.array(["a", "b"])),
    ],
)
def test_values_that_mean_the_same_agree(expected, got):
    assert difference(expected, got) is None


@pytest.mark.parametrize(
    ("expected", "got", "sentence"),
    [
        (0.6, 0.4, "expected 0.6, got 0.4."),
        (True, 1, "expected True or False, got a number."),
        (np.ones((2, 3)), np.ones((3, 2)), "expected shape (2, 3), got shape (3, 2)."),
        (np.ones(2, bool), np.ones(2), "expected a boolean array, got a decimal array (float64)."),
        (np.array([1.0, 2.0]), np.array([1.0, np.nan]), "1 of 2 values are NaN (a division 0/0?)."),
        (np.array([[1, 2]]), np.array([[1, 5]]), "1 of 2 values differ; the first at [0, 1]: expected 2, got 5."),
        (np.ones(2), [1.0, 1.0], "expected a decimal array of shape (2,), got a list of 2."),
        ("post", "pre", "expected 'post', got 'pre'."),
        ((1, 2), (1,), "expected 2 items, got 1."),
        (Pair(1, 2), Pair(1, 3), "In `test`: expected 2, got 3."),
        ({"a": 1}, {"b": 1}, "keys missing: 'a'."),
        ({"a": 1}, {"a": 2}, "In 'a': expected 1, got 2."),
        ({1, 2}, {1, 2, 3}, "members not asked for: 3."),
        (SCANS, SCANS.drop(columns="pixels"), "columns missing: 'pixels'."),
        (SCANS, SCANS.iloc[:1], "expected 2 rows, got 1."),
        (
            SCANS,
            SCANS.assign(pixels=[1, 7]),
            "In column 'pixels': 1 of 2 values differ; the first at [1]: expected 0, got 7.",
        ),
        (NAMED, NAMED[::-1], "the row labels are right but in another order."),
        (SCANS["pixels"], 3, "expected a column of 2 rows, got a number."),
        (0, None, "expected a number, got None. Is a `return` missing?"),
    ],
)  # fmt: skip
def test_a_difference_is_named(expected, got, sentence):
    assert difference(expected, got).replace("1.0, got", "1, got") == sentence


def test_tensors_of_any_library_compare_by_their_values():
    class Tensor:
        def __init__(self, values):
            self.values = values

        def __array__(self, dtype=None, copy=None):
            if self.values is None:
                raise TypeError("symbolic")
            return np.asarray(self.values, dtype)

    assert difference(np.ones(2), Tensor([1.0, 1.0])) is None
    assert difference(1.0, Tensor(2.0)) == "expected 1, got 2."
    assert "object of type Tensor" in difference(1.0, Tensor(None))


def test_large_values_are_shown_by_shape_and_range():
    assert compact(np.arange(4)) == "[0 1 2 3]"
    assert compact(np.linspace(0, 5, 300).reshape(3, 100)) == "float64 array of shape (3, 100), values 0 to 5"
    assert len(compact(list(range(1000)))) < 100
    assert len(compact(pd.DataFrame(np.zeros((500, 40))))) < 200
