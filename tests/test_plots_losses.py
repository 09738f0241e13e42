"""Loss surfaces, loss lines, pulls and trades: what a reader of the figure must be able to read off it."""

import numpy as np
import pytest

from course_lib import plots
from course_lib.errors import ArgumentError


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_surface_marks_guesses_with_the_loss_that_they_cost():
    # Tumour of 100 pixels: half missed costs 1 - 50/(50 + 50 w), half as many false alarms 1 - 100/(100 + 50 w).
    axes = plots.loss_surface({"a": (0.5, 0.5), "b": (0.7, 0.3)}, {"timid": (50, 0), "generous": (0, 50)})
    assert [ax.get_title() for ax in axes] == ["a", "b"]
    assert legend(axes[0]) == ["timid: 0.33", "generous: 0.20"]
    assert legend(axes[1]) == ["timid: 0.41", "generous: 0.13"]


def test_along_a_black_line_of_the_surface_all_guesses_cost_the_same():
    (ax,) = plots.loss_surface({"misses .7": (0.7, 0.3)})
    lines = ax.collections[-1]
    assert list(lines.levels) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        misses, alarms = path.vertices.T
        errors = 0.7 * misses + 0.3 * alarms
        assert errors / (100 - misses + errors) == pytest.approx(level, abs=1e-3)


def test_every_line_has_its_own_dashes_and_its_smallest_loss_can_be_marked():
    x = np.linspace(0, 1, 11)
    ax = plots.loss_lines(x, {"one": (x - 0.3) ** 2, "other": (x - 0.8) ** 2}, "threshold", best=True)
    lines = [line for line in ax.lines if len(line.get_xdata()) == 11]
    marks = [float(line.get_xdata()[0]) for line in ax.lines if len(line.get_xdata()) == 1]
    assert len({line.get_linestyle() for line in lines}) == 2
    assert marks == pytest.approx([0.3, 0.8])
    assert (ax.get_xlabel(), legend(ax)) == ("threshold", ["one", "other"])


def test_a_pull_up_is_orange_a_push_down_purple_and_what_is_left_alone_white():
    ax = plots.pull_map(np.array([[1.0, 0.0, -1.0]]))
    up, none, down = (ax.images[0].cmap(ax.images[0].norm(value)) for value in (1.0, 0.0, -1.0))
    assert up[0] > up[2]
    assert min(none[:3]) > 0.95
    assert down[2] > down[1]


def test_colours_of_two_pulls_can_be_compared_where_the_reach_is_given():
    weak, strong = (plots.pull_map(np.full((2, 2), value), reach=2.0).images[0] for value in (0.5, 2.0))
    assert weak.norm(0.5) < strong.norm(2.0) == 1


def test_each_network_stands_at_its_recall_and_precision_with_a_marker_of_its_own():
    ax = plots.recall_precision([0.7, 0.9], [0.8, 0.5], ["Dice", "misses .9"])
    points = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in points] == [(0.8, 0.7), (0.5, 0.9)]
    assert len({line.get_marker() for line in points}) == 2
    assert ax.get_xlabel().startswith("precision")
    assert ax.get_ylabel().startswith("recall")


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.loss_surface({}),
        lambda: plots.loss_lines([0, 1], {}, "x"),
        lambda: plots.loss_lines([0, 1], {"a": [1, 2, 3]}, "x"),
        lambda: plots.pull_map(np.zeros((2, 2, 3))),
        lambda: plots.recall_precision([0.5], [0.5, 0.6], ["a", "b"]),
        lambda: plots.recall_precision([], [], []),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(draw):
    with pytest.raises(ArgumentError):
        draw()
