"""Levelled maps show what they showed before."""

import keras
import numpy as np
import pytest

from course_lib import models
from course_lib.errors import ArgumentError


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3)).astype("float32")


def test_every_map_is_the_same_picture_and_has_a_spread_of_1(images):
    keras.utils.set_random_seed(3)
    model = models.vgg19_unet((32, 32, 3), weights=None, width=0.1)
    for layer in model.layers:
        if layer.name in models.ENCODER_LAYERS:  # random networks begin with biases of 0, trained ones do not
            layer.bias.assign(np.random.default_rng(1).normal(size=layer.bias.shape))
    features = models.encoder_features(model)
    before = features.predict(images, verbose=0)
    assert models.level_maps(model, images) is model
    for name, maps in features.predict(images, verbose=0).items():
        assert maps.std() == pytest.approx(1, rel=1e-3)
        np.testing.assert_allclose(maps * before[name].std(), before[name], rtol=1e-3, atol=1e-3 * before[name].std())


def test_the_decoder_is_left_alone(images):
    model = models.vgg19_unet((32, 32, 3), weights=None, width=0.05)
    before = model.get_weights()[32:]
    models.level_maps(model, images)
    for old, new in zip(before, model.get_weights()[32:], strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_layer_that_never_answers_cannot_be_levelled(images):
    model = models.vgg19_unet((32, 32, 3), weights=None, width=0.05)
    dead = model.get_layer("block3_conv2")
    dead.set_weights([np.zeros_like(weight) for weight in dead.get_weights()])
    with pytest.raises(ArgumentError, match="block3_conv2"):
        models.level_maps(model, images)


def with_and_without_norms(images):
    """Two encoders of the same weights, the second with norms; trained networks have biases, so these do."""
    keras.utils.set_random_seed(5)
    plain = models.vgg19_unet((32, 32, 3), weights=None, width=0.1)
    normed = models.vgg19_unet((32, 32, 3), weights=None, width=0.1, encoder_norm=True)
    random = np.random.default_rng(2)
    for name in models.ENCODER_LAYERS:
        windows, biases = plain.get_layer(name).get_weights()
        weights = [windows, random.normal(size=biases.shape)]
        plain.get_layer(name).set_weights(weights)
        normed.get_layer(name).set_weights(weights)
    return plain, normed


@pytest.mark.parametrize("training", [False, True])
def test_fitted_norms_change_no_picture_in_training_nor_out_of_it(images, training):
    plain, normed = with_and_without_norms(images)
    assert models.fit_norms(normed, images) is normed
    norms = {name: name.replace("conv", "norm") for name in models.TAPS}
    before = models.encoder_features(plain)(images, training=False)
    after = models.encoder_features(normed, norms.values())(images, training=training)
    for name, norm in norms.items():
        one, other = np.asarray(before[name]), np.asarray(after[norm])
        np.testing.assert_allclose(other, one / one.std(), atol=0.05)


def test_a_fresh_norm_would_not_have_left_the_pictures_as_they_are(images):
    plain, normed = with_and_without_norms(images)
    before = np.asarray(models.encoder_features(plain, ["block5_conv4"])(images)["block5_conv4"])
    after = np.asarray(models.encoder_features(normed, ["block5_norm4"])(images, training=True)["block5_norm4"])
    assert np.abs(after - before / before.std()).max() > 1


def test_norms_that_are_not_there_cannot_be_fitted(images):
    with pytest.raises(ArgumentError, match="block1_conv1"):
        models.fit_norms(models.vgg19_unet((32, 32, 3), weights=None, width=0.05), images)
