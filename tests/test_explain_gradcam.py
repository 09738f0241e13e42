"""Seg-Grad-CAM on networks so small that the map can be computed by hand."""

import numpy as np
import pytest

from course_lib import explain, models
from course_lib.backend import keras, layers
from course_lib.errors import ArgumentError

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="gradients are TensorFlow's here")

IMAGE = np.random.default_rng(0).integers(0, 100, (4, 4, 2)).astype("float32")
REGION = np.zeros((4, 4), bool)
REGION[1, 1:3] = True


def linear_network(first=2.0, second=-3.0, ending="activation", scale=1.0, trainable=True):
    """Two maps, which are the two channels themselves; logit = first × map 1 + second × map 2."""
    inputs = keras.Input((4, 4, 2))
    x = layers.Conv2D(2, 1, use_bias=False, name="maps")(inputs)
    if ending == "in the convolution":
        outputs = layers.Conv2D(1, 1, use_bias=False, activation="sigmoid", name="logit")(x)
    else:
        outputs = layers.Conv2D(1, 1, use_bias=False, name="logit")(x)
        if ending == "activation":
            outputs = layers.Activation("sigmoid")(outputs)
    model = keras.Model(inputs, outputs)
    model.get_layer("maps").set_weights([np.eye(2).reshape(1, 1, 2, 2)])
    model.get_layer("logit").set_weights([scale * np.array([first, second]).reshape(1, 1, 2, 1)])
    model.trainable = trainable
    return model


def by_hand(first=2.0, second=-3.0, region=REGION):
    """The summed logit grows by the map's weight at each pixel of the region: on average over the 16 pixels of it."""
    weights = np.array([first, second]) * region.sum() / 16
    return np.maximum(IMAGE @ weights, 0)


@pytest.mark.parametrize("ending", ["activation", "in the convolution", "bare logit"])
def test_the_map_of_a_linear_network_is_the_one_computed_by_hand(ending):
    found = explain.seg_grad_cam(linear_network(ending=ending), IMAGE, "maps", REGION)
    np.testing.assert_allclose(found, by_hand(), rtol=1e-5)
    assert (found == 0).any()
    assert (found > 0).any()


def test_a_larger_region_weighs_the_same_maps_more():
    everywhere = np.ones((4, 4), bool)
    found = explain.seg_grad_cam(linear_network(), IMAGE, "maps", everywhere)
    np.testing.assert_allclose(found, by_hand(region=everywhere), rtol=1e-5)


def test_an_answer_as_sure_as_can_be_still_has_a_map():
    sure = linear_network(1.0, 1.0, scale=100)
    assert np.asarray(sure(IMAGE[None])).min() == 1  # where the sigmoid is flat, probabilities have no gradient
    np.testing.assert_allclose(explain.seg_grad_cam(sure, IMAGE, "maps", REGION), by_hand(100.0, 100.0), rtol=1e-5)


def test_frozen_layers_have_a_map_too():
    found = explain.seg_grad_cam(linear_network(trainable=False), IMAGE, "maps", REGION)
    np.testing.assert_allclose(found, by_hand(), rtol=1e-5)


def test_without_a_region_the_pixels_called_tumour_are_explained():
    called = IMAGE @ np.array([2.0, -3.0]) >= 0
    found = explain.seg_grad_cam(linear_network(), IMAGE, "maps")
    np.testing.assert_allclose(found, by_hand(region=called), rtol=1e-5)


def test_a_map_that_lowers_the_answer_everywhere_leaves_nothing():
    assert not explain.seg_grad_cam(linear_network(-1.0, -1.0), IMAGE, "maps", REGION).any()


def pooled_network():
    """One map of 2 × 2 pixels, each the mean of four, brought back to 4 × 4."""
    inputs = keras.Input((4, 4, 2))
    x = layers.AveragePooling2D(2, name="pooled")(inputs)
    x = layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones")(layers.UpSampling2D(2)(x))
    return keras.Model(inputs, layers.Activation("sigmoid")(x))


def test_a_small_map_is_brought_to_the_size_of_the_picture_and_keeps_its_place():
    image = np.zeros((4, 4, 2), "float32")
    image[:2, :2] = 8
    found = explain.seg_grad_cam(pooled_network(), image, "pooled", REGION)
    assert found.shape == (4, 4)
    # two pixels of the region, each moved by the pooled pixel over it; the gradient averages to 2 / 4 in both channels
    assert found[0, 0] == pytest.approx(8 * 0.5 + 8 * 0.5)
    assert found[3, 3] == 0


def test_a_mask_with_a_channel_does_as_well():
    plain = explain.seg_grad_cam(linear_network(), IMAGE, "maps", REGION)
    np.testing.assert_array_equal(
        explain.seg_grad_cam(linear_network(), IMAGE, "maps", REGION[..., None].astype("uint8")), plain
    )


def softmax_network():
    inputs = keras.Input((4, 4, 2))
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="softmax", name="logit")(inputs))


def named_end():
    inputs = keras.Input((4, 4, 2))
    return keras.Model(inputs, layers.Activation("sigmoid", name="end")(layers.Conv2D(1, 1)(inputs)))


@pytest.mark.filterwarnings("ignore:.*softmax.*")
@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: explain.seg_grad_cam(linear_network(), IMAGE, "no_such"), "no layer no_such; it has"),
        (lambda: explain.seg_grad_cam(linear_network(), IMAGE[:2], "maps", REGION), "one image of shape"),
        (lambda: explain.seg_grad_cam(linear_network(), IMAGE[None], "maps", REGION), "one image of shape"),
        (lambda: explain.seg_grad_cam(linear_network(), IMAGE, "maps", REGION[:2]), "The region has shape"),
        (lambda: explain.seg_grad_cam(linear_network(), IMAGE, "maps", REGION & False), "Mark one pixel"),
        (lambda: explain.seg_grad_cam(linear_network(-1, -1), IMAGE + 1, "maps"), "finds no tumour"),
        (lambda: explain.seg_grad_cam(named_end(), IMAGE, "end", REGION), "does not come from maps of end"),
        (lambda: explain.seg_grad_cam(softmax_network(), IMAGE, "logit", REGION), "ends in softmax"),
    ],
)
def test_what_cannot_be_explained_is_refused_with_the_next_step(call, says):
    with pytest.raises(ArgumentError, match=says):
        call()


def test_the_courses_own_network_is_explained_at_every_level_and_is_left_as_it_was():
    model = models.vgg19_unet((32, 32, 3), weights=None, width=0.05)
    image = np.random.default_rng(1).integers(0, 256, (32, 32, 3)).astype("uint8")
    region = np.zeros((32, 32), bool)
    region[8:16, 8:16] = True
    before = [np.array(weight) for weight in model.get_weights()]
    for layer in ("block1_conv2", "block3_conv4", "up1_relu2"):
        heat = explain.seg_grad_cam(model, image, layer, region)
        assert heat.shape == (32, 32)
        assert heat.min() >= 0
        assert np.isfinite(heat).all()
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))


def test_the_random_twin_has_the_same_build_other_weights_and_leaves_the_network_alone():
    model = models.unet((16, 16, 3), filters=(4, 8))
    before = [np.array(weight) for weight in model.get_weights()]
    twin, again = explain.random_twin(model, seed=5), explain.random_twin(model, seed=5)
    assert [w.shape for w in twin.get_weights()] == [w.shape for w in before]
    assert any(not np.array_equal(*pair) for pair in zip(before, twin.get_weights(), strict=True))
    assert all(np.array_equal(*pair) for pair in zip(twin.get_weights(), again.get_weights(), strict=True))
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))


def test_another_backend_is_told_that_gradients_are_tensorflows_here(monkeypatch):
    model = linear_network()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ArgumentError, match="needs the TensorFlow backend; this is jax"):
        explain.seg_grad_cam(model, IMAGE, "maps", REGION)
