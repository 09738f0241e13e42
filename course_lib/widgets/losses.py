"""Move the weights and the exponent of a Tversky loss: its value, its pull on every pixel, the mask it prefers."""

import functools

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np

from course_lib import plots
from course_lib.errors import ArgumentError
from course_lib.plots.style import rim_legend, style
from course_lib.widgets.explorer import DESCRIBED, WIDE, Explorer

PULL_OF_FULL_COLOUR = 0.2  # in the colours of the widget: what a strong loss asks of an undecided pixel


def tversky_explorer(image, truth, probability, fn_weight=0.5, fp_weight=0.5, gamma=1.0):
    """Move both weights and the exponent of the focal Tversky loss, on one lesion.

    Args:
        image: the slice, (height, width, 3).
        truth: the expert's mask, (height, width[, 1]).
        probability: how likely each pixel is tumour, (height, width[, 1]), 0 to 1.
        fn_weight, fp_weight, gamma: where to begin.

    Returns:
        An `Explorer` with the controls fn_weight, fp_weight and gamma; the last line of a cell.
    """

    def slider(value, low, high, name):
        return ipywidgets.FloatSlider(
            value=value,
            min=low,
            max=high,
            step=0.05,
            description=name,
            layout=WIDE,
            style=DESCRIBED,
            continuous_update=False,  # a drawing takes longer than a finger from one step to the next
        )

    controls = {
        "fn_weight": slider(fn_weight, 0.05, 0.95, "a miss"),
        "fp_weight": slider(fp_weight, 0.05, 0.95, "a false alarm"),
        "gamma": slider(gamma, 0.25, 2.0, "exponent"),
    }
    return Explorer(functools.partial(draw_tversky, image, truth, probability), controls)


def draw_tversky(image, truth, probability, fn_weight=0.5, fp_weight=0.5, gamma=1.0):
    """One state of `tversky_explorer`: the preferred mask, the pull on every pixel, the loss of every threshold.

    The pull is what a network feels in front of its last sigmoid that now answers with `probability`, while the
    expert's mask is the truth; in shares of the whole tumour, so that it does not depend on the tumour's size.

    Returns:
        (the three axes, alt text).

    Raises:
        ArgumentError: the arrays are not one slice at one size, or there is no tumour on it.
    """
    truth, probability = _one_slice(truth, probability)
    index = tversky(truth, probability, fn_weight, fp_weight)
    loss = (1 - index) ** gamma
    pull = _pull(truth, probability, fn_weight, fp_weight, gamma) * truth.sum()
    threshold, mask = preferred_mask(probability, fn_weight, fp_weight)
    places = np.round(np.arange(0.02, 0.99, 0.02), 2)
    values = [(1 - tversky(probability, probability >= place, fn_weight, fp_weight)) ** gamma for place in places]
    area = mask.sum() / truth.sum()
    with style():
        left, middle, right = plt.subplots(1, 3, figsize=(10.5, 4), layout="constrained")[1]
        plots.contour(image, truth, mask, title=f"it would rather have\n{100 * area:.0f} % of the area", ax=left)
        left.legend(left.get_legend().legend_handles, ("the expert's", "preferred"), loc="upper center", ncols=2)
        left.get_legend().set_bbox_to_anchor((0.5, -0.01))
        rim_legend(left.get_legend())
        plots.pull_map(
            pull, PULL_OF_FULL_COLOUR, f"its pull on every pixel\nof the unsure guess (loss {loss:.2f})", middle
        )
        plots.loss_lines(places, {"loss": values}, "mask of all pixels above this probability", ax=right)
        right.axvline(threshold, color="black", linewidth=1)
        right.set(xlim=(0, 1), ylim=(0, 1), title=f"smallest loss\nat probability {threshold:.2f}")
        _look_at(probability > 0.02, left, middle)
    up, down = pull[pull > 0].sum() / truth.sum(), -pull[pull < 0].sum() / truth.sum()
    said = (
        f"A miss weighs {fn_weight:.2f}, a false alarm {fp_weight:.2f}, exponent {gamma:.2f}: loss {loss:.3f}; pulled "
        f"up by {up:.3f}, pushed down by {down:.3f} (all pixels added up, in front of the sigmoid); the "
        f"preferred mask takes all pixels above {threshold:.2f} and covers {100 * area:.0f} % of the expert's area."
    )
    return np.array([left, middle, right]), said


def _look_at(area, *axes, margin=6):
    """Bring a square around an area into view."""
    rows, columns = np.nonzero(area)
    reach = max(np.ptp(rows), np.ptp(columns)) / 2 + margin
    y, x = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    for ax in axes:
        ax.set(xlim=(x - reach, x + reach), ylim=(y + reach, y - reach))


def preferred_mask(probability, fn_weight=0.7, fp_weight=0.3):
    """The mask with the smallest Tversky loss, where each pixel is tumour with the probability given.

    Hits, misses and false alarms are what is to be expected: of ten pixels of probability 0.3 that are taken in, three
    are hits and seven false alarms. The best mask takes in the most likely pixels first, so only their number is to be
    found. An exponent changes nothing, since the smallest loss stays the smallest.

    Args:
        probability: (height, width), 0 to 1, above 0 somewhere.
        fn_weight, fp_weight: weight of misses and of false alarms.

    Returns:
        (the lowest probability taken in, the mask: (height, width) boolean).

    >>> threshold, mask = preferred_mask(np.array([[1.0, 0.6, 0.1]]), 0.5, 0.5)
    >>> threshold, mask.tolist()
    (0.6, [[True, True, False]])
    """
    likely = np.sort(np.asarray(probability, float), axis=None)[::-1]
    hits = np.cumsum(likely)
    alarms, misses = np.arange(1, likely.size + 1) - hits, hits[-1] - hits
    index = hits / (hits + fn_weight * misses + fp_weight * alarms)
    threshold = float(likely[index.argmax()])
    return threshold, np.asarray(probability) >= threshold


def tversky(truth, guess, fn_weight, fp_weight):
    """The Tversky index of one slice without smoothing, in NumPy; `course_lib.losses` has the one to train with."""
    hits = (truth * guess).sum()
    return hits / (hits + fn_weight * (truth.sum() - hits) + fp_weight * (guess.sum() - hits))


def _pull(truth, guess, fn_weight, fp_weight, gamma):
    """Minus the gradient of (1 - index) ** gamma with respect to what goes into the sigmoid: (height, width)."""
    hits = (truth * guess).sum()
    errors = fn_weight * (truth.sum() - hits) + fp_weight * (guess.sum() - hits)
    below = hits + errors
    of_errors, of_hits = fp_weight * (1 - truth) - fn_weight * truth, truth
    slope = (of_errors * below - errors * (of_errors + of_hits)) / below**2
    steepness = gamma * max(errors / below, 1e-6) ** (gamma - 1)
    return -steepness * slope * guess * (1 - guess)


def _one_slice(truth, probability):
    truth, probability = (np.squeeze(np.asarray(array, float)) for array in (truth, probability))
    if probability.ndim != 2 or probability.shape != truth.shape:
        raise ArgumentError(f"Give one slice, at one size: got {truth.shape} and {probability.shape}.")
    if not (truth > 0).any() or not (probability > 0).any():
        raise ArgumentError("Choose a slice with tumour: an empty mask prefers nothing.")
    return (truth > 0).astype(float), probability
