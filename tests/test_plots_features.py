"""Maps side by side, fields of view, losses by step: what a reader of the figure must be able to read off it."""

import numpy as np
import pytest

from course_lib import plots
from course_lib.errors import ArgumentError


def texts(ax):
    return [text.get_text() for text in ax.texts]


def widths_drawn(ax):
    return [round(abs(image.get_extent()[1] - image.get_extent()[0]), 6) for image in ax.images]


def test_pictures_of_different_sizes_are_drawn_equally_large():
    ax = plots.panels([np.ones((64, 64)), np.ones((4, 4))], ["large", "small"])
    assert widths_drawn(ax) == [1, 1]
    assert texts(ax) == ["large", "small"]


def test_zero_is_white_in_a_picture_with_both_signs_and_black_in_one_without():
    ax = plots.panels([np.array([[-1.0, 0], [0, 1]]), np.array([[0.0, 1], [1, 1]])])
    signed, unsigned = (image.cmap(image.norm(0.0)) for image in ax.images)
    assert min(signed[:3]) > 0.95
    assert max(unsigned[:3]) == 0


def test_every_pixel_of_a_small_picture_carries_its_number():
    assert sorted(texts(plots.panels([np.array([[1, 2], [3, 4.5]])], numbers=True))) == ["1", "2", "3", "4.5"]


def test_the_square_is_as_wide_as_the_field_and_lies_around_what_counts():
    influence = np.zeros((60, 60))
    influence[20:31, 30:41] = 1
    ax = plots.fields_of_view(np.ones((60, 60)), {"a network": influence}, widths=[11])
    (square,) = ax.patches
    assert (square.get_width(), square.get_height()) == (11, 11)
    assert (square.get_x() + 5.5, square.get_y() + 5.5) == (35, 25)
    assert {"a network", "11 × 11"} == set(texts(ax))


def test_a_field_wider_than_the_slice_is_written_but_not_drawn():
    ax = plots.fields_of_view(np.ones((20, 20)), {"a network": np.ones((20, 20))}, widths=[140])
    assert not ax.patches
    assert "140 × 140" in texts(ax)


def test_where_nothing_counts_the_scan_shows():
    influence = np.zeros((20, 20))
    influence[10, 10] = 1
    layer = plots.fields_of_view(np.ones((20, 20)), {"a network": influence}).images[1]
    assert np.count_nonzero(layer.get_alpha()) == 1


def test_each_network_has_its_own_line_told_by_dashes_too():
    ax = plots.losses_by_step({"with skips": [3, 2, 1], "without": [3, 3, 2]})
    assert [list(line.get_ydata()) for line in ax.lines] == [[3, 2, 1], [3, 3, 2]]
    assert len({line.get_linestyle() for line in ax.lines}) == 2
    assert ax.get_ylim()[0] == 0


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.panels([]),
        lambda: plots.panels([np.ones((2, 2, 3))]),
        lambda: plots.panels([np.ones((2, 2))], ["one", "two"]),
        lambda: plots.fields_of_view(np.ones((8, 8)), {"another size": np.ones((4, 4))}),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw):
    with pytest.raises(ArgumentError):
        draw()
