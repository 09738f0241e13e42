"""The U, drawn from a model itself: what is drawn is what was built."""

from typing import NamedTuple

from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Rectangle

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks


class Block(NamedTuple):
    """Layers that follow one another at one size."""

    size: tuple
    """(height, width) of what the block puts out."""
    channels: int
    """Channels of what it puts out."""
    inside: int
    """Channels that its convolutions work with; at the end of a network more than come out."""
    convolutions: int
    """How many convolutions it holds, those that only bring a picture up to its size not counted."""
    layers: tuple
    """Names of its layers, in order."""
    skips: tuple
    """Numbers of the earlier blocks that it receives beside the one before."""


def network_blocks(model):
    """The blocks of a convolutional network, in the order in which an image runs through them.

    A block ends where the size changes. Layers that are models themselves count as one layer.

    Args:
        model: a functional `keras.Model` with one input (batch, height, width, channel) of known size.

    Returns:
        A list of `Block`, in order.

    Raises:
        ArgumentError: not such a model.
    """
    if not hasattr(model, "get_config") or len(getattr(model, "inputs", ())) != 1:
        raise ArgumentError("A diagram needs a functional Keras model with one input, as models.unet returns.")
    shapes = {layer.name: tuple(layer.output.shape[1:]) for layer in model.layers}
    odd = [name for name, shape in shapes.items() if len(shape) != 3 or shape[0] is None]
    if odd:
        raise ArgumentError(
            f"Layer {odd[0]} gives the shape {shapes[odd[0]]}: a diagram needs pictures (height, width, channel) "
            "of known size throughout. Build the model with a fixed input_shape."
        )
    parents = _parents(model)
    grouped = []
    for layer in model.layers:
        if not grouped or shapes[layer.name][:2] != shapes[grouped[-1][-1].name][:2]:
            grouped.append([])
        grouped[-1].append(layer)
    block_of = {layer.name: k for k, group in enumerate(grouped) for layer in group}
    return [_block(group, k, shapes, parents, block_of) for k, group in enumerate(grouped)]


def _block(group, number, shapes, parents, block_of):
    received = {block_of[parent] for layer in group for parent in parents[layer.name]}
    convolutions = [layer.name for layer in group if type(layer).__name__.endswith("Conv2D")]
    size = shapes[group[-1].name]
    return Block(
        size=size[:2],
        channels=size[2],
        inside=shapes[convolutions[0]][2] if convolutions else size[2],
        convolutions=len(convolutions),
        layers=tuple(layer.name for layer in group),
        skips=tuple(sorted(k for k in received if k < number - 1)),
    )


def _parents(model):
    """The names of the layers whose outputs each layer of the model takes."""
    known = {id(layer.output): layer.name for layer in model.layers}
    parents = {}
    for layer in model.layers:
        taken = layer.input if isinstance(layer.input, list | tuple) else [layer.input]
        parents[layer.name] = [known[id(one)] for one in taken if id(one) in known and known[id(one)] != layer.name]
    return parents


def network_diagram(model, title=None, ax=None):
    """The network as a U: the way down on the left, the way up on the right, skips as arrows across.

    Everything is read from the model: a skip that was not built is not drawn. Each block carries the number of its
    channels, and below it that of its convolutions; each level is labelled with its size in pixels.

    Args:
        model: as for `network_blocks`.
        title: over the diagram; the model's name and the number of its parameters if None.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    blocks = network_blocks(model)
    sizes = sorted({block.size for block in blocks}, reverse=True)
    bottom = min(range(len(blocks)), key=lambda k: (blocks[k].size, k))
    places = _places(blocks, sizes, bottom)
    with looks.style():
        ax = looks.new_axes(ax, (9, 0.9 + 0.85 * len(sizes)))
        for k, block in enumerate(blocks):
            color = BOTTOM if k == bottom else looks.BLUE if k < bottom else UPWARDS
            _draw_block(ax, places[k], block, color)
            if k:
                _draw_step(ax, places[k - 1], places[k])
            for source in block.skips:
                (x0, y0), (x1, y1) = places[source], places[k]
                _arrow(ax, (x0 + WIDTH / 2, y0), (x1 - WIDTH / 2, y1), looks.VERMILION, 2.4)
        _label(ax, model, sizes, places, any(block.skips for block in blocks))
        ax.set_title(title or f"{model.name}: {model.count_params():,} parameters")
    return ax


BOTTOM, UPWARDS = "#7A3E6E", looks.DARK_GREEN  # dark enough for white letters
WIDTH, HEIGHT, STEP = 0.66, 0.46, 0.95  # of a block, and how far the next level lies inwards; levels lie 1 apart


def _places(blocks, sizes, bottom):
    """The middle (x, y) of each block: left of the U going down, right of it coming up."""
    outward = [(len(sizes) - 1 - sizes.index(block.size)) * STEP for block in blocks]
    sides = [-1 if k < bottom else 1 for k in range(len(blocks))]
    return [(side * x, -sizes.index(block.size)) for side, x, block in zip(sides, outward, blocks, strict=True)]


def _draw_block(ax, place, block, color):
    x, y = place
    corner = (x - WIDTH / 2, y - HEIGHT / 2)
    ax.add_patch(Rectangle(corner, WIDTH, HEIGHT, facecolor=color, edgecolor="black", zorder=3))
    channels = f"{block.inside}" if block.inside == block.channels else f"{block.inside} → {block.channels}"
    ax.text(x, y, channels, ha="center", va="center", color="white", fontsize=11, fontweight="bold", zorder=4)
    if block.convolutions:
        # On the right flank an arrow comes in from the lower left: keep out of its way.
        left, right = corner[0], corner[0] + WIDTH
        at, side = (right, "right") if color == UPWARDS else (left, "left")
        ax.text(at, y - HEIGHT / 2 - 0.03, f"{block.convolutions} conv", ha=side, va="top", fontsize=9)


def _draw_step(ax, start, end):
    """The way from one block to the next, a level down or up; along the inner or outer flank of the U."""
    (x0, y0), (x1, y1) = start, end
    if y1 < y0:
        _arrow(ax, (x0 + WIDTH / 3, y0 - HEIGHT / 2), (x1 - WIDTH / 4, y1 + HEIGHT / 2), "#333333", 1.4)
    else:
        _arrow(ax, (x0 + WIDTH / 4, y0 + HEIGHT / 2), (x1 - WIDTH / 3, y1 - HEIGHT / 2), "#333333", 1.4)


def _arrow(ax, start, end, color, width):
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=13,
            color=color,
            linewidth=width,
            shrinkA=1,
            shrinkB=1,
            zorder=2,
        )
    )


def _label(ax, model, sizes, places, has_skips):
    left, right = (choose(x for x, _ in places) for choose in (min, max))
    for level, (height, width) in enumerate(sizes):
        ax.text(left - 0.75, -level, f"{height} × {width}", ha="right", va="center", fontsize=10, color="#333333")
        ax.axhline(-level, color="#EEEEEE", linewidth=1, zorder=0)
    for (x, y), shape, text in ((places[0], model.input_shape, "in"), (places[-1], model.output_shape, "out")):
        count = f"{shape[-1]} channel{'' if shape[-1] == 1 else 's'}"
        ax.text(x, y + HEIGHT / 2 + 0.06, f"{text}: {count}", ha="center", va="bottom", fontsize=9)
    handles = [Line2D([], [], color="#333333", marker=">", label="to half or double the size")]
    if has_skips:
        handles.append(Line2D([], [], color=looks.VERMILION, marker=">", linewidth=2.4, label="skip connection"))
    ax.legend(handles=handles, loc="lower right")
    ax.set_xlim(left - 1.6, right + 0.7)
    ax.set_ylim(-len(sizes) + 1 - 0.7, 0.6)
    looks.without_ticks(ax)
