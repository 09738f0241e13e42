"""Whether a network is to be believed: reliability, uncertainty beside error, heat maps, scores that fall."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks
from course_lib.plots.scans import grey

DASHES = ("-", "--", "-.", ":")
GAP = 0.05  # between pictures, as a share of their width


def reliability(tables, title=None, ax=None):
    """A reliability diagram: above, what was said against what is; below, how many pixels each bin holds.

    Points below the diagonal: said too much. A share that has no pixels has no point.

    Args:
        tables: a dict from a name to a table as `explain.reliability_table` gives it (low, high, count, probability,
            share), up to four.
        title: over the diagram.
        ax: two axes to draw on, or None for a new figure.

    Returns:
        The two axes: diagram, counts (on a logarithmic scale).
    """
    if not tables:
        raise ArgumentError("There is no table to draw: give one at least, with its name.")
    with looks.style():
        if ax is None:
            ratios = {"height_ratios": [3, 1.1]}
            ax = plt.subplots(2, 1, figsize=(6, 6.6), layout="constrained", sharex=True, gridspec_kw=ratios)[1]
        above, below = ax
        above.plot([0, 1], [0, 1], color=looks.GREY, linewidth=1.2)
        above.text(0.33, 0.36, "as said", color=looks.GREY, rotation=40, rotation_mode="anchor", fontsize=10)
        for number, (name, table) in enumerate(tables.items()):
            known = table.dropna()
            color, marker = looks.PALETTE[number], looks.MARKERS[number]
            look = {"color": color, "marker": marker, "markerfacecolor": color if number == 0 else "white"}
            size = 7 + 5 * (len(tables) - 1 - number)  # later ones lie within earlier ones where they agree
            above.plot(
                known["probability"], known["share"], DASHES[number], markersize=size, zorder=3, label=name, **look
            )
            width = (table["high"] - table["low"]) / (len(tables) + 0.5)
            left = table["low"] + (number + 0.25) * width
            hatch = None if number == 0 else "///"
            below.bar(left, table["count"], width, align="edge", color=color, hatch=hatch, edgecolor="white")
        above.set_ylabel("share that is tumour")
        above.set_ylim(-0.03, 1.03)
        above.set_xlim(-0.02, 1.02)
        above.legend(loc="upper left")
        below.set_yscale("log")
        below.set_ylabel("pixels")
        below.set_xlabel("probability that the network gives")
        if title:
            above.set_title(title)
    return ax


def uncertainty_beside_error(images, truth, probability, uncertainty, titles=None, sequence="FLAIR", ax=None):
    """Rows of four pictures: the slice with the expert's border, the probability, the uncertainty, and the errors.

    Errors are drawn in two brightnesses: misses dark orange, false alarms yellow; the dashed line is the network's
    border (a probability of at least 0.5).

    Args:
        images: (row, height, width, 3).
        truth: (row, height, width) masks.
        probability: (row, height, width), 0 to 1.
        uncertainty: (row, height, width), from 0; white is 0.5 and more.
        titles: a short text for each row, or None.
        sequence: which sequence to show.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    images, truth = np.asarray(images), np.asarray(truth) > 0
    probability, uncertainty = np.asarray(probability), np.asarray(uncertainty)
    shapes = {images.shape[:3], truth.shape, probability.shape, uncertainty.shape}
    if len(shapes) != 1 or images.ndim != 4 or not len(images):
        raise ArgumentError(f"Give as many rows of each, of one size: (row, height, width); got {shapes}.")
    columns = ("slice and expert", "probability", "uncertainty", "errors")
    with looks.style():
        ax = looks.new_axes(ax, (9, 2.25 * len(images) + 0.35))
        for row, image in enumerate(images):
            picture, guess = grey(image, sequence), probability[row] >= 0.5
            errors = _error_colours(picture, truth[row], guess)
            tiles = (picture, probability[row], np.minimum(uncertainty[row] * 2, 1), errors)
            for column, tile in enumerate(tiles):
                graded = {"cmap": "gray" if column == 0 else "cividis", "vmin": 0, "vmax": 1}
                extent = _place(row, column)
                ax.imshow(tile, extent=extent, interpolation="nearest", **({} if column == 3 else graded))
                if row == 0:
                    ax.text((extent[0] + extent[1]) / 2, 0.06, columns[column], ha="center", va="bottom", fontsize=12)
            _outline(ax, truth[row], _place(row, 0), looks.TRUTH)
            _outline(ax, guess, _place(row, 3), looks.GUESS, style=(0, (2, 1)))
            if titles is not None:
                _corner(ax, _place(row, 0), titles[row])
        _finish(ax, rows=len(images), columns=4)
    return ax


def _error_colours(picture, truth, guess):
    """A dimmed slice, (height, width, 3), with misses and false alarms in full colour."""
    canvas = np.repeat(0.45 * picture[..., None], 3, axis=-1)
    for area, color in ((truth & ~guess, looks.VERMILION), (guess & ~truth, looks.YELLOW)):
        canvas[area] = plt.matplotlib.colors.to_rgb(color)
    return canvas


def heat_maps(image_rows, map_rows, regions, names=None, sequence="FLAIR", ax=None):
    """Rows of a slice and heat maps of it, side by side, with the border of the region that the maps explain.

    Every map has its own scale, from nothing (dark) to its largest value (yellow).

    Args:
        image_rows: (row, height, width, 3), the slice of each row.
        map_rows: for each row a dict from a map's title to (height, width) numbers from 0 on; equal titles in all rows.
        regions: (row, height, width) masks.
        names: a short text for each row, or None.
        sequence: which sequence to show.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    rows = list(zip(np.asarray(image_rows), map_rows, np.asarray(regions) > 0, strict=True))
    titles = list(map_rows[0]) if rows else []
    if not titles or any(list(maps) != titles for maps in map_rows):
        raise ArgumentError("Give one row at least, and in every row the same maps, by title.")
    with looks.style():
        ax = looks.new_axes(ax, (2.25 * (1 + len(titles)), 2.25 * len(rows) + 0.35))
        for row, (image, maps, region) in enumerate(rows):
            picture = grey(image, sequence)
            if any(np.shape(values) != picture.shape for values in (*maps.values(), region)):
                raise ArgumentError(f"Each map and region needs the slice's size {picture.shape}.")
            for column, (title, values) in enumerate({"slice": picture, **maps}.items()):
                extent = _place(row, column)
                look = "gray" if column == 0 else "cividis"
                top = max(float(np.max(values)), 1e-30)
                ax.imshow(values, cmap=look, vmin=0, vmax=top, extent=extent, interpolation="nearest")
                _outline(ax, region, extent, looks.GUESS, style=(0, (2, 1)))
                if row == 0:
                    ax.text((extent[0] + extent[1]) / 2, 0.06, title, ha="center", va="bottom", fontsize=12)
            if names is not None:
                _corner(ax, _place(row, 0), names[row])
        _finish(ax, len(rows), 1 + len(titles))
    return ax


def _place(row, column):
    """Left, right, bottom, top of a picture of side 1; row 0 lies at the top, below 0."""
    left, top = column * (1 + GAP), -row * (1 + GAP)
    return left, left + 1, top - 1, top


def _outline(ax, mask, extent, color, style="solid"):
    """The border of a mask over a picture drawn at `extent`."""
    lines = looks.draw_outline(ax, mask, color, style=style)
    height, width = mask.shape
    corner, pixel = (extent[0], extent[3]), (1 / width, -1 / height)
    lines.set_segments([corner + (line + 0.5) * pixel for line in looks.outlines(mask)])


def _corner(ax, extent, text):
    rim = [looks.patheffects.withStroke(linewidth=2.5, foreground="black")]
    place = (extent[0] + 0.03, extent[3] - 0.03)
    ax.text(*place, text, color="white", fontsize=10, va="top", ha="left", path_effects=rim)


def _finish(ax, rows, columns):
    ax.set_xlim(-0.01, columns * (1 + GAP) - GAP + 0.01)
    ax.set_ylim(-rows * (1 + GAP) + GAP - 0.01, 0.22)
    ax.set_aspect("equal")
    looks.without_ticks(ax)


def risk_by_coverage(tables, title=None, ax=None):
    """How many errors are left when only the surest pixels are kept, one line for each uncertainty.

    Args:
        tables: a dict from a name to a table as `explain.risk_coverage` gives it (coverage, risk).
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    if not tables:
        raise ArgumentError("There is no table to draw: give one at least, with its name.")
    with looks.style():
        ax = looks.new_axes(ax, (7, 3.6))
        for number, (name, table) in enumerate(tables.items()):
            look = {"color": looks.PALETTE[number % 6], "linestyle": DASHES[number % 4]}
            ax.plot(100 * table["coverage"], 100 * table["risk"], linewidth=2, label=name, **look)
        ax.set_xlabel("surest pixels kept, %")
        ax.set_ylabel("wrong among them, %")
        ax.set_ylim(bottom=0)
        ax.legend(loc="center")
        if title:
            ax.set_title(title)
    return ax


def uncertainty_by_patient(uncertainty, dice, title=None, ax=None):
    """Each patient's Dice against how unsure the network was, a point each.

    Args:
        uncertainty, dice: one number a patient each.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    uncertainty, dice = np.asarray(uncertainty, float), np.asarray(dice, float)
    if uncertainty.ndim != 1 or uncertainty.shape != dice.shape or not len(dice):
        raise ArgumentError(f"Give one number a patient each; got shapes {uncertainty.shape} and {dice.shape}.")
    with looks.style():
        ax = looks.new_axes(ax, (6, 3.8))
        ax.scatter(uncertainty, dice, s=55, color=looks.BLUE, alpha=0.75, edgecolor="white")
        ax.set_xlabel("mean uncertainty where it calls tumour")
        ax.set_ylabel("Dice of the patient")
        ax.set_ylim(-0.03, 1)
        ax.set_xlim(left=0)
        if title:
            ax.set_title(title)
    return ax


def paired_scores(table, score="Dice of the patient", title=None, ax=None):
    """The same patients under several conditions: a thin line each, the mean as a bar with its number.

    Args:
        table: DataFrame, a row a patient, a column a condition.
        score: what the numbers are.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    table = pd.DataFrame(table)
    if table.empty or not len(table.columns):
        raise ArgumentError("The table is empty: give a row a patient and a column a condition.")
    places = np.arange(len(table.columns))
    with looks.style():
        ax = looks.new_axes(ax, (1.3 + 1.5 * len(places), 4))
        ax.plot(places, table.T.to_numpy(), color=looks.GREY, alpha=0.55, linewidth=1, marker="o", markersize=3.5)
        for place, mean in zip(places, table.mean(), strict=True):
            ax.plot([place - 0.22, place + 0.22], [mean, mean], color=looks.VERMILION, linewidth=4, zorder=4)
            rim = [looks.patheffects.withStroke(linewidth=3, foreground="white")]
            look = {"color": looks.DARK_VERMILION, "fontweight": "bold", "path_effects": rim, "zorder": 5}
            ax.text(place + 0.25, mean, f"{mean:.2f}", va="center", **look)
        ax.set_xticks(places, [str(name) for name in table.columns])
        ax.set_xlim(-0.4, len(places) - 0.45)
        ax.set_ylim(-0.03, 1)
        ax.set_ylabel(score)
        ax.grid(axis="x", visible=False)
        if title:
            ax.set_title(title)
    return ax
