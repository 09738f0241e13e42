"""Scores by patient: a patient's slices are one volume, and one row of the table."""

import numpy as np
import pandas as pd

from course_lib.errors import ArgumentError
from course_lib.evaluation import scores


def score_patients(scans, probabilities, threshold=0.5):
    """Score every patient's whole volume against the expert's masks.

    The truth is read from the mask files, at the size of the probabilities. To score at the files' own size, bring
    the probabilities there first (`resize_probabilities`). Slices are stacked in the order of their numbers, one
    pixel apart: the files carry no spacing, so `hd95` treats a step to the next slice as one pixel.

    Args:
        scans: rows of `data.index_scans`, one for each probability map, in the same order.
        probabilities: (slice, height, width) or (slice, height, width, 1), from 0 to 1, height = width.
        threshold: a pixel is tumour where its probability is at least this.

    Returns:
        DataFrame, a row a patient in the order of `scans`: patient, institution, slices, tumor_slices (slices with
        tumour), tumor_pixels and guessed_pixels (whole volume, at the size of the probabilities), dice, hd95
        (pixels), precision, recall, volume_error, lesion_f1. A score that does not exist, as hd95 where nothing was
        guessed, is NaN.

    Raises:
        ArgumentError: probabilities that do not fit `scans`, or are no probabilities.
        DataError: a mask file that cannot be read.
    """
    guesses = _checked(scans, probabilities, threshold) >= threshold
    position = pd.Series(np.arange(len(scans)), index=scans.index)
    rows = []
    for patient, rows_of in scans.groupby("patient", sort=False):
        ordered = rows_of.sort_values("slice", kind="stable")
        _check_unique(patient, ordered["slice"])
        truth = _load_truth(ordered, guesses.shape[1])
        rows.append({"patient": patient, "institution": ordered["institution"].iloc[0]})
        rows[-1] |= _score_volume(truth, guesses[position[ordered.index].to_numpy()])
    return pd.DataFrame(rows)


def _load_truth(scans, size):
    from course_lib import data

    return data.load_slices(scans, size)[1][..., 0] > 0


def _score_volume(truth, guess):
    return {
        "slices": len(truth),
        "tumor_slices": int(truth.any(axis=(1, 2)).sum()),
        "tumor_pixels": int(truth.sum()),
        "guessed_pixels": int(guess.sum()),
        "dice": scores.dice_score(truth, guess),
        "hd95": scores.hausdorff95(truth, guess),
        "precision": scores.precision(truth, guess),
        "recall": scores.recall(truth, guess),
        "volume_error": scores.volume_error(truth, guess),
        "lesion_f1": scores.lesion_f1(truth, guess),
    }


def false_alarm_table(scans, probabilities, threshold=0.5):
    """How many of the slices without tumour raise a false alarm, by patient.

    Such slices never enter the mean Dice: each would count as 0 or 1 and drown the rest. A slice is without tumour
    when its mask file is empty (`tumor_pixels` of `scans`); it raises an alarm when at least one pixel reaches the
    threshold.

    Args:
        scans, probabilities, threshold: as for `score_patients`.

    Returns:
        DataFrame, a row a patient in the order of `scans`: patient, institution, empty_slices, alarms (how many of
        them raise one), alarm_share (NaN for a patient without empty slices), largest_alarm (pixels, at the size of
        the probabilities).
    """
    guessed = (_checked(scans, probabilities, threshold) >= threshold).sum(axis=(1, 2))
    empty = scans["tumor_pixels"].to_numpy() == 0
    slices = scans[["patient", "institution"]].assign(
        empty_slices=empty.astype(int),
        alarms=(empty & (guessed > 0)).astype(int),
        largest_alarm=np.where(empty, guessed, 0),
    )
    table = slices.groupby("patient", sort=False, as_index=False).agg(
        institution=("institution", "first"),
        empty_slices=("empty_slices", "sum"),
        alarms=("alarms", "sum"),
        largest_alarm=("largest_alarm", "max"),
    )
    share = table["alarms"] / table["empty_slices"].where(table["empty_slices"] > 0)
    table.insert(4, "alarm_share", share)
    return table


def _checked(scans, probabilities, threshold):
    """The probabilities as (slice, height, width), known to fit `scans` and to be probabilities."""
    probabilities = as_probability_maps(probabilities)
    if len(probabilities) != len(scans):
        raise ArgumentError(
            f"There are {len(scans)} slices in scans and {len(probabilities)} probability maps: "
            "give one map a slice, in the order of scans."
        )
    if len(scans) == 0:
        raise ArgumentError("There is no slice to score: scans is empty.")
    if not scans.index.is_unique:
        raise ArgumentError("Some rows of scans have the same index: call scans.reset_index(drop=True) first.")
    if not 0 <= threshold <= 1:
        raise ArgumentError(f"A threshold lies between 0 and 1; got {threshold}.")
    return probabilities


def as_probability_maps(probabilities):
    """The maps as (slice, height, width), height = width, every value from 0 to 1.

    Raises:
        ArgumentError: another shape, NaN, or values outside 0 to 1.
    """
    maps = np.asarray(probabilities)
    if maps.ndim == 4 and maps.shape[-1] == 1:
        maps = maps[..., 0]
    if maps.ndim != 3 or maps.shape[1] != maps.shape[2]:
        raise ArgumentError(
            "Probabilities have the shape (slice, size, size) or (slice, size, size, 1); "
            f"got {np.asarray(probabilities).shape}."
        )
    if maps.dtype.kind not in "fiub":
        raise ArgumentError(f"Probabilities are numbers from 0 to 1; got {maps.dtype} values.")
    if np.isnan(maps).any():
        raise ArgumentError("Some probabilities are NaN: the network diverged. Train it again, learning more slowly.")
    if maps.size and (maps.min() < 0 or maps.max() > 1):
        raise ArgumentError(
            f"Probabilities lie between 0 and 1; these reach from {maps.min():g} to {maps.max():g}. "
            "Does the network end in a sigmoid?"
        )
    return maps


def _check_unique(patient, numbers):
    if numbers.duplicated().any():
        twice = numbers[numbers.duplicated()].iloc[0]
        raise ArgumentError(f"Slice {twice} of {patient} occurs twice in scans: a volume holds each slice once.")
