"""What lesson 5 says in words holds in its own output, and its bank agrees with the library."""

import re

import lessons
import numpy as np
import pytest

from course_lib import losses
from course_lib.check import find_exercise

WEIGHTINGS = ("Dice: both ½", "misses .7, alarms .3", "misses .9, alarms .1")


@pytest.fixture(scope="module")
def outputs():
    """All outputs of the executed lesson."""
    return lessons.outputs_of(5)


@pytest.fixture(scope="module")
def printed():
    """Everything that the executed lesson prints."""
    return lessons.printed_by(5)


def numbers(pattern, text):
    """The groups of every match, as numbers: one tuple a match."""
    return [tuple(float(group) for group in match.groups()) for match in re.finditer(pattern, text)]


# --- the bank -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "alarms", "misses", "smooth", "loss", "focal"),
    [  # published beside the library's own tests; misses .7, false alarms .3
        (4, 2, 0, 0, 0.130435, None),
        (2, 0, 2, 0, 0.411765, None),
        (4, 2, 0, 1, 0.107143, 0.187272),
        (2, 0, 2, 1, 0.318182, 0.423649),
    ],
)
def test_the_references_give_the_golden_values(hits, alarms, misses, smooth, loss, focal):
    truth, guess = np.zeros((2, 1, 4, 4))
    truth.flat[: hits + misses] = 1
    guess.flat[:hits] = 1
    guess.flat[hits + misses : hits + misses + alarms] = 1
    index = find_exercise("tversky_index").reference(truth, guess, smooth=smooth)
    assert 1 - index == pytest.approx(loss, abs=6e-7)
    if focal is not None:
        assert find_exercise("focal_tversky_loss").reference(truth, guess) == pytest.approx(focal, abs=6e-7)


@pytest.mark.parametrize("per_image", [False, True])
def test_the_references_agree_with_the_library(per_image):
    rng = np.random.default_rng(5)
    truth, guess = (rng.random((4, 6, 6)) > 0.6).astype(float), rng.random((4, 6, 6))
    truth[1] = 0
    counts, index, focal = (
        find_exercise(name).reference for name in ("soft_counts", "tversky_index", "focal_tversky_loss")
    )
    np.testing.assert_allclose(counts(truth, guess, per_image), losses.soft_counts(truth, guess, per_image), rtol=1e-5)
    assert index(truth, guess, 0.8, 0.1, 3) == pytest.approx(losses.tversky_index(truth, guess, 0.8, 0.1, 3), rel=1e-5)
    expected = losses.focal_tversky_loss(truth, guess, gamma=0.6, per_image=per_image)
    assert focal(truth, guess, 0.6, per_image) == pytest.approx(expected, rel=1e-5)


# --- what the lesson says -------------------------------------------------------------------------------------------


def test_the_timid_and_the_generous_guess_cost_what_they_should_and_move_apart(printed):
    costs = numbers(r"timid ([\d.]+)   generous ([\d.]+)", printed)
    np.testing.assert_allclose(costs, [(1 / 3, 0.2), (0.411765, 0.130435), (0.473684, 0.047619)], atol=1e-6)


def test_there_are_two_pulls_in_the_picture_and_a_miss_is_worth_ever_more(printed):
    pulls = numbers(r"tumour ([\d.]+) to ([\d.]+) up, others ([\d.]+) to ([\d.]+) down", printed)
    assert len(pulls) == 3
    for up_low, up_high, down_low, down_high in pulls:
        assert (up_low, down_low) == pytest.approx((up_high, down_high), abs=2e-6)
    worth = [value for (value,) in numbers(r"a tumour pixel is worth ([\d.]+) others", printed)]
    assert worth == sorted(worth)
    for value, ratio_of_weights in zip(worth, (1, 7 / 3, 9), strict=True):
        assert value > 1.1 * ratio_of_weights


def test_the_preferred_mask_grows_with_the_weight_of_a_miss(printed):
    thresholds, areas = zip(*numbers(r"all pixels above ([\d.]+): ([\d.]+) times", printed), strict=True)
    assert 0.5 > thresholds[0] > thresholds[1] + 0.1 > thresholds[2] + 0.2
    assert 0.95 < areas[0] < areas[1] - 0.1 < areas[2] - 0.3


def test_the_threshold_is_the_weight_of_a_false_alarm_times_the_index(printed):
    rows = numbers(r"index [\d.]+ = ([\d.]+); threshold ([\d.]+)", printed)
    assert len(rows) == 3
    for product, threshold in rows:
        assert threshold == pytest.approx(product, abs=0.015)


def test_marking_twice_the_area_costs_what_missing_a_tenth_costs_where_misses_weigh_nine_tenths():
    truth = np.zeros(400)
    truth[:100] = 1
    twice, tenth = np.arange(400) < 200, (np.arange(400) >= 10) & (truth > 0)
    cost = [float(losses.tversky_loss(truth, guess.astype(float), 0.9, 0.1, smooth=0)) for guess in (twice, tenth)]
    assert cost[0] == pytest.approx(cost[1], abs=0.01)


def test_pooled_a_small_tumour_counts_next_to_nothing_and_per_image_a_third_of_the_batch(printed):
    (pooled, pooled_found), (apart, apart_found) = numbers(
        r"loss ([\d.]+); with the small tumour found ([\d.]+)", printed
    )
    assert pooled - pooled_found < 0.03
    assert 0.2 < apart - apart_found <= 1 / 3


def test_the_formula_to_the_letter_has_a_slope_without_bounds_and_the_librarys_has_not(printed):
    (letter,) = re.findall(r"to the letter\s+slopes from (\S+) to (\S+)", printed)
    assert not np.isfinite(np.array(letter, float)).all()
    (ours,) = re.findall(r"the library's\s+slopes from (\S+) to (\S+)", printed)
    assert np.isfinite(np.array(ours, float)).all()
    tumour, other = map(float, ours)
    assert tumour < 0 < other
    assert -tumour / other == pytest.approx(0.7 / 0.3, abs=0.01)  # the line is as steep for both kinds of pixel


def test_at_the_perfect_guess_a_miss_costs_what_the_weights_say_and_further_out_more():
    def loss(misses, alarms, weights):
        truth, guess = np.zeros((2, 300))
        truth[:100], guess[misses : 100 + alarms] = 1, 1
        return float(losses.tversky_loss(truth, guess, *weights, smooth=0))

    for weights, ratio in (((0.5, 0.5), 1), ((0.7, 0.3), 7 / 3), ((0.9, 0.1), 9)):
        assert loss(1, 0, weights) / loss(0, 1, weights) == pytest.approx(ratio, rel=0.02)
        dearer = (loss(31, 50, weights) - loss(30, 50, weights)) / (loss(30, 51, weights) - loss(30, 50, weights))
        assert dearer > 1.1 * ratio


def test_the_preferred_threshold_comes_near_to_one_over_one_plus_the_worth(printed):
    worths = [value for (value,) in numbers(r"a tumour pixel is worth ([\d.]+) others", printed)]
    thresholds = [value for value, _ in numbers(r"all pixels above ([\d.]+): ([\d.]+) times", printed)]
    assert thresholds == pytest.approx([1 / (1 + worth) for worth in worths], abs=0.03)


def test_an_empty_mask_teaches_nothing_unless_the_loss_is_smoothed_above_and_below(printed):
    said = dict(re.findall(r"(Keras|ours, smooth \d)\s+(nothing .*)", printed))
    found = {name: numbers(r"nothing ([\d.]+), suspicion ([\d.]+), largest slope there (\S+)", text)[0]
             for name, text in said.items()}  # fmt: skip
    assert found["Keras"] == (1, 1, 0)
    assert found["ours, smooth 0"][:2] == (0, 1)
    assert found["ours, smooth 0"][2] < 1e-6
    assert found["ours, smooth 1"][0] == 0
    assert found["ours, smooth 1"][2] > 1e-4


def test_the_two_masks_tell_which_weight_is_which_in_the_keras_that_is_installed(printed):
    ((miss, alarm),) = numbers(r"the miss costs ([\d.]+), the false alarm ([\d.]+)", printed)
    heavy, light = 0.7 / 1.7, 0.3 / 1.3  # one hit, one error of weight .7 or .3
    assert sorted([miss, alarm]) == pytest.approx([light, heavy], abs=1e-3)
    assert ("so alpha weighs misses, against its documentation" in printed) == (miss > alarm)
    if "Keras 3.15.1" in printed:
        assert miss > alarm
        assert "fp = ops.sum((1 - targets) * inputs" in printed


def assert_recall_is_bought_with_precision(table):
    """`table`: (recall, precision) by the three weightings, from both one half to misses .9."""
    (recall, precision), _, (most_recall, least_precision) = table
    assert most_recall >= recall + 0.05
    assert least_precision <= precision - 0.05


def test_where_misses_weigh_most_recall_is_higher_and_precision_lower_on_unseen_patients(outputs):
    tables = [
        output.data["text/plain"] for output in outputs if "recall" in output.get("data", {}).get("text/plain", "")
    ]
    (text,) = [text for text in tables if not text.startswith("Figure")]
    rows = [numbers(re.escape(name) + r"\s+([\d.]+)\s+([\d.]+)", text)[0] for name in WEIGHTINGS]
    assert_recall_is_bought_with_precision(rows)
    patients = [numbers(re.escape(name) + r"(?:\s+[\d.]+){3}\s+(\d+)\s*$", line)[0][0]
                for name in WEIGHTINGS for line in text.splitlines() if line.startswith(name)]  # fmt: skip
    assert len(patients) == 3  # the column that says over how many patients precision is the mean
    assert all(1 <= count <= 9 for count in patients)


@pytest.mark.slow
def test_that_recall_is_bought_with_precision_does_not_hang_on_the_seed(monkeypatch):
    lessons.see_what_lessons_see(monkeypatch)
    needed = ("import numpy", "from course_lib.backend", "scans =", "tumor = np", "weightings =", "train, validation",
              "model = models.unet", "everything =", "probabilities = {}", "scores =")  # fmt: skip
    names = lessons.run_cells(5, {"set_random_seed(0)": "set_random_seed(31)"}, needed)
    assert_recall_is_bought_with_precision(names["table"][["recall", "precision"]].to_numpy().tolist())
