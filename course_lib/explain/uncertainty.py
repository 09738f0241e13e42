"""Does an uncertainty know where the errors are? Checks of a map, or of any number a pixel, against what was wrong."""

import numpy as np
import pandas as pd
from scipy import stats

from course_lib.errors import ArgumentError
from course_lib.explain.calibration import as_mask_of


def errors_caught(uncertainty, wrong, share=0.02):
    """Which share of all errors lies among the most uncertain pixels: what a person finds who looks at those alone.

    Args:
        uncertainty: one number a pixel, of any shape; larger is less sure.
        wrong: mask of the same shape: where the answer is wrong.
        share: how many of all pixels are looked at, above 0 and up to 1; rounded up to a whole pixel. Among equally
            uncertain pixels at the border, errors count as if spread evenly.

    Returns:
        0 to 1; NaN where nothing is wrong. An uncertainty that knows nothing catches `share`.

    Raises:
        ArgumentError: shapes that differ, NaN, no pixel, or a share that is none.

    >>> errors_caught([0.0, 0.1, 0.2, 0.9], [0, 0, 1, 1], share=0.25)
    0.5
    """
    uncertainty, wrong = _pairs(uncertainty, wrong)
    if not 0 < share <= 1:
        raise ArgumentError(f"share={share}: give a share of the pixels above 0 and up to 1, such as 0.02.")
    if not wrong.any():
        return float("nan")
    looked = int(np.ceil(share * len(wrong)))
    border = np.sort(uncertainty)[len(wrong) - looked]
    above, at = uncertainty > border, uncertainty == border
    caught = wrong[above].sum() + wrong[at].mean() * (looked - above.sum())
    return float(caught / wrong.sum())


def error_auc(uncertainty, wrong):
    """How often a wrong pixel is more uncertain than a right one (the area under the ROC curve).

    Args, errors: as for `errors_caught`.

    Returns:
        1: every wrong pixel is more uncertain than every right one; 0.5: uncertainty knows nothing of the errors; NaN
        where nothing is wrong, or nothing right. Equals count half.

    >>> error_auc([0.1, 0.2, 0.3, 0.4], [0, 1, 0, 1])
    0.75
    """
    uncertainty, wrong = _pairs(uncertainty, wrong)
    errors = int(wrong.sum())
    rest = len(wrong) - errors
    if not errors or not rest:
        return float("nan")
    ranks = stats.rankdata(uncertainty)[wrong].sum()
    return float((ranks - errors * (errors + 1) / 2) / (errors * rest))


def risk_coverage(uncertainty, wrong, steps=100):
    """How many errors are left when only the surest part of the pixels is kept.

    Args:
        uncertainty, wrong: as for `errors_caught`.
        steps: rows of the table.

    Returns:
        DataFrame with the columns coverage (share of pixels kept, from 1/steps to 1) and risk (share of wrong ones
        among those kept). Among equally uncertain pixels, errors count as if spread evenly.

    Raises:
        ArgumentError: as `errors_caught` does; or fewer pixels than steps.

    Source: Geifman & El-Yaniv 2017, arXiv 1705.08500.

    >>> risk_coverage([0.1, 0.9], [0, 1], steps=2)["risk"].tolist()
    [0.0, 0.5]
    """
    uncertainty, wrong = _pairs(uncertainty, wrong)
    if not 1 <= steps <= len(wrong):
        raise ArgumentError(f"steps={steps}: give a number from 1 to that of the pixels, {len(wrong)}.")
    equals = np.unique(uncertainty, return_inverse=True)[1]  # 0 for the surest, 1 for the next …
    ends, errors = np.cumsum(np.bincount(equals)), np.cumsum(np.bincount(equals, weights=wrong))
    coverage = np.arange(1, steps + 1) / steps
    kept = coverage * len(wrong)
    return pd.DataFrame({"coverage": coverage, "risk": np.interp(kept, np.r_[0, ends], np.r_[0, errors]) / kept})


def _pairs(uncertainty, wrong):
    uncertainty = np.asarray(uncertainty)
    wrong = as_mask_of(wrong, uncertainty.shape, "wrong").ravel()
    if not len(wrong):
        raise ArgumentError("There is no pixel: give the pixels inside the head, say.")
    if uncertainty.dtype.kind not in "fiub" or np.isnan(uncertainty).any():
        raise ArgumentError("An uncertainty is NaN or no number: it needs one value a pixel.")
    return uncertainty.ravel(), wrong
