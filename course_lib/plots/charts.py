"""Charts: how many slices hold tumour, how large the tumours are, and how training went."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks


def mask_counts(tumor_pixels, groups=None, title=None, ax=None):
    """Bars: how many slices hold tumour and how many none.

    Args:
        tumor_pixels: tumour pixels of each slice, as the column of the index.
        groups: a name for each slice, such as its institution: one pair of bars for each name; None for all together.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    tumor = np.asarray(tumor_pixels) > 0
    if tumor.ndim != 1 or len(tumor) == 0:
        raise ArgumentError(f"Give the tumour pixels of each slice, one number a slice; got shape {tumor.shape}.")
    names = np.full(len(tumor), "all slices") if groups is None else np.asarray(groups).astype(str)
    counts = pd.crosstab(names, tumor).reindex(columns=[False, True], fill_value=0)
    with looks.style():
        ax = looks.new_axes(ax, (6.4, 1.2 + 0.75 * len(counts)))
        for shift, (has_tumor, label, color, hatch) in zip(
            (-0.2, 0.2),
            ((False, "without tumour", looks.GREY, "//"), (True, "with tumour", looks.ORANGE, None)),
            strict=True,
        ):
            bars = ax.barh(
                np.arange(len(counts)) + shift,
                counts[has_tumor],
                0.36,
                color=color,
                hatch=hatch,
                edgecolor="white",
                label=label,
            )
            shares = counts[has_tumor] / counts.sum(axis=1)
            texts = [f"{n:,} ({share:.0%})" for n, share in zip(counts[has_tumor], shares, strict=True)]
            ax.bar_label(bars, texts, padding=4)
        ax.set_yticks(range(len(counts)), counts.index)
        ax.invert_yaxis()
        ax.set_xlim(0, counts.to_numpy().max() * 1.22)
        ax.grid(axis="y", visible=False)
        ax.set_xlabel("slices")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
        if title:
            ax.set_title(title, pad=30)
    return ax


def area_by_patient(patients, tumor_pixels, groups=None, title=None, ax=None):
    """The tumour's area on every slice that shows it, patient beside patient, from the smallest median to the largest.

    Args:
        patients: the patient of each slice.
        tumor_pixels: tumour pixels of each slice.
        groups: a name for each slice, such as its institution, shown by colour and marker; or None.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes; areas are on a logarithmic scale.
    """
    slices = pd.DataFrame({"patient": np.asarray(patients), "area": np.asarray(tumor_pixels)})
    slices["group"] = "tumour slice" if groups is None else np.asarray(groups).astype(str)
    slices = slices[slices["area"] > 0]
    if slices.empty:
        raise ArgumentError("None of these slices holds tumour: there is no area to show.")
    medians = slices.groupby("patient")["area"].median().sort_values(kind="stable")
    slices["place"] = slices["patient"].map({name: place for place, name in enumerate(medians.index, start=1)})
    with looks.style():
        ax = looks.new_axes(ax, (9, 4.2))
        for number, (name, group) in enumerate(slices.groupby("group")):
            ax.scatter(
                group["place"],
                group["area"],
                s=14,
                color=looks.PALETTE[number % len(looks.PALETTE)],
                marker=looks.MARKERS[number % len(looks.MARKERS)],
                alpha=0.6,
                linewidths=0,
                label=name,
            )
        ax.plot(range(1, len(medians) + 1), medians, color="black", linewidth=1.5, label="median of a patient")
        ax.set_yscale("log")
        ax.set_xlabel(f"{len(medians)} patients, from the smallest to the largest tumour")
        ax.set_ylabel("tumour area on a slice, pixels")
        ax.legend(loc="lower right", ncols=3, markerscale=1.6)
        if title:
            ax.set_title(title)
    return ax


def patient_scores(table, score="dice", interval=None, title=None, ax=None):
    """Every patient's score as a point, from the worst to the best; the mean as a line, its interval as a band.

    Args:
        table: as `evaluation.score_patients` returns it.
        score: the column to show.
        interval: (low, high) of the mean, or None.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    known = table.dropna(subset=[score]).sort_values(score).reset_index(drop=True)
    if known.empty:
        raise ArgumentError(f"No patient has a score in the column {score}.")
    with looks.style():
        ax = looks.new_axes(ax, (6.4, 3.6))
        places = known.index + 1
        markers = dict(zip(sorted(known["institution"].unique()), looks.MARKERS * len(known), strict=False))
        sns.scatterplot(
            x=places,
            y=known[score],
            hue=known["institution"],
            style=known["institution"],
            markers=markers,
            hue_order=list(markers),
            palette=list(looks.PALETTE)[: len(markers)] if len(markers) <= 6 else None,
            s=50,
            ax=ax,
        )
        mean = known[score].mean()
        ax.axhline(mean, color="black", linewidth=1.2, label=f"mean {mean:.2f}")
        if interval is not None:
            ax.axhspan(
                *interval, color="black", alpha=0.12, linewidth=0, label="interval {:.2f} to {:.2f}".format(*interval)
            )
        ax.set_xlabel("patients from the worst to the best; marks: institutions")
        ax.set_ylabel({"dice": "Dice of the whole volume", "hd95": "HD95, pixels"}.get(score, score))
        ax.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        if title:
            ax.set_title(title)
    return ax


def curves(history, title=None, ax=None, epochs=None, restored=None):
    """How training went: the losses, the validation Dice, the steps of the learning rate, the best epoch.

    Args:
        history: a row an epoch with the columns epoch, loss, learning_rate and, where there was a validation set,
            val_loss and val_dice; a DataFrame, or a dict of lists. Columns that are missing are left out, but for the
            loss.
        title: over the chart.
        ax: axes for the losses, or None for a new figure; Dice has a second axis, on its right.
        epochs: epochs planned in all: the chart has room for those to come. None for none.
        restored: the epoch whose weights were put back at the end, marked in place of the best; or None.

    Returns:
        The axes of the losses.
    """
    history = pd.DataFrame(history)
    if "loss" not in history or history.empty:
        raise ArgumentError(f"The history needs the column loss, a row an epoch; it has {list(history.columns)}.")
    epoch = history["epoch"] if "epoch" in history else pd.Series(range(1, len(history) + 1))
    marker = "o" if len(history) < 30 else None
    with looks.style():
        ax = looks.new_axes(ax, (8, 4))
        ax.plot(epoch, history["loss"], color=looks.BLUE, marker=marker, markersize=4, label="loss, training")
        if "val_loss" in history:
            ax.plot(
                epoch,
                history["val_loss"],
                color=looks.BLUE,
                linestyle="--",
                marker=marker,
                markersize=4,
                markerfacecolor="white",
                label="loss, validation",
            )
        ax.set_ylim(bottom=0)
        ax.set_xlabel("epoch")
        ax.set_ylabel("loss", color=looks.BLUE)
        ax.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
        handles = ax.get_lines()[:]
        if "val_dice" in history:
            handles += _draw_dice(ax, epoch, history["val_dice"], marker)
        if epochs is not None:
            ax.set_xlim(0.5, epochs + 0.5)
        handles += _mark_best(ax, epoch, history) if restored is None else _mark_restored(ax, epoch, history, restored)
        handles += _mark_rate_steps(ax, epoch, history)
        ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3)
        if title:
            ax.set_title(title, pad=20)
    return ax


def _draw_dice(ax, epoch, dice, marker):
    right = ax.twinx()
    right.spines["right"].set_visible(True)
    right.grid(False)
    right.set_ylim(0, 1)
    right.set_ylabel("validation Dice by patient", color=looks.DARK_VERMILION)
    marker = "s" if marker else None
    return right.plot(
        epoch, dice, color=looks.VERMILION, marker=marker, markersize=4, linewidth=2, label="validation Dice"
    )


def _mark_best(ax, epoch, history):
    if "val_dice" in history:
        best = history["val_dice"].idxmax()
        value = f"Dice {history['val_dice'][best]:.3f}"
    elif "val_loss" in history:
        best = history["val_loss"].idxmin()
        value = f"loss {history['val_loss'][best]:.3f}"
    else:
        return []
    return [
        ax.axvline(epoch[best], color="black", linestyle=":", linewidth=1.6, label=f"best epoch {epoch[best]}: {value}")
    ]


def _mark_restored(ax, epoch, history, restored):
    """The epoch whose weights the network holds, and an arrow from the end of training back to it."""
    last = epoch.iloc[-1]
    ax.axvspan(restored, last, color=looks.GREY, alpha=0.12, linewidth=0)
    line = ax.axvline(restored, color="black", linewidth=2, label=f"restored: epoch {restored} of {last}")
    if last > restored:
        arrow = {"arrowstyle": "->", "color": "black", "linewidth": 1.6}
        place = {"xycoords": ("data", "axes fraction"), "textcoords": ("data", "axes fraction")}
        ax.annotate("", (restored, 0.94), (last, 0.94), arrowprops=arrow, **place)
    return [line]


def _mark_rate_steps(ax, epoch, history):
    """A tick along the lower edge with the new rate at each epoch in which the learning rate was lowered by a step."""
    if "learning_rate" not in history or len(history) < 2:
        return []
    rate = history["learning_rate"].to_numpy()
    steps = np.flatnonzero(rate[1:] < rate[:-1] * 0.75) + 1  # a cosine's slow fall is no step
    lines = [ax.axvline(epoch.iloc[k], color=looks.GREEN, linestyle="-.", linewidth=1.2) for k in steps]
    for k in steps:
        place = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom"}
        ax.annotate(f"{rate[k]:.0e}", (epoch.iloc[k], 1.01), color=looks.DARK_GREEN, fontsize=9, **place)
    if lines:
        lines[0].set_label("learning rate lowered to")
    return lines[:1]
