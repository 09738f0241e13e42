"""Move a threshold: misses turn into hits, and into false alarms."""

import functools

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np

from course_lib import evaluation, plots
from course_lib.errors import ArgumentError
from course_lib.plots.style import style
from course_lib.widgets.explorer import DESCRIBED, WIDE, Explorer


def threshold_explorer(probability, truth, image=None, threshold=0.5):
    """Move the threshold above which a pixel counts as tumour: misses turn into hits, and into false alarms.

    Args:
        probability: (height, width[, 1]), 0 to 1.
        truth: the expert's mask, (height, width[, 1]).
        image: the slice to draw on, (height, width, 3); black if None.
        threshold: where to begin.

    Returns:
        An `Explorer` with the control threshold; the last line of a cell.
    """
    slider = ipywidgets.FloatSlider(
        value=threshold, min=0.02, max=0.98, step=0.02, description="threshold", layout=WIDE, style=DESCRIBED
    )
    draw = functools.partial(draw_threshold, probability, truth, image)
    return Explorer(lambda threshold: draw(threshold=threshold), {"threshold": slider})


def draw_threshold(probability, truth, image=None, threshold=0.5):
    """One state of `threshold_explorer`: the error map, beside the scores over all thresholds.

    Returns:
        (the two axes, alt text).
    """
    probability, truth = (np.squeeze(np.asarray(array)) for array in (probability, truth))
    if probability.ndim != 2 or probability.shape != truth.shape:
        raise ArgumentError(f"Give one slice, at one size: got {probability.shape} and {truth.shape}.")
    image = np.zeros((*truth.shape, 3), np.uint8) if image is None else image
    places = np.round(np.arange(0.02, 0.99, 0.02), 2)
    scores = {"Dice": evaluation.dice_score, "precision": evaluation.precision, "recall": evaluation.recall}
    now = {name: score(truth > 0, probability >= threshold) for name, score in scores.items()}
    with style():
        left, right = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained")[1]
        plots.error_map(image, truth > 0, probability >= threshold, ax=left)
        for (name, score), color, line in zip(scores.items(), plots.PALETTE, ("-", "--", ":"), strict=False):
            values = [score(truth > 0, probability >= place) for place in places]
            right.plot(places, values, line, color=color, linewidth=2, label=f"{name} {now[name]:.2f}")
        right.axvline(threshold, color="black", linewidth=1)
        right.set(xlabel="threshold", ylabel="score of this slice", xlim=(0, 1), ylim=(0, 1.02))
        right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3)
    said = ", ".join(f"{name} {value:.2f}" for name, value in now.items())
    return np.array([left, right]), f"Hits, misses and false alarms at the threshold {threshold:.2f}: {said}."
