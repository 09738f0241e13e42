"""Doubting a network: variants, calibration and uncertainty on cases whose right answers are known beforehand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import data, explain
from course_lib.errors import ArgumentError

PICTURES = np.random.default_rng(0).integers(0, 256, (2, 8, 6, 3)).astype("uint8")


def brightness(images):
    """A network that looks at each pixel by itself, so that it treats every flip and shift alike."""
    return images[..., 1] / 255


def left_half(images):
    """A network that answers in the left half of whatever it is shown."""
    left = np.arange(images.shape[2]) < images.shape[2] // 2
    return np.broadcast_to(np.where(left, 1.0, 0.0), images.shape[:3])


# ---- variants


@pytest.mark.parametrize("variants", [explain.FLIPS, [explain.PLAIN, explain.UP_DOWN, explain.shift(2, -1)]])
def test_a_network_that_treats_all_variants_alike_gives_its_plain_answer_without_doubt(variants):
    asked = explain.augmented_prediction(brightness, PICTURES, variants)
    np.testing.assert_allclose(asked.probability, PICTURES[..., 1] / 255, atol=1e-6)
    np.testing.assert_allclose(asked.uncertainty, 0, atol=1e-6)


def test_of_a_network_that_answers_in_the_left_half_nothing_but_doubt_is_left():
    asked = explain.augmented_prediction(left_half, PICTURES, [explain.PLAIN, explain.MIRROR])
    np.testing.assert_array_equal(asked.probability, 0.5)
    np.testing.assert_array_equal(asked.uncertainty, 0.5)


def test_a_head_upside_down_does_not_change_which_half_is_left():
    asked = explain.augmented_prediction(left_half, PICTURES, [explain.PLAIN, explain.UP_DOWN])
    np.testing.assert_array_equal(asked.probability, left_half(PICTURES))
    np.testing.assert_array_equal(asked.uncertainty, 0)


@pytest.mark.parametrize(
    "variant", [explain.PLAIN, explain.MIRROR, explain.UP_DOWN, explain.shift(3, 2), explain.shift(-1, 0)]
)
def test_flips_and_shifts_are_undone_exactly(variant):
    answers = PICTURES[..., 0] / 255
    np.testing.assert_array_equal(variant.undo(variant.apply(answers)), answers)


def test_a_flip_moves_pixels_and_a_shift_moves_them_down_and_right():
    picture = np.zeros((1, 4, 5, 3))
    picture[0, 0, 1] = 1
    assert explain.MIRROR.apply(picture)[0, 0, 3].all()
    assert explain.UP_DOWN.apply(picture)[0, 3, 1].all()
    assert explain.shift(2, 1).apply(picture)[0, 2, 2].all()


def test_a_turn_is_undone_but_for_a_little_blur():
    y, x = np.mgrid[:64, :64]
    blob = np.exp(-((x - 46) ** 2 + (y - 24) ** 2) / 40)[None]
    turn = explain.rotation(10)
    turned = turn.apply(blob)
    assert np.abs(turned - blob).max() > 0.2
    assert np.abs(turn.undo(turned) - blob).max() < 0.05


def test_turning_anticlockwise_brings_the_right_hand_side_up():
    picture = np.zeros((1, 31, 31))
    picture[0, 15, 28] = 1
    turned = explain.rotation(90).apply(picture)[0]
    assert np.unravel_index(turned.argmax(), turned.shape) == (2, 15)


def test_every_variant_is_asked_once_and_keeps_its_own_answer():
    answers = explain.predict_variants(left_half, PICTURES, [explain.PLAIN, explain.MIRROR, explain.shift(0, 1)])
    assert answers.shape == (3, 2, 8, 6)
    np.testing.assert_array_equal(answers[1], 1 - answers[0])
    np.testing.assert_array_equal(answers[2, 0, 0], [1, 1, 0, 0, 0, 1])


class OneChannel:
    """What a Keras network looks like from outside."""

    def predict_on_batch(self, images):
        return images[..., 1:2] / 255


def test_a_network_is_asked_as_a_function_is():
    np.testing.assert_allclose(
        explain.predict_variants(OneChannel(), PICTURES[:, :6]), explain.predict_variants(brightness, PICTURES[:, :6])
    )


@pytest.mark.parametrize(
    ("predict", "images", "variants", "says"),
    [
        (brightness, PICTURES, [], "at least explain.PLAIN"),
        (brightness, PICTURES[0], explain.FLIPS, "slice, height, width, 3"),
        (brightness, PICTURES[:0], explain.FLIPS, "one at least"),
        (lambda images: images[..., 1], PICTURES, explain.FLIPS, "give probabilities"),
        (lambda images: images[..., 1] * np.nan, PICTURES, explain.FLIPS, "NaN"),
        (lambda images: images[:, 0, :, 1] / 255, PICTURES, explain.FLIPS, "one probability a pixel"),
        ("a network", PICTURES, explain.FLIPS, "Give a network, or a function"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_next_step(predict, images, variants, says):
    with pytest.raises(ArgumentError, match=says):
        explain.augmented_prediction(predict, images, variants)


# ---- calibration


def drawn(meant, seed=0, count=200_000):
    """Probabilities, and truths that are drawn as the function `meant` of them says."""
    rng = np.random.default_rng(seed)
    said = rng.random(count)
    return rng.random(count) < meant(said), said


def test_of_calibrated_probabilities_the_share_is_what_was_said():
    table = explain.reliability_table(*drawn(lambda said: said))
    np.testing.assert_allclose(table["share"], table["probability"], atol=0.015)
    assert explain.calibration_error(*drawn(lambda said: said)) < 0.01
    # E[(p - y)^2] = E[p (1 - p)] = 1/6 for uniform p
    assert explain.brier_score(*drawn(lambda said: said)) == pytest.approx(1 / 6, abs=0.003)


def test_overconfident_probabilities_lie_below_the_line_on_top_and_above_it_below():
    truth, said = drawn(lambda said: 0.5 + (said - 0.5) / 2)
    table = explain.reliability_table(truth, said)
    gap = table["share"] - table["probability"]
    assert (gap[:4] > 0.04).all()
    assert (gap[6:] < -0.04).all()
    # the mean of |said - 0.5| / 2 over uniform probabilities
    assert explain.calibration_error(truth, said) == pytest.approx(0.125, abs=0.006)


def test_bins_have_equal_width_and_take_their_lower_edge_and_the_last_one_takes_1():
    table = explain.reliability_table([0, 1, 1, 0, 1], [0.0, 0.25, 0.5, 0.75, 1.0], bins=4)
    assert table["count"].tolist() == [1, 1, 1, 2]
    assert table["low"].tolist() == [0, 0.25, 0.5, 0.75]
    assert table["high"].tolist() == [0.25, 0.5, 0.75, 1]
    assert table["share"].tolist() == [0, 1, 1, 0.5]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_tenth_opens_its_own_bin(dtype):
    said = (np.arange(10) / 10).astype(dtype)
    assert explain.reliability_table(np.zeros(10, bool), said)["count"].tolist() == [1] * 10


def test_an_empty_bin_says_nothing_rather_than_0():
    table = explain.reliability_table([0, 1], [0.1, 0.9], bins=3)
    assert table["count"].tolist() == [1, 0, 1]
    assert table.loc[1, ["probability", "share"]].isna().all()


def test_only_what_is_inside_counts():
    truth, said, inside = [[0, 1], [1, 0]], [[0.4, 0.8], [0.0, 1.0]], [[1, 1], [0, 0]]
    assert explain.brier_score(truth, said, inside) == pytest.approx((0.4**2 + 0.2**2) / 2)
    assert explain.calibration_error(truth, said, inside) == pytest.approx((0.4 + 0.2) / 2)
    assert explain.reliability_table(truth, said, inside)["count"].sum() == 2


def test_air_makes_every_calibration_error_smaller_and_the_line_stays():
    truth, said = drawn(lambda said: said / 2, count=5000)
    air = np.zeros(20_000)
    alone = explain.calibration_error(truth, said)
    diluted = explain.calibration_error(np.r_[truth, air], np.r_[said, air])
    assert diluted == pytest.approx(alone / 5, rel=0.1)
    with_air = explain.reliability_table(np.r_[truth, air], np.r_[said, air])
    pd.testing.assert_frame_equal(with_air[1:], explain.reliability_table(truth, said)[1:])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40), st.integers(1, 12))
def test_every_pixel_lies_in_one_bin_and_the_bins_add_up_to_the_truth(pixels, bins):
    truth, said = map(np.array, zip(*pixels, strict=True))
    table = explain.reliability_table(truth, said, bins=bins).fillna(0)
    assert table["count"].sum() == len(pixels)
    assert (table["count"] * table["share"]).sum() == pytest.approx(truth.sum())
    assert (table["count"] * table["probability"]).sum() == pytest.approx(said.sum())


def test_a_last_axis_of_one_channel_may_be_left_on():
    truth, said = np.ones((2, 3, 3, 1)), np.full((2, 3, 3), 0.75)
    assert explain.brier_score(truth, said) == explain.brier_score(truth[..., 0], said[..., None]) == 0.0625


@pytest.mark.parametrize("judge", [explain.reliability_table, explain.calibration_error, explain.brier_score])
@pytest.mark.parametrize(
    ("truth", "said", "inside", "says"),
    [
        ([0, 1], [0.5, 1.5], None, "between 0 and 1"),
        ([0, 1], [0.5, np.nan], None, "between 0 and 1"),
        ([0, 1, 1], [0.5, 0.5], None, "same pixels"),
        ([0, 255], [0.5, 0.5], None, "mask > 0"),
        ([0, 1], [0.5, 0.5], [0, 0], "No pixel is inside"),
        ([0, 1], ["a", "b"], None, "numbers from 0 to 1"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_next_step(judge, truth, said, inside, says):
    with pytest.raises(ArgumentError, match=says):
        judge(truth, said, inside)


@pytest.mark.parametrize("bins", [0, 2.5])
def test_bins_are_counted_in_whole_numbers(bins):
    with pytest.raises(ArgumentError, match="whole number"):
        explain.reliability_table([0, 1], [0.1, 0.9], bins=bins)


def test_the_head_is_what_is_lit_with_its_dark_holes():
    image = np.zeros((2, 9, 9, 3), "uint8")
    image[0, 2:7, 2:7, 2] = 90  # lit in one sequence is enough
    image[0, 4, 4] = 0  # a dark ventricle
    image[1, :, :] = 20  # noise in the air
    head = explain.head_mask(image)
    assert head[0].sum() == 25
    assert not head[1].any()


# ---- an uncertainty against the errors


def test_an_uncertainty_that_knows_all_errors_catches_them_all_and_ranks_them_first():
    wrong = np.arange(100) >= 95
    assert explain.errors_caught(wrong * 1.0, wrong, share=0.05) == 1
    assert explain.error_auc(wrong * 1.0, wrong) == 1
    assert explain.risk_coverage(wrong * 1.0, wrong)["risk"][:95].max() == 0


def test_an_uncertainty_that_knows_nothing_catches_no_more_than_its_share():
    wrong = np.arange(1000) % 10 == 0
    for nothing in (np.zeros(1000), np.full(1000, 0.3)):
        assert explain.errors_caught(nothing, wrong, share=0.1) == pytest.approx(0.1)
        assert explain.error_auc(nothing, wrong) == 0.5


def test_an_uncertainty_that_is_always_misled_ranks_the_errors_last():
    wrong = np.arange(100) < 10
    assert explain.error_auc(np.arange(100), wrong) == 0
    assert explain.errors_caught(np.arange(100), wrong, share=0.9) == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=30))
def test_auc_is_the_share_of_pairs_in_which_the_wrong_pixel_is_the_more_uncertain(pixels):
    uncertainty, wrong = map(np.array, zip(*pixels, strict=True))
    gaps = uncertainty[wrong][:, None] - uncertainty[~wrong][None, :]
    expected = ((gaps > 0) + 0.5 * (gaps == 0)).mean() if gaps.size else np.nan
    assert explain.error_auc(uncertainty, wrong) == pytest.approx(expected, nan_ok=True)


def test_with_everything_kept_the_risk_is_the_share_of_errors():
    rng = np.random.default_rng(0)
    uncertainty, wrong = rng.random(500), rng.random(500) < 0.2
    table = explain.risk_coverage(uncertainty, wrong, steps=50)
    assert table["coverage"].iloc[-1] == 1
    assert table["risk"].iloc[-1] == pytest.approx(wrong.mean())


def test_the_order_of_equally_uncertain_pixels_does_not_matter():
    wrong = np.arange(100) < 20
    np.testing.assert_allclose(explain.risk_coverage(np.zeros(100), wrong, steps=10)["risk"], 0.2)
    np.testing.assert_allclose(explain.risk_coverage(np.zeros(100), wrong[::-1], steps=10)["risk"], 0.2)


def test_without_errors_there_is_nothing_to_catch():
    assert np.isnan(explain.errors_caught([0.1, 0.2], [0, 0]))
    assert np.isnan(explain.error_auc([0.1, 0.2], [0, 0]))


@pytest.mark.parametrize(
    "call",
    [
        lambda: explain.errors_caught([0.1, 0.2], [0, 1, 1]),
        lambda: explain.errors_caught([0.1, np.nan], [0, 1]),
        lambda: explain.errors_caught([], []),
        lambda: explain.errors_caught([0.1, 0.2], [0, 1], share=0),
        lambda: explain.error_auc([0.1, 0.2], [0, 2]),
        lambda: explain.risk_coverage([0.1, 0.2], [0, 1], steps=3),
    ],
)
def test_an_uncertainty_that_does_not_fit_is_refused(call):
    with pytest.raises(ArgumentError):
        call()


# ---- other inputs


@pytest.mark.parametrize("name", ["pre", "post"])
def test_a_removed_sequence_is_found_missing_by_the_data_module(name):
    without = explain.remove_sequence(PICTURES, name)
    assert data.missing_sequences(without) == (name,)
    kept = [k for k, each in enumerate(data.SEQUENCES) if each != name]
    np.testing.assert_array_equal(without[..., kept], PICTURES[..., kept])


def test_in_the_place_of_flair_stands_pre_contrast_and_the_slices_given_stay_as_they_were():
    before = PICTURES.copy()
    without = explain.remove_sequence(PICTURES, "FLAIR")
    np.testing.assert_array_equal(without[..., 1], PICTURES[..., 0])
    np.testing.assert_array_equal(PICTURES, before)


@pytest.mark.parametrize(("images", "name"), [(PICTURES, "T2"), (PICTURES[..., :2], "pre"), (np.float64(3), "pre")])
def test_a_sequence_that_is_not_there_cannot_be_removed(images, name):
    with pytest.raises(ArgumentError):
        explain.remove_sequence(images, name)


def test_the_same_scanner_changes_nothing():
    np.testing.assert_array_equal(explain.other_scanner(PICTURES), PICTURES)


def test_each_change_of_scanner_does_what_its_name_says():
    grey = np.full((1, 11, 4, 3), 100, "uint8")
    assert (explain.other_scanner(grey, brightness=0.5) == 50).all()
    assert (explain.other_scanner(grey, gamma=0.5) == round(255 * (100 / 255) ** 0.5)).all()
    one_sided = explain.other_scanner(grey, uneven=0.4)[0, :, 0, 0]
    assert (one_sided[0], one_sided[5], one_sided[-1]) == (140, 100, 60)
    assert (explain.other_scanner(np.zeros_like(grey), brightness=2, gamma=0.5, uneven=0.4) == 0).all()


def test_noise_spreads_tissue_by_as_much_as_said_lifts_the_air_and_comes_back_with_its_seed():
    half = np.zeros((1, 200, 200, 3), "uint8")
    half[:, :100] = 120
    noisy = explain.other_scanner(half, noise=10, seed=3)
    assert noisy[:, :100].std() == pytest.approx(10, rel=0.05)
    assert noisy[:, 100:].mean() == pytest.approx(10 * np.sqrt(np.pi / 2), rel=0.05)  # Rayleigh's mean
    np.testing.assert_array_equal(noisy, explain.other_scanner(half, noise=10, seed=3))
    assert (noisy != explain.other_scanner(half, noise=10, seed=4)).any()


@pytest.mark.parametrize("change", [{"gamma": 0}, {"brightness": -1}, {"uneven": 1}, {"noise": -2}])
def test_no_scanner_has_such_settings(change):
    with pytest.raises(ArgumentError, match="above 0"):
        explain.other_scanner(PICTURES, **change)


def test_one_slice_alone_is_no_stack_of_slices():
    with pytest.raises(ArgumentError, match="slice, height, width, 3"):
        explain.other_scanner(PICTURES[0])
