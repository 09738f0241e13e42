"""Pictures of single slices: grey with an outline, with colour laid over, and what a network got right and wrong."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks

SEQUENCES = ("pre", "FLAIR", "post")
SEQUENCE_TITLES = {"pre": "pre-contrast", "FLAIR": "FLAIR", "post": "post-contrast"}


def grey(images, sequence="FLAIR"):
    """One sequence of an image or of many, from 0 (black) to 1, brightened so that dim scanners show too.

    All images given together share one scale: the 98th percentile of what is not background becomes white
    (the scalp's fat is brighter still, and of no interest).

    Args:
        images: (..., height, width, 3) with the sequences of `SEQUENCES`, or (..., height, width) of one sequence.
        sequence: which of them.
    """
    images = np.asarray(images)
    if images.ndim >= 3 and images.shape[-1] == 3:
        if sequence not in SEQUENCES:
            raise ArgumentError(f"There is no sequence {sequence!r}; choose one of {', '.join(SEQUENCES)}.")
        images = images[..., SEQUENCES.index(sequence)]
    if images.ndim < 2:
        raise ArgumentError(f"An image has the shape (height, width, 3) or (height, width); got {images.shape}.")
    images = images.astype(np.float32)
    lit = images[images > 0.1 * images.max()]
    white = np.percentile(lit, 98) if lit.size else 1
    return np.clip(images / max(white, 1e-6), 0, 1)


def _draw_grey(ax, picture):
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    looks.without_ticks(ax)


def contour(image, mask, guess=None, sequence="FLAIR", title=None, ax=None):
    """A slice with the tumour's border: the expert's as a solid line, a network's as a dashed one.

    Args:
        image: (height, width, 3) or (height, width).
        mask: (height, width[, 1]), the expert's.
        guess: the network's, or None.
        sequence: which sequence of the image to show.
        title: over the picture.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    with looks.style():
        picture = grey(image, sequence)
        ax = looks.new_axes(ax, (4.2, 4.2))
        _draw_grey(ax, picture)
        lines = [looks.draw_outline(ax, looks.as_mask(mask, picture.shape), looks.TRUTH, label="expert")]
        if guess is not None:
            border = looks.as_mask(guess, picture.shape, "guess")
            lines.append(looks.draw_outline(ax, border, looks.GUESS, style=(0, (2, 1)), label="network"))
            _legend_below(ax, lines)
        if title:
            ax.set_title(title)
    return ax


def overlay(image, values, sequence="FLAIR", title=None, opacity=0.55, ax=None):
    """A slice with a mask or a probability map laid over it as colour; where there is nothing, the scan shows alone.

    Args:
        image: (height, width, 3) or (height, width).
        values: (height, width[, 1]): a mask, or probabilities from 0 to 1, which get a colour bar.
        sequence, title, ax: as for `contour`.
        opacity: of the colour where the value is 1.

    Returns:
        The axes.
    """
    values = np.asarray(values)
    values = values[..., 0] if values.ndim == 3 and values.shape[-1] == 1 else values
    graded = values.dtype.kind == "f" and not np.isin(values, (0, 1)).all()
    if graded and not (values.min() >= 0 and values.max() <= 1):
        raise ArgumentError(f"Probabilities lie between 0 and 1; got {values.min():g} to {values.max():g}.")
    with looks.style():
        picture = grey(image, sequence)
        if values.shape != picture.shape:
            raise ArgumentError(f"The values have shape {values.shape} and the picture {picture.shape}: use one size.")
        ax = looks.new_axes(ax, (4.9, 4.2) if graded else (4.2, 4.2))
        _draw_grey(ax, picture)
        if graded:
            # cividis reads the same with and without colour vision.
            drawn = ax.imshow(values, cmap="cividis", vmin=0, vmax=1, alpha=opacity * np.minimum(values * 4, 1))
            drawn.set_interpolation("nearest")
            bar = plt.colorbar(plt.cm.ScalarMappable(cmap="cividis"), ax=ax, fraction=0.046, pad=0.03)
            bar.set_label("probability of tumour")
        else:
            mask = looks.as_mask(values)
            ax.imshow(_coloured(mask, looks.ORANGE, opacity), interpolation="nearest")
            looks.draw_outline(ax, mask, looks.ORANGE, width=1.2)
        if title:
            ax.set_title(title)
    return ax


def _coloured(mask, color, opacity):
    """(height, width, 4): the colour where the mask is, nothing elsewhere."""
    rgba = np.zeros((*mask.shape, 4))
    rgba[mask] = plt.matplotlib.colors.to_rgba(color, opacity)
    return rgba


ERRORS = (  # what it is called, colour, hatching: each can be told from the others without seeing colour
    ("hit", looks.SKY, None),
    ("miss", looks.VERMILION, "////"),
    ("false alarm", looks.YELLOW, "...."),
)


def error_map(image, truth, guess, sequence="FLAIR", title=None, ax=None):
    """Where a guess is right and wrong: hits, misses (hatched with lines) and false alarms (dotted).

    The legend gives hits and misses as shares of the tumour, and false alarms as a share of the guess.

    Args:
        image: (height, width, 3) or (height, width).
        truth: the expert's mask, (height, width[, 1]).
        guess: the network's mask, of the same size.
        sequence, title, ax: as for `contour`.

    Returns:
        The axes.
    """
    with looks.style():
        picture = grey(image, sequence)
        truth, guess = looks.as_mask(truth, picture.shape, "truth"), looks.as_mask(guess, picture.shape, "guess")
        ax = looks.new_axes(ax, (4.4, 4.8))
        _draw_grey(ax, picture)
        shares = error_shares(truth, guess)
        handles = []
        for (name, color, hatch), area in zip(ERRORS, (truth & guess, truth & ~guess, guess & ~truth), strict=True):
            ax.imshow(_coloured(area, color, 0.55), interpolation="nearest")
            _hatch(ax, area, hatch)
            looks.draw_outline(ax, area, color, width=1.2)
            handles.append(Patch(facecolor=color, hatch=hatch, edgecolor="black", label=shares[name]))
        _legend_below(ax, handles)
        if title:
            ax.set_title(title)
    return ax


def error_shares(truth, guess):
    """The legend of `error_map`: a line of text for hits, misses and false alarms.

    >>> error_shares(np.array([1, 1, 1, 1, 0], bool), np.array([1, 1, 1, 0, 1], bool))["miss"]
    'miss: 25 % of the tumour'
    """
    hits, tumor, guessed = (int(area.sum()) for area in (truth & guess, truth, guess))
    share = "{}: {:.0f} % of the {}".format
    return {
        "hit": share("hit", 100 * hits / tumor, "tumour") if tumor else "hit: there is no tumour",
        "miss": share("miss", 100 * (tumor - hits) / tumor, "tumour") if tumor else "miss: there is no tumour",
        "false alarm": share("false alarm", 100 * (guessed - hits) / guessed, "guess")
        if guessed
        else "nothing guessed",
    }


def _hatch(ax, area, hatch):
    if hatch is None or not area.any():
        return
    fine = max(1, 512 // max(area.shape))  # contourf cuts corners of pixels; finer pixels, smaller cuts
    rows, columns = (np.flatnonzero(area.any(axis=axis)) for axis in (1, 0))
    (top, bottom), (left, right) = rows[[0, -1]], columns[[0, -1]]
    near = area[top : bottom + 1, left : right + 1]  # the figure keeps what is drawn: megabytes for a whole slice
    height, width = area.shape
    ax.contourf(
        np.pad(near, 1).repeat(fine, 0).repeat(fine, 1),
        levels=[0.5, 1.5],
        colors="none",
        hatches=[hatch],
        extent=(left - 1.5, right + 1.5, top - 1.5, bottom + 1.5),
    )
    ax.set_xlim(-0.5, width - 0.5)
    ax.set_ylim(height - 0.5, -0.5)


def _legend_below(ax, handles):
    few = len(handles) <= 2
    legend = ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=2 if few else 1)
    looks.rim_legend(legend)


def blend(image, mask, color=looks.ORANGE, opacity=0.35):
    """A slice with its mask as an RGB picture of the same pixels: FLAIR in grey, the tumour tinted, its rim in full
    colour.

    Args:
        image: (height, width, 3) uint8.
        mask: (height, width[, 1]).

    Returns:
        (height, width, 3) uint8.
    """
    picture = np.repeat(grey(image)[..., None] * 255, 3, axis=-1)
    mask = looks.as_mask(mask, picture.shape[:2])
    tint = np.array(plt.matplotlib.colors.to_rgb(color)) * 255
    inside = np.pad(mask, 1)
    inside = inside[1:-1, 1:-1] & inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    picture[mask] = (1 - opacity) * picture[mask] + opacity * tint
    picture[mask & ~inside] = tint
    return picture.round().astype(np.uint8)
