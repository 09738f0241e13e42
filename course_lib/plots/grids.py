"""Pictures of many slices in one: sequences side by side, grids, a whole patient."""

import numpy as np

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks
from course_lib.plots.scans import SEQUENCE_TITLES, SEQUENCES, _legend_below, grey


def sequences(image, mask=None, title=None, ax=None):
    """The three sequences of one slice side by side, each under its name; the tumour outlined where a mask is given.

    Each sequence has its own scale of brightness, as on a viewing station.

    Args:
        image: (height, width, 3).
        mask: (height, width[, 1]), or None.
        title: over the three.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[-1] != 3:
        raise ArgumentError(f"One slice has the shape (height, width, 3); got {image.shape}.")
    tiles = [grey(image, name) for name in SEQUENCES]
    masks = None if mask is None else [looks.as_mask(mask, image.shape[:2])] * 3
    with looks.style():
        ax = looks.new_axes(ax, (9, 3.15))
        mosaic(ax, tiles, masks, titles=[SEQUENCE_TITLES[name] for name in SEQUENCES], columns=3)
        if title:
            ax.set_title(title)
    return ax


def slice_grid(images, masks=None, guesses=None, titles=None, columns=6, sequence="FLAIR", ax=None):
    """Many slices in rows, each with its tumour's border (solid: the expert's, dashed: a network's).

    Args:
        images: (slice, height, width, 3) or (slice, height, width).
        masks, guesses: (slice, height, width[, 1]) each, or None.
        titles: a short text for each slice, or None.
        columns: slices in a row, at most.
        sequence: which sequence to show; every slice has its own scale of brightness.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes; slice k lies in row k // columns.
    """
    images = np.asarray(images)
    if images.ndim not in (3, 4) or len(images) == 0:
        raise ArgumentError(f"Slices have the shape (slice, height, width, 3), one slice at least; got {images.shape}.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    tiles = [grey(image, sequence) for image in images]
    with looks.style():
        height = 9 / columns * rows
        below = 0.1 if guesses is None else 0.4
        ax = looks.new_axes(ax, (min(9, 2.6 * columns), height * min(1, 2.6 * columns / 9) + below))
        lines = mosaic(ax, tiles, masks, guesses, titles, columns)
        if guesses is not None:
            _legend_below(ax, lines)
    return ax


def patient_strip(images, masks=None, sequence="FLAIR", numbers=None, columns=11, title=None, ax=None):
    """All slices of one patient from first to last, the tumour outlined.

    The black margin that all slices share is cut away, and one scale of brightness holds for the whole patient.

    Args:
        images: (slice, height, width, 3), in order.
        masks: (slice, height, width[, 1]), or None.
        sequence: "pre", "FLAIR", "post", or "all" for the three below one another.
        numbers: the slices' numbers; 1, 2, … if None.
        columns: slices in a row, at most.
        title: over the picture.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3 or len(images) == 0:
        raise ArgumentError(f"A patient's slices have the shape (slice, height, width, 3); got {images.shape}.")
    shown = SEQUENCES if sequence == "all" else (sequence,)
    numbers = range(1, len(images) + 1) if numbers is None else numbers
    box = _head_box(images)
    masks = None if masks is None else np.stack([looks.as_mask(m, images.shape[1:3])[box] for m in masks])
    volumes = {name: grey(images[:, box[0], box[1]], name) for name in shown}
    columns = min(columns, len(images))
    tiles, outlines, titles = [], [], []
    for start in range(0, len(images), columns):
        for name in shown:
            for k in range(start, start + columns):
                there = k < len(images)
                tiles.append(volumes[name][k] if there else np.ones_like(volumes[name][0]))
                outlines.append(masks[k] if there and masks is not None else np.zeros(tiles[-1].shape, bool))
                label = f"{numbers[k]}" if there and name == shown[0] else ""
                titles.append(f"{name} {label}".strip() if k == start and len(shown) > 1 else label)
    height, width = tiles[0].shape
    rows = len(tiles) // columns
    with looks.style():
        ax = looks.new_axes(ax, (9.6, 9.6 * rows * height / (columns * width) + 0.35))
        mosaic(ax, tiles, outlines, titles=titles, columns=columns, width=0.9)
        if title:
            ax.set_title(title)
    return ax


def _head_box(images):
    """The part of (slice, height, width, 3) outside of which every slice is nearly black, as two slices."""
    lit = images.max(axis=(0, 3)) > 0.1 * max(1, images.max())
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    if not len(rows):
        return slice(None), slice(None)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def mosaic(ax, tiles, masks=None, guesses=None, titles=None, columns=6, width=1.4):
    """Draw grey tiles of one size, from 0 to 1, into one axes, in rows, with outlines and corner texts.

    Returns the lines drawn: the expert's and, where there are guesses, the network's.
    """
    sizes = {tile.shape for tile in tiles}
    for name, given in (("masks", masks), ("guesses", guesses), ("titles", titles)):
        if given is not None and len(given) != len(tiles):
            raise ArgumentError(f"There are {len(tiles)} pictures and {len(given)} {name}: give one for each.")
    if len(sizes) != 1:
        raise ArgumentError(f"All pictures must have one size; these have {sorted(sizes)}.")
    (height, breadth), gap = tiles[0].shape, max(1, round(max(tiles[0].shape) / 40))
    rows = -(-len(tiles) // columns)
    canvas = np.ones((rows * (height + gap) - gap, columns * (breadth + gap) - gap))
    borders = {"masks": np.zeros(canvas.shape, bool), "guesses": np.zeros(canvas.shape, bool)}
    for k, tile in enumerate(tiles):
        top, left = k // columns * (height + gap), k % columns * (breadth + gap)
        place = np.s_[top : top + height, left : left + breadth]
        canvas[place] = tile
        for name, given in (("masks", masks), ("guesses", guesses)):
            if given is not None:
                borders[name][place] = looks.as_mask(given[k], tile.shape, name)
        if titles is not None and titles[k]:
            _corner_text(ax, left + breadth * 0.03, top + height * 0.03, titles[k])
    ax.imshow(canvas, cmap="gray", vmin=0, vmax=1, interpolation="antialiased")
    lines = [looks.draw_outline(ax, borders["masks"], looks.TRUTH, width, label="expert")]
    if guesses is not None:
        lines.append(looks.draw_outline(ax, borders["guesses"], looks.GUESS, width, style=(0, (2, 1)), label="network"))
    looks.without_ticks(ax)
    return lines


def _corner_text(ax, x, y, text):
    rim = [looks.patheffects.withStroke(linewidth=2.5, foreground="black")]
    ax.text(x, y, text, color="white", fontsize=9, va="top", ha="left", path_effects=rim)
