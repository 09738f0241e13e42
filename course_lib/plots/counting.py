"""Figures of lesson 2: a hundred pixels, slices by patient, an average that flatters, twin slices side by side."""

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks
from course_lib.plots.grids import mosaic
from course_lib.plots.scans import grey


def hundred_squares(shares, title=None, ax=None):
    """A hundred squares, one for each per cent, filled from the middle outwards in the order of `shares`.

    Args:
        shares: name to share, 0 to 1, together 1; each gets its whole number of squares (largest remainders).
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    counts = whole_squares(shares)
    places = sorted(np.ndindex(10, 10), key=lambda place: (round(np.hypot(place[0] - 4.5, place[1] - 4.5), 6), place))
    looks_of = [(looks.ORANGE, "xxxx"), (looks.SKY, None), ("#EEEEEE", "...."), (looks.PURPLE, "////")]
    with looks.style():
        ax = looks.new_axes(ax, (6, 3.9))
        owners = [name for name, count in counts.items() for _ in range(count)]
        for (row, column), name in zip(places, owners, strict=True):
            color, hatch = looks_of[list(counts).index(name) % len(looks_of)]
            square = Rectangle(
                (column, row), 0.9, 0.9, facecolor=color, hatch=hatch, edgecolor="#555555", linewidth=0.8
            )
            ax.add_patch(square)
        handles = [
            Rectangle((0, 0), 1, 1, facecolor=color, hatch=hatch, edgecolor="#555555", label=f"{count} {name}")
            for (name, count), (color, hatch) in zip(counts.items(), looks_of * len(counts), strict=False)
        ]
        ax.set(xlim=(-0.1, 10), ylim=(10, -0.1), aspect="equal")
        ax.legend(handles=handles, loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=12)
        looks.without_ticks(ax)
        if title:
            ax.set_title(title)
    return ax


def whole_squares(shares):
    """Shares as whole numbers that add up to 100: rounded down, the rest to the largest remainders.

    >>> whole_squares({"tumour": 0.011, "head": 0.364, "air": 0.625})
    {'tumour': 1, 'head': 36, 'air': 63}
    """
    values = np.array(list(shares.values()), float)
    if not len(values) or (values < 0).any() or abs(values.sum() - 1) > 1e-6:
        raise ArgumentError(f"Shares lie between 0 and 1 and add up to 1; got {dict(shares)}.")
    counts = np.floor(100 * values + 1e-9).astype(int)
    counts[np.argsort(counts - 100 * values, kind="stable")[: 100 - counts.sum()]] += 1
    return dict(zip(shares, counts.tolist(), strict=True))


def slices_by_patient(patients, tumor_pixels, title=None, ax=None):
    """A bar for each patient: slices with tumour below, slices without on top; by share of tumour slices.

    Args:
        patients: the patient of each slice.
        tumor_pixels: tumour pixels of each slice.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    has_tumor = pd.Series(np.asarray(tumor_pixels) > 0).groupby(np.asarray(patients))
    if not has_tumor.ngroups:
        raise ArgumentError("There are no slices to count.")
    counts = pd.DataFrame({"tumor": has_tumor.sum(), "all": has_tumor.size(), "share": has_tumor.mean()})
    counts = counts.sort_values(["share", "all"], kind="stable")
    places = np.arange(1, len(counts) + 1)
    rim = {"edgecolor": "white", "linewidth": 0.4, "width": 0.85}
    with looks.style():
        ax = looks.new_axes(ax, (9, 3.6))
        empty = counts["all"] - counts["tumor"]
        ax.bar(places, counts["tumor"], color=looks.ORANGE, label="slices with tumour", **rim)
        ax.bar(places, empty, bottom=counts["tumor"], color=looks.GREY, hatch="//", label="without tumour", **rim)
        ax.grid(axis="x", visible=False)
        ax.set_xlim(0.3, len(counts) + 0.7)
        ax.set_xlabel(f"{len(counts)} patients, by their share of slices with tumour")
        ax.set_ylabel("slices")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
        if title:
            ax.set_title(title, pad=30)
    return ax


def flattered_dice(empty_share, honest=(), title=None, ax=None):
    """The mean Dice over all slices against the mean over tumour slices, where every empty slice counts as 1.

    Args:
        empty_share: share of slices without tumour, 0 to 1; none of them raises a false alarm.
        honest: mean Dice over tumour slices, 0 to 1, to be marked with what they turn into.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    if not 0 <= empty_share <= 1:
        raise ArgumentError(f"A share lies between 0 and 1; got {empty_share}.")
    with looks.style():
        ax = looks.new_axes(ax, (5.4, 4.4))
        ax.plot(
            [0, 1], [empty_share, 1], color=looks.VERMILION, linewidth=2.2, label="over all slices, empty ones as 1"
        )
        ax.plot([0, 1], [0, 1], color=looks.BLUE, linestyle="--", label="over tumour slices alone")
        for dice in honest:
            reported = empty_share + (1 - empty_share) * dice
            ax.plot([dice, dice, 0], [dice, reported, reported], color="black", linestyle=":", linewidth=1.2)
            ax.plot(dice, reported, "o", color=looks.VERMILION)
            ax.plot(dice, dice, "s", color=looks.BLUE)
            text = f"{dice:.2f} reads as {reported:.2f}"
            place = {"xytext": (8, -18)} if dice < 0.3 else {"xytext": (-6, 8), "ha": "right"}  # clear of both lines
            ax.annotate(text, (dice, reported), textcoords="offset points", **place)
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04), aspect="equal")
        ax.set_xlabel("mean Dice of tumour slices")
        ax.set_ylabel("number reported")
        ax.legend(loc="lower right")
        if title:
            ax.set_title(title)
    return ax


def twins(train_images, train_masks, test_images, test_masks, ax=None):
    """Pairs of neighbouring slices, training above and test below, cut out around the tumour.

    Dashed, in both rows: the outline of the training slice. Solid: that of the test slice.

    Args:
        train_images, test_images: (pair, height, width, 3) uint8.
        train_masks, test_masks: (pair, height, width[, 1]).
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    sizes = {len(part) for part in (train_images, train_masks, test_images, test_masks)}
    if len(sizes) != 1 or 0 in sizes:
        raise ArgumentError(f"Give as many training slices as test slices, one pair at least; got {sorted(sizes)}.")
    train = [looks.as_mask(mask) for mask in train_masks]
    test = [looks.as_mask(mask) for mask in test_masks]
    boxes = [_around(one | other) for one, other in zip(train, test, strict=True)]
    tiles, solid, dashed = [], [], []
    for images, truths in ((train_images, None), (test_images, test)):
        for k, box in enumerate(boxes):
            tiles.append(grey(images[k])[box])
            solid.append(np.zeros(tiles[-1].shape, bool) if truths is None else truths[k][box])
            dashed.append(train[k][box])
    titles = [name for name in ("training", "test") for _ in boxes]
    with looks.style():
        ax = looks.new_axes(ax, (9, 18 / len(boxes) + 0.1))
        mosaic(ax, tiles, solid, dashed, titles, columns=len(boxes))
    return ax


def _around(mask):
    """A square of five eighths of the picture's height around the middle of a mask, kept inside the picture."""
    side = min(mask.shape) * 5 // 8
    rows, columns = np.nonzero(mask) if mask.any() else np.nonzero(np.ones_like(mask))
    middles = (rows.min() + rows.max()) // 2, (columns.min() + columns.max()) // 2
    starts = [
        int(np.clip(middle - side // 2, 0, length - side)) for middle, length in zip(middles, mask.shape, strict=True)
    ]
    return np.s_[starts[0] : starts[0] + side, starts[1] : starts[1] + side]
