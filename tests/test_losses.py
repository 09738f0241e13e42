"""What the losses must hold: published values, the direction of their weights, finite gradients, one meaning."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_lib import losses
from course_lib.errors import ArgumentError, CourseError

FUNCTIONS = {
    "tversky": losses.tversky_loss,
    "focal": losses.focal_tversky_loss,
    "dice": losses.dice_loss,
}
CLASSES = {"tversky": losses.TverskyLoss, "focal": losses.FocalTverskyLoss, "dice": losses.DiceLoss}


def masks_with(tp, fp, fn, background=5):
    """A true and a predicted mask, (1, height, 1, 1), with so many hits, false alarms and misses."""
    truth = [1] * tp + [0] * fp + [1] * fn + [0] * background
    guess = [1] * tp + [1] * fp + [0] * fn + [0] * background
    return tuple(np.array(mask, "float32").reshape(1, -1, 1, 1) for mask in (truth, guess))


def numpy_index(truth, guess, fn_weight, fp_weight, smooth=0.0):
    """The index from boolean masks by set operations: the second implementation, sharing nothing with the first."""
    truth, guess = np.asarray(truth, bool), np.asarray(guess, bool)
    hits = np.count_nonzero(truth & guess)
    misses, alarms = np.count_nonzero(truth & ~guess), np.count_nonzero(guess & ~truth)
    return (hits + smooth) / (hits + fn_weight * misses + fp_weight * alarms + smooth)


def random_masks(seed, shape=(3, 8, 8, 1), share=0.3):
    rng = np.random.default_rng(seed)
    return (rng.random(shape) < share).astype("float32"), (rng.random(shape) < share).astype("float32")


def gradient(function, guess):
    """The gradient of a scalar function at ``guess``, on the backend in use, as float32."""
    if keras.config.backend() == "jax":
        import jax

        slope = jax.grad(function)(guess)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(guess)
            value = function(guess)
        slope = tape.gradient(value, guess)
    return keras.ops.convert_to_numpy(keras.ops.cast(slope, "float32"))


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "smooth", "tversky", "focal"),
    [
        ((4, 2, 0), 0, 0.130435, 0.217043),
        ((4, 2, 0), 1, 0.107143, 0.187272),
        ((2, 0, 2), 0, 0.411765, 0.514028),
        ((2, 0, 2), 1, 0.318182, 0.423649),
    ],
)
def test_golden_values_for_misses_weighed_7_to_3(counts, smooth, tversky, focal):
    truth, guess = masks_with(*counts)
    assert losses.tversky_index(truth, guess, smooth=smooth) == pytest.approx(1 - tversky, abs=6e-7)
    assert losses.tversky_loss(truth, guess, smooth=smooth) == pytest.approx(tversky, abs=6e-7)
    assert losses.focal_tversky_loss(truth, guess, smooth=smooth) == pytest.approx(focal, abs=6e-7)


def test_soft_counts_of_probabilities_counted_by_hand():
    truth, guess = [[1, 1, 0, 0], [0, 0, 0, 1]], [[0.75, 1, 0.5, 0], [0.25, 0, 0, 0.5]]
    assert losses.soft_counts(truth, guess) == pytest.approx((2.25, 0.75, 0.75))
    tp, fp, fn = losses.soft_counts(truth, guess, per_image=True)
    np.testing.assert_allclose([tp, fp, fn], [[1.75, 0.5], [0.5, 0.25], [0.25, 0.5]])


def test_weights_of_one_half_give_dice_and_weights_of_one_give_jaccard():
    truth, guess = random_masks(1)
    hits, both, either = (truth * guess).sum(), truth.sum() + guess.sum(), np.maximum(truth, guess).sum()
    assert 1 - losses.dice_loss(truth, guess, smooth=0) == pytest.approx(2 * hits / both)
    assert losses.tversky_index(truth, guess, 1, 1, smooth=0) == pytest.approx(hits / either)


def test_dice_agrees_with_keras_own_dice():
    truth, _ = random_masks(2)
    guess = np.random.default_rng(3).random(truth.shape).astype("float32")
    assert losses.dice_loss(truth, guess, smooth=0) == pytest.approx(float(keras.losses.Dice()(truth, guess)), abs=1e-6)


def test_gamma_is_the_exponent_itself():
    truth, guess = masks_with(2, 0, 2)
    complement = float(losses.tversky_loss(truth, guess))
    for gamma in (0.5, 1, 4 / 3, 2):
        assert losses.focal_tversky_loss(truth, guess, gamma=gamma) == pytest.approx(complement**gamma, rel=1e-6)


def test_pooling_and_averaging_over_images_differ_as_computed_by_hand():
    truth = np.array([[1, 1, 1, 1], [0, 0, 0, 0]], "float32").reshape(2, 2, 2, 1)
    guess = np.array([[1, 1, 0, 0], [1, 0, 0, 0]], "float32").reshape(2, 2, 2, 1)
    pooled = 1 - 3 / (2 + 0.7 * 2 + 0.3 * 1 + 1)
    single = np.array([1 - 3 / (2 + 0.7 * 2 + 1), 1 - 1 / (0.3 * 1 + 1)])
    assert losses.tversky_loss(truth, guess) == pytest.approx(pooled)
    assert losses.tversky_loss(truth, guess, per_image=True) == pytest.approx(single.mean())
    assert losses.focal_tversky_loss(truth, guess, per_image=True) == pytest.approx((single**0.75).mean())
    np.testing.assert_allclose(losses.tversky_index(truth, guess, per_image=True), 1 - single, rtol=1e-6)


# --- direction ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [losses.tversky_loss, losses.focal_tversky_loss])
def test_more_weight_on_misses_punishes_a_mask_that_is_too_small_and_no_other(loss):
    too_small, too_large, perfect = masks_with(4, 0, 3), masks_with(4, 3, 0), masks_with(4, 0, 0)
    assert loss(*too_small, fn_weight=0.9) > loss(*too_small, fn_weight=0.7) > loss(*too_small, fn_weight=0.5)
    assert loss(*too_large, fn_weight=0.9) == loss(*too_large, fn_weight=0.7)
    assert loss(*perfect, fn_weight=0.9) == loss(*perfect, fn_weight=0.7) == 0


@pytest.mark.parametrize("loss", [losses.tversky_loss, losses.focal_tversky_loss])
def test_more_weight_on_false_alarms_punishes_a_mask_that_is_too_large_and_no_other(loss):
    too_small, too_large = masks_with(4, 0, 3), masks_with(4, 3, 0)
    assert loss(*too_large, fp_weight=0.9) > loss(*too_large, fp_weight=0.3)
    assert loss(*too_small, fp_weight=0.9) == loss(*too_small, fp_weight=0.3)


def test_by_default_a_miss_costs_more_than_a_false_alarm():
    for name in ("tversky", "focal"):
        assert FUNCTIONS[name](*masks_with(4, 0, 2)) > FUNCTIONS[name](*masks_with(4, 2, 0))
    assert FUNCTIONS["dice"](*masks_with(4, 0, 2)) == FUNCTIONS["dice"](*masks_with(4, 2, 0))


def test_gradient_lifts_missed_pixels_and_lowers_false_alarms():
    truth, _ = masks_with(4, 2, 2)
    guess = keras.ops.convert_to_tensor(np.full(truth.shape, 0.4, "float32"))
    for loss in FUNCTIONS.values():
        slope = gradient(lambda p, loss=loss: loss(truth, p), guess)
        assert (slope[truth == 1] < 0).all()
        assert (slope[truth == 0] > 0).all()


probabilities = arrays("float32", (2, 3, 3, 1), elements=st.floats(0, 1, width=32))
binary = arrays("float32", (2, 3, 3, 1), elements=st.sampled_from([0.0, 1.0]))
weights = st.floats(0.01, 2)


@settings(max_examples=60, deadline=None)
@given(truth=binary, guess=probabilities, fn=weights, fp=weights, smooth=st.sampled_from([0, 1e-5, 1, 100]))
def test_index_stays_within_0_and_1_and_swapping_the_masks_swaps_the_weights(truth, guess, fn, fp, smooth):
    index = losses.tversky_index(truth, guess, fn, fp, smooth)
    assert 0 <= index <= 1
    assert index == pytest.approx(losses.tversky_index(guess, truth, fp, fn, smooth), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(truth=binary, guess=binary, fn=weights, fp=weights, smooth=st.sampled_from([0.1, 1, 100]))
def test_loss_on_hard_masks_is_one_minus_the_numpy_score(truth, guess, fn, fp, smooth):
    score = numpy_index(truth, guess, fn, fp, smooth)
    dice = numpy_index(truth, guess, 0.5, 0.5, smooth)
    assert float(losses.TverskyLoss(fn, fp, smooth)(truth, guess)) == pytest.approx(1 - score, abs=1e-6)
    assert float(losses.FocalTverskyLoss(fn, fp, smooth)(truth, guess)) == pytest.approx((1 - score) ** 0.75, abs=1e-6)
    assert float(losses.DiceLoss(smooth)(truth, guess)) == pytest.approx(1 - dice, abs=1e-6)


# --- corners --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("smooth", [0, 1e-5, 1, 100])
@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("loss", FUNCTIONS.values(), ids=FUNCTIONS)
def test_predicting_nothing_where_nothing_is_costs_nothing(loss, per_image, smooth):
    nothing = np.zeros((2, 4, 4, 1), "float32")
    assert loss(nothing, nothing, smooth=smooth, per_image=per_image) == 0


@pytest.mark.parametrize("loss", FUNCTIONS.values(), ids=FUNCTIONS)
def test_false_alarms_on_an_empty_mask_cost_all_without_smoothing_and_grow_with_it(loss):
    truth, small = masks_with(0, 1, 0)
    _, large = masks_with(0, 3, 0, background=3)
    assert loss(truth, small, smooth=0) == loss(truth, large, smooth=0) == 1
    assert 0 < loss(truth, small, smooth=1) < loss(truth, large, smooth=1) < 1


@pytest.mark.parametrize("loss", FUNCTIONS.values(), ids=FUNCTIONS)
def test_missing_everything_costs_all_without_smoothing(loss):
    assert loss(*masks_with(0, 0, 4), smooth=0) == 1


def test_one_empty_image_does_not_move_the_index_of_another():
    truth, guess = random_masks(5, (2, 8, 8, 1))
    truth[1] = guess[1] = 0
    first, second = losses.tversky_index(truth, guess, per_image=True, smooth=0)
    assert first == pytest.approx(numpy_index(truth[0], guess[0], 0.7, 0.3), abs=1e-6)
    assert second == 1


def test_half_precision_is_counted_in_full():
    ones = np.ones((1, 300, 300, 1))  # float16 ends at 65,504 and bfloat16 cannot count past 256
    for dtype in ("float16", "bfloat16"):
        tensor = keras.ops.cast(ones, dtype)
        tp, fp, fn = losses.soft_counts(tensor, tensor)
        assert (float(tp), float(fp), float(fn)) == (90_000, 0, 0)
        assert keras.backend.standardize_dtype(losses.tversky_loss(tensor, tensor).dtype) == "float32"


def corners():
    """(name, truth, guess) at every corner where a division or a power could fail."""
    truth, _ = random_masks(7)
    nothing, everything = np.zeros_like(truth), np.ones_like(truth)
    almost = np.clip(truth, 1e-7, 1 - 1e-7)
    yield from (
        ("perfect", truth, truth),
        ("almost perfect", truth, almost),
        ("inverted", truth, 1 - truth),
        ("nothing predicted", truth, nothing),
        ("everything predicted", truth, everything),
        ("all true, all predicted", everything, everything),
        ("empty mask, nothing predicted", nothing, nothing),
        ("empty mask, traces predicted", nothing, nothing + 1e-30),
        ("empty mask, something predicted", nothing, nothing + 0.25),
        ("empty mask, everything predicted", nothing, everything),
    )


def losses_and_gradients_at_corners():
    """{name: array} of every loss and gradient at every corner, in three precisions, on the backend in use."""
    results = {}
    for corner, truth, guess in corners():
        for name, loss in FUNCTIONS.items():
            for smooth in (0, 1):
                for per_image in (False, True):
                    for dtype in ("float32", "float16", "bfloat16"):
                        p = keras.ops.cast(guess, dtype)
                        call = lambda p: loss(truth, p, smooth=smooth, per_image=per_image)  # noqa: E731, B023
                        key = f"{corner}, {name}, smooth {smooth}, per_image {per_image}, {dtype}"
                        results[f"loss: {key}"] = keras.ops.convert_to_numpy(call(p))
                        results[f"gradient: {key}"] = gradient(call, p)
    return results


@pytest.fixture(scope="module")
def at_corners():
    return losses_and_gradients_at_corners()


def test_losses_and_gradients_are_finite_at_every_corner(at_corners):
    assert [key for key, value in at_corners.items() if not np.isfinite(value).all()] == []


def test_a_perfect_prediction_costs_nothing_in_any_precision(at_corners):
    perfect = [value for key, value in at_corners.items() if key.startswith("loss: perfect")]
    assert len(perfect) == 3 * 2 * 2 * 3
    assert all(value == 0 for value in perfect)


def test_an_empty_mask_still_teaches_to_predict_less(at_corners):
    for smooth in (0, 1):  # Keras' own loss has no gradient here when it looks at each image
        slope = at_corners[
            f"gradient: empty mask, nothing predicted, tversky, smooth {smooth}, per_image True, float32"
        ]
        assert (slope > 0).all()


@pytest.mark.slow
def test_jax_gives_the_same_losses_and_gradients(at_corners, tmp_path):
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import numpy, keras, test_losses\n"
        "assert keras.config.backend() == 'jax'\n"
        "numpy.savez(sys.argv[2], **test_losses.losses_and_gradients_at_corners())"
    )
    run_python(script, Path(__file__).parent, tmp_path / "jax.npz", backend="jax")
    with np.load(tmp_path / "jax.npz") as on_jax:
        assert set(on_jax.files) == set(at_corners)
        for key, value in at_corners.items():
            tolerance = 1e-6 if key.endswith("float32") else 8e-3  # half precision rounds the gradient itself
            np.testing.assert_allclose(on_jax[key], value, rtol=10 * tolerance, atol=tolerance, err_msg=key)


def test_gradient_equals_the_slope_measured_in_double_precision():
    truth, _ = random_masks(11, (2, 4, 4, 1))
    guess = np.random.default_rng(12).uniform(0.05, 0.95, truth.shape)

    def by_definition(p):
        tp, fp, fn = (truth * p).sum(), ((1 - truth) * p).sum(), (truth * (1 - p)).sum()
        return (1 - (tp + 1) / (tp + 0.7 * fn + 0.3 * fp + 1)) ** 0.75

    slope = gradient(lambda p: losses.focal_tversky_loss(truth, p), keras.ops.convert_to_tensor(guess, "float32"))
    for position in np.ndindex(truth.shape):
        step = np.zeros_like(guess)
        step[position] = 1e-6
        measured = (by_definition(guess + step) - by_definition(guess - step)) / 2e-6
        assert slope[position] == pytest.approx(measured, rel=1e-4)


# --- what callers hand in and get back ------------------------------------------------------------------------------


def test_arrays_and_lists_give_numpy_and_tensors_give_tensors():
    truth, guess = random_masks(13)
    for value in (losses.tversky_loss(truth, guess), losses.tversky_index(truth.tolist(), guess.tolist())):
        assert isinstance(value, np.float32)
    assert isinstance(losses.tversky_index(truth, guess, per_image=True), np.ndarray)
    assert keras.ops.is_tensor(losses.tversky_loss(truth, keras.ops.convert_to_tensor(guess)))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float64"])
def test_a_mask_may_have_any_dtype(dtype):
    truth, guess = masks_with(2, 0, 2)
    assert losses.tversky_loss(truth.astype(dtype), guess) == pytest.approx(0.318182, abs=6e-7)


def test_shapes_that_are_not_known_yet_are_no_obstacle():
    import tensorflow as tf

    traced = tf.function(losses.tversky_index, input_signature=[tf.TensorSpec([None, None, None, 1], tf.float32)] * 2)
    truth, guess = masks_with(4, 2, 0)
    assert float(traced(truth, guess)) == pytest.approx(1 - 0.107143, abs=6e-7)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda t, p: losses.tversky_loss(t[..., 0], p), r"mask\[..., None\]"),
        (lambda t, p: losses.tversky_loss(t, p[:2]), "differ in shape"),
        (lambda t, p: losses.tversky_loss(t * 255, p), "divide 0/255 masks by 255"),
        (lambda t, p: losses.tversky_loss(t, p * 9 - 4), "after a sigmoid"),
        (lambda t, p: losses.tversky_loss(t, p * np.nan), "after a sigmoid"),
        (lambda t, p: losses.tversky_loss(t.ravel(), p.ravel(), per_image=True), r"array\[None\]"),
        (lambda t, p: losses.tversky_index(t, p, fn_weight=-0.1), "fn_weight=-0.1"),
        (lambda t, p: losses.tversky_index(t, p, fn_weight=0, fp_weight=0), "one of them more"),
        (lambda t, p: losses.dice_loss(t, p, smooth=-1), "smooth=-1"),
        (lambda t, p: losses.focal_tversky_loss(t, p, gamma=0), "exponent"),
        (lambda t, p: losses.FocalTverskyLoss(gamma=-1), "exponent"),
        (lambda t, p: losses.TverskyLoss(fp_weight=float("nan")), "fp_weight=nan"),
        (lambda t, p: losses.TverskyMetric(smooth=float("inf")), "smooth=inf"),
    ],
)
def test_impossible_arguments_get_an_error_that_says_what_to_do(call, says):
    with pytest.raises(ArgumentError, match=says) as caught:
        call(*random_masks(17))
    assert isinstance(caught.value, CourseError)
    assert isinstance(caught.value, ValueError)


# --- Keras losses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_class_and_function_agree(name, per_image):
    truth, guess = random_masks(19)
    expected = FUNCTIONS[name](truth, guess, smooth=2, per_image=per_image)
    assert float(CLASSES[name](smooth=2, per_image=per_image)(truth, guess)) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize("name", CLASSES)
def test_an_image_of_weight_0_is_as_if_it_were_not_there(name):
    truth, guess = random_masks(23)
    pooled = CLASSES[name]()
    without_last = float(pooled(truth[:2], guess[:2]))
    assert float(pooled(truth, guess, sample_weight=np.array([1, 1, 0]))) == pytest.approx(without_last, rel=1e-6)
    weighing_pixels = np.ones((3, 8, 8, 1)) * np.array([1, 1, 0]).reshape(3, 1, 1, 1)
    assert float(pooled(truth, guess, sample_weight=weighing_pixels)) == pytest.approx(without_last, rel=1e-6)


def test_an_image_of_weight_2_is_as_if_it_were_there_twice():
    truth, guess = random_masks(29)
    twice = losses.TverskyLoss()(np.concatenate([truth, truth[:1]]), np.concatenate([guess, guess[:1]]))
    weighted = losses.TverskyLoss()(truth, guess, sample_weight=np.array([2.0, 1, 1]))
    assert float(weighted) == pytest.approx(float(twice), rel=1e-6)


def test_per_image_losses_are_weighed_and_reduced_by_keras():
    truth, guess = random_masks(31)
    each = 1 - losses.tversky_index(truth, guess, per_image=True)
    weighted = losses.TverskyLoss(per_image=True)(truth, guess, sample_weight=np.array([1.0, 2, 0]))
    assert float(weighted) == pytest.approx((each * [1, 2, 0]).mean(), rel=1e-6)
    unreduced = losses.TverskyLoss(per_image=True, reduction=None)(truth, guess)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(unreduced), each, rtol=1e-6)


@pytest.mark.parametrize(
    "built",
    [
        losses.TverskyLoss(0.6, 0.2, 3.0, True, name="a", reduction="sum"),
        losses.FocalTverskyLoss(0.6, 0.2, 3.0, True, gamma=0.5, name="b"),
        losses.DiceLoss(3.0, True, name="c"),
        losses.TverskyMetric(0.6, 0.2, 3.0, threshold=0.4, name="d"),
    ],
    ids=lambda built: type(built).__name__,
)
def test_a_config_holds_all_that_was_set(built):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(built))
    assert type(again) is type(built)
    assert again.get_config() == built.get_config()
    assert {3.0, built.name} <= {value for value in again.get_config().values() if not isinstance(value, dict)}


@pytest.fixture
def pixel_model():
    """A network of one 1×1 convolution."""
    return keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 1, activation="sigmoid")])


@pytest.mark.slow
def test_compiled_models_reload_in_a_fresh_process_with_their_losses(pixel_model, tmp_path):
    truth, image = random_masks(37)
    np.savez(tmp_path / "data.npz", truth=truth, image=image)
    here = []
    for name, loss in CLASSES.items():
        metric = losses.TverskyMetric(0.5, 0.5, name="dice")
        pixel_model.compile(optimizer="sgd", loss=loss(smooth=2.0, per_image=True), metrics=[metric])
        pixel_model.save(tmp_path / f"{name}.keras")
        here.append(pixel_model.evaluate(image, truth, verbose=0))
    script = (
        "import sys, json, keras, numpy\nfrom course_lib import losses\nfolder, *names = sys.argv[1:]\n"
        "data = numpy.load(folder + '/data.npz')\n"
        "models = [keras.saving.load_model(f'{folder}/{name}.keras') for name in names]\n"
        "print(json.dumps([model.evaluate(data['image'], data['truth'], verbose=0) for model in models]))"
    )
    there = json.loads(run_python(script, tmp_path, *CLASSES).splitlines()[-1])
    np.testing.assert_allclose(there, here, rtol=1e-6)


@pytest.mark.parametrize("name", CLASSES)
def test_training_lowers_the_loss(name, pixel_model):
    truth, _ = random_masks(41)
    pixel_model.compile(optimizer=keras.optimizers.SGD(1.0), loss=CLASSES[name]())
    history = pixel_model.fit(truth, truth, epochs=10, verbose=0).history["loss"]
    assert history[-1] < 0.9 * history[0]


# --- metric ---------------------------------------------------------------------------------------------------------


def test_the_metric_does_not_depend_on_how_slices_are_dealt_into_batches():
    truth, guess = random_masks(43, (7, 8, 8, 1))
    truth[:3] = 0  # a mean over batches would count these apart
    results = []
    for batch in (1, 2, 7):
        metric = losses.TverskyMetric(smooth=0)
        for start in range(0, 7, batch):
            metric.update_state(truth[start : start + batch], guess[start : start + batch])
        results.append(float(metric.result()))
    assert results == pytest.approx([numpy_index(truth, guess, 0.7, 0.3)] * 3, rel=1e-6)


def test_the_metric_with_a_threshold_scores_the_hard_mask():
    truth, _ = random_masks(47)
    guess = np.random.default_rng(48).random(truth.shape)
    metric = losses.TverskyMetric(0.5, 0.5, smooth=0, threshold=0.5)
    metric.update_state(truth, guess)
    assert float(metric.result()) == pytest.approx(numpy_index(truth, guess > 0.5, 0.5, 0.5), rel=1e-6)


def test_the_metric_forgets_when_an_epoch_begins_and_leaves_out_what_weighs_nothing():
    truth, guess = random_masks(53)
    metric = losses.TverskyMetric()
    metric.update_state(1 - truth, guess)
    metric.reset_state()
    metric.update_state(truth, guess, sample_weight=np.array([1, 0, 1]))
    expected = numpy_index(truth[[0, 2]], guess[[0, 2]], 0.7, 0.3, smooth=1)
    assert float(metric.result()) == pytest.approx(expected, rel=1e-6)


def test_the_metric_in_evaluate_gives_the_index_of_all_slices(pixel_model):
    truth, image = random_masks(59, (5, 8, 8, 1))
    pixel_model.compile(loss="binary_crossentropy", metrics=[losses.TverskyMetric()])
    scores = pixel_model.evaluate(image, truth, batch_size=2, verbose=0, return_dict=True)
    guess = pixel_model.predict(image, verbose=0)
    assert scores["tversky"] == pytest.approx(float(losses.tversky_index(truth, guess)), rel=1e-5)


def run_python(script, *arguments, backend="tensorflow"):
    """Runs a script in a fresh process on a Keras backend and returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
