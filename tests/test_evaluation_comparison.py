"""Averages, paired comparison and choices: checked by hand-made volumes, by SciPy's own and by exact enumeration."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from course_lib import evaluation
from course_lib.errors import ArgumentError

# Patient A: two tumour slices, of 4 and 1 pixels; the guess finds the first and misses the second.
# Patient B: one tumour slice, half found; an empty slice with a false alarm, and one without.
PATIENTS = ["A", "A", "B", "B", "B"]
TRUTH = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], bool).reshape(5, 2, 2)
GUESS = np.array([[1, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]], bool).reshape(5, 2, 2)


def test_four_averages_of_the_same_masks_are_those_computed_by_hand():
    patient_a, patient_b = 2 * 4 / (5 + 4), 2 * 1 / (2 + 2)
    slices = [1, 0, 2 / 3, 0, 1]
    expected = [np.mean(slices), np.mean(slices[:3]), (patient_a + patient_b) / 2, 2 * 5 / (7 + 6)]
    assert evaluation.averages(PATIENTS, TRUTH, GUESS).tolist() == pytest.approx(expected)


def test_predicting_nothing_scores_the_share_of_empty_slices_and_nothing_else():
    every, tumor, patients, pixels = evaluation.averages(PATIENTS, TRUTH, np.zeros_like(TRUTH))
    assert every == pytest.approx(2 / 5)
    assert (tumor, patients, pixels) == (0, 0, 0)


def test_the_order_of_slices_does_not_matter_to_a_patients_dice():
    mixed = [2, 0, 4, 1, 3]
    plain = evaluation.dice_by_patient(PATIENTS, TRUTH, GUESS)
    shuffled = evaluation.dice_by_patient([PATIENTS[k] for k in mixed], TRUTH[mixed], GUESS[mixed])
    assert shuffled.to_dict() == plain.to_dict()


def test_patients_come_in_the_order_in_which_they_occur():
    assert list(evaluation.dice_by_patient(["Z", "A", "M", "A", "A"], TRUTH, GUESS).index) == ["Z", "A", "M"]


@pytest.mark.parametrize("score", [evaluation.averages, evaluation.dice_by_patient])
def test_masks_that_do_not_fit_the_patients_are_refused(score):
    with pytest.raises(ArgumentError, match="patient for each slice"):
        score(PATIENTS[:4], TRUTH, GUESS)


def test_a_mean_over_tumour_slices_needs_one():
    with pytest.raises(ArgumentError, match="No slice has tumour"):
        evaluation.averages(PATIENTS, np.zeros_like(TRUTH), GUESS)


# ---- two models


def test_a_small_gain_for_everybody_is_seen_although_patients_differ_by_much_more():
    first = np.linspace(0.1, 0.9, 17)
    second = first + np.linspace(0.01, 0.03, 17)
    compared = evaluation.compare_models(first, second)
    assert compared.difference == pytest.approx(0.02)
    assert 0.01 < compared.low < 0.02 < compared.high < 0.03
    assert (compared.patients, compared.higher, compared.lower) == (17, 17, 0)
    assert compared.p_value == pytest.approx(2 / 2**17)  # of all signs that 17 differences can have, the two extreme
    assert stats.ttest_ind(first, second).pvalue > 0.5  # without pairing the same gain is not seen


def test_exchanging_the_models_changes_the_sign_only():
    first, second = np.random.default_rng(0).random((2, 12))
    one, other = evaluation.compare_models(first, second), evaluation.compare_models(second, first)
    assert other.difference == pytest.approx(-one.difference)
    assert (other.higher, other.lower) == (one.lower, one.higher)
    assert other.p_value == pytest.approx(one.p_value)
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low), abs=0.02)


def test_a_model_beside_itself_shows_no_difference():
    compared = evaluation.compare_models([0.5, 0.6, 0.9], [0.5, 0.6, 0.9])
    assert compared == (3, 0, 0, 0, 0, 0, 1)


def test_chance_alone_rarely_counts_as_a_difference():
    random = np.random.default_rng(1)
    found = 0
    for _ in range(200):
        level, first, second = random.normal(size=(3, 20))
        found += evaluation.compare_models(level + first, level + second).p_value < 0.05
    assert found <= 20  # 10 of 200 expected at the level of 5 %


def test_a_patient_without_a_score_is_left_out_and_counted():
    with pytest.warns(UserWarning, match="1 of 4 patients"):
        compared = evaluation.compare_models([3, 4, np.nan, 2], [2, 2, 1, 1])
    assert (compared.patients, compared.lower) == (3, 3)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0.5, 0.6], [0.5]),
        ([[0.5, 0.6]], [[0.5, 0.6]]),
        ([np.nan], [0.5]),
        (pd.Series([0.5, 0.6], index=["A", "B"]), pd.Series([0.5, 0.6], index=["B", "A"])),
    ],
)
def test_scores_of_different_patients_are_not_compared(first, second):
    with pytest.raises(ArgumentError):
        evaluation.compare_models(first, second)


# ---- choosing


def test_dice_at_each_threshold_is_that_of_the_mask_cut_there():
    maps = np.random.default_rng(2).random((5, 2, 2))
    table = evaluation.dice_by_threshold(PATIENTS, TRUTH, maps, [0.2, 0.7])
    for threshold in (0.2, 0.7):
        expected = evaluation.dice_by_patient(PATIENTS, TRUTH, maps >= threshold)
        assert table.loc[threshold].to_dict() == expected.to_dict()


def test_a_probability_equal_to_the_threshold_counts_as_tumour():
    table = evaluation.dice_by_threshold(["A"], np.ones((1, 2, 2)), np.full((1, 2, 2), 0.5), [0.5, 0.50001])
    assert table["A"].tolist() == [1, 0]


def test_no_threshold_is_no_table():
    with pytest.raises(ArgumentError, match="no threshold"):
        evaluation.dice_by_threshold(PATIENTS, TRUTH, TRUTH.astype(float), [])


def test_choosing_on_the_test_patients_never_scores_less_and_is_flattered_by_noise_alone():
    table = pd.DataFrame(np.random.default_rng(3).normal(size=(10, 16)))  # ten models equally good: their mean is 0
    few, many = (evaluation.choose_many_times(table, patients, repeats=400) for patients in (2, 8))
    for chosen in (few, many):
        assert (chosen.on_test >= chosen.on_validation).all()
    assert few.on_test.mean() > many.on_test.mean() > 0.2
    assert abs(few.on_validation.mean()) < 0.2


def test_the_mean_over_many_draws_is_that_over_all_divisions():
    table = pd.DataFrame([[0.9, 0.1, 0.5, 0.4], [0.2, 0.8, 0.6, 0.1]])
    expected = []
    for validation in itertools.combinations(range(4), 2):
        test = [patient for patient in range(4) if patient not in validation]
        best = table[list(validation)].mean(axis=1).idxmax()
        expected.append((table.loc[best, test].mean(), table[test].mean(axis=1).max()))
    chosen = evaluation.choose_many_times(table, 2, repeats=4000)
    assert chosen.mean().tolist() == pytest.approx(np.mean(expected, axis=0), abs=0.02)
    assert set(map(tuple, chosen.round(6).to_numpy())) == set(map(tuple, np.round(expected, 6)))


def test_two_groups_need_patients_for_both():
    with pytest.raises(ArgumentError, match="need 6"):
        evaluation.choose_many_times(pd.DataFrame(np.ones((2, 5))), 3)


# ---- surfaces


def test_distances_between_surface_points_give_hd95():
    random = np.random.default_rng(4)
    truth, guess = random.random((2, 12, 12)) > 0.6
    a, b = evaluation.surface_points(truth), evaluation.surface_points(guess)
    distances = np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=-1))
    expected = max(np.percentile(distances.min(axis=1), 95), np.percentile(distances.min(axis=0), 95))
    assert evaluation.hausdorff95(truth, guess) == pytest.approx(expected)


def test_a_surface_has_no_inner_pixel_and_an_empty_mask_no_surface():
    mask = np.zeros((7, 7), bool)
    mask[1:6, 1:6] = True
    points = evaluation.surface_points(mask)
    assert len(points) == 16
    assert ((points == 1) | (points == 5)).any(axis=1).all()
    assert evaluation.surface_points(np.zeros((3, 4, 5))).shape == (0, 3)
