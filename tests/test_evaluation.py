"""Scores agree with definitions worked by hand, with brute force, with SciPy and with MONAI."""

import importlib.util
import subprocess
import sys
import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from course_lib import evaluation
from course_lib.errors import ArgumentError

SMALL_MASK_PAIRS = st.one_of(
    st.integers(1, 7).flatmap(lambda n: st.tuples(*[arrays(bool, (n, 6))] * 2)),
    st.integers(1, 4).flatmap(lambda n: st.tuples(*[arrays(bool, (n, 4, 5))] * 2)),
)


def mask(*rows):
    """A mask drawn in text: '#' is tumour."""
    return np.array([[letter == "#" for letter in row] for row in rows])


def surface_pixels(volume):
    """The tumour pixels with a neighbour along an axis that is outside, found one by one."""
    inside = {tuple(place) for place in np.argwhere(volume)}
    steps = [step for step in product((-1, 0, 1), repeat=volume.ndim) if sum(map(abs, step)) == 1]
    return np.array([p for p in inside if any(tuple(np.add(p, step)) not in inside for step in steps)])


def hausdorff95_by_all_pairs(truth, guess):
    a, b = surface_pixels(truth), surface_pixels(guess)
    distances = np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(-1))
    return max(np.percentile(distances.min(axis=1), 95), np.percentile(distances.min(axis=0), 95))


# Dice, precision, recall, volume


def test_dice_counts_shared_pixels_twice():
    assert evaluation.dice_score(mask("##..", "##.."), mask(".##.", ".##.")) == 2 * 2 / (4 + 4)


@given(SMALL_MASK_PAIRS)
def test_dice_equals_the_formula_on_sets_of_pixels(pair):
    a, b = ({tuple(place) for place in np.argwhere(one)} for one in pair)
    expected = 2 * len(a & b) / (len(a) + len(b)) if a or b else 1
    assert evaluation.dice_score(*pair) == pytest.approx(expected, abs=1e-12)
    assert evaluation.dice_score(*pair) == evaluation.dice_score(*pair[::-1])


def test_two_empty_masks_agree_and_one_empty_mask_does_not():
    empty, lesion = mask("....", "...."), mask(".#..", "....")
    assert evaluation.dice_score(empty, empty) == 1
    assert evaluation.dice_score(empty, lesion) == evaluation.dice_score(lesion, empty) == 0
    assert evaluation.hausdorff95(empty, empty) == 0
    assert np.isnan(evaluation.hausdorff95(empty, lesion))
    assert np.isnan(evaluation.hausdorff95(lesion, empty))
    assert evaluation.lesion_f1(empty, empty) == 1
    assert evaluation.lesion_f1(empty, lesion) == evaluation.lesion_f1(lesion, empty) == 0


def test_precision_falls_with_false_alarms_and_recall_with_misses():
    truth = mask("####", "....")
    too_large, too_small = mask("####", "####"), mask("#...", "....")
    assert (evaluation.precision(truth, too_large), evaluation.recall(truth, too_large)) == (0.5, 1)
    assert (evaluation.precision(truth, too_small), evaluation.recall(truth, too_small)) == (1, 0.25)


@given(SMALL_MASK_PAIRS)
def test_dice_is_the_harmonic_mean_of_precision_and_recall(pair):
    precision, recall = evaluation.precision(*pair), evaluation.recall(*pair)
    if precision > 0 and recall > 0:
        assert evaluation.dice_score(*pair) == pytest.approx(2 * precision * recall / (precision + recall))


def test_a_share_of_nothing_does_not_exist():
    empty, lesion = mask("...."), mask(".#..")
    assert np.isnan(evaluation.precision(lesion, empty))
    assert np.isnan(evaluation.recall(empty, lesion))
    assert np.isnan(evaluation.volume_error(empty, lesion))
    assert evaluation.recall(lesion, empty) == evaluation.precision(empty, lesion) == 0
    assert evaluation.precision(empty, empty) == evaluation.recall(empty, empty) == 1
    assert evaluation.volume_error(empty, empty) == 0


def test_volume_error_has_the_sign_of_the_mistake():
    truth = mask("####")
    assert evaluation.volume_error(truth, mask("##..")) == -0.5
    assert evaluation.volume_error(truth, truth) == 0
    assert evaluation.volume_error(mask("#..."), mask("###.")) == 2


# HD95


def test_hausdorff_of_a_square_moved_sideways_is_the_move():
    truth, guess = np.zeros((2, 30, 30), bool)
    truth[5:15, 5:15] = True
    guess[5:15, 8:18] = True
    # Three of the four sides lie within 3 pixels of the other square; only the 95th percentile is asked for.
    assert evaluation.hausdorff95(truth, guess) == pytest.approx(3)


def test_hausdorff_ignores_the_worst_five_percent_but_not_the_worst_ten():
    truth = np.zeros((60, 60), bool)
    truth[10:35, 10] = True
    guess = truth.copy()
    guess[50, 50] = True  # one of 26 surface pixels, 3.8 %: forgiven
    assert evaluation.hausdorff95(truth, guess) == 0
    guess[50, 52] = guess[50, 54] = True  # three of 28, 10.7 %: not forgiven
    assert evaluation.hausdorff95(truth, guess) > 20


def test_hausdorff_takes_the_worse_direction_and_does_not_pool_them():
    # 100 pixels of truth lie on the guess; of the 10 guessed pixels one lies 30 away. Pooled, 1 in 110 would be
    # forgiven.
    truth = np.zeros((4, 200), bool)
    truth[0, :100] = True
    guess = np.zeros_like(truth)
    guess[0, 0:100:11] = True
    guess[0, 129] = True
    to_truth = [0.0] * 10 + [30.0]
    assert evaluation.hausdorff95(truth, guess) == pytest.approx(np.percentile(to_truth, 95)) == 15


def test_a_step_between_slices_counts_as_one_pixel():
    truth, guess = np.zeros((2, 5, 8, 8), bool)
    truth[0, 4, 4] = guess[3, 4, 4] = True
    assert evaluation.hausdorff95(truth, guess) == 3


@settings(max_examples=150, deadline=None)
@given(SMALL_MASK_PAIRS)
def test_hausdorff_equals_brute_force_over_all_pairs(pair):
    truth, guess = pair
    if truth.any() and guess.any():
        assert evaluation.hausdorff95(truth, guess) == pytest.approx(hausdorff95_by_all_pairs(truth, guess))


@settings(max_examples=50, deadline=None)
@given(SMALL_MASK_PAIRS, st.integers(1, 5))
def test_hausdorff_does_not_depend_on_the_margin_around_both_masks(pair, margin):
    near, far = (evaluation.hausdorff95(*(np.pad(one, width) for one in pair)) for width in (1, 1 + margin))
    assert near == far or (np.isnan(near) and np.isnan(far))


@pytest.mark.reference
def test_hausdorff_and_dice_equal_monai():
    if importlib.util.find_spec("monai") is None:
        pytest.skip("MONAI is not installed: pip install -e '.[reference]'")
    import torch
    from monai.metrics import DiceMetric, compute_hausdorff_distance

    random = np.random.default_rng(3)
    for shape in [(40, 40)] * 5 + [(12, 24, 24)] * 5:
        truth, guess = (random.random((2, *shape)) < 0.02) | np.roll(random.random((2, *shape)) < 0.05, 1, axis=1)
        tensors = [torch.from_numpy(one[None, None].astype(np.float32)) for one in (guess, truth)]
        theirs = compute_hausdorff_distance(*tensors, include_background=True, percentile=95).item()
        assert evaluation.hausdorff95(truth, guess) == pytest.approx(theirs, abs=1e-5)
        assert evaluation.dice_score(truth, guess) == pytest.approx(DiceMetric()(*tensors).item(), abs=1e-6)


# lesions


def test_a_small_lesion_counts_as_much_as_a_large_one():
    truth = mask("####...#", "####....")
    only_large, only_small = mask("####....", "####...."), mask(".......#", "........")
    assert evaluation.lesion_f1(truth, only_large) == evaluation.lesion_f1(truth, only_small) == pytest.approx(2 / 3)
    assert evaluation.dice_score(truth, only_large) > 0.9 > 0.3 > evaluation.dice_score(truth, only_small)


def test_lesions_and_false_alarms_are_counted_part_by_part():
    truth = mask("##..#...", "##.....#")
    guess = mask("#..#....", "........", "#.......")[:2]
    guess[1, 7] = True
    # Two of three lesions touched; of three guessed parts one (the fourth column) touches no tumour.
    assert evaluation.count_lesions(truth, guess) == (3, 2, 3, 1)
    assert evaluation.lesion_f1(truth, guess) == pytest.approx(2 / 3)


def test_parts_that_touch_at_a_corner_are_one_lesion():
    assert evaluation.count_lesions(mask("#.", ".#"), mask("#.", "..")).lesions == 1
    volume = np.zeros((2, 2, 2), bool)
    volume[0, 0, 0] = volume[1, 1, 1] = True
    assert evaluation.count_lesions(volume, volume) == (1, 1, 1, 0)


def test_a_stricter_overlap_rule_finds_fewer_lesions():
    truth, guess = mask("##########"), mask("###.......")
    assert evaluation.count_lesions(truth, guess).found == 1
    assert evaluation.count_lesions(truth, guess, overlap=0.29).found == 1
    assert evaluation.count_lesions(truth, guess, overlap=0.3).found == 0


# what is no mask


@pytest.mark.parametrize("name", ["dice_score", "hausdorff95", "precision", "recall", "volume_error", "lesion_f1"])
def test_masks_of_two_shapes_are_refused_and_not_broadcast(name):
    with pytest.raises(ArgumentError, match=r"\(4, 4\).*\(4, 4, 1\)"):
        getattr(evaluation, name)(np.ones((4, 4), bool), np.ones((4, 4, 1), bool))


@pytest.mark.parametrize(
    ("values", "remedy"),
    [([0.2, 0.9], "threshold"), ([0, 255], "mask > 0"), ([np.nan, 1], "threshold"), (["a", "b"], "boolean")],
)
def test_what_is_no_mask_is_refused_with_the_remedy(values, remedy):
    with pytest.raises(ArgumentError, match=remedy):
        evaluation.dice_score(np.array([0, 1]), np.array(values))


def test_masks_of_zeros_and_ones_score_as_boolean_ones_do():
    truth, guess = mask("##.."), mask(".##.")
    for kind in (np.uint8, np.int64, np.float32):
        assert evaluation.dice_score(truth.astype(kind), guess.astype(kind)) == 0.5


# intervals


def test_the_interval_agrees_with_scipys_percentile_bootstrap():
    from scipy.stats import bootstrap

    values = np.random.default_rng(1).beta(8, 2, size=17)
    reference = bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=5).confidence_interval
    assert evaluation.bootstrap_interval(values) == pytest.approx(tuple(reference), abs=0.004)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_promises():
    random = np.random.default_rng(7)
    hits = 0
    for trial in range(200):
        low, high = evaluation.bootstrap_interval(random.normal(0.8, 0.1, size=30), confidence=0.9, seed=trial)
        hits += low <= 0.8 <= high
    # 90 % promised; the percentile bootstrap of 30 values falls a little short, and 200 trials scatter by 2 %.
    assert 0.82 <= hits / 200 <= 0.96


def test_the_interval_is_the_same_for_the_same_seed_and_wider_for_more_confidence():
    values = [0.1, 0.5, 0.7, 0.75, 0.8, 0.9]
    assert evaluation.bootstrap_interval(values, seed=3) == evaluation.bootstrap_interval(values, seed=3)
    assert evaluation.bootstrap_interval(values, seed=3) != evaluation.bootstrap_interval(values, seed=4)
    (low, high), (lower, higher) = (evaluation.bootstrap_interval(values, confidence=c) for c in (0.5, 0.99))
    assert lower < low < np.mean(values) < high < higher


def test_patients_without_a_score_are_left_out_of_the_interval_with_a_warning():
    with pytest.warns(UserWarning, match="2 of 6 values are NaN"):
        with_gaps = evaluation.bootstrap_interval([0.5, np.nan, 0.6, 0.9, np.nan, 0.7])
    assert with_gaps == evaluation.bootstrap_interval([0.5, 0.6, 0.9, 0.7])


def test_one_patient_gives_no_interval_and_none_is_an_error():
    assert np.isnan(evaluation.bootstrap_interval([0.8])).all()
    with pytest.raises(ArgumentError, match="no value"):
        evaluation.bootstrap_interval([])
    with pytest.warns(UserWarning, match="NaN"), pytest.raises(ArgumentError, match="no value"):
        evaluation.bootstrap_interval([np.nan])
    with pytest.raises(ArgumentError, match="infinite"):
        evaluation.bootstrap_interval([0.5, np.inf])
    with pytest.raises(ArgumentError, match="confidence"):
        evaluation.bootstrap_interval([0.5, 0.6], confidence=95)


def test_the_interval_of_the_median_moves_with_the_median():
    skewed = [0.1, 0.8, 0.82, 0.84, 0.86, 0.88, 0.9]
    low, high = evaluation.bootstrap_interval(skewed, statistic=np.median)
    assert low <= np.median(skewed) <= high
    assert high == pytest.approx(0.88, abs=0.03)


# tables by patient


def write_patient(folder, institution, number, volume):
    """One patient in the layout of the Kaggle folder; returns its rows of the index."""
    name = f"TCGA_{institution}_{number}_19990101"
    (folder / name).mkdir()
    rows = []
    for at, tumor in enumerate(volume, start=1):
        image, mask_file = (folder / name / f"{name}_{at}{end}.tif" for end in ("", "_mask"))
        Image.fromarray(np.full((*tumor.shape, 3), 90, np.uint8)).save(image)
        Image.fromarray(np.where(tumor, 255, 0).astype(np.uint8)).save(mask_file)
        rows.append((name, institution, at, str(image), str(mask_file), int(tumor.sum())))
    return rows


@pytest.fixture
def patients(tmp_path):
    """Two patients of 16 × 16 pixels: `scans`, and the true volumes in the order of its rows."""
    first, second = np.zeros((3, 16, 16), bool), np.zeros((2, 16, 16), bool)
    first[1, 4:8, 4:8] = True
    second[0, 2:12, 2:4] = True
    rows = write_patient(tmp_path, "CS", 1001, first) + write_patient(tmp_path, "DU", 1002, second)
    columns = ["patient", "institution", "slice", "image", "mask", "tumor_pixels"]
    return pd.DataFrame(rows, columns=columns), np.concatenate([first, second])


def test_a_perfect_prediction_scores_one_for_every_patient(patients):
    scans, truth = patients
    table = evaluation.score_patients(scans, truth.astype(np.float32))
    assert list(table["patient"]) == ["TCGA_CS_1001_19990101", "TCGA_DU_1002_19990101"]
    assert list(table["institution"]) == ["CS", "DU"]
    assert list(table["slices"]) == [3, 2]
    assert list(table["tumor_pixels"]) == [16, 20]
    assert (table[["dice", "precision", "recall", "lesion_f1"]] == 1).all(axis=None)
    assert (table[["hd95", "volume_error"]] == 0).all(axis=None)


def test_a_patient_is_scored_as_one_volume_and_not_by_the_mean_of_its_slices(patients):
    scans, truth = patients
    guess = truth.astype(np.float32)
    guess[0, 0, :8] = 1  # eight false pixels on the first patient's empty first slice
    row = evaluation.score_patients(scans, guess).set_index("patient").loc["TCGA_CS_1001_19990101"]
    assert row["dice"] == pytest.approx(2 * 16 / (16 + 24))
    assert row["precision"] == pytest.approx(16 / 24)
    assert row["volume_error"] == pytest.approx(0.5)


def test_probabilities_keep_their_scans_in_any_order_of_rows(patients):
    scans, truth = patients
    random = np.random.default_rng(0)
    guess = np.clip(truth * 0.6 + random.random(truth.shape) * 0.45, 0, 1)
    order = random.permutation(len(scans))
    straight = evaluation.score_patients(scans, guess).set_index("patient").sort_index()
    mixed = evaluation.score_patients(scans.iloc[order], guess[order]).set_index("patient").sort_index()
    pd.testing.assert_frame_equal(straight, mixed)


def test_the_threshold_itself_counts_as_tumour(patients):
    scans, truth = patients
    half = truth * np.float32(0.5)
    assert (evaluation.score_patients(scans, half, threshold=0.5)["dice"] == 1).all()
    assert (evaluation.score_patients(scans, half, threshold=0.51)["dice"] == 0).all()
    assert evaluation.score_patients(scans, half, threshold=0.51)["hd95"].isna().all()


def test_a_trailing_channel_axis_changes_nothing(patients):
    scans, truth = patients
    pd.testing.assert_frame_equal(
        evaluation.score_patients(scans, truth.astype(float)),
        evaluation.score_patients(scans, truth[..., None].astype(float)),
    )


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p[:-1], "5 slices in scans and 4 probability maps"),
        (lambda p: np.where(p == 1, np.nan, p), "NaN"),
        (lambda p: p * 255, "from 0 to 255"),
        (lambda p: p - 0.1, "from -0.1"),
        (lambda p: np.repeat(p[..., None], 3, axis=-1), r"\(5, 16, 16, 3\)"),
        (lambda p: p[:, :, :8], r"\(5, 16, 8\)"),
    ],
)
def test_what_are_no_probabilities_of_these_scans_is_refused(patients, spoil, message):
    scans, truth = patients
    for table in (evaluation.score_patients, evaluation.false_alarm_table):
        with pytest.raises(ArgumentError, match=message):
            table(scans, spoil(truth.astype(np.float32)))


def test_a_slice_given_twice_or_an_impossible_threshold_is_refused(patients):
    scans, truth = patients
    twice = pd.concat([scans, scans.iloc[:1]], ignore_index=True)
    with pytest.raises(ArgumentError, match="occurs twice"):
        evaluation.score_patients(twice, np.concatenate([truth, truth[:1]]).astype(float))
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        evaluation.score_patients(scans, truth.astype(float), threshold=50)


def test_false_alarms_are_counted_on_empty_slices_alone(patients):
    scans, truth = patients
    guess = np.zeros(truth.shape)
    guess[0, :2, :2] = 0.9  # an alarm on an empty slice of the first patient
    guess[1, 0, 0] = 0.9  # beside the tumour: a false pixel, but not a false alarm of an empty slice
    table = evaluation.false_alarm_table(scans, guess).set_index("institution")
    assert table.loc["CS", ["empty_slices", "alarms", "alarm_share", "largest_alarm"]].tolist() == [2, 1, 0.5, 4]
    assert table.loc["DU", ["empty_slices", "alarms", "alarm_share", "largest_alarm"]].tolist() == [1, 0, 0, 0]


def test_a_patient_without_empty_slices_has_no_share_of_alarms(patients):
    scans, truth = patients
    kept = (scans["tumor_pixels"] > 0).to_numpy()
    table = evaluation.false_alarm_table(scans[kept], truth[kept].astype(float))
    assert (table["empty_slices"] == 0).all()
    assert table["alarm_share"].isna().all()


def test_the_summary_says_mean_median_quartiles_interval_and_what_is_missing():
    dice = [0.2, 0.6, 0.8, 0.9, 1.0]
    table = pd.DataFrame({"patient": list("abcde"), "dice": dice, "hd95": [1.0, 2.0, np.nan, 4.0, 5.0]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = evaluation.summary(table)
    assert list(rows.index) == ["dice", "hd95"]
    assert rows.loc["dice", ["mean", "median", "quartile1", "quartile3"]].tolist() == pytest.approx(
        [0.7, 0.8, 0.6, 0.9]
    )
    assert tuple(rows.loc["dice", ["low", "high"]]) == evaluation.bootstrap_interval(dice)
    assert rows.loc["hd95", ["patients", "missing", "mean"]].tolist() == [4, 1, 3]


def test_the_summary_of_scores_that_do_not_exist_is_nan():
    rows = evaluation.summary(pd.DataFrame({"dice": [0.0], "hd95": [np.nan]}))
    assert rows.loc["hd95", "missing"] == 1
    assert np.isnan(rows.loc["hd95", "mean"])
    with pytest.raises(ArgumentError, match="none of the columns"):
        evaluation.summary(pd.DataFrame({"loss": [1.0]}))


def test_evaluation_loads_without_tensorflow():
    code = "import sys, course_lib.evaluation; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
