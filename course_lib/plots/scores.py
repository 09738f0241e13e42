"""Figures of lesson 8: intervals, models patient by patient, averages that disagree, patients known and new, a leak."""

import numpy as np
import pandas as pd

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks


def means_drawn_again(values, means, interval, score="Dice", ax=None):
    """The patients' scores as points, and above them how often the mean came where, the patients drawn again.

    Args:
        values: one score a patient.
        means: the mean of each group of patients drawn again.
        interval: (low, high) of those means, drawn as a band.
        score: what is scored, written below.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes. Heights are shares of the tallest bar.
    """
    values, means = np.asarray(values, float), np.asarray(means, float)
    if not values.size or not means.size:
        raise ArgumentError("Give one score a patient, and the means of those drawn again; one of them is empty.")
    low, high = interval
    counts, edges = np.histogram(means, bins=40)
    scatter = np.random.default_rng(0).uniform(-0.32, -0.12, len(values))  # apart, so that none hides another
    with looks.style():
        ax = looks.new_axes(ax, (7.4, 3.8))
        ax.axvspan(
            low, high, color=looks.ORANGE, alpha=0.22, linewidth=0, label=f"middle 95 %: {low:.2f} to {high:.2f}"
        )
        bars = {"color": looks.GREY, "edgecolor": "white", "linewidth": 0.4}
        ax.bar(
            edges[:-1],
            counts / counts.max(),
            np.diff(edges),
            align="edge",
            label="means of patients drawn again",
            **bars,
        )
        ax.scatter(
            values, scatter, s=34, color=looks.BLUE, edgecolor="white", label=f"{len(values)} patients", zorder=3
        )
        ax.axvline(values.mean(), color="black", linewidth=1.6, label=f"their mean: {values.mean():.2f}")
        ax.axhline(0, color="#555555", linewidth=0.8)
        ax.set_ylim(-0.42, 1.08)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.set_xlabel(score)
        ax.legend(loc="upper left")
    return ax


def intervals(rows, score="mean Dice", zero=False, ax=None):
    """Means with their intervals, one below the other.

    Args:
        rows: a dict from a name to (mean, low, high).
        score: what is shown, written below.
        zero: mark the place of no difference.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    if not rows or any(len(row) != 3 for row in rows.values()):
        raise ArgumentError("Give (mean, low, high) for each name, one at least.")
    with looks.style():
        ax = looks.new_axes(ax, (7.4, 0.9 + 0.5 * len(rows)))
        _draw_intervals(ax, list(rows.values()))
        _name_rows(ax, list(rows))
        if zero:
            ax.axvline(0, color="black", linewidth=1.2, linestyle="--")
        ax.set_xlabel(score)
    return ax


def _draw_intervals(ax, rows, first=0):
    for place, (mean, low, high) in enumerate(rows):
        number = (place + first) % len(looks.PALETTE)
        color, marker = looks.PALETTE[number], looks.MARKERS[number]
        ax.plot([low, high], [place, place], color=color, linewidth=4, solid_capstyle="butt", zorder=3)
        ax.plot(mean, place, marker, color=color, markersize=10, markeredgecolor="black", zorder=4)


def _name_rows(ax, names):
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.45, -0.55)
    ax.grid(axis="y", visible=False)


def paired_changes(changes, rows, score="change of a patient's Dice", ax=None):
    """What changes did to each patient: a point a patient, the mean with its interval, and the line of no change.

    Colours and markers are those that `intervals` gives to the same models below the one that they are compared with.

    Args:
        changes: a dict from a change's name to its differences, one a patient.
        rows: the mean difference and its interval, (mean, low, high), by the same names.
        score: what is shown, written below.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    if not changes or set(changes) != set(rows):
        raise ArgumentError("Give differences and (mean, low, high) under the same names, one at least.")
    with looks.style():
        ax = looks.new_axes(ax, (7.6, 1 + 0.95 * len(changes)))
        for place, values in enumerate(changes.values()):
            scatter = np.random.default_rng(0).uniform(0.12, 0.36, len(values))
            color = looks.PALETTE[(place + 1) % len(looks.PALETTE)]
            ax.scatter(values, place + scatter, s=26, color=color, alpha=0.65, linewidths=0, zorder=2)
        _draw_intervals(ax, [rows[name] for name in changes], first=1)
        ax.axvline(0, color="black", linewidth=1.2, linestyle="--")
        _name_rows(ax, list(changes))
        ax.set_xlabel(f"{score} (to the right of 0: better)")
    return ax


def crowned(table, ax=None):
    """Which model each average puts first: a row an average, a marker a model, the winner ringed.

    Args:
        table: DataFrame, a row an average, a column a model.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    if table.empty:
        raise ArgumentError("Give one average and one model at least.")
    with looks.style():
        ax = looks.new_axes(ax, (8.2, 1.3 + 0.55 * len(table)))
        places = np.arange(len(table))
        apart = 0.16 * (np.arange(len(table.columns)) - (len(table.columns) - 1) / 2)  # so that no marker hides another
        for number, (name, values) in enumerate(table.items()):
            look = {"color": looks.PALETTE[number % 6], "marker": looks.MARKERS[number % 6], "linestyle": "none"}
            ax.plot(values, places + apart[number], markersize=9, label=name, zorder=3, **look)
        best, heights = table.max(axis=1), places + apart[table.to_numpy().argmax(axis=1)]
        ax.plot(best, heights, "o", markersize=19, fillstyle="none", color="black", markeredgewidth=1.6, zorder=4)
        for *place, winner in zip(best, heights, table.idxmax(axis=1), strict=True):
            ax.annotate(winner, place, (16, 0), textcoords="offset points", va="center")
        _name_rows(ax, list(table.index))
        reach = table.to_numpy().max() - table.to_numpy().min()
        ax.set_xlim(table.to_numpy().min() - 0.06 * reach, best.max() + 0.3 * reach)
        ax.set_xlabel("Dice")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
    return ax


def known_and_new(known, new, titles=("patient known from training", "patient new"), ax=None):
    """Scores of the same slices by a network that knew the patient and by one that did not, patient by patient.

    Args:
        known, new: one score a patient each, of the same patients.
        titles: what the two stand for.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes; patients run from the lowest to the highest score of `new`, lines across are the means.
    """
    scores = pd.DataFrame({"known": np.asarray(known, float), "new": np.asarray(new, float)}).sort_values("new")
    if scores.empty:
        raise ArgumentError("There is no patient to show.")
    places = np.arange(1, len(scores) + 1)
    with looks.style():
        ax = looks.new_axes(ax, (8.6, 4.2))
        ax.vlines(places, scores.min(axis=1), scores.max(axis=1), color="#999999", linewidth=1.4, zorder=1)
        for name, title, color, marker, dash in (
            ("known", titles[0], looks.VERMILION, "s", "--"),
            ("new", titles[1], looks.BLUE, "o", "-"),
        ):
            mean = scores[name].mean()
            ax.plot(places, scores[name], marker, color=color, markersize=7, markeredgecolor="white", label=title)
            ax.axhline(mean, color=color, linestyle=dash, linewidth=1.8, label=f"mean: {mean:.2f}", zorder=0)
        ax.set_ylim(-0.03, 1)
        ax.set_xlim(0.3, len(scores) + 0.7)
        ax.grid(axis="x", visible=False)
        ax.set_xlabel(f"{len(scores)} patients, by their score when new")
        ax.set_ylabel("Dice")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


LEAK_SCORES = {"slice_dice": "slices with tumour", "patient_dice": "patients"}
LEAK_SPLITS = {"slice": (looks.VERMILION, "s", -0.11), "patient": (looks.BLUE, "o", 0.11)}


def leak_by_split(summary, ax=None):
    """What a network scores where slices were split at random, and where patients were: means with intervals.

    Args:
        summary: DataFrame with the columns recipe, split ("slice" or "patient"), and slice_dice and patient_dice with
            _low and _high of each, as ``results/leak_summary.csv``; a row a recipe and split. Rows with another split,
            or none, are not drawn.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes: a line a recipe and average, both splits on it.

    Raises:
        ArgumentError: a column is missing, or a recipe does not have each split once.
    """
    means = _means_of_splits(summary)
    recipes = means["recipe"].unique()
    rows = [(score, recipe) for score in LEAK_SCORES for recipe in recipes]
    with looks.style():
        ax = looks.new_axes(ax, (8.2, 1.3 + 0.7 * len(rows)))
        for split, (color, marker, apart) in LEAK_SPLITS.items():
            part = means[means["split"] == split].set_index("recipe")
            for place, (score, recipe) in enumerate(rows):
                mean, low, high = part.loc[recipe, [score, f"{score}_low", f"{score}_high"]]
                height, label = place + apart, f"split by {split}" if place == 0 else None
                ax.plot([low, high], [height, height], color=color, linewidth=3.5, solid_capstyle="butt")
                ax.plot(mean, height, marker, color=color, markersize=9, markeredgecolor="black", label=label)
                ax.annotate(f"{mean:.2f}", (high, height), (6, 0), textcoords="offset points", va="center")
        _name_rows(ax, [f"{LEAK_SCORES[score]},\n{recipe} recipe" for score, recipe in rows])
        ax.margins(x=0.1)
        ax.set_xlabel("mean Dice of the test part, with its 95 % interval")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


def _means_of_splits(summary):
    """The rows of a table of the leak that are drawn: each recipe with both splits."""
    wanted = ["recipe", "split", *(f"{score}{end}" for score in LEAK_SCORES for end in ("", "_low", "_high"))]
    if missing := [name for name in wanted if name not in summary]:
        raise ArgumentError(f"The table of the leak lacks the columns {', '.join(missing)}.")
    means = summary[summary["split"].isin(LEAK_SPLITS)]
    there = sorted(zip(means["recipe"], means["split"], strict=True))
    if not there or there != sorted((recipe, split) for recipe in means["recipe"].unique() for split in LEAK_SPLITS):
        raise ArgumentError('The table of the leak needs two rows a recipe, with the splits "slice" and "patient".')
    return means
