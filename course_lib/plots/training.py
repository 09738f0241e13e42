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
        ax.plot(rates, losses, ".", color=looks.GREY, markersize=5, label="one step")
        ax.plot(rates, smooth, color=looks.BLUE, linewidth=2.2, label=f"mean of {window} steps")
        if chosen is not None:
            ax.axvline(chosen, color="black", linestyle="--", linewidth=1.6, label=f"chosen: {chosen:.1g}")
        ax.set_xscale("log")
        ax.set_xlabel("learning rate (each step a little higher)")
        ax.set_ylabel("loss of the step's batch")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3)
    return ax


def steered(table, patience=None, stopped=None, restored=None, title=None, ax=None, rate=True):
    """A series of validation losses above, and below it the learning rate that a callback made of it.

    Points that are better than all before are filled, the others hollow: those are what patience counts.

    Args:
        table: a row an epoch with epoch, val_loss and learning_rate, as `training.replay` returns it.
        patience: write beside the points how many epochs brought no improvement; at this count it begins again. None
            writes nothing.
        stopped: the epoch after which training ended, marked; or None.
        restored: the epoch whose weights were put back, ringed; or None.
        title: over the chart.
        ax: axes for the losses, the rate then within their lower edge; or None for a new figure, the rate below.
        rate: whether to draw the rate at all; one that nothing changes only distracts.

    Returns:
        The axes of the losses.
    """
    table = pd.DataFrame(table)
    if table.empty or not {"epoch", "val_loss", "learning_rate"} <= set(table):
        raise ArgumentError(f"The table needs epoch, val_loss and learning_rate; it has {list(table.columns)}.")
    epoch, loss = table["epoch"].to_numpy(), table["val_loss"].to_numpy()
    better = loss < np.minimum.accumulate(np.concatenate([[np.inf], loss[:-1]]))
    with looks.style():
        if not rate:
            ax = below = looks.new_axes(ax, (8, 3.6))
        elif ax is None:
            ax, below = plt.subplots(2, 1, figsize=(8, 4.8), sharex=True, height_ratios=(3, 1), layout="constrained")[1]
        else:
            below = ax.inset_axes([0, 0, 1, 0.25], sharex=ax)
        ax.plot(epoch, loss, color=looks.BLUE, linewidth=1.4, zorder=2)
        for kind, face, label in ((better, looks.BLUE, "better than all before"), (~better, "white", "not better")):
            ax.plot(epoch[kind], loss[kind], "o", color=looks.BLUE, markerfacecolor=face, markersize=7, label=label)
        if patience is not None:
            _write_waits(ax, epoch, loss, better, patience)
        _mark_ends(ax, epoch, loss, stopped, restored)
        ax.set_ylabel("validation loss")
        ax.margins(y=0.22)
        if rate:
            _draw_rate(below, epoch, table["learning_rate"].to_numpy())
        below.set_xlabel("epoch")
        below.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
        ax.legend(loc="upper center", ncols=2)
        if title:
            ax.set_title(title)
    return ax


def _write_waits(ax, epoch, loss, better, patience):
    waited = 0
    for x, y, improved in zip(epoch, loss, better, strict=True):
        waited = 0 if improved else waited % patience + 1  # it has run out: what follows begins again
        if waited:
            ax.annotate(f"{waited}", (x, y), (0, 8), textcoords="offset points", ha="center", fontsize=10)


def _mark_ends(ax, epoch, loss, stopped, restored):
    if restored is not None:
        at = (restored, loss[list(epoch).index(restored)])
        ax.plot(*at, "o", markersize=15, markerfacecolor="none", color=looks.GREEN, markeredgewidth=2)
        ax.annotate("restored", at, (0, -14), textcoords="offset points", ha="center", va="top", color=looks.DARK_GREEN)
    if stopped is not None:
        ax.axvline(stopped + 0.3, color=looks.VERMILION, linewidth=2, linestyle="--")
        place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        ax.annotate("stop", (stopped + 0.3, 0.9), (6, 0), color=looks.DARK_VERMILION, fontsize=11, **place)
        ax.set_xlim(right=stopped + 1.2)


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


def side_by_side(histories, columns=None, shuffle=None):
    """Losses and validation Dice of several trainings, one chart each, all on the same scales.

    Args:
        histories: a dict from a title to a history: a row an epoch, with loss and, where there are, val_loss and
            val_dice.
        columns: charts in a row; all in one if None.
        shuffle: a seed: the charts stand in an order drawn with it, titled A, B, C …, so that which is which has to
            be seen. None keeps order and titles.

    Returns:
        An array of axes, one a training.
    """
    histories = {name: pd.DataFrame(history) for name, history in histories.items()}
    if not histories or any("loss" not in history or history.empty for history in histories.values()):
        raise ArgumentError("Each history needs the column loss, a row an epoch, and there must be one at least.")
    if shuffle is not None:
        drawn = np.random.default_rng(shuffle).permutation(len(histories))
        histories = {chr(ord("A") + place): list(histories.values())[k] for place, k in enumerate(drawn)}
    columns = columns or len(histories)
    rows = -(-len(histories) // columns)
    looked = (
        ("loss", "loss, training", {"color": looks.BLUE}),
        ("val_loss", "loss, validation", {"color": looks.BLUE, "linestyle": "--", "marker": "o", "markersize": 3}),
        ("val_dice", "validation Dice", {"color": looks.VERMILION, "linewidth": 2.4, "marker": "s", "markersize": 4}),
    )
    with looks.style():
        size = (min(9.6, 4.2 * columns), 3.1 * rows + 0.4)
        figure, grid = plt.subplots(rows, columns, figsize=size, sharey=True, squeeze=False, layout="constrained")
        axes = grid.ravel()[: len(histories)]
        for ax, (name, history) in zip(axes, histories.items(), strict=True):
            for column, label, look in looked:
                if column in history:
                    ax.plot(range(1, len(history) + 1), history[column], label=label, **look)
            ax.set_ylim(0, 1)
            ax.set_title(name)
            ax.set_xlabel("epoch")
            ax.xaxis.set_major_locator(plt.MaxNLocator(6, integer=True))
        for ax in grid.ravel()[len(histories) :]:
            ax.remove()
        figure.legend(handles=axes[0].get_lines(), loc="outside lower center", ncols=3)
    return axes


def time_spent(seconds, title=None, ax=None):
    """Bars: what each part of an epoch takes.

    Args:
        seconds: a dict from a part's name to its seconds, drawn from above in this order.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    if not seconds or min(seconds.values()) < 0:
        raise ArgumentError(f"Give each part's seconds, 0 or more; got {seconds}.")
    with looks.style():
        ax = looks.new_axes(ax, (7, 0.9 + 0.5 * len(seconds)))
        bars = ax.barh(list(seconds), list(seconds.values()), 0.6, color=looks.PALETTE[0])
        ax.bar_label(
            bars, [f"{value:.3f} s" if value < 0.1 else f"{value:.2f} s" for value in seconds.values()], padding=4
        )
        ax.invert_yaxis()
        ax.set_xlim(0, max(seconds.values()) * 1.2)
        ax.grid(axis="y", visible=False)
        ax.set_xlabel("seconds an epoch")
        if title:
            ax.set_title(title)
    return ax
