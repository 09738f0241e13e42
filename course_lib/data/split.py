"""Dividing scans into training, validation and test: by patient, as one should, and by slice, to show the leak."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from course_lib.errors import DataError


class Split(NamedTuple):
    """Three parts of an index of scans, each with its columns; rows keep their order and their index labels."""

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame


def split_by_patient(scans: pd.DataFrame, validation: float = 0.15, test: float = 0.15, seed: int = 0) -> Split:
    """Divides the patients, so that no patient has slices in two parts.

    Each institution gives its share to each part, as far as whole patients allow; an institution with a single
    patient mostly stays in training. The outcome depends on the patients and the seed, not on the order of rows.

    Args:
        scans: as from `index_scans`.
        validation: share of the patients, 0 to 1; a half rounds up, and more than 0 gives at least one patient.
        test: the same for the test part.
        seed: another seed gives another division.

    Raises:
        DataError: a share is impossible, or there are too few patients to fill every part.
    """
    patients = _patients(scans)
    count_validation, count_test = _counts(len(patients), validation, test, "patients")
    random = np.random.default_rng(seed)
    queues = _queues(patients, random)
    tested = _draw(queues, count_test, random)
    validated = _draw(queues, count_validation, random)
    in_test, in_validation = scans["patient"].isin(tested), scans["patient"].isin(validated)
    return Split(scans[~in_test & ~in_validation], scans[in_validation], scans[in_test])


def split_by_fold(scans: pd.DataFrame, folds: int = 5, fold: int = 0, validation: float = 0.15, seed: int = 0) -> Split:
    """Divides the patients for cross-validation: over all folds, every patient is tested exactly once.

    Each institution gives its share to each fold, as far as whole patients allow. The folds depend on the patients and
    the seed alone; who validates is drawn from those that are left.

    Args:
        scans: as from `index_scans`.
        folds: number of parts, 2 or more.
        fold: the part to test on, from 0.
        validation: share of all patients, 0 to 1, taken from those that are not tested.
        seed: another seed gives another division.

    Raises:
        DataError: a number is impossible, or there are too few patients to fill every part.
    """
    patients = _patients(scans)
    if not 2 <= folds <= len(patients):
        raise DataError(f"folds is {folds}; {len(patients)} patients can be divided into 2 to {len(patients)} folds.")
    if not 0 <= fold < folds:
        raise DataError(f"fold is {fold}; with {folds} folds it goes from 0 to {folds - 1}.")
    random = np.random.default_rng(seed)
    queues = _queues(patients, random)
    sizes = [len(part) for part in np.array_split(np.arange(len(patients)), folds)]
    tested = [_draw(queues, size, random) for size in sizes][fold]
    in_test = scans["patient"].isin(tested)
    rest = scans[~in_test]
    share = validation * len(patients) / (len(patients) - len(tested))
    if not share < 1:
        raise DataError(f"A validation share of {validation} leaves nothing to train on beside {folds} folds.")
    train, held_out, _ = split_by_patient(rest, share, 0, seed + fold)
    return Split(train, held_out, scans[in_test])


def split_by_slice(scans: pd.DataFrame, validation: float = 0.15, test: float = 0.15, seed: int = 0) -> Split:
    """Divides the slices at random: the mistake of many published notebooks, here to show what it leaks.

    Neighbouring slices of a patient look nearly alike and land in different parts, so a network is tested on what it
    has practically seen. For anything but showing that, use `split_by_patient`, which takes the same arguments.

    Raises:
        DataError: a share is impossible, or there are too few slices to fill every part.
    """
    count_validation, count_test = _counts(len(scans), validation, test, "slices")
    ordered = scans.sort_values(["patient", "slice"]).index
    if not ordered.is_unique:
        raise DataError("Two rows of this table have the same index label. Call reset_index(drop=True) on it first.")
    shuffled = np.random.default_rng(seed).permutation(len(ordered))
    in_test = scans.index.isin(ordered[shuffled[:count_test]])
    in_validation = scans.index.isin(ordered[shuffled[count_test : count_test + count_validation]])
    return Split(scans[~in_test & ~in_validation], scans[in_validation], scans[in_test])


def count_twins(train: pd.DataFrame, test: pd.DataFrame) -> int:
    """How many slices of `test` have a neighbour in `train`: the same patient, a slice number one higher or lower.

    >>> one = pd.DataFrame({"patient": ["A", "A"], "slice": [1, 2]})
    >>> two = pd.DataFrame({"patient": ["A", "A", "B"], "slice": [3, 4, 1]})
    >>> count_twins(one, two)
    1
    """
    known = set(zip(train["patient"], train["slice"], strict=True))
    rows = zip(test["patient"], test["slice"], strict=True)
    return sum((patient, number - 1) in known or (patient, number + 1) in known for patient, number in rows)


def balance_slices(scans: pd.DataFrame, empty_per_tumor: float = 1.0, seed: int = 0, epoch: int = 0) -> np.ndarray:
    """Positions of the rows to train on in one epoch: every tumour slice, and a random choice of the empty ones.

    Two slices of three hold no tumour. Another epoch chooses other empty slices, so none is lost for good.

    Args:
        scans: as from `index_scans`.
        empty_per_tumor: empty slices for each tumour slice; as many as there are at most.
        seed, epoch: the same two give the same choice.

    Returns:
        Ascending row positions (not index labels), for ``images[positions]`` or ``scans.iloc[positions]``.

    Raises:
        DataError: `empty_per_tumor` is negative or not finite.
    """
    if not (math.isfinite(empty_per_tumor) and empty_per_tumor >= 0):
        raise DataError(f"empty_per_tumor is {empty_per_tumor}; it should be 0 or more.")
    has_tumor = scans["tumor_pixels"].to_numpy() > 0
    tumor, empty = np.flatnonzero(has_tumor), np.flatnonzero(~has_tumor)
    count = min(len(empty), round(empty_per_tumor * len(tumor)))
    chosen = np.random.default_rng([seed, epoch]).choice(empty, count, replace=False)
    return np.sort(np.concatenate([tumor, chosen]))


def _counts(total: int, validation: float, test: float, what: str) -> tuple[int, int]:
    for name, share in (("validation", validation), ("test", test)):
        if not (math.isfinite(share) and 0 <= share < 1):
            raise DataError(f"The {name} share is {share}; it should be at least 0 and less than 1, such as 0.15.")
    if validation + test >= 1:
        raise DataError(f"The shares {validation} and {test} leave nothing to train on; keep their sum below 1.")
    counts = [max(1, math.floor(share * total + 0.5)) if share > 0 else 0 for share in (validation, test)]
    if sum(counts) >= total:
        need = f"to train on and hold out {counts[0]} for validation and {counts[1]} for the test"
        raise DataError(f"{total} {what} are too few {need}. Use more scans or smaller shares.")
    return counts[0], counts[1]


def _patients(scans):
    """A row a patient, in the order of their names."""
    patients = scans[["patient", "institution"]].drop_duplicates().sort_values("patient")
    if patients["patient"].duplicated().any():
        raise DataError("A patient has two institutions in this table. Build it with index_scans.")
    return patients


def _queues(patients, random: np.random.Generator) -> dict[str, list[str]]:
    """Each institution's patients in random order."""
    groups = patients.groupby("institution")
    return {name: list(random.permutation(group["patient"].to_numpy(dtype=str))) for name, group in groups}


def _draw(queues: dict[str, list[str]], count: int, random: np.random.Generator) -> list[str]:
    """Takes `count` patients off the queues, from each institution its share of those left (largest remainders)."""
    left = sum(map(len, queues.values()))
    shares = {name: len(queue) * count / left for name, queue in queues.items()} if left else {}
    quotas = {name: math.floor(share) for name, share in shares.items()}
    lot = dict(zip(queues, random.random(len(queues)), strict=True))  # breaks ties between equal remainders
    by_remainder = sorted(shares, key=lambda name: (quotas[name] - shares[name], lot[name]))
    for name in by_remainder[: count - sum(quotas.values())]:
        quotas[name] += 1
    return [queues[name].pop() for name in queues for _ in range(quotas.get(name, 0))]
