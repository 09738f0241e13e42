"""Hidden cases of lesson 2: names of patients, and what is divided among them."""

import pandas as pd

from course_lib.check.exercise import case


def _people(random, count):
    """Names as in the data set, all different, in no order."""
    numbers = random.choice(9000, count, replace=False) + 1000
    return [f"TCGA_{random.choice(['CS', 'DU', 'FG', 'HT'])}_{number}" for number in numbers]


def _rows(**slices):
    rows = [(patient, int(number)) for patient, numbers in slices.items() for number in numbers]
    return pd.DataFrame(rows, columns=["patient", "slice"])


def _runs(random, steps):
    """A slice number to begin with, and then steps from one to the next."""
    start = int(random.integers(1, 9))
    return [start + sum(steps[:place]) for place in range(len(steps) + 1)]


def count_twins(random):
    """A list of cases for each property."""

    def beside():
        (one,) = _people(random, 1)
        a, b, c, d, e, f = _runs(random, [1, 1, 4, 1, int(random.integers(2, 5))])
        return case(_rows(**{one: [a, b, e]}), _rows(**{one: [c, d, f]}))

    def both_at_once():
        one, other = _people(random, 2)
        a, b, c = _runs(random, [2, 2])
        return case(_rows(**{one: [a, b, c], other: [a]}), _rows(**{one: [a + 1, b + 1, c + 4]}))

    def before_and_behind():
        (one,) = _people(random, 1)
        a, b = _runs(random, [int(random.integers(6, 9))])
        return case(_rows(**{one: [a + 1, b]}), _rows(**{one: [a, b + 1, b - 3]}))

    def another():
        one, other = _people(random, 2)
        a, b, c = _runs(random, [1, 1])
        return case(_rows(**{one: [a, b, c], other: [c + 6]}), _rows(**{other: [b, c + 1, c + 5]}))

    def itself():
        (one,) = _people(random, 1)
        a, b = _runs(random, [int(random.integers(3, 6))])
        return case(_rows(**{one: [a, b]}), _rows(**{one: [a, b + int(random.integers(2, 4))]}))

    def apart():
        one, other, third = _people(random, 3)
        a, b = _runs(random, [1])
        return case(_rows(**{one: [a, b], other: [a, b]}), _rows(**{third: [a, b, b + 1]}))

    return [
        [beside(), beside(), before_and_behind(), before_and_behind()],
        [both_at_once(), both_at_once()],
        [another(), another()],
        [itself(), itself()],
        [apart(), apart()],
    ]


def _slices(random, count):
    """A list of names with two to four slices each: a name once for each slice."""
    return [name for name in _people(random, count) for _ in range(random.integers(2, 5))]


def split_patients(random):
    """A list of cases for each property; shares are such that every way of rounding to the nearest agrees."""

    def division(count, wanted, off=0.0, seed=None):
        share = round((wanted + off) / count, 3)
        return _slices(random, count), share, int(random.integers(50, 1000)) if seed is None else seed

    def listed(count):
        names, share, seed = division(count, count // 2)
        return case(sorted(names), share, seed)

    def upside_down():
        names, share, _ = division(10, 5)
        return case(sorted(names, reverse=True), share, 0)

    return [
        [case(*division(6, 3)), case(*division(9, 4))],
        [case(*division(7, 2, 0.2)), case(*division(11, 3, -0.3))],
        [case(*division(7, 2, -0.3)), case(*division(9, 4, -0.2))],
        [listed(10), listed(12), listed(8)],
        [upside_down(), upside_down()],
    ]


HIDDEN = {"count_twins": count_twins, "split_patients": split_patients}
