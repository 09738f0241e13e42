"""One look for every figure: fonts, colours that colour-blind readers tell apart, and the lines drawn over scans."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from course_lib.errors import ArgumentError

# Okabe & Ito's palette (jfly.uni-koeln.de/color): told apart with every kind of colour blindness.
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#707070"
# For lines and marks on white, on which orange and sky blue are too pale: contrast of 3 and more.
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, "#734E00", "#4D4D4D")
DARK_GREEN, DARK_VERMILION = "#00614B", "#A84300"  # for letters on white: contrast of 4.5 and more
MARKERS = ("o", "s", "^", "D", "v", "P")

TRUTH, GUESS = YELLOW, SKY
DPI = 100

STYLE = {
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.8,
}


def style():
    """The course's look as a context: ``with style(): ...``; what was set before is back afterwards."""
    return plt.rc_context(STYLE)


def new_axes(ax, size):
    """`ax` itself, or the axes of a new figure of `size` (width, height) in inches."""
    if ax is not None:
        return ax
    return plt.subplots(figsize=size, layout="constrained")[1]


def without_ticks(ax):
    """An axes for a picture: no ticks, no frame, no grid."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def outlines(mask):
    """The borders of a mask along its pixels' edges, as closed lines [(x, y), …] in pixel coordinates.

    >>> [line.tolist() for line in outlines(np.ones((1, 1), bool))]
    [[[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]]]
    """
    padded = np.pad(np.asarray(mask, bool), 1)
    here = padded[1:-1, 1:-1]
    onward = {}  # from a corner of a pixel to the next, the mask on the right hand
    for outside, (dy0, dx0), (dy1, dx1) in (
        (padded[:-2, 1:-1], (0, 0), (0, 1)),
        (padded[1:-1, 2:], (0, 1), (1, 1)),
        (padded[2:, 1:-1], (1, 1), (1, 0)),
        (padded[1:-1, :-2], (1, 0), (0, 0)),
    ):
        for y, x in np.argwhere(here & ~outside).tolist():
            onward.setdefault((x + dx0, y + dy0), []).append((x + dx1, y + dy1))
    lines = []
    while onward:
        line = [next(iter(onward))]
        while line[-1] in onward:
            corner = line[-1]
            line.append(onward[corner].pop())
            if not onward[corner]:
                del onward[corner]
        lines.append(np.array(line) - 0.5)
    return lines


def draw_outline(ax, mask, color, width=1.6, style="solid", label=None):
    """Draw a mask's border over a picture, with a dark rim so that it shows on bright tissue too, dashes as well."""
    rim = patheffects.withStroke(linewidth=width + 1.4, foreground="black")
    lines = LineCollection(
        outlines(mask),
        colors=color,
        linewidths=width,
        linestyles=style,
        label=label,
        path_effects=[rim],
    )
    ax.add_collection(lines, autolim=False)
    return lines


def rim_legend(legend):
    """Give a legend's lines the dark rim that they have over the scan: yellow on a white page is hardly seen."""
    for handle in legend.legend_handles:
        if isinstance(handle, Line2D) or not handle.get_fill():
            rim = patheffects.withStroke(linewidth=handle.get_linewidth() + 1.4, foreground="black")
            handle.set_path_effects([rim])


def as_mask(mask, shape=None, name="mask"):
    """A mask as (height, width) boolean; (height, width, 1), 0/1 and 0/255 masks are taken too.

    Raises:
        ArgumentError: not two-dimensional, or not of the picture's `shape`.
    """
    mask = np.asarray(mask)
    if mask.ndim == 3 and mask.shape[-1] == 1:
        mask = mask[..., 0]
    if mask.ndim != 2 or (shape is not None and mask.shape != tuple(shape)):
        wanted = "(height, width)" if shape is None else tuple(shape)
        raise ArgumentError(f"The {name} has shape {mask.shape}; it needs {wanted}, the size of the picture.")
    if mask.dtype.kind == "f" and not np.isin(mask, (0, 1, 255)).all():
        raise ArgumentError(f"The {name} holds values between 0 and 1: threshold probabilities first (p >= 0.5).")
    return mask > 0
