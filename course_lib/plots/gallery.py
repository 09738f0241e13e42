"""Where a network is right and wrong: galleries of slices, all slices of a patient, what a threshold does to each."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.patches import Patch

from course_lib import masks as coding
from course_lib.errors import ArgumentError
from course_lib.plots import style as looks
from course_lib.plots.grids import _head_box
from course_lib.plots.scans import ERRORS, _draw_grey, _hatch, grey

TINT = 0.6  # opacity of the errors' colours over a scan
_COLORS = np.array([(0, 0, 0, 0), *(to_rgba(color, TINT) for _, color, _ in ERRORS)])  # RGBA by error code
_COLORS = (255 * _COLORS).round().astype(np.uint8)


def error_gallery(images, truths, guesses, titles=None, labels=None, ax=None):
    """Slices side by side: above the scan with the expert's outline, below hits, misses and false alarms, from near.

    Near means a square around tumour and guess that has the same side on every slice, so that sizes compare.

    Args:
        images: (slice, height, width, 3) or (slice, height, width).
        truths: the expert's masks, (slice, height, width[, 1]).
        guesses: a network's masks, or several networks' as a dict from name to masks: a row below for each.
        titles: a text above each slice, or None.
        labels: a text below each slice's error map, or None; with several networks a dict from name to texts.
        ax: axes to draw on, (rows, slices), or None for a new figure.

    Returns:
        The axes, (rows, slices).

    Raises:
        ArgumentError: there is no slice, or the numbers of slices differ.
    """
    guesses = guesses if isinstance(guesses, dict) else {"": guesses}
    labels = labels if isinstance(labels, dict) or labels is None else dict.fromkeys(guesses, labels)
    count = len(images)
    parts = [truths, *guesses.values(), *([] if titles is None else [titles]), *(labels or {}).values()]
    if count == 0 or any(len(part) != count for part in parts):
        raise ArgumentError(f"{count} slices: give as many masks, guesses, titles and labels, and one slice at least.")
    with looks.style():
        if ax is None:
            size = (max(4, 1.75 * count), 1.78 * (1 + len(guesses)) + 0.85)
            ax = plt.subplots(1 + len(guesses), count, figsize=size, squeeze=False, layout="constrained")[1]
        views = near([[truths[k], *(guess[k] for guess in guesses.values())] for k in range(count)])
        for k in range(count):
            picture = grey(images[k])
            truth = looks.as_mask(truths[k], picture.shape, "truth")
            _draw_grey(ax[0, k], picture)
            looks.draw_outline(ax[0, k], truth, looks.TRUTH, width=1.2)
            if titles is not None:
                ax[0, k].set_title(titles[k], fontsize=10)
            for row, (name, guess) in enumerate(guesses.items(), 1):
                draw_errors(ax[row, k], picture, truth, looks.as_mask(guess[k], picture.shape, "guess"))
                look_at(ax[row, k], views[k])
                if labels is not None:
                    ax[row, k].set_xlabel(labels[name][k], fontsize=10)
        for row, name in enumerate(["the expert's", *guesses] if "" not in guesses else []):
            ax[row, 0].set_ylabel(name, fontsize=10)
        _legend_of_errors(ax[0, 0].figure)
    return ax


def near(groups, margin=6):
    """Squares of one side, one around the masks of each group: [(left, top, side), …] in pixels.

    Args:
        groups: for each square the masks, (height, width[, 1]), that it should hold; without any tumour it holds all.
        margin: pixels around them.
    """
    held = [np.any([looks.as_mask(mask) for mask in masks], axis=0) for masks in groups]
    boxes = [np.argwhere(mask if mask.any() else ~mask) for mask in held]
    corners = [(box.min(axis=0), box.max(axis=0) + 1) for box in boxes]
    side = min(max(held[0].shape), max(int((high - low).max()) for low, high in corners) + 2 * margin)
    views = []
    for (low, high), mask in zip(corners, held, strict=True):
        top, left = (np.clip((low + high - side) // 2, 0, np.array(mask.shape) - side)).tolist()
        views.append((left, top, side))
    return views


def look_at(ax, view):
    """Show only one of the squares that `near` gives."""
    left, top, side = view
    ax.set_xlim(left - 0.5, left + side - 0.5)
    ax.set_ylim(top + side - 0.5, top - 0.5)


def draw_errors(ax, picture, truth, guess, hatched=True):
    """Hits, misses and false alarms over a grey picture (0 to 1); misses hatched with lines, false alarms dotted."""
    _draw_grey(ax, picture)
    codes = coding.error_codes(truth, guess)
    ax.imshow(_COLORS[codes], interpolation="nearest")
    for code, (_, _, hatch) in enumerate(ERRORS, 1):
        if hatched:
            _hatch(ax, codes == code, hatch)


def _legend_of_errors(figure):
    handles = [Patch(facecolor=c, hatch=hatch, edgecolor="black", label=name) for name, c, hatch in ERRORS]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


def patient_errors(images, truths, guesses, numbers=None, columns=11, title=None, ax=None):
    """All slices of one patient, hits, misses and false alarms in colour, and below how many pixels of each.

    The expert's outline is drawn too, so that misses (inside it) and false alarms (outside) can be told apart
    without colour. One scale of brightness holds for the whole patient; the black margin is cut away.

    Args:
        images: (slice, height, width, 3), in order.
        truths, guesses: masks, (slice, height, width[, 1]).
        numbers: the slices' numbers; 1, 2, … if None.
        columns: slices in a row, at most.
        title: over the picture.
        ax: two axes to draw on, or None for a new figure.

    Returns:
        The two axes: the slices, and the bars.

    Raises:
        ArgumentError: no slice, or shapes that do not fit.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3 or not len(images) == len(truths) == len(guesses) > 0:
        raise ArgumentError(f"Give a patient's slices, (slice, height, width, 3), and as many masks: {images.shape}.")
    box, numbers = _head_box(images), list(range(1, len(images) + 1) if numbers is None else numbers)
    pictures = grey(images[:, box[0], box[1]])
    truths, guesses = (np.stack([looks.as_mask(m, images.shape[1:3])[box] for m in part]) for part in (truths, guesses))
    columns = min(columns, len(images))
    rows, (height, width) = -(-len(images) // columns), pictures.shape[1:]
    with looks.style():
        if ax is None:
            strip = 9.6 * rows * height / (columns * width)
            ax = plt.subplots(2, 1, figsize=(9.6, strip + 2.9), height_ratios=(strip, 2.1), layout="constrained")[1]
        _draw_strip(ax[0], pictures, truths, guesses, numbers, columns)
        _draw_counts(ax[1], coding.error_codes(truths, guesses), numbers)
        if title:
            ax[0].set_title(title)
    return ax


def _draw_strip(ax, pictures, truths, guesses, numbers, columns):
    count, height, width = pictures.shape
    gap = max(1, round(width / 40))
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap)
    canvas, truth, guess = np.ones(shape), np.zeros(shape, bool), np.zeros(shape, bool)
    rim = [looks.patheffects.withStroke(linewidth=2.5, foreground="black")]
    for k in range(count):
        top, left = k // columns * (height + gap), k % columns * (width + gap)
        place = np.s_[top : top + height, left : left + width]
        canvas[place], truth[place], guess[place] = pictures[k], truths[k], guesses[k]
        ax.text(left + 3, top + 3, f"{numbers[k]}", color="white", fontsize=9, va="top", path_effects=rim)
    draw_errors(ax, canvas, truth, guess, hatched=False)
    looks.draw_outline(ax, truth, "white", width=0.7)


def _draw_counts(ax, codes, numbers):
    below = np.zeros(len(codes))
    for code, (name, color, hatch) in enumerate(ERRORS, 1):
        pixels = (codes == code).sum(axis=(1, 2))
        look = {"color": color, "hatch": hatch, "edgecolor": "black", "linewidth": 0.4}
        ax.bar(numbers, pixels, bottom=below, width=0.85, label=name, **look)
        below += pixels
    ax.set(xlabel="slice", ylabel="pixels", xlim=(min(numbers) - 0.6, max(numbers) + 0.6))
    ax.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
    ax.grid(axis="x", visible=False)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3)


def dice_by_threshold(thresholds, dice, marked=None, title=None, ax=None):
    """Dice of every patient against the threshold, their mean, and the best threshold of each.

    Args:
        thresholds: rising.
        dice: (patient, threshold).
        marked: a name for the patients to draw strongly, as a dict from name to row of `dice`; or None.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    thresholds, dice = np.asarray(thresholds, float), np.asarray(dice, float)
    if dice.ndim != 2 or dice.shape[1] != len(thresholds):
        raise ArgumentError(f"Dice has the shape (patient, {len(thresholds)} thresholds); got {dice.shape}.")
    with looks.style():
        ax = looks.new_axes(ax, (8, 3.8))
        for one in dice:
            ax.plot(thresholds, one, color=looks.GREY, linewidth=0.8, alpha=0.6)
        found = dice[dice.max(axis=1) > 0]  # a tumour that no threshold finds has no best one
        best = found.shape[1] - 1 - found[:, ::-1].argmax(axis=1)
        told = {"markerfacecolor": "white", "color": looks.GREY, "linestyle": "none", "markersize": 6}
        ax.plot(thresholds[best], found.max(axis=1), "o", label="a patient's best threshold", **told)
        ax.plot(thresholds, dice.mean(axis=0), color="black", linewidth=2.6, label="mean over patients")
        for (name, row), color, line in zip(
            (marked or {}).items(), looks.PALETTE, ("--", "-.", ":", "-"), strict=False
        ):
            ax.plot(thresholds, dice[row], line, color=color, linewidth=2.2, label=name)
        ax.set(xlabel="threshold", ylabel="Dice of the whole volume", xlim=(0, 1), ylim=(-0.03, 1))
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        if title:
            ax.set_title(title)
    return ax


def pixel_costs(table, groups=4, title=None, ax=None):
    """What one pixel of difference costs, by the size of the lesion: medians, and the middle half as a bar.

    Args:
        table: a row a slice: area, and columns of Dice to draw, each under its name (see `masks.one_pixel_costs`).
        groups: sizes of equally many slices.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    names = [name for name in table.columns if name != "area"]
    if "area" not in table or not names or len(table) < groups:
        raise ArgumentError(f"The table needs the column area, one of Dice, and {groups} slices; got {table.shape}.")
    order = np.argsort(table["area"].to_numpy(), kind="stable")
    parts = [table.iloc[part] for part in np.array_split(order, groups)]
    with looks.style():
        ax = looks.new_axes(ax, (8, 4))
        for k, name in enumerate(names):
            quartiles = np.array([part[name].quantile([0.25, 0.5, 0.75]) for part in parts])
            places = np.arange(groups) + (k - (len(names) - 1) / 2) * 0.14
            look = {"color": looks.PALETTE[k % 6], "marker": looks.MARKERS[k % 6], "markersize": 8, "linewidth": 1.6}
            ax.errorbar(
                places, quartiles[:, 1], _spread(quartiles), linestyle=":", label=name.replace("_", " "), **look
            )
        ax.set_xticks(range(groups), [f"{part['area'].min():,}–{part['area'].max():,}" for part in parts])
        ax.set(xlabel="tumour area on the slice, pixels (as many slices in each group)", ylabel="Dice", ylim=(0, 1))
        ax.legend(loc="lower right")
        if title:
            ax.set_title(title)
    return ax


def _spread(quartiles):
    return np.abs(quartiles[:, [0, 2]] - quartiles[:, [1]]).T
