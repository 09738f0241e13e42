"""What a loss wants: its surface over misses and false alarms, its pull on every pixel, the trade that follows."""

import matplotlib.pyplot as plt
import numpy as np

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks

DASHES = ("-", "--", "-.", ":")


def loss_surface(weightings, points=None):
    """Lines of equal Tversky loss over misses and false alarms, both counted in hundredths of the tumour's area.

    Args:
        weightings: a dict from a title to (fn_weight, fp_weight): one panel each.
        points: a dict from a name to (misses, false alarms), in hundredths of the tumour, marked in every panel with
            the loss there; or None.

    Returns:
        An array with the axes of the panels.

    Raises:
        ArgumentError: there is no weighting.
    """
    if not weightings:
        raise ArgumentError("Give at least one weighting, such as {'Dice': (0.5, 0.5)}.")
    misses, alarms = np.meshgrid(np.linspace(0, 100, 101), np.linspace(0, 100, 101))
    with looks.style():
        size = (3.05 * len(weightings) + 0.4, 3.5)
        axes = plt.subplots(1, len(weightings), figsize=size, layout="constrained", squeeze=False)[1][0]
        for ax, (title, weights) in zip(axes, weightings.items(), strict=True):
            values = _surface(misses, alarms, *weights)
            ax.contourf(misses, alarms, values, levels=np.linspace(0, 1, 21), cmap="cividis_r", vmax=1.4)
            lines = ax.contour(misses, alarms, values, levels=np.arange(0.1, 1, 0.1), colors="black", linewidths=0.8)
            places = [place for level in lines.levels if (place := _on_the_line(level, *weights))]
            ax.clabel(lines, fmt="%.1f", fontsize=9, manual=places)
            for (name, place), marker in zip((points or {}).items(), looks.MARKERS, strict=False):
                label = f"{name}: {_surface(*place, *weights):.2f}"
                ax.plot(
                    *place, marker, color="white", markeredgecolor="black", markersize=9, label=label, clip_on=False
                )
            ax.set(title=title, xlabel="missed, % of the tumour", aspect="equal", xticks=(0, 50, 100))
            ax.set_yticks((0, 50, 100))
            ax.grid(False)
            if points:
                ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), handletextpad=0.2)
        axes[0].set_ylabel("false alarms, % of the tumour")
    return axes


def _surface(misses, alarms, fn_weight, fp_weight):
    """The Tversky loss without smoothing of a tumour of 100 pixels."""
    errors = fn_weight * misses + fp_weight * alarms
    return errors / (100 - misses + errors)


def _on_the_line(level, fn_weight, fp_weight):
    """A place well inside the panel where the loss is `level`, or None; lines of equal loss are straight."""
    for alarms in (70, 30, 10):
        misses = (level * (100 + fp_weight * alarms) - fp_weight * alarms) / (fn_weight + level * (1 - fn_weight))
        if 6 < misses < 94:
            return misses, alarms
    return None


def loss_lines(x, lines, x_label, y_label="loss", best=False, ax=None):
    """How a loss depends on one thing, a line for each loss, told apart by dashes as well as by colour.

    Args:
        x: the places, (place,).
        lines: a dict from a name to the losses at these places.
        x_label, y_label: what is written below and beside.
        best: mark the smallest loss of each line with a point.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.

    Raises:
        ArgumentError: a line has not as many losses as there are places.
    """
    if not lines or any(np.shape(values) != np.shape(x) for values in lines.values()):
        raise ArgumentError(f"Each line needs as many losses as there are places: {len(x)}; and one line at least.")
    with looks.style():
        ax = looks.new_axes(ax, (6.6, 3.6))
        for place, (name, values) in enumerate(lines.items()):
            color = looks.PALETTE[place % len(looks.PALETTE)]
            ax.plot(x, values, color=color, linestyle=DASHES[place % 4], linewidth=2, label=name)
            if best:
                lowest = int(np.argmin(values))
                ax.plot(x[lowest], values[lowest], looks.MARKERS[place % 6], color=color, markersize=8, clip_on=False)
        ax.set_ylim(bottom=0)
        ax.set(xlabel=x_label, ylabel=y_label)
        if len(lines) > 1:
            ax.legend()
    return ax


def pull_map(pull, reach=None, title=None, ax=None):
    """Where a loss pulls the prediction up (orange) and where it pushes it down (purple); white is left alone.

    Args:
        pull: (height, width), minus the gradient.
        reach: the pull at which colours are full; None takes the strongest.
        title: over the picture.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.

    Raises:
        ArgumentError: not one picture.
    """
    pull = np.asarray(pull, np.float32)
    if pull.ndim != 2:
        raise ArgumentError(f"The pull on the pixels of one slice is (height, width); got {pull.shape}.")
    reach = reach or max(float(np.abs(pull).max()), 1e-12)
    with looks.style():
        ax = looks.new_axes(ax, (4.2, 4.2))
        drawn = ax.imshow(pull, cmap="PuOr_r", vmin=-reach, vmax=reach, interpolation="nearest")
        bar = plt.colorbar(drawn, ax=ax, orientation="horizontal", fraction=0.046, pad=0.03, ticks=(-reach, 0, reach))
        bar.ax.set_xticklabels(("pushed down", "0", "pulled up"))
        looks.without_ticks(ax)
        if title:
            ax.set_title(title)
    return ax


def recall_precision(recall, precision, names, ax=None):
    """Recall against precision, a point for each network in the order given, joined by a line.

    Args:
        recall, precision: (network,), 0 to 1.
        names: what stands beside each point.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.

    Raises:
        ArgumentError: recall, precision and names differ in number.
    """
    recall, precision = np.asarray(recall, float), np.asarray(precision, float)
    if not len(recall) == len(precision) == len(names) > 0:
        raise ArgumentError(f"Got {len(recall)} recalls, {len(precision)} precisions and {len(names)} names.")
    with looks.style():
        ax = looks.new_axes(ax, (5.2, 4.4))
        ax.plot(precision, recall, color=looks.GREY, linewidth=1.2)
        for place, name in enumerate(names):
            color, marker = looks.PALETTE[place % 6], looks.MARKERS[place % 6]
            ax.plot(precision[place], recall[place], marker, color=color, markersize=10, label=name)
        low = max(0.0, np.floor(10 * min(np.nanmin(recall), np.nanmin(precision)) - 0.5) / 10)
        ax.set(xlim=(low, 1), ylim=(low, 1), aspect="equal")
        ax.set(xlabel="precision: how much of what is marked is tumour", ylabel="recall: how much tumour is marked")
        ax.legend(loc="lower left")
    return ax
