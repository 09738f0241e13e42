"""Kernels in colour, maps of layers, nested fields, Dice by labels: what a reader must be able to read off them."""

import numpy as np
import pandas as pd
import pytest

from course_lib import plots
from course_lib.errors import ArgumentError


def texts(ax):
    return [text.get_text() for text in ax.texts]


def window(*color):
    """One 3×3 window that is the same everywhere: (3, 3, 3, 1)."""
    return np.broadcast_to(np.array(color, float), (3, 3, 3))[..., None]


def test_a_window_that_adds_red_is_drawn_red_and_zero_is_grey():
    ax = plots.kernel_colours({"two windows": np.concatenate([window(2, 0, 0), window(0, 0, -1)], axis=-1)})
    first, second = (image.get_array()[1, 1] for image in ax.images)
    np.testing.assert_allclose(first, [1, 0.5, 0.5])
    np.testing.assert_allclose(second, [0.5, 0.5, 0])


def test_the_strongest_windows_are_shown_first_and_no_more_than_asked_for():
    windows = np.concatenate([window(0.1, 0, 0), window(0, 3, 0), window(0, 0, 2)], axis=-1)
    ax = plots.kernel_colours({"random": windows, "learned": windows}, columns=2)
    assert texts(ax) == ["random", "learned"]
    assert [int(np.argmax(image.get_array()[0, 0])) for image in ax.images] == [1, 2, 1, 2]


def test_a_layers_row_says_its_name_and_size_and_shows_the_maps_that_vary():
    dead, alive = np.full((8, 8), 5.0), np.arange(64.0).reshape(8, 8)
    ax = plots.feature_maps({"block1_conv2": np.stack([dead, alive], axis=-1), "deep": np.ones((2, 2, 7))}, columns=1)
    assert texts(ax) == ["block1_conv2\n8 × 8, 2 maps", "deep\n2 × 2, 7 maps"]
    np.testing.assert_array_equal(ax.images[0].get_array(), alive)


def test_maps_of_every_size_are_drawn_equally_large_row_below_row():
    ax = plots.feature_maps({"large": np.random.rand(16, 16, 2), "small": np.random.rand(4, 4, 2)}, columns=2)
    extents = np.array([image.get_extent() for image in ax.images])
    np.testing.assert_allclose(extents[:, 1] - extents[:, 0], 1)
    assert (extents[2:, 3] > extents[:2, 3]).all()


def test_squares_are_as_wide_as_told_and_the_legend_says_both_widths():
    ax = plots.nested_fields(np.ones((64, 64)), {"arithmetic": [5, 14], "effective": [3, 9]}, ["first", "second"])
    assert [patch.get_width() for patch in ax.patches] == [5, 14, 3, 9]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["first: 5 and 3 px", "second: 14 and 9 px"]
    assert len({patch.get_linestyle() for patch in ax.patches}) == 2


def scores():
    rows = [("borrowed", 2, 0.5, 0.4, 0.6), ("borrowed", 8, 0.7, 0.6, 0.8), ("scratch", 2, 0.2, 0.1, 0.3)]
    table = pd.DataFrame(rows, columns=["encoder", "patients", "dice", "low", "high"])
    return table.assign(seeds=[[0.45, 0.55], [0.7, 0.7], [0.1, 0.3]])


def test_dice_stands_over_its_number_of_patients_with_its_interval():
    ax = plots.dice_by_labels(scores())
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["2", "8"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["borrowed", "scratch"]
    borrowed, scratch = ax.containers
    assert list(borrowed.lines[0].get_ydata()) == [0.5, 0.7]
    np.testing.assert_allclose(borrowed.lines[2][0].get_segments()[0][:, 1].astype(float), [0.4, 0.6])
    assert np.round(scratch.lines[0].get_xdata()).tolist() == [0]


def test_every_seed_has_its_mark_and_encoders_differ_by_more_than_colour():
    ax = plots.dice_by_labels(scores())
    assert sum(len(marks.get_offsets()) for marks in ax.collections if hasattr(marks, "get_sizes")) >= 6
    assert len({container.lines[0].get_marker() for container in ax.containers}) == 2


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.kernel_colours({"grey": np.ones((3, 3, 1, 4))}),
        lambda: plots.feature_maps({"flat": np.ones((4, 4))}),
        lambda: plots.feature_maps({}),
        lambda: plots.nested_fields(np.ones((8, 8)), {"one": [1, 2]}, ["a"]),
        lambda: plots.dice_by_labels(scores().drop(columns="low")),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw):
    with pytest.raises(ArgumentError):
        draw()
