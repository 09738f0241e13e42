"""A figure that can leave the notebook: it says what it shows, and is saved in print quality."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from course_lib import evaluation
from course_lib.errors import ArgumentError
from course_lib.plots import style as looks
from course_lib.plots.gallery import draw_errors, look_at, near
from course_lib.plots.output import _ALT, alt_text, figure_of
from course_lib.plots.scans import ERRORS, SEQUENCE_TITLES, _draw_grey, grey
from course_lib.storage import atomic_path

PRINT_DPI = 300
KINDS = ("png", "pdf")


def report_figure(image, truth, guess, patient, number, threshold, network, sequence="FLAIR", bar=20):
    """One slice for a report: the scan, both outlines and the error map from near, and all that a reader must be told.

    It names patient, slice, sequence, network and threshold, carries a legend and a scale bar in pixels (the files of
    the data set carry no spacing in millimetres), and gives the slice's Dice and HD95.

    Args:
        image: (height, width, 3).
        truth, guess: masks, (height, width[, 1]).
        patient: name.
        number: of the slice.
        threshold: from which probability on the guess is tumour.
        network: what made the guess, in a few words.
        sequence: which one is shown.
        bar: length of the scale bar, pixels.

    Returns:
        The three axes.
    """
    picture = grey(image, sequence)
    truth, guess = looks.as_mask(truth, picture.shape, "truth"), looks.as_mask(guess, picture.shape, "guess")
    dice, distance = evaluation.dice_score(truth, guess), evaluation.hausdorff95(truth, guess)
    with looks.style():
        figure, axes = plt.subplots(1, 3, figsize=(7.2, 3.5), layout="constrained")
        _draw_grey(axes[0], picture)
        axes[0].set_title(SEQUENCE_TITLES[sequence], fontsize=10)
        _draw_grey(axes[1], picture)
        looks.draw_outline(axes[1], truth, looks.TRUTH)
        looks.draw_outline(axes[1], guess, looks.GUESS, style=(0, (2, 1)))
        axes[1].set_title("outlines", fontsize=10)
        draw_errors(axes[2], picture, truth, guess)
        axes[2].set_title("errors", fontsize=10)
        _scale_bar(axes[0], bar)
        (view,) = near([[truth, guess]])
        for close in axes[1:]:
            look_at(close, view)
        axes[0].add_patch(Rectangle(view[:2], view[2], view[2], fill=False, edgecolor="white", linestyle=":"))
        lines = [Line2D([], [], color=looks.TRUTH, label="expert"), Line2D([], [], color=looks.GUESS, label="network")]
        lines[1].set_linestyle("--")
        patches = [Patch(facecolor=c, hatch=hatch, edgecolor="black", label=name) for name, c, hatch in ERRORS]
        apart = "no distance" if distance != distance else f"HD95 {distance:.1f} pixels"
        caption = (
            f"{network}, threshold {threshold:.2f}. This slice: Dice {dice:.2f}, {apart}.\n"
            f"Bar: {bar} of {picture.shape[1]} pixels; the files carry no spacing in millimetres."
        )
        legend = figure.legend(
            handles=[*lines, *patches], loc="outside lower center", ncols=5, fontsize=9, title=caption
        )
        looks.rim_legend(legend)
        legend.get_title().set(fontsize=9, multialignment="center")
        figure.suptitle(f"{patient}, slice {number}", fontsize=11)
    return axes


def _scale_bar(ax, length):
    height, width = ax.images[0].get_array().shape[:2]
    left, top = width * 0.05, height * 0.95
    ax.add_patch(Rectangle((left, top - height * 0.015), length, height * 0.015, facecolor="white", edgecolor="black"))
    ax.text(left, top - height * 0.03, f"{length} px", color="white", fontsize=8, va="bottom")


def save_figure(target, path, alt, dpi=PRINT_DPI):
    """Save a figure for print: as PNG of `dpi` dots an inch, and as PDF, whose lines stay sharp at any size.

    Args:
        target: a figure, its axes, or an array of axes.
        path: the file without or with the ending ``.png`` or ``.pdf``; both are written. Missing folders are made.
        alt: what the figure shows, in words; goes into both files, and to `show`.
        dpi: dots an inch; journals ask for 300.

    Returns:
        (path of the PNG, path of the PDF).

    Raises:
        ArgumentError: another ending, or no description.
        StorageError: the files cannot be written.
    """
    path, figure = Path(path), figure_of(target)
    if path.suffix and path.suffix.lstrip(".") not in KINDS:
        raise ArgumentError(f"{path.name}: figures are saved as .png and .pdf; leave the ending out.")
    said = getattr(alt_text(figure, alt), _ALT)
    written = []
    for kind, about in zip(KINDS, ({"Description": said}, {"Subject": said, "CreationDate": None}), strict=True):
        written.append(path.with_suffix(f".{kind}"))
        with atomic_path(written[-1]) as draft, looks.style():
            figure.savefig(draft, format=kind, dpi=dpi, facecolor="white", metadata=about)
    return tuple(written)
