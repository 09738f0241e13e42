"""Pictures of what pixel values say and do not say: false colours, histograms, brightness from scanner to scanner."""

import numpy as np
import seaborn as sns

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks


def false_colours(image, title=None, ax=None):
    """A slice as an image viewer shows it: three sequences mixed as if they were red, green and blue.

    Args:
        image: (height, width, 3) uint8.
        title: over the picture.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.

    Raises:
        ArgumentError: not three channels.
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[-1] != 3:
        raise ArgumentError(f"One slice has the shape (height, width, 3); got {image.shape}.")
    with looks.style():
        ax = looks.new_axes(ax, (3.4, 3.4))
        ax.imshow(image)
        looks.without_ticks(ax)
        if title:
            ax.set_title(title)
    return ax


def head_shares(shares, guess=None, title=None, ax=None):
    """How much of each slice lies inside the head, slice after slice, beside a reader's guess.

    Args:
        shares: for each slice, 0 to 1.
        guess: in per cent, drawn as a dashed line; None or anything else that is no number draws none.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.
    """
    percent = 100 * np.asarray(shares, float)
    with looks.style():
        ax = looks.new_axes(ax, (6.4, 3))
        ax.fill_between(np.arange(1, len(percent) + 1), percent, color=looks.SKY, alpha=0.5, step="mid")
        ax.axhline(percent.mean(), color=looks.BLUE, label=f"mean {percent.mean():.0f} %")
        if isinstance(guess, (int, float)) and not isinstance(guess, bool):
            ax.axhline(guess, color=looks.VERMILION, linestyle="--", label=f"your guess {guess:g} %")
        ax.set(xlabel="slice", ylabel="% of pixels in the head", ylim=(0, 100), xlim=(1, max(len(percent), 2)))
        ax.legend(loc="upper right", ncols=2)
        if title:
            ax.set_title(title)
    return ax


def histogram(groups, x="brightness", title=None, ax=None):
    """Histograms of pixel values over each other, each scaled to an area of 1.

    Args:
        groups: name of each group to its pixel values.
        x: name of the values.
        title: over the chart.
        ax: axes to draw on, or None for a new figure.

    Returns:
        The axes.

    Raises:
        ArgumentError: a group is empty.
    """
    for name, values in groups.items():
        if not np.size(values):
            raise ArgumentError(f"The group {name!r} holds no pixel: nothing to draw a histogram of.")
    looks_of_groups = ((looks.ORANGE, ""), (looks.BLUE, "//"), (looks.GREEN, ".."), (looks.PURPLE, "xx"))
    with looks.style():
        ax = looks.new_axes(ax, (6.4, 3.2))
        bins = np.histogram_bin_edges(np.concatenate([np.ravel(values) for values in groups.values()]), 48)
        for (name, values), (color, hatch) in zip(groups.items(), looks_of_groups, strict=False):
            look = {"alpha": 0.55, "color": color, "hatch": hatch, "edgecolor": color}
            ax.hist(np.ravel(values), bins, density=True, label=name, **look)
        ax.set(xlabel=x, ylabel="share of the group's pixels")
        ax.set_yticks([])
        ax.legend()
        if title:
            ax.set_title(title)
    return ax


def brightness_by_patient(before, after, names, title=None, ax=None):
    """Distribution of pixel values of some slices, before and after standardising, one violin a patient.

    Args:
        before: (slice, height, width) pixel values; zeros (air) are left out, in `after` too.
        after: the same slices, standardised.
        names: of the patients.
        title: over the two charts.
        ax: two axes to draw on, or None for a new figure.

    Returns:
        The two axes.
    """
    import matplotlib.pyplot as plt

    heads = [picture > 0.1 * picture.max() for picture in np.asarray(before)]
    short = [str(name).rsplit("_", 1)[0].split("_", 1)[-1] for name in names]
    with looks.style():
        axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True, layout="constrained")[1] if ax is None else ax
        for each, pictures, label in zip(
            axes, (before, after), ("FLAIR as stored", "FLAIR standardised (mean 0, spread 1)"), strict=True
        ):
            values = {name: picture[head] for name, picture, head in zip(short, pictures, heads, strict=True)}
            sns.violinplot(values, orient="h", ax=each, color=looks.SKY, cut=0, inner="quart", linewidth=0.9)
            each.set_xlabel(label)
        if title:
            axes[0].figure.suptitle(title)
    return axes
