"""Hidden cases of lesson 2: shares that no two ways of rounding to the nearest take for different numbers."""

from course_lib.check.exercise import case


def _people(random, count):
    """Names as in the data set, all different, in no order."""
    numbers = random.choice(9000, count, replace=False) + 1000
    return [f"TCGA_{random.choice(['CS', 'DU', 'FG', 'HT'])}_{number}" for number in numbers]


def _slices(random, count):
    """A list of names with two to four slices each: a name once for each slice."""
    return [name for name in _people(random, count) for _ in range(random.integers(2, 5))]


def split_patients(random):
    """Cases by property; shares are such that every way of rounding to the nearest agrees."""

    def division(count, wanted, off=0.0, seed=None):
        share = round((wanted + off) / count, 3)
        return _slices(random, count), share, int(random.integers(50, 1000)) if seed is None else seed

    def listed(count):
        names, share, seed = division(count, count // 2)
        return case(sorted(names), share, seed)

    def upside_down():
        names, share, _ = division(10, 5)
        return case(sorted(names, reverse=True), share, 0)

    return {
        "No patient is on both sides.": [case(*division(6, 3)), case(*division(9, 4))],
        "Every patient is on one of the two sides.": [case(*division(7, 2, 0.2)), case(*division(11, 3, -0.3))],
        "The share counts patients, not slices, and is rounded to the nearest whole number.": [
            case(*division(7, 2, -0.3)),
            case(*division(9, 4, -0.2)),
        ],
        "Sorted, shuffled by the seed, the first into the test part: so everybody gets the same patients.": [
            listed(10),
            listed(12),
            listed(8),
        ],
        "The order of the rows makes no difference.": [upside_down(), upside_down()],
    }


HIDDEN = {"split_patients": split_patients}
