"""The explorer of Tversky losses: its numbers agree with the library, its mask with a search, its picture follows."""

import re
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from course_lib import widgets
from course_lib.errors import ArgumentError
from course_lib.widgets.losses import _pull

mpl.use("Agg")


@pytest.fixture(scope="module")
def lesion():
    """A slice of 32 pixels with a round tumour, and its blurred mask: image, truth, probability."""
    y, x = np.mgrid[:32, :32]
    truth = (np.hypot(y - 16, x - 15) < 7).astype(np.uint8)
    image = np.repeat((60 + 120 * truth)[..., None], 3, axis=-1).astype(np.uint8)
    return image, truth[..., None], gaussian_filter(truth.astype(float), 2)[..., None]


def said(explorer):
    """Loss, pull up, pull down, threshold and area, as the alt text tells them."""
    pattern = r"loss ([\d.]+); pulled up by ([\d.]+), pushed down by ([\d.]+) .*; .* above ([\d.]+) and covers (\d+) %"
    return [float(number) for number in re.search(pattern, explorer.alt).groups()]


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.7, 0.3), (0.9, 0.1), (0.2, 0.8), (0.9, 0.9)])
def test_no_other_threshold_makes_a_mask_with_a_smaller_loss(lesion, weights):
    from course_lib import losses

    probability = lesion[2][..., 0]
    threshold, mask = widgets.preferred_mask(probability, *weights)
    assert np.array_equal(mask, probability >= threshold)
    least = losses.tversky_loss(probability, mask.astype(float), *weights, smooth=0)
    for other in np.linspace(0.01, 0.99, 99):
        guess = (probability >= other).astype(float)
        assert least <= losses.tversky_loss(probability, guess, *weights, smooth=0) + 1e-6


@pytest.mark.parametrize("fn_weight", [0.3, 0.5, 0.7, 0.9])
def test_pixels_are_taken_in_above_the_weight_of_a_false_alarm_times_the_index_reached(lesion, fn_weight):
    probability = lesion[2][..., 0]
    threshold, mask = widgets.preferred_mask(probability, fn_weight, 1 - fn_weight)
    index = widgets.losses.tversky(probability, mask, fn_weight, 1 - fn_weight)
    assert threshold >= (1 - fn_weight) * index
    left_out = probability[~mask].max()
    assert left_out <= (1 - fn_weight) * index + 1e-9


def test_where_all_is_known_every_weighting_prefers_the_experts_mask(lesion):
    truth = lesion[1][..., 0]
    for fn_weight in (0.1, 0.5, 0.9):
        assert np.array_equal(widgets.preferred_mask(truth, fn_weight, 1 - fn_weight)[1], truth > 0)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_the_pull_is_minus_the_librarys_gradient_in_front_of_the_sigmoid(lesion, gamma):
    import tensorflow as tf

    from course_lib import losses

    truth, probability = lesion[1][..., 0].astype(float), np.clip(lesion[2][..., 0], 1e-4, 1 - 1e-4)
    logits = tf.Variable(np.log(probability / (1 - probability)), dtype="float32")
    with tf.GradientTape() as tape:
        value = losses.focal_tversky_loss(
            tf.constant(truth, "float32"), tf.sigmoid(logits), 0.8, 0.3, smooth=0, gamma=gamma
        )
    expected = -tape.gradient(value, logits).numpy()
    np.testing.assert_allclose(_pull(truth, probability, 0.8, 0.3, gamma), expected, rtol=2e-3, atol=1e-7)


def test_the_more_a_miss_weighs_the_larger_the_mask_and_the_stronger_the_pull_up(lesion):
    explorer = widgets.tversky_explorer(*lesion)
    explorer.controls["fp_weight"].value = 0.1
    explorer.controls["fn_weight"].value = 0.3
    _, up, _, threshold, area = said(explorer)
    explorer.controls["fn_weight"].value = 0.9
    _, more_up, _, lower, larger = said(explorer)
    assert (more_up > up, lower < threshold, larger > area) == (True, True, True)


def test_a_dear_false_alarm_makes_the_mask_smaller_than_the_experts(lesion):
    explorer = widgets.tversky_explorer(*lesion)
    explorer.controls["fn_weight"].value = 0.1
    explorer.controls["fp_weight"].value = 0.9
    assert said(explorer)[4] < 90


def test_the_exponent_changes_loss_and_pull_but_not_the_mask(lesion):
    explorer = widgets.tversky_explorer(*lesion)
    before, picture = said(explorer), explorer.picture.value
    explorer.controls["gamma"].value = 0.5
    after = said(explorer)
    assert after[0] == pytest.approx(before[0] ** 0.5, abs=2e-3)
    assert after[1] != before[1]
    assert after[3:] == before[3:]
    assert explorer.picture.value != picture


def test_every_control_says_what_it_is_for(lesion):
    assert all(control.description for control in widgets.tversky_explorer(*lesion).controls.values())


def test_slices_without_tumour_and_arrays_that_do_not_fit_are_refused(lesion):
    image, truth, probability = lesion
    with pytest.raises(ArgumentError, match="slice with tumour"):
        widgets.tversky_explorer(image, truth * 0, probability)
    with pytest.raises(ArgumentError, match="one size"):
        widgets.tversky_explorer(image, truth, probability[:8])


def test_the_explorer_draws_without_tensorflow():
    code = (
        "import sys, numpy as np; from course_lib import widgets; t = np.eye(8); "
        "widgets.tversky_explorer(np.ones((8, 8, 3)), t, t * 0.5); sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
