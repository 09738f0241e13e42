"""Test slices that have a neighbour in training."""

import pandas as pd

from course_lib import data
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _rows(**slices) -> pd.DataFrame:
    """A small table of scans: `_rows(A=[3, 4], B=[1])`."""
    rows = [(patient, number) for patient, numbers in slices.items() for number in numbers]
    return pd.DataFrame(rows, columns=["patient", "slice"])


def _counting(train, test, near) -> int:
    """Test slices for which `near(patient, number, known)` is true, `known` being the slices of training."""
    known = set(zip(train["patient"], train["slice"], strict=True))
    return sum(near(patient, number, known) for patient, number in zip(test["patient"], test["slice"], strict=True))


def _own_neighbour(train, test):
    return _counting(train, test, lambda p, n, known: any((p, n + step) in known for step in (-1, 0, 1)))


def _any_patient(train, test):
    numbers = set(train["slice"])
    return _counting(train, test, lambda p, n, known: n - 1 in numbers or n + 1 in numbers)


def _next_only(train, test):
    return _counting(train, test, lambda p, n, known: (p, n + 1) in known)


def _previous_only(train, test):
    return _counting(train, test, lambda p, n, known: (p, n - 1) in known)


def _both_sides(train, test):
    return _counting(train, test, lambda p, n, known: (p, n - 1) in known and (p, n + 1) in known)


def _pairs(train, test):
    return _counting(train, test, lambda p, n, known: ((p, n - 1) in known) + ((p, n + 1) in known))


def _neighbours_anywhere(train, test):
    return data.count_twins(pd.concat([train, test]), test)


def _roles_swapped(train, test):
    return data.count_twins(test, train)


def _any_slice_of_the_patient(train, test):
    return int(test["patient"].isin(train["patient"]).sum())


def _share_of_test(train, test):
    return data.count_twins(train, test) / len(test)


TWINS = Exercise(
    name="count_twins",
    lesson=2,
    task="Count the test slices that have a neighbour in training: same patient, slice number one higher or lower.",
    reference=data.count_twins,
    properties=[
        Property(
            "A neighbour is the same patient's slice, one number lower or one higher.",
            [
                case(
                    _rows(A=[1, 2, 3, 6, 7]), _rows(A=[4, 5, 9]), note="4 follows 3, and 5 comes before 6; 9 has none"
                ),
                case(_rows(A=[4, 8]), _rows(A=[3, 6, 9]), note="3 comes before 4, 9 follows 8; 6 has none"),
            ],
            points=2,
        ),
        Property(
            "A slice with both its neighbours in training counts once.",
            [case(_rows(A=[1, 3, 5]), _rows(A=[2, 4, 9]), note="2 and 4 lie between two slices of training")],
        ),
        Property(
            "Another patient's slice is no neighbour.",
            [case(_rows(A=[1, 2, 3], B=[9]), _rows(B=[2, 4, 8]), note="of patient B, training knows slice 9 alone")],
        ),
        Property(
            "A slice is not its own neighbour.",
            [case(_rows(A=[2, 5]), _rows(A=[2, 6]), note="slice 2 stands in both tables; its neighbours in neither")],
        ),
        Property(
            "Without a shared patient there is no twin.",
            [case(_rows(A=[1, 2], B=[1, 2]), _rows(C=[1, 2, 3]), note="split by patient")],
        ),
    ],
    misconceptions=[
        Misconception(
            "a slice as its own neighbour",
            "A difference of 0 was let through as well. Neighbours differ by one: not by none.",
            _own_neighbour,
        ),
        Misconception(
            "patients mixed up",
            "The numbers were compared and the patients forgotten: slice 3 of one head is no neighbour of slice 4 of "
            "another.",
            _any_patient,
        ),
        Misconception(
            "only the next slice",
            "A slice has two sides: the number one lower is a neighbour too.",
            _next_only,
        ),
        Misconception(
            "only the previous slice",
            "A slice has two sides: the number one higher is a neighbour too.",
            _previous_only,
        ),
        Misconception(
            "both neighbours demanded", "One neighbour in training is enough to give a slice away.", _both_sides
        ),
        Misconception(
            "pairs counted instead of slices",
            "A test slice between two slices of training was counted twice. Ask each slice one question: any "
            "neighbour, or none?",
            _pairs,
        ),
        Misconception(
            "neighbours within the test part",
            "Two neighbours that are both in the test part tell the network nothing. Only slices of training count "
            "as known.",
            _neighbours_anywhere,
        ),
        Misconception(
            "training and test swapped",
            "These are the training slices that have a neighbour in the test part. It is the test that is spoilt.",
            _roles_swapped,
        ),
        Misconception(
            "any slice of the same patient",
            "That the patient is known is bad enough, but asked for are neighbours: numbers that differ by one.",
            _any_slice_of_the_patient,
        ),
        Misconception(
            "the share instead of the count", "Asked for is how many, not which part of all.", _share_of_test
        ),
    ],
    hints=[
        "What would you need to know of a slice to look it up in training? Two things, together.",
        "`set(zip(train.patient, train.slice))` holds the pairs that training knows; `in` asks for one of them.",
        "Go through the pairs of the test part. For each, ask for the number one lower `or` the number one higher, and "
        "add up the yeses.",
    ],
)
