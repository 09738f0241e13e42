"""Intervals, changes, averages and the leak: what a reader must be able to read off the figures of lesson 8."""

import pandas as pd
import pytest

from course_lib import plots
from course_lib.errors import ArgumentError

MODELS = pd.DataFrame({"bold": [0.7, 0.9], "timid": [0.8, 0.6]}, index=["by slice", "by patient"])


LEAK = pd.DataFrame(
    [
        ("original", "slice", 0.8, 0.75, 0.84, 0.85, 0.8, 0.9),
        ("original", "patient", 0.6, 0.5, 0.7, 0.7, 0.6, 0.78),
        ("course", "slice", 0.79, 0.74, 0.83, 0.86, 0.81, 0.91),
        ("course", "patient", 0.65, 0.55, 0.74, 0.72, 0.62, 0.8),
        ("original recipe: slice minus patient", float("nan"), 0.2, 0.1, 0.3, 0.15, 0.1, 0.2),
    ],
    columns=["recipe", "split", *(f"{of}_dice{end}" for of in ("slice", "patient") for end in ("", "_low", "_high"))],
)


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_every_patient_is_a_point_and_the_legend_says_mean_and_interval():
    ax = plots.means_drawn_again([0.2, 0.9, 0.7], [0.5, 0.6, 0.6, 0.7], (0.5, 0.7))
    (points,) = ax.collections
    assert sorted(points.get_offsets()[:, 0]) == [0.2, 0.7, 0.9]
    assert {"3 patients", "their mean: 0.60", "middle 95 %: 0.50 to 0.70"} <= set(labels(ax))
    assert max(bar.get_height() for container in ax.containers for bar in container) == 1


def test_points_lie_below_the_bars_so_that_neither_hides_the_other():
    (points,) = plots.means_drawn_again([0.2, 0.9], [0.5, 0.6], (0.5, 0.6)).collections
    assert points.get_offsets()[:, 1].max() < 0


def test_an_interval_reaches_from_its_low_to_its_high_end_with_the_mean_marked():
    ax = plots.intervals({"slices": (0.7, 0.66, 0.73), "patients": (0.7, 0.6, 0.8)})
    drawn = [list(line.get_xdata()) for line in ax.lines]
    assert drawn == [[0.66, 0.73], [0.7], [0.6, 0.8], [0.7]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["slices", "patients"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first stands on top


def test_no_difference_is_marked_on_request():
    assert len(plots.intervals({"a": (0.1, 0, 0.2)}, zero=True).lines) == 3


def test_changes_show_a_point_for_each_patient_and_where_nothing_changes():
    ax = plots.paired_changes(
        {"one": [0.1, -0.2], "other": [0, 0.3]}, {"one": (-0.05, -0.2, 0.1), "other": (0.15, 0, 0.3)}
    )
    assert [sorted(points.get_offsets()[:, 0]) for points in ax.collections] == [[-0.2, 0.1], [0, 0.3]]
    assert any(list(line.get_xdata()) == [0, 0] for line in ax.lines)


def test_each_average_names_its_winner():
    ax = plots.crowned(MODELS)
    assert [text.get_text() for text in ax.texts] == ["timid", "bold"]
    rings = ax.lines[-1]
    assert list(rings.get_xdata()) == [0.8, 0.9]
    assert labels(ax) == ["bold", "timid"]
    assert len({line.get_marker() for line in ax.lines[:2]}) == 2


def test_known_and_new_scores_of_a_patient_stand_above_each_other_with_both_means():
    ax = plots.known_and_new(known=[0.9, 0.8], new=[0.7, 0.2])
    points = {line.get_label(): list(line.get_ydata()) for line in ax.lines if line.get_marker() in ("s", "o")}
    assert points == {"patient known from training": [0.8, 0.9], "patient new": [0.2, 0.7]}  # the lowest new one first
    assert {"mean: 0.85", "mean: 0.45"} <= set(labels(ax))


def test_the_leak_shows_either_split_of_each_recipe_and_average_with_its_interval():
    ax = plots.leak_by_split(LEAK)
    means = {marker: [line.get_xdata()[0] for line in ax.lines if line.get_marker() == marker] for marker in "so"}
    assert means == {"s": [0.8, 0.79, 0.85, 0.86], "o": [0.6, 0.65, 0.7, 0.72]}
    spans = [list(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2]
    assert spans[:2] == [[0.75, 0.84], [0.74, 0.83]]  # the difference between the splits is no mean and is not drawn
    assert len(spans) == 8
    assert labels(ax) == ["split by slice", "split by patient"]
    assert [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()] == [
        "slices with tumour, original recipe",
        "slices with tumour, course recipe",
        "patients, original recipe",
        "patients, course recipe",
    ]


def test_the_numbers_beside_the_leaks_intervals_are_its_means():
    texts = [text.get_text() for text in plots.leak_by_split(LEAK).texts]
    assert texts == ["0.80", "0.79", "0.85", "0.86", "0.60", "0.65", "0.70", "0.72"]


def test_a_table_of_the_leak_without_a_column_says_which():
    with pytest.raises(ArgumentError, match="patient_dice_low"):
        plots.leak_by_split(LEAK.drop(columns="patient_dice_low"))


@pytest.mark.parametrize("rows", [LEAK[:0], LEAK[:3], pd.concat([LEAK, LEAK])], ids=["none", "one missing", "twice"])
def test_each_recipe_of_the_leak_needs_both_splits_once(rows):
    with pytest.raises(ArgumentError, match="two rows a recipe"):
        plots.leak_by_split(rows)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.means_drawn_again([], [0.5], (0, 1)),
        lambda: plots.intervals({}),
        lambda: plots.intervals({"a": (0.1, 0.2)}),
        lambda: plots.paired_changes({"a": [0.1]}, {"b": (0.1, 0, 0.2)}),
        lambda: plots.crowned(pd.DataFrame()),
        lambda: plots.known_and_new([], []),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw):
    with pytest.raises(ArgumentError):
        draw()
