"""Errors are told apart, the best threshold is the best, parts are parts, outlines are what they enclose."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_lib import evaluation, masks
from course_lib.errors import ArgumentError
from course_lib.plots.style import outlines

SMALL_MASKS = arrays(bool, (6, 7))


def disc(size, radius):
    """A disc in the middle of (size, size)."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.hypot(y, x) <= radius


# error codes


@given(SMALL_MASKS, SMALL_MASKS)
def test_the_counts_of_the_codes_give_dice_and_recall(truth, guess):
    _, hits, misses, alarms = np.bincount(masks.error_codes(truth, guess).ravel(), minlength=4)
    if truth.any() or guess.any():
        assert evaluation.dice_score(truth, guess) == pytest.approx(2 * hits / (2 * hits + misses + alarms))
    if truth.any():
        assert evaluation.recall(truth, guess) == pytest.approx(hits / (hits + misses))


def test_a_lower_threshold_turns_misses_into_hits_and_healthy_pixels_into_false_alarms():
    truth, probability = np.array([1, 1, 0, 0]), np.array([0.9, 0.4, 0.6, 0.1])
    assert masks.error_codes(truth, probability, 0.95).tolist() == [2, 2, 0, 0]
    assert masks.error_codes(truth, probability, 0.5).tolist() == [1, 2, 3, 0]
    assert masks.error_codes(truth, probability, 0.0).tolist() == [1, 1, 3, 3]


def test_a_truth_that_is_no_mask_is_refused():
    with pytest.raises(ArgumentError, match="0 and 1"):
        masks.error_codes([[0.5]], [[0.5]])


# thresholds


@given(SMALL_MASKS, arrays(float, (6, 7), elements=st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])))
def test_no_threshold_is_better_and_no_higher_one_as_good(truth, probability):
    thresholds = [0.7, 0.1, 0.3, 0.9, 0.5]
    dice = {one: evaluation.dice_score(truth, probability >= one) for one in thresholds}
    best = masks.best_threshold(truth, probability, thresholds)
    assert dice[best] == max(dice.values())
    assert all(dice[one] < dice[best] for one in thresholds if one > best)


# parts


def test_parts_that_touch_at_a_corner_are_one_and_the_largest_stays():
    mask = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]], bool)
    assert masks.largest_part(mask).tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_in_a_volume_parts_reach_from_slice_to_slice():
    volume = np.zeros((3, 4, 4), bool)
    volume[0, 0, :2] = volume[1, 0, :2] = True  # four pixels over two slices
    volume[2, 2:, 3] = volume[2, 3, 2] = True  # three on one
    assert masks.largest_part(volume).sum() == 4
    assert masks.largest_part(volume)[1, 0, 0]


@given(SMALL_MASKS)
def test_the_largest_part_lies_in_the_mask_and_is_its_own_largest_part(mask):
    part = masks.largest_part(mask)
    assert not (part & ~mask).any()
    assert part.any() == mask.any()
    assert np.array_equal(masks.largest_part(part), part)


# what a pixel costs


@pytest.mark.parametrize("side", [4, 10, 20])
def test_the_costs_for_a_square_are_those_of_its_geometry(side):
    square = np.zeros((1, 40, 40), bool)
    square[0, 8 : 8 + side, 8 : 8 + side] = True
    costs = masks.one_pixel_costs(square).iloc[0]
    wide, tight = side**2 + 4 * side, (side - 2) ** 2
    assert costs["area"] == side**2
    assert costs["moved"] == pytest.approx((side - 1) / side)
    assert costs["wider"] == pytest.approx(2 * side**2 / (side**2 + wide))
    assert costs["two_readers"] == pytest.approx(2 * tight / (wide + tight))


def test_at_the_pictures_edge_nothing_is_lost():
    inside, corner = np.zeros((1, 12, 12), bool), np.zeros((1, 12, 12), bool)
    inside[0, 4:8, 4:8] = corner[0, :4, :4] = True
    assert masks.one_pixel_costs(inside).equals(masks.one_pixel_costs(corner))


def test_a_slice_without_tumour_has_no_cost():
    with pytest.raises(ArgumentError, match="tumour on every slice"):
        masks.one_pixel_costs(np.zeros((2, 8, 8), bool))


def test_wider_and_tighter_stay_within_their_slice():
    volume = np.stack([disc(15, 4), np.zeros((15, 15), bool)])
    assert masks.resized_outline(volume, 2)[0].sum() > volume[0].sum() > masks.resized_outline(volume, -1)[0].sum()
    assert not masks.resized_outline(volume, 2)[1].any()


# outlines


@given(SMALL_MASKS)
def test_a_mask_drawn_from_the_outline_of_a_filled_part_is_that_part(mask):
    part = masks.largest_part(mask)
    lines = outlines(part)
    if len(lines) == 1 and len({tuple(point) for point in lines[0].tolist()}) == len(lines[0]) - 1:  # no hole, no knot
        assert np.array_equal(masks.from_outline(lines[0], part.shape), part)


@pytest.mark.parametrize("radius", [4, 9, 20])
def test_a_round_outline_encloses_the_area_of_a_disc(radius):
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    points = np.stack([30 + radius * np.cos(angle), 30 + radius * np.sin(angle)], axis=1)
    assert masks.from_outline(points, (61, 61)).sum() == pytest.approx(np.pi * radius**2, rel=0.05)


def test_pixels_under_the_line_belong_to_it_as_keyboards_set_points_on_pixels():
    assert masks.from_outline([(2, 1), (4, 1), (4, 3), (2, 3)], (6, 6)).sum() == 9


def test_the_outlines_direction_does_not_matter():
    points = [(1, 1), (6, 2), (5, 6), (2, 5)]
    assert np.array_equal(masks.from_outline(points, (8, 8)), masks.from_outline(points[::-1], (8, 8)))


def test_two_points_enclose_nothing_and_points_outside_are_no_error():
    assert not masks.from_outline([(1, 1), (5, 5)], (8, 8)).any()
    assert not masks.from_outline([], (8, 8)).any()
    assert masks.from_outline([(-50, -50), (90, -50), (90, 90), (-50, 90)], (8, 8)).all()


@pytest.mark.parametrize("points", [[(1, float("nan")), (2, 2), (3, 1)], ["a", "b"], [(1, 2), (3,)]])
def test_points_that_are_none_are_refused(points):
    with pytest.raises(ArgumentError, match="points"):
        masks.from_outline(points, (8, 8))
