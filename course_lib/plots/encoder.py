"""What a borrowed encoder sees, how far, and what it is worth: kernels, maps, nested fields, Dice by labels."""

import numpy as np
from matplotlib.patches import Rectangle

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks
from course_lib.plots.scans import grey


def kernel_colours(kernels, columns=16, ax=None):
    """Windows of a first layer as small colour pictures; a row of titles and patches for each network.

    Grey is zero; brighter than grey adds, darker takes away. Each window is scaled by its largest number.

    Args:
        kernels: a dict from a title to (height, width, 3, map) numbers, the third axis red, green, blue.
        columns: so many windows of each, the strongest first.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    if not kernels or any(np.ndim(one) != 4 or np.shape(one)[2] != 3 for one in kernels.values()):
        raise ArgumentError(f"Windows are (height, width, 3, map); got {[np.shape(one) for one in kernels.values()]}.")
    with looks.style():
        ax = looks.new_axes(ax, (9, 1.05 * len(kernels)))
        for row, (title, windows) in enumerate(kernels.items()):
            strength = np.abs(windows).max(axis=(0, 1, 2))
            ax.text(0, 1.75 * row - 0.12, title, ha="left", va="bottom", fontsize=11)
            for column, number in enumerate(np.argsort(-strength, kind="stable")[:columns]):
                picture = 0.5 + windows[..., number] / (2 * max(float(strength[number]), 1e-12))
                extent = (1.12 * column, 1.12 * column + 1, 1.75 * row + 1, 1.75 * row)
                ax.imshow(picture, extent=extent, interpolation="nearest")
        ax.set_xlim(-0.02, 1.12 * columns - 0.1)
        ax.set_ylim(1.75 * len(kernels) - 0.7, -0.6)
        ax.set_aspect("equal")
        looks.without_ticks(ax)
    return ax


def feature_maps(maps, columns=6, ax=None):
    """Maps of several layers, a row for each layer: those that vary most, each from black (its least) to white.

    Args:
        maps: a dict from a layer's name to (height, width, channel).
        columns: so many maps of each layer.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    if not maps or any(np.ndim(one) != 3 for one in maps.values()):
        raise ArgumentError(f"Maps are (height, width, channel); got {[np.shape(one) for one in maps.values()]}.")
    with looks.style():
        ax = looks.new_axes(ax, (1.35 * columns + 1.6, 1.4 * len(maps)))
        for row, (name, values) in enumerate(maps.items()):
            height, width, channels = np.shape(values)
            note = f"{name}\n{height} × {width}, {channels} maps"
            ax.text(-0.08, 1.06 * row + 0.5, note, ha="right", va="center", fontsize=10)
            for column, number in enumerate(np.argsort(-np.std(values, axis=(0, 1)), kind="stable")[:columns]):
                one = values[..., number]
                extent = (1.06 * column, 1.06 * column + 1, 1.06 * row + 1, 1.06 * row)
                limits = {"vmin": one.min(), "vmax": max(np.percentile(one, 99.5), one.min() + 1e-9)}
                ax.imshow(one, cmap="gray", extent=extent, interpolation="nearest", **limits)
        ax.set_xlim(-1.55, 1.06 * columns - 0.04)
        ax.set_ylim(1.06 * len(maps) - 0.04, -0.02)
        ax.set_aspect("equal")
        looks.without_ticks(ax)
    return ax


def nested_fields(image, widths, names, sequence="FLAIR", ax=None):
    """Squares around the middle of a slice, one for each layer; several such pictures side by side.

    Args:
        image: (height, width, 3) or (height, width).
        widths: a dict from a picture's title to the squares' widths in pixels, one for each name.
        names: of the layers, from the narrowest on.
        sequence: which sequence of the image to show.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    picture = grey(image, sequence)
    (height, width), gap = picture.shape, 0.06 * picture.shape[1]
    if not widths or any(len(each) != len(names) for each in widths.values()):
        raise ArgumentError(f"There are {len(names)} layers: give a width for each, in every picture.")
    with looks.style():
        ax = looks.new_axes(ax, (4.1 * len(widths), 4.4))
        for place, (title, each) in enumerate(widths.items()):
            left = place * (width + gap)
            extent = (left - 0.5, left + width - 0.5, height - 0.5, -0.5)
            ax.imshow(0.6 * picture, cmap="gray", vmin=0, vmax=1, extent=extent, interpolation="nearest")
            ax.text(left + width / 2, -0.02 * height, title, ha="center", va="bottom", fontsize=12)
            for number, side in enumerate(each):
                corner = (left + (width - side) / 2, (height - side) / 2)
                look = {"edgecolor": FIELD_COLOURS[number % len(FIELD_COLOURS)], "linewidth": 2}
                dash = ("-", "--", "-.", ":", (0, (8, 1, 1, 1, 1, 1)))[number % 5]
                label = f"{names[number]}: " + " and ".join(str(all_[number]) for all_ in widths.values()) + " px"
                square = Rectangle(corner, side, side, fill=False, linestyle=dash, **look)
                square.set_label(label if place == 0 else None)
                ax.add_patch(square)
        ax.set_xlim(-0.5, len(widths) * (width + gap) - gap - 0.5)
        ax.set_ylim(height - 0.5, -0.11 * height)
        looks.without_ticks(ax)
        place = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.01), "ncols": min(3, len(names))}
        looks.rim_legend(ax.legend(handlelength=2.6, **place))
    return ax


FIELD_COLOURS = (looks.YELLOW, looks.ORANGE, looks.SKY, looks.PURPLE, looks.GREEN)


def dice_by_labels(scores, title=None, ax=None):
    """Dice against the number of labelled patients: a line for each encoder, intervals as bars, seeds as small marks.

    Args:
        scores: rows of encoder, patients (labelled), dice (mean), low and high (its interval), seeds (one Dice each).
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes; numbers of patients are evenly spaced.
    """
    lacking = {"encoder", "patients", "dice", "low", "high", "seeds"} - set(scores.columns)
    if lacking or scores.empty:
        raise ArgumentError(f"The table needs a row at least, and the columns {', '.join(sorted(lacking))}.")
    counts = sorted(scores["patients"].unique())
    encoders = list(dict.fromkeys(scores["encoder"]))
    with looks.style():
        ax = looks.new_axes(ax, (7, 4))
        for number, name in enumerate(encoders):
            rows = scores[scores["encoder"] == name].sort_values("patients")
            x = np.array([counts.index(count) for count in rows["patients"]]) + 0.14 * (
                number - (len(encoders) - 1) / 2
            )
            color, marker = looks.PALETTE[number % 6], looks.MARKERS[number % 6]
            reach = np.abs(np.stack([rows["low"], rows["high"]]) - rows["dice"].to_numpy())
            line = {"color": color, "marker": marker, "linestyle": ("-", "--", ":", "-.")[number % 4], "markersize": 9}
            ax.errorbar(x, rows["dice"], reach, capsize=5, label=name, **line)
            for at, each in zip(x, rows["seeds"], strict=True):
                ax.scatter([at + 0.05] * len(each), each, color=color, marker=marker, s=16, alpha=0.7, linewidths=0)
        ax.set_xticks(range(len(counts)), counts)
        ax.set_xlim(-0.5, len(counts) - 0.5)
        ax.set_ylim(bottom=0)
        ax.set_xlabel("labelled patients")
        ax.set_ylabel("Dice of a new patient, mean")
        ax.legend(loc="lower right")
        if title:
            ax.set_title(title)
    return ax
