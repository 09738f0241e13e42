"""Comparing models honestly: several averages of the same masks, patient by patient, and how a threshold is chosen."""

import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd

from course_lib.errors import ArgumentError
from course_lib.evaluation.intervals import bootstrap_interval
from course_lib.evaluation.patients import as_probability_maps
from course_lib.evaluation.scores import as_masks, dice_score

AVERAGES = ("all slices, empty ones as 1", "tumour slices", "patients", "all pixels together")


def averages(patients, truth, guess):
    """The Dice scores that reports give for one and the same set of masks.

    Args:
        patients: the patient of each slice.
        truth, guess: (slice, height, width) masks.

    Returns:
        Series with four values. "all slices, empty ones as 1": mean over slices, where a slice that is empty in both
        masks counts as 1 and one with a false alarm as 0. "tumour slices": mean over the slices with tumour.
        "patients": mean over patients of the whole volume's Dice. "all pixels together": Dice of everything as one
        volume.

    Raises:
        ArgumentError: the numbers of slices differ, or no slice has tumour.

    >>> truth = np.array([[[1, 1]], [[0, 0]]])
    >>> averages(["A", "A"], truth, np.array([[[1, 0]], [[0, 0]]])).round(2).tolist()
    [0.83, 0.67, 0.67, 0.67]
    """
    truth, guess = _stacks(patients, truth, guess)
    has_tumor = truth.any(axis=(1, 2))
    if not has_tumor.any():
        raise ArgumentError("No slice has tumour: a mean over tumour slices does not exist.")
    by_slice = np.array([dice_score(*pair) for pair in zip(truth, guess, strict=True)])
    values = (
        by_slice.mean(),
        by_slice[has_tumor].mean(),
        dice_by_patient(patients, truth, guess).mean(),
        dice_score(truth, guess),
    )
    return pd.Series(dict(zip(AVERAGES, map(float, values), strict=True)), name="dice")


def dice_by_patient(patients, truth, guess):
    """Dice of every patient's slices taken together, as one volume.

    Args:
        patients: the patient of each slice.
        truth, guess: (slice, height, width) masks.

    Returns:
        Series of Dice, indexed by patient in the order in which they first occur.

    >>> dice_by_patient(["A", "A", "B"], np.ones((3, 1, 2)), np.array([[[1, 0]], [[0, 0]], [[1, 1]]])).tolist()
    [0.4, 1.0]
    """
    truth, guess = _stacks(patients, truth, guess)
    places = pd.Series(np.arange(len(truth))).groupby(np.asarray(patients), sort=False).indices
    dice = {name: dice_score(truth[rows], guess[rows]) for name, rows in places.items()}
    return pd.Series(dice, name="dice", dtype=float).rename_axis("patient")


def _stacks(patients, truth, guess):
    truth, guess = as_masks(truth, guess)
    if truth.ndim != 3 or len(truth) != len(patients) or len(truth) == 0:
        raise ArgumentError(
            f"Masks have the shape (slice, height, width), with a patient for each slice; got {truth.shape} "
            f"and {len(patients)} patients."
        )
    return truth, guess


class Comparison(NamedTuple):
    """How the second of two models does beside the first, over patients (see `compare_models`)."""

    patients: int
    """Patients that both models have a score for."""
    difference: float
    """Mean of second minus first."""
    low: float
    """Lower end of the bootstrap interval of that mean difference."""
    high: float
    """Its upper end."""
    higher: int
    """Patients whose score is higher with the second model."""
    lower: int
    """Patients whose score is lower with it; the others are equal."""
    p_value: float
    """Of Wilcoxon's signed-rank test, two-sided."""


def compare_models(first, second, confidence=0.95, seed=0):
    """Compares two models patient by patient.

    Patients differ far more than models do. Taking the difference within each patient first removes what makes the
    patient hard or easy, and leaves what the change did.

    Args:
        first, second: one score a patient, of the same patients in the same order. Two Series must have the same
            index. A patient whose score is NaN in either is left out, with a warning.
        confidence: of the bootstrap interval of the mean difference.
        seed: of the bootstrap.

    Returns:
        A `Comparison`. Where no patient differs, its p_value is 1.

    Raises:
        ArgumentError: the scores are of different patients, or none are left.

    Source: Wilcoxon 1945, doi 10.2307/3001968.

    >>> better = compare_models([0.2, 0.5, 0.9, 0.7], [0.3, 0.6, 0.95, 0.8])
    >>> better.higher, better.lower, better.low > 0
    (4, 0, True)
    """
    if isinstance(first, pd.Series) and isinstance(second, pd.Series) and not first.index.equals(second.index):
        raise ArgumentError("The two models' scores have different indices: give the same patients in the same order.")
    first, second = np.asarray(first, float), np.asarray(second, float)
    if first.shape != second.shape or first.ndim != 1:
        raise ArgumentError(f"Give one score a patient for each model; got shapes {first.shape} and {second.shape}.")
    known = ~(np.isnan(first) | np.isnan(second))
    if not known.any():
        raise ArgumentError("No patient has a score with both models: there is nothing to compare.")
    if not known.all():
        warnings.warn(f"{(~known).sum()} of {len(known)} patients lack a score and are left out.", stacklevel=2)
    change = second[known] - first[known]
    low, high = bootstrap_interval(change, confidence, seed)
    from scipy import stats  # 40 MB that nothing else here needs

    p_value = float(stats.wilcoxon(change).pvalue) if change.any() else 1.0
    higher, lower = int((change > 0).sum()), int((change < 0).sum())
    return Comparison(len(change), float(change.mean()), low, high, higher, lower, p_value)


def dice_by_threshold(patients, truth, probabilities, thresholds):
    """Every patient's Dice at every threshold.

    Args:
        patients: the patient of each slice.
        truth: (slice, size, size) masks.
        probabilities: (slice, size, size) or (slice, size, size, 1), from 0 to 1.
        thresholds: numbers from 0 to 1; a pixel is tumour where its probability is at least the threshold.

    Returns:
        DataFrame, a row a threshold, a column a patient.

    >>> maps = np.array([[[0.9, 0.6], [0.2, 0.1]]])
    >>> dice_by_threshold(["A"], maps > 0.8, maps, [0.5, 0.7])["A"].round(2).tolist()
    [0.67, 1.0]
    """
    maps = as_probability_maps(probabilities)
    rows = {threshold: dice_by_patient(patients, truth, maps >= threshold) for threshold in thresholds}
    if not rows:
        raise ArgumentError("There is no threshold to try.")
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("threshold")


def choose_many_times(table, patients, repeats=2000, seed=0):
    """Chooses a row of a table by the mean of some patients, scores it on others, many times over.

    Each time, two groups of `patients` patients are drawn that share nobody: the first is for validation, the second
    for the test. A row (a threshold, a model) is chosen for its mean on one of them and scored on the test patients.

    Args:
        table: a row a choice, a column a patient, as `dice_by_threshold` returns it.
        patients: how many patients each group has.
        repeats: how often to draw.
        seed: the same seed draws the same groups.

    Returns:
        DataFrame, a row a repeat: on_validation (mean score of the test patients with the row that was best for the
        validation patients), on_test (the same with the row that was best for the test patients themselves).

    Raises:
        ArgumentError: the table has too few patients for two groups.
    """
    values = table.to_numpy(float)
    if not 1 <= patients <= values.shape[1] // 2:
        raise ArgumentError(
            f"Two groups of {patients} patients need {2 * patients} at least; the table has {values.shape[1]}."
        )
    random = np.random.default_rng(seed)
    scores = []
    for _ in range(repeats):
        drawn = random.permutation(values.shape[1])[: 2 * patients]
        validation, test = (values[:, half].mean(axis=1) for half in (drawn[:patients], drawn[patients:]))
        scores.append((test[validation.argmax()], test.max()))
    return pd.DataFrame(scores, columns=["on_validation", "on_test"])
