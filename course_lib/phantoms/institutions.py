"""The five institutions of the published set, and how their scans differ, as measured on its real slices."""

from dataclasses import dataclass

import numpy as np

GOLDEN = (5**0.5 - 1) / 2
SILVER = 2**0.5 - 1


@dataclass(frozen=True)
class Institution:
    """Habits of one institution.

    Attributes:
        patients: how many of the 110 published patients it has.
        slices: least, median and most slices a patient.
        level: (3,) median grey level of the brain in pre, FLAIR and post.
        contrast: median brightness of its lesions in FLAIR over that of the brain.
        height: median extent of the head along the rows, pixels of 256.
    """

    patients: int
    slices: tuple[int, int, int]
    level: tuple[float, float, float]
    contrast: float
    height: float


INSTITUTIONS = {
    "CS": Institution(16, (20, 25, 32), (58, 66, 73), 1.55, 236),
    "DU": Institution(45, (20, 40, 62), (53, 52, 50), 1.42, 214),
    "EZ": Institution(1, (22, 24, 26), (40, 38, 42), 2.0, 212),
    "FG": Institution(14, (30, 49, 88), (66, 58, 62), 1.52, 226),
    "HT": Institution(34, (20, 30, 42), (76, 58, 72), 1.7, 214),
}


def spread_evenly(seed, number, step):
    """The ``number``-th of a sequence in 0..1 that any run of it fills evenly, from a start that ``seed`` sets."""
    start = np.random.default_rng([seed, 20190501]).random()
    return float((start + number * step) % 1)


def institution_of(seed, number):
    """The institution of patient ``number``: in the published proportions, each common one among any 24 in a row."""
    place = spread_evenly(seed, number, GOLDEN) * sum(i.patients for i in INSTITUTIONS.values())
    for name, institution in INSTITUTIONS.items():
        place -= institution.patients
        if place < 0:
            return name
    return name


def missing_of(seed, number):
    """The sequences that patient ``number`` lacks: pre and post in 6 of 110, post alone in 4 of 110."""
    place = spread_evenly(seed + 1, number, SILVER) * 110
    if place < 6:
        return ("pre", "post")
    return ("post",) if place < 10 else ()


def draw_slices(rng, institution):
    """A patient's number of slices: within the institution's range, half of them below its median."""
    least, median, most = institution.slices
    share = rng.random()
    if share < 0.5:
        return round(least + (median - least) * (2 * share) ** 0.8)
    return round(median + (most - median) * (2 * share - 1) ** 2.5)
