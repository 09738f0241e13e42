"""How sure a mean over patients is: the bootstrap, and the summary of a score table."""

import warnings

import numpy as np
import pandas as pd

from course_lib.errors import ArgumentError

RESAMPLES = 10_000


def bootstrap_interval(values, confidence=0.95, seed=0, statistic=np.mean):
    """Percentile bootstrap interval of the mean over patients.

    Patients are drawn again with replacement, as many as there are, 10,000 times; the interval holds the middle
    `confidence` of the means so reached. Give one value a patient: slices of one patient are alike, so an interval
    over slices is far too narrow. NaN values (a score that does not exist) are left out, with a warning that says
    how many.

    Args:
        values: one score a patient.
        confidence: share of the means inside the interval, between 0 and 1.
        seed: the same seed gives the same interval.
        statistic: what is computed of the drawn patients, `np.mean` or `np.median`; takes `axis`.

    Returns:
        (low, high). With a single value there is nothing to draw from: (NaN, NaN).

    Raises:
        ArgumentError: no value is left, a value is infinite, or `confidence` is not between 0 and 1.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.

    >>> low, high = bootstrap_interval([0.9, 0.8, 0.85, 0.7, 0.95])
    >>> low < 0.84 < high
    True
    """
    if not 0 < confidence < 1:
        raise ArgumentError(f"confidence lies between 0 and 1, as 0.95 does; got {confidence}.")
    values = np.asarray(values, dtype=float).ravel()
    known = values[~np.isnan(values)]
    if len(known) < len(values):
        warnings.warn(
            f"{len(values) - len(known)} of {len(values)} values are NaN and left out of the interval.", stacklevel=2
        )
    if len(known) == 0:
        raise ArgumentError("There is no value to compute an interval of: give one score for each patient.")
    if not np.isfinite(known).all():
        raise ArgumentError("A value is infinite: an interval of the mean needs finite scores.")
    if len(known) == 1:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(len(known), size=(RESAMPLES, len(known)))
    tail = (1 - confidence) / 2
    low, high = np.quantile(statistic(known[drawn], axis=1), [tail, 1 - tail])
    return float(low), float(high)


SUMMARISED = ("dice", "hd95", "precision", "recall", "volume_error", "lesion_f1")


def summary(table, columns=SUMMARISED, confidence=0.95, seed=0):
    """What a score table says over all its patients.

    Args:
        table: a row a patient, as `score_patients` returns it.
        columns: the scores to sum up; those that the table lacks are left out.
        confidence: of the bootstrap interval of the mean.
        seed: of the bootstrap.

    Returns:
        DataFrame, a row a score: patients (that have the score), missing (patients for whom it is NaN), mean, low
        and high (the interval of the mean over patients), median, quartile1, quartile3, min, max.
    """
    rows = {name: _summary_row(table[name], confidence, seed) for name in columns if name in table}
    if not rows:
        raise ArgumentError(f"The table has none of the columns {', '.join(columns)}: give one from score_patients.")
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("score")


def _summary_row(values, confidence, seed):
    known = values.dropna()
    low, high = bootstrap_interval(known, confidence, seed) if len(known) else (float("nan"),) * 2
    quartile1, median, quartile3 = known.quantile([0.25, 0.5, 0.75])
    return {
        "patients": len(known),
        "missing": len(values) - len(known),
        "mean": known.mean(),
        "low": low,
        "high": high,
        "median": median,
        "quartile1": quartile1,
        "quartile3": quartile3,
        "min": known.min(),
        "max": known.max(),
    }
