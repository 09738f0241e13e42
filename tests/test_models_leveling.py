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
