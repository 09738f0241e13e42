"""How training is steered: the learning rate's range, what callbacks do, training against validation."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks


def rate_range(table, chosen=None, window=7, ax=None):
    """Loss against learning rate, as `training.rate_range_test` measures it.

    Args:
        table: a row a step, with the columns learning_rate and loss.
        chosen: a learning rate to mark, or None.
        window: steps over which the line takes the running mean; the points are the steps themselves.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    table = pd.DataFrame(table)
    if len(table) < 2 or not {"learning_rate", "loss"} <= set(table):
        raise ArgumentError(
            f"The table needs the columns learning_rate and loss, two rows at least; got {table.shape}."
        )
    rates, losses = table["learning_rate"], table["loss"]
    smooth = losses.rolling(window, center=True, min_periods=1).mean()
    with looks.style():
        ax = looks.new_axes(ax, (8, 3.6))
        ax.plot(rates, losses, ".", color=looks.SKY, markersize=5, label="one step")
        ax.plot(rates, smooth, color=looks.BLUE, linewidth=2.2, label=f"mean of {window} steps")
        if chosen is not None:
            ax.axvline(chosen, color="black", linestyle="--", linewidth=1.6, label=f"chosen: {chosen:.1g}")
        ax.set_xscale("log")
        ax.set_xlabel("learning rate (each step a little higher)")
        ax.set_ylabel("loss of the step's batch")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3)
    return ax


def steered(table, patience=None, stopped=None, restored=None, title=None, ax=None):
    """A series of validation losses above, and below it the learning rate that a callback made of it.

    Points that are better than all before are filled, the others hollow: those are what patience counts.

    Args:
        table: a row an epoch with epoch, val_loss and learning_rate, as `training.replay` returns it.
        patience: write the count of epochs without improvement beside the points (of early stopping); or None.
        stopped: the epoch after which training ended, marked; or None.
        restored: the epoch whose weights were put back, ringed; or None.
        title: over the chart.
        ax: axes for the losses, or None for a new figure. The rate has axes of its own below, in the same figure.

    Returns:
        The axes of the losses.
    """
    table = pd.DataFrame(table)
    if table.empty or not {"epoch", "val_loss", "learning_rate"} <= set(table):
        raise ArgumentError(f"The table needs epoch, val_loss and learning_rate; it has {list(table.columns)}.")
    epoch, loss = table["epoch"].to_numpy(), table["val_loss"].to_numpy()
    better = loss < np.minimum.accumulate(np.concatenate([[np.inf], loss[:-1]]))
    with looks.style():
        ax = looks.new_axes(ax, (8, 4.2))
        ax.plot(epoch, loss, color=looks.BLUE, linewidth=1.4, zorder=2)
        for kind, face, label in ((better, looks.BLUE, "better than all before"), (~better, "white", "not better")):
            ax.plot(epoch[kind], loss[kind], "o", color=looks.BLUE, markerfacecolor=face, markersize=7, label=label)
        if patience is not None:
            _write_waits(ax, epoch, loss, better)
        _mark_ends(ax, epoch, loss, stopped, restored)
        ax.set_ylabel("validation loss")
        ax.margins(y=0.16)
        below = ax.inset_axes([0, -0.52, 1, 0.34], sharex=ax)
        _draw_rate(below, epoch, table["learning_rate"].to_numpy())
        ax.tick_params(labelbottom=False)
        ax.legend(loc="upper right", ncols=2)
        if title:
            ax.set_title(title)
    return ax


def _write_waits(ax, epoch, loss, better):
    waited = 0
    for x, y, improved in zip(epoch, loss, better, strict=True):
        waited = 0 if improved else waited + 1
        if waited:
            ax.annotate(f"{waited}", (x, y), (0, 8), textcoords="offset points", ha="center", fontsize=10)


def _mark_ends(ax, epoch, loss, stopped, restored):
    if restored is not None:
        at = (restored, loss[list(epoch).index(restored)])
        ax.plot(*at, "o", markersize=15, markerfacecolor="none", color=looks.GREEN, markeredgewidth=2)
        ax.annotate(
            "restored", at, (0, -20), textcoords="offset points", ha="center", va="top", color=looks.GREEN, fontsize=10
        )
    if stopped is not None:
        ax.axvline(stopped, color=looks.VERMILION, linewidth=2, linestyle="--")
        place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        ax.annotate("stop ", (stopped, 0.04), (-3, 0), ha="right", color=looks.VERMILION, fontsize=11, **place)


def _draw_rate(ax, epoch, rate):
    ax.step(epoch, rate, where="mid", color=looks.GREEN, linewidth=2)
    ax.set_yscale("log")
    ax.set_ylim(rate.min() / 2.5, rate.max() * 2.5)
    ax.yaxis.set_minor_locator(plt.NullLocator())
    changes = [0, *(np.flatnonzero(np.diff(rate)) + 1)]
    for k in changes:
        ax.annotate(
            f"{rate[k]:.2g}", (epoch[k], rate[k]), (2, 4), textcoords="offset points", color="black", fontsize=9
        )
    ax.set_ylabel("rate")
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(plt.MaxNLocator(integer=True))


def learning_curves(histories, column="val_dice", label=None, ax=None):
    """One column of several trainings' histories, epoch by epoch, in one chart.

    Args:
        histories: a dict from a name to a history (a row an epoch).
        column: which of its columns.
        label: what it is, written at the axis; the column's name if None.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    if not histories or any(column not in pd.DataFrame(history) for history in histories.values()):
        raise ArgumentError(f"Each history needs the column {column}, and there must be one history at least.")
    with looks.style():
        ax = looks.new_axes(ax, (4.4, 3.4))
        for place, (name, history) in enumerate(histories.items()):
            values = np.asarray(pd.DataFrame(history)[column])
            look = {"color": looks.PALETTE[place % 6], "marker": looks.MARKERS[place % 6], "markersize": 5}
            ax.plot(range(1, len(values) + 1), values, linestyle=("-", "--", "-.", ":")[place % 4], label=name, **look)
        ax.set_ylim(0, 1)
        ax.set_xlabel("epoch")
        ax.set_ylabel(label or column)
        ax.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
        ax.legend()
    return ax
