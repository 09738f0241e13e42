"""What goes on inside a network: maps of any size side by side, how far an output sees, losses step by step."""

import numpy as np
from matplotlib.patches import Rectangle

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks
from course_lib.plots.scans import grey

GAP = 0.06  # between pictures, as a share of their width


def panels(pictures, titles=None, numbers=False, ax=None):
    """Pictures of different sizes in a row, each drawn equally large, so that small ones show their pixels.

    Pictures without negative values run from black (0) to white, others from purple (negative) through white (0) to
    orange (positive). The brightest hundredth of a picture, such as the scalp's fat, does not set its scale.

    Args:
        pictures: (height, width) each, square, of any size.
        titles: a short text over each, or None.
        numbers: write each pixel's value into it (for pictures of up to 12 pixels).
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    pictures = [np.asarray(picture, np.float32) for picture in pictures]
    if not pictures or any(picture.ndim != 2 or not picture.size for picture in pictures):
        raise ArgumentError(f"Each picture is (height, width); got {[picture.shape for picture in pictures]}.")
    if titles is not None and len(titles) != len(pictures):
        raise ArgumentError(f"There are {len(pictures)} pictures and {len(titles)} titles: give one for each.")
    with looks.style():
        ax = looks.new_axes(ax, (min(9, 2.6 * len(pictures)), min(9, 2.6 * len(pictures)) / len(pictures) + 0.3))
        for place, picture in enumerate(pictures):
            left = place * (1 + GAP)
            _draw(ax, picture, left)
            if titles is not None:
                ax.text(left + 0.5, 1.02, titles[place], ha="center", va="bottom", fontsize=11)
            if numbers and max(picture.shape) <= 12:
                _write_numbers(ax, picture, left)
        ax.set_xlim(-0.01, len(pictures) * (1 + GAP) - GAP + 0.01)
        ax.set_ylim(-0.01, 1.15 if titles is not None else 1.01)
        ax.set_aspect("equal")
        looks.without_ticks(ax)
    return ax


def _draw(ax, picture, left):
    reach = max(float(np.percentile(np.abs(picture), 99)), 1e-6)
    signed = picture.min() < 0
    colours = (
        {"cmap": "PuOr_r", "vmin": -reach, "vmax": reach} if signed else {"cmap": "gray", "vmin": 0, "vmax": reach}
    )
    extent = (left, left + 1, 0, 1)
    ax.imshow(picture, extent=extent, interpolation="nearest", **colours)
    ax.add_patch(Rectangle((left, 0), 1, 1, fill=False, edgecolor="#777777", linewidth=0.8))


def _write_numbers(ax, picture, left):
    (height, width), middle = picture.shape, np.abs(picture).max() / 2
    for (y, x), value in np.ndenumerate(picture):
        dark = value < middle if picture.min() >= 0 else abs(value) > 1.4 * middle
        place = (left + (x + 0.5) / width, 1 - (y + 0.5) / height)
        ax.text(*place, f"{value:g}", ha="center", va="center", fontsize=10, color="white" if dark else "black")


def fields_of_view(image, influences, widths=None, sequence="FLAIR", ax=None):
    """How much each pixel of a slice counts for one output pixel, for several networks side by side.

    Influence is drawn on a logarithmic scale, over three powers of ten, from nothing (the scan shows) to yellow. The
    dashed square is as wide as arithmetic says that the output can see; of one wider than the slice only the width
    is written.

    Args:
        image: (height, width, 3) or (height, width).
        influences: a dict from a title to (height, width) numbers from 0 on, such as absolute gradients.
        widths: the width of the square for each, in pixels, or None for none.
        sequence: which sequence of the image to show.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    picture = grey(image, sequence)
    (height, width), gap = picture.shape, round(picture.shape[1] * GAP)
    if not influences or any(np.shape(values) != picture.shape for values in influences.values()):
        raise ArgumentError(f"Each influence needs the picture's shape {picture.shape}, one at least.")
    with looks.style():
        ax = looks.new_axes(ax, (4.3 * len(influences), 4.6))
        for place, (title, values) in enumerate(influences.items()):
            left = place * (width + gap)
            extent = (left - 0.5, left + width - 0.5, height - 0.5, -0.5)
            ax.imshow(0.7 * picture, cmap="gray", vmin=0, vmax=1, extent=extent, interpolation="nearest")
            strength = _logarithmic(values)
            ax.imshow(strength, cmap="cividis", vmin=0, vmax=1, alpha=0.7 * (strength > 0), extent=extent)
            ax.text(left + width / 2, -4, title, ha="center", va="bottom", fontsize=12)
            if widths is not None:
                _mark_field(ax, np.asarray(values), widths[place], left)
        ax.set_xlim(-0.5, len(influences) * (width + gap) - gap - 0.5)
        ax.set_ylim(height - 0.5, -0.12 * height)
        looks.without_ticks(ax)
    return ax


def _logarithmic(values):
    """Influence from 0 (a thousandth of the largest, or less) to 1."""
    values = np.asarray(values, np.float32)
    return np.clip(1 + np.log10(np.maximum(values / max(float(values.max()), 1e-30), 1e-9)) / 3, 0, 1)


def _mark_field(ax, values, width, left):
    rows, columns = (np.flatnonzero(values.any(axis=axis)) for axis in (1, 0))
    y, x = (rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2
    if width <= values.shape[0]:
        corner = (left + x - width / 2, y - width / 2)
        ax.add_patch(Rectangle(corner, width, width, fill=False, edgecolor="white", linewidth=1.6, linestyle="--"))
    rim = [looks.patheffects.withStroke(linewidth=2.5, foreground="black")]
    low = min(y + width / 2, values.shape[0]) - 2
    at = (left + x, low if width > 40 else y + width / 2 + 4)
    ax.text(
        *at, f"{width} × {width}", color="white", ha="center", va="bottom" if width > 40 else "top", path_effects=rim
    )


def losses_by_step(losses, x="step", title=None, ax=None):
    """Losses step by step, one line for each network.

    Args:
        losses: a dict from a name to its losses, one a step.
        x: what a step is, written below ("step", "epoch").
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    with looks.style():
        ax = looks.new_axes(ax, (7, 3.4))
        for place, (name, values) in enumerate(losses.items()):
            dash = ("-", "--", "-.", ":")[place % 4]
            ax.plot(range(1, len(values) + 1), values, color=looks.PALETTE[place % 6], linestyle=dash, label=name)
        ax.set_ylim(bottom=0)
        ax.set_xlabel(x)
        ax.set_ylabel("loss")
        if len(losses) > 1:
            ax.legend()
        if title:
            ax.set_title(title)
    return ax
