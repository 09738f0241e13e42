"""Range of rates, a series that steers callbacks, trainings side by side, curves that say what was restored."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from course_lib import plots
from course_lib.errors import ArgumentError


@pytest.fixture
def steps():
    """Loss against rate: falls, then rises."""
    rates = np.geomspace(1e-4, 1, 41)
    return pd.DataFrame({"learning_rate": rates, "loss": 0.2 + 0.1 * (np.log10(rates) + 2) ** 2})


@pytest.fixture
def series():
    """Better in epochs 1, 2 and 5; the rate cut for epoch 5."""
    losses = [0.9, 0.5, 0.6, 0.7, 0.4, 0.45]
    return pd.DataFrame({"epoch": range(1, 7), "val_loss": losses, "learning_rate": [0.1] * 4 + [0.01] * 2})


def texts(ax):
    return [text.get_text() for text in ax.texts]


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def line(ax, label):
    return next(each for each in ax.get_lines() if each.get_label() == label)


def test_the_range_is_logarithmic_and_every_step_is_a_point(steps):
    ax = plots.rate_range(steps)
    assert ax.get_xscale() == "log"
    np.testing.assert_allclose(line(ax, "one step").get_ydata(), steps["loss"])


def test_the_line_over_the_range_is_the_running_mean(steps):
    smooth = line(plots.rate_range(steps, window=3), "mean of 3 steps").get_ydata()
    assert smooth[10] == pytest.approx(steps["loss"][9:12].mean())


def test_a_chosen_rate_is_marked_where_it_lies(steps):
    marked = line(plots.rate_range(steps, chosen=0.003), "chosen: 0.003")
    assert set(marked.get_xdata()) == {0.003}


def test_points_better_than_all_before_are_filled(series):
    ax = plots.steered(series)
    assert list(line(ax, "better than all before").get_xdata()) == [1, 2, 5]
    assert list(line(ax, "not better").get_xdata()) == [3, 4, 6]


def test_an_equal_loss_is_not_better():
    ax = plots.steered({"epoch": [1, 2], "val_loss": [0.5, 0.5], "learning_rate": [0.1, 0.1]})
    assert list(line(ax, "better than all before").get_xdata()) == [1]


def test_the_epochs_waited_are_written_and_begin_again_after_a_best(series):
    assert texts(plots.steered(series, patience=3)) == ["1", "2", "1"]


def test_the_count_begins_again_once_patience_has_run_out():
    table = {"epoch": range(1, 7), "val_loss": [0.5] * 6, "learning_rate": [0.1] * 6}
    assert texts(plots.steered(table, patience=2)) == ["1", "2", "1", "2", "1"]


def test_the_rate_below_steps_where_it_was_cut_and_says_to_what(series):
    _, below = plots.steered(series).figure.axes
    assert texts(below) == ["0.1", "0.01"]
    assert below.get_yscale() == "log"
    np.testing.assert_allclose(below.get_lines()[0].get_ydata(), series["learning_rate"])


def test_stop_and_restored_epoch_are_marked(series):
    ax = plots.steered(series, stopped=6, restored=5)
    assert {"stop", "restored"} <= set(texts(ax))
    assert [5] in [list(each.get_xdata()) for each in ax.get_lines()]


def test_trainings_side_by_side_have_a_chart_each_on_one_scale():
    both = {"val_loss": [0.9, 0.8], "val_dice": [0.1, 0.5], "loss": [0.9, 0.7]}
    first, second = plots.side_by_side({"paired": both, "apart": {"loss": [0.8, 0.6, 0.5]}})
    assert (first.get_title(), second.get_title()) == ("paired", "apart")
    assert first.get_ylim() == second.get_ylim() == (0, 1)
    assert list(line(first, "validation Dice").get_ydata()) == [0.1, 0.5]
    assert [each.get_label() for each in second.get_lines()] == ["loss, training"]
    assert len(line(second, "loss, training").get_xdata()) == 3


def test_four_trainings_in_two_rows_leave_no_empty_chart():
    axes = plots.side_by_side({name: {"loss": [1, 0.5]} for name in "abc"}, columns=2)
    assert len(axes) == len(axes[0].figure.axes) == 3


def test_shuffled_trainings_are_all_there_under_letters_in_another_order():
    histories = {name: {"loss": [0.9, value]} for name, value in zip("wxyz", (0.1, 0.2, 0.3, 0.4), strict=True)}
    axes = plots.side_by_side(histories, shuffle=12)
    assert [ax.get_title() for ax in axes] == ["A", "B", "C", "D"]
    ends = [line(ax, "loss, training").get_ydata()[-1] for ax in axes]
    assert sorted(ends) == [0.1, 0.2, 0.3, 0.4] != ends


def test_a_rate_that_nothing_changes_may_be_left_out(series):
    ax = plots.steered(series, stopped=6, restored=5, rate=False)
    assert ax.figure.axes == [ax]
    assert ax.get_xlabel() == "epoch"


def test_every_part_of_an_epoch_has_its_bar_from_above():
    ax = plots.time_spent({"read": 0.5, "learn": 0.05})
    assert [bar.get_width() for bar in ax.patches] == [0.5, 0.05]
    assert ax.yaxis_inverted()
    assert texts(ax) == ["0.50 s", "0.050 s"]


def test_curves_mark_the_restored_epoch_in_place_of_the_best(series):
    history = series.assign(loss=0.3)
    ax = plots.curves(history, restored=5)
    assert "restored: epoch 5 of 6" in labels(ax)
    assert not any(label.startswith("best") for label in labels(ax))
    assert set(line(ax, "restored: epoch 5 of 6").get_xdata()) == {5}


def test_curves_keep_room_for_the_epochs_to_come(series):
    assert plots.curves(series.assign(loss=0.3), epochs=20).get_xlim() == (0.5, 20.5)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.rate_range({"learning_rate": [0.1], "loss": [1.0]}),
        lambda: plots.rate_range({"loss": [1.0, 0.5]}),
        lambda: plots.steered({"epoch": [1], "loss": [1.0]}),
        lambda: plots.steered(pd.DataFrame({"epoch": [], "val_loss": [], "learning_rate": []})),
        lambda: plots.side_by_side({}),
        lambda: plots.side_by_side({"a": {"val_loss": [1.0]}}),
        lambda: plots.time_spent({}),
    ],
)
def test_a_table_that_does_not_fit_gets_a_sentence(draw):
    with pytest.raises(ArgumentError):
        draw()


def test_a_figure_draws_on_the_axes_it_is_given_and_leaves_the_style_alone(steps, series):
    before = dict(plt.rcParams)
    parts = {"read": 0.5, "learn": 0.1}
    for draw, table in ((plots.rate_range, steps), (plots.steered, series), (plots.time_spent, parts)):
        _, ax = plt.subplots()
        assert draw(table, ax=ax) is ax
    assert dict(plt.rcParams) == before
