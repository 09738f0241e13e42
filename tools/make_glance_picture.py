"""Draw the README's still picture: the course at a glance, from a scan to an honest score.

python tools/make_glance_picture.py     # again whenever another network ships

Patients are phantoms; the network is the one that ships.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle

from course_lib import evaluation, phantoms, plots
from course_lib.data import largest_slice, load
from course_lib.plots import style
from course_lib.storage import atomic_path

FOLDER = Path(__file__).resolve().parents[1] / "data" / "images"
SEED, PATIENTS, SHOWN = 8, 12, 2
SIZE, SCORED_AT = 192, 96  # pixels of the patient shown, and of the others, who are only scored
CAPTIONS = (
    "1  a scan, three sequences",
    "2  a U-Net, VGG19 inside",
    "3  it suspects tumour",
    "4  its outline, the truth",
    "5  hits and misses",
    "6  how good, how sure?",
)


def picture(people, shown, model):
    """Six panels: one phantom from its scan to its errors, and the scores of all.

    Args:
        people: phantoms.
        shown: which of them, from 0.
        model: a network.

    Returns:
        The figure.
    """
    maps = [_probabilities(model, one.images) for one in people]
    k = largest_slice(people[shown].masks)
    near = _head(people[shown].images[k])
    image, truth = people[shown].images[k][near], people[shown].masks[k, ..., 0][near] > 0
    probability = maps[shown][k, ..., 0][near]
    with style.style():
        figure, axes = plt.subplots(2, 3, figsize=(8.4, 6.3), facecolor="white")
        figure.subplots_adjust(left=0.01, right=0.99, top=0.94, bottom=0.09, wspace=0.12, hspace=0.27)
        cards, network, suspicion, outlines, errors, scores = axes.flat
        _draw_cards(cards, image)
        _draw_network(network, plots.network_blocks(model))
        _draw_suspicion(suspicion, image, probability)
        plots.contour(image, truth, probability >= 0.5, ax=outlines)
        plots.error_map(image, truth, probability >= 0.5, ax=errors)
        for ax in (outlines, errors):
            ax.get_legend().remove()
        _draw_scores(
            scores, [evaluation.dice_score(one.masks > 0, p >= 0.5) for one, p in zip(people, maps, strict=True)]
        )
        for ax, caption in zip(axes.flat, CAPTIONS, strict=True):
            ax.set_title(caption, fontsize=14, pad=7, loc="left")
    return figure


def _probabilities(model, images):
    small = np.stack([load.resize(image, model.input_shape[1]) for image in images])
    return evaluation.predict_volume(model, small, size=images.shape[1])


def _head(image):
    """The rows and columns of the smallest square around the head, with a margin."""
    lit = image.max(axis=-1) > 0.25 * image.max()
    ends = [np.flatnonzero(lit.any(axis=axis))[[0, -1]] for axis in (1, 0)]
    side = min(max(high - low for low, high in ends) + len(image) // 20, len(image))
    starts = [min(max((low + high - side) // 2, 0), len(image) - side) for low, high in ends]
    return tuple(slice(start, start + side) for start in starts)


def _draw_cards(ax, image):
    """The three sequences as cards that lie on one another."""
    for number, sequence in enumerate(plots.SEQUENCES):
        left, low = 0.19 * number, 0.38 - 0.19 * number
        extent = (left, left + 0.62, low, low + 0.62)
        ax.imshow(plots.grey(image, sequence), cmap="gray", vmin=0, vmax=1, extent=extent, zorder=number)
        ax.add_patch(Rectangle((left, low), 0.62, 0.62, fill=False, edgecolor="white", linewidth=2, zorder=number))
        ax.text(left + 0.03, low + 0.59, sequence, color="white", fontsize=12, va="top", zorder=number + 0.5)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    style.without_ticks(ax)


def _draw_network(ax, blocks):
    """The network as a U of bars: as tall as the picture is there, as wide as it has channels."""
    tallest = max(block.size[0] for block in blocks)
    bottom = min(range(len(blocks)), key=lambda k: blocks[k].size)
    middles = np.linspace(0.06, 0.94, len(blocks))
    depth = {size: level for level, size in enumerate(sorted({block.size for block in blocks}, reverse=True))}
    for k, block in enumerate(blocks):
        tall, wide = 0.38 * (block.size[0] / tallest) ** 0.5, 0.045 + 0.045 * depth[block.size] / len(depth)
        middle = 0.8 - 0.165 * depth[block.size]
        color = style.BLUE if k < bottom else style.PURPLE if k == bottom else style.GREEN
        ax.add_patch(Rectangle((middles[k] - wide / 2, middle - tall / 2), wide, tall, color=color, zorder=2))
        for source in block.skips:
            arrow = FancyArrowPatch(
                (middles[source] + 0.03, middle), (middles[k] - 0.03, middle), arrowstyle="-|>", mutation_scale=13,
                color=style.ORANGE, linewidth=2.2, zorder=1,
            )  # fmt: skip
            ax.add_patch(arrow)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    style.without_ticks(ax)


def _draw_suspicion(ax, image, probability):
    ax.imshow(plots.grey(image), cmap="gray", vmin=0, vmax=1)
    ax.imshow(probability, cmap="cividis", vmin=0, vmax=1, alpha=0.75 * np.minimum(probability * 4, 1))
    style.without_ticks(ax)


def _draw_scores(ax, dice):
    """Every patient's Dice, the mean and its interval."""
    dice = np.sort(dice)
    low, high = evaluation.bootstrap_interval(dice)
    ax.axhspan(low, high, color=style.SKY, alpha=0.35)
    ax.axhline(dice.mean(), color=style.BLUE, linewidth=2.2)
    ax.plot(np.arange(1, len(dice) + 1), dice, "o", color="black", markersize=7)
    ax.set_ylim(0, 1.02)
    ax.set_box_aspect(1)
    ax.set_xticks([])
    ax.tick_params(axis="y", labelsize=12, direction="in", pad=-24)
    ax.set_yticks([0.5, 1], ["0.5", "1"])
    ax.set_xlabel("patients, their mean", fontsize=13)


def main(arguments=None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of glance.png")
    options = parser.parse_args(arguments)
    from course_lib.models import shipped_model

    people = [phantoms.phantom_patient(SEED, SIZE if k == SHOWN else SCORED_AT, k) for k in range(PATIENTS)]
    path = options.out / "glance.png"
    with atomic_path(path) as part:
        picture(people, SHOWN, shipped_model()).savefig(part, format="png", dpi=110)
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
