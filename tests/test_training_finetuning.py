"""A pretrained encoder takes smaller steps than what is new, and keeps what it knows when norms are put into it."""

import dataclasses
import os

import keras
import numpy as np
import pytest

from course_lib import data, models, phantoms
from course_lib.training import Recipe, train
from course_lib.training.networks import build_model

RATE, SHARE = 0.01, 0.1


def steps(recipe, fast):
    """How far the largest weight of each layer moves in one step."""
    keras.utils.set_random_seed(1)
    model = build_model(recipe, "float32", fast=fast)
    before = {layer.name: layer.get_weights() for layer in model.layers}
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (4, 32, 32, 3)).astype("float32")
    model.train_on_batch(images, (random.random((4, 32, 32, 1)) > 0.5).astype("float32"))
    return {
        layer.name: max(
            np.abs(new - old).max() for new, old in zip(layer.get_weights(), before[layer.name], strict=True)
        )
        for layer in model.layers
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Conv2DTranspose))
    }


@pytest.mark.parametrize("fast", [True, False])
def test_the_first_step_is_the_learning_rate_and_in_the_encoder_its_share(fast):
    # But for epsilon, Adam's first step is the learning rate, whatever the gradient (Kingma & Ba 2014).
    recipe = Recipe.fast(size=32, width=0.1, learning_rate=RATE, encoder_rate=SHARE, encoder_norm=True)
    moved = steps(recipe, fast)
    for name, step in moved.items():
        expected = RATE * SHARE if name in models.ENCODER_LAYERS else RATE
        assert step == pytest.approx(expected, rel=0.05), name
    assert set(models.ENCODER_LAYERS) < set(moved)


def test_without_a_share_all_steps_are_equal():
    moved = steps(Recipe.fast(size=32, width=0.1, learning_rate=RATE, encoder_norm=True), fast=True)
    assert np.allclose(list(moved.values()), RATE, rtol=0.05)


@pytest.mark.weights
@pytest.mark.slow
def test_a_run_from_vgg19_with_norms_begins_where_vgg19_stands_and_goes_on_after_a_stop(tmp_path):
    weights = os.environ.get("COURSE_VGG19_WEIGHTS")
    if not weights:
        pytest.skip("set COURSE_VGG19_WEIGHTS to a VGG19 no-top .weights.h5 file")
    scans = phantoms.make_phantoms(tmp_path, patients=4, size=32, seed=0)
    recipe = Recipe.fast(
        size=32, width=1.0, decoder_width=0.1, weights=weights, encoder_norm=True, encoder_rate=0.01, epochs=2,
        warmup=0, validation=0.25, test=0.25,
    )  # fmt: skip
    whole = train(recipe, scans, tmp_path / "whole", progress=False).best_model()
    vgg19 = models.vgg19_unet((32, 32, 3), weights=weights, decoder_width=0.1, standardise=True)
    for name in ("block1_conv1", "block5_conv4"):
        own, borrowed = (one.get_layer(name).get_weights()[0].ravel() for one in (whole, vgg19))
        assert np.corrcoef(own, borrowed)[0, 1] > 0.9
    images, _ = data.load_slices(data.index_scans(scans), 32, progress=False)
    before = np.asarray(models.encoder_features(vgg19, ["block3_conv4"])(images)["block3_conv4"])
    after = np.asarray(models.encoder_features(whole, ["block3_norm4"])(images)["block3_norm4"])
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.9

    with pytest.raises(KeyboardInterrupt):
        train(recipe, scans, tmp_path / "cut", progress=False, callbacks=[_StopAfterOneEpoch()])
    cut = train(recipe, scans, tmp_path / "cut", resume=True, progress=False)
    assert dataclasses.asdict(cut.recipe) == dataclasses.asdict(recipe)
    for own, other in zip(cut.best_model().get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-5)


class _StopAfterOneEpoch(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt
