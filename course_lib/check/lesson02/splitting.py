"""A split by patient that others can repeat."""

import random

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case


def _parts(names, count):
    """(train, test) from names in order: the first `count` are the test part."""
    return set(names[count:]), set(names[:count])


def _shuffled(names, seed) -> list[str]:
    return np.random.default_rng(seed).permutation(list(names)).tolist()


def _split_patients(patients, test_share, seed):
    names = _shuffled(sorted(set(patients)), seed)
    return _parts(names, round(test_share * len(names)))


def _slices_shuffled(patients, test_share, seed):
    return _parts(_shuffled(patients, seed), round(test_share * len(patients)))


def _last_one_lost(patients, test_share, seed):
    names = _shuffled(sorted(set(patients)), seed)
    count, rest = int(test_share * len(names)), int((1 - test_share) * len(names))
    return set(names[count : count + rest]), set(names[:count])


def _seed_ignored(patients, test_share, seed):
    return _split_patients(patients, test_share, 0)


def _not_shuffled(patients, test_share, seed):
    names = sorted(set(patients))
    return _parts(names, round(test_share * len(names)))


def _by_institution(patients, test_share, seed):
    return _split_patients([name.split("_")[1] for name in patients], test_share, seed)


def _rounded_down(patients, test_share, seed):
    names = _shuffled(sorted(set(patients)), seed)
    return _parts(names, int(test_share * len(names)))


def _parts_swapped(patients, test_share, seed):
    return _split_patients(patients, test_share, seed)[::-1]


def _order_of_rows(patients, test_share, seed):
    names = _shuffled(dict.fromkeys(patients), seed)
    return _parts(names, round(test_share * len(names)))


def _end_of_the_list(patients, test_share, seed):
    names = _shuffled(sorted(set(patients)), seed)
    rest = len(names) - round(test_share * len(names))
    return set(names[:rest]), set(names[rest:])


def _another_shuffle(patients, test_share, seed):
    names = sorted(set(patients))
    random.Random(seed).shuffle(names)
    return _parts(names, round(test_share * len(names)))


def _is_apart(inputs, output):
    train, test = output
    both = sorted(set(train) & set(test))
    return not both or f"On both sides: {', '.join(map(str, both[:3]))}{' and more' if both[3:] else ''}."


def _is_whole(inputs, output):
    train, test = output
    wanted, got = set(inputs[0]), set(train) | set(test)
    if got - wanted:
        return f"{sorted(got - wanted)[0]!r} is not the name of a patient."
    lost = sorted(wanted - got)
    return not lost or f"On neither side: {', '.join(lost[:3])}{' and more' if lost[3:] else ''}."


def _has_its_share(inputs, output):
    patients, test_share, _ = inputs
    wanted, got = round(test_share * len(set(patients))), len(output[1])
    return got == wanted or f"{wanted} of {len(set(patients))} patients belong in the test part; it holds {got}."


def _lost_somebody(inputs, output):
    return set(output[0]) | set(output[1]) < set(inputs[0])


def _has_sizes_swapped(inputs, output):
    count = round(inputs[1] * len(set(inputs[0])))
    return len(output[0]) == count != len(output[1])


def _looks_rounded_down(inputs, output):
    exact = inputs[1] * len(set(inputs[0]))
    return len(output[1]) == int(exact) != round(exact)


def _looks_unshuffled(inputs, output):
    orders = sorted(set(inputs[0])), list(dict.fromkeys(inputs[0]))
    count = len(output[1])
    return any(set(output[1]) in (set(names[:count]), set(names[-count:])) for names in orders)


def _looks_like_another_seed(inputs, output):
    patients, test_share, seed = inputs
    usual = (0, 1, 42, 123, 1234, 2024, 2025)
    return any(output[1] == _split_patients(patients, test_share, other)[1] for other in usual if other != seed)


def _is_sound(inputs, output):
    """Whether a split has no fault but that others would get another one."""
    if not all(isinstance(part, (set, frozenset)) for part in output):
        return False
    return all(rule(inputs, output) is True for rule in (_is_apart, _is_whole, _has_its_share))


def _by_slice(**slices) -> list[str]:
    """A patient's name for each of its slices: `_by_slice(CS_1=2)` is that patient twice."""
    return [f"TCGA_{name}" for name, count in slices.items() for _ in range(count)]


FOUR = _by_slice(CS_1=3, CS_2=3, DU_3=3, HT_4=3)
SEVEN = _by_slice(CS_1=1, CS_2=2, DU_3=1, DU_4=4, DU_5=1, HT_6=2, HT_7=1)
TEN = _by_slice(CS_1=2, CS_2=1, CS_3=1, DU_4=1, DU_5=1, DU_6=1, DU_7=2, FG_8=1, HT_9=1, HT_A=1)

SPLIT = Exercise(
    name="split_patients",
    lesson=2,
    task="Divide patients into training and test so that others get the same division.",
    reference=_split_patients,
    properties=[
        Property(
            "No patient is on both sides.",
            [case(FOUR, 0.5, 0, note="four patients, three slices of each"), case(SEVEN, 0.4, 1)],
            holds=_is_apart,
            points=2,
        ),
        Property(
            "Every patient is on one of the two sides.",
            [case(SEVEN, 0.3, 0, note="0.3 × 7 = 2.1: two patients, and five are left"), case(TEN, 0.25, 3)],
            holds=_is_whole,
        ),
        Property(
            "The share counts patients, not slices, and is rounded to the nearest whole number.",
            [
                case(SEVEN, 0.25, 2, note="0.25 × 7 = 1.75, so two patients"),
                case(TEN, 0.3, 0, note="0.3 × 10 = 3, however many slices these have"),
            ],
            holds=_has_its_share,
        ),
        Property(
            "Sorted, shuffled by the seed, the first into the test part: so everybody gets the same patients.",
            [case(TEN, 0.5, 0, note="seed 0"), case(TEN, 0.5, 7, note="seed 7"), case(TEN, 0.4, 5, note="seed 5")],
            points=2,
        ),
        Property(
            "The order of the rows makes no difference.",
            [case(TEN[::-1], 0.5, 0, note="seed 0 again, the rows from last to first")],
        ),
    ],
    misconceptions=[
        Misconception(
            "slices shuffled instead of patients",
            "A name stands in the list once for each slice, and the slices were divided. List every patient once, "
            "then divide.",
            _slices_shuffled,
            sign=lambda inputs, output: bool(set(output[0]) & set(output[1])),
        ),
        Misconception(
            "institutions instead of patients",
            "The second part of the name is the hospital. The whole name is the patient.",
            _by_institution,
            sign=lambda inputs, output: not set(output[0]) | set(output[1]) <= set(inputs[0]),
        ),
        Misconception(
            "a patient lost in rounding",
            "Both parts were rounded down, and whoever was left over is in neither. Give one part its number and the "
            "other all the rest.",
            _last_one_lost,
            sign=_lost_somebody,
        ),
        Misconception(
            "training and test swapped",
            "The small part came first. The order asked for is train, test.",
            _parts_swapped,
            sign=_has_sizes_swapped,
        ),
        Misconception(
            "rounded down",
            "`int` cuts 1.75 to 1; `round` makes it 2.",
            _rounded_down,
            sign=_looks_rounded_down,
        ),
        Misconception(
            "not shuffled",
            "The test part is the beginning or the end of the list. Names are ordered by hospital, so one hospital "
            "would be tested and others never.",
            _not_shuffled,
            sign=_looks_unshuffled,
        ),
        Misconception(
            "the seed ignored",
            "Another seed gives the same patients as before. Hand the seed to the generator.",
            _seed_ignored,
            sign=_looks_like_another_seed,
        ),
        Misconception(
            "dependent on the order of the rows",
            "The same patients in another order give another split. Folders are listed in another order on another "
            "computer, so sort first.",
            _order_of_rows,
        ),
        Misconception(
            "the end of the list taken",
            "The last of the shuffled names are the test part here; the recipe takes the first.",
            _end_of_the_list,
        ),
        Misconception(
            "shuffled in another way",
            "A sound split, but not the recipe's: another generator, or another order before shuffling. Somebody with "
            "the same seed gets other patients.",
            _another_shuffle,
            sign=_is_sound,
        ),
    ],
    hints=[
        "The list holds a name once for each slice. How do you get every name once, in an order that never changes?",
        "`set` drops repeats, `sorted` puts in order, `np.random.default_rng(seed).permutation(…)` shuffles.",
        "Let n be the rounded number of test patients: the shuffled names up to n are the test part, those from n on "
        "training. Turn both into sets, and mind which is returned first.",
    ],
)
