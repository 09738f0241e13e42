"""What convolutions cost and how far they see: against Keras itself."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from course_lib.convolution import conv_parameters, receptive_field, trainable_parameters
from course_lib.errors import ArgumentError


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("inputs", "outputs", "kernel"), [(1, 1, 1), (3, 64, 3), (64, 128, 3), (16, 8, 2), (2, 5, 7)])
def test_a_convolution_learns_as_many_numbers_as_keras_counts(inputs, outputs, kernel, bias):
    layer = layers.Conv2D(outputs, kernel, use_bias=bias)
    layer.build((None, 32, 32, inputs))
    assert conv_parameters(inputs, outputs, kernel, bias) == layer.count_params()


def test_the_first_two_layers_of_vgg19_have_their_published_sizes():
    assert conv_parameters(3, 64) == 1_792
    assert conv_parameters(64, 64) == 36_928


def width_seen(stack, size):
    """How wide the part of a picture is that changes the middle pixel of a stack's output, tried with Keras."""
    x = inputs = keras.Input((size, 1, 1))
    for kernel, stride in stack:
        convolution = layers.Conv2D(
            1, (kernel, 1), (stride, 1), padding="valid", kernel_initializer="ones", use_bias=False
        )
        x = convolution(x)
    model, picture = keras.Model(inputs, x), tf.zeros((1, size, 1, 1))
    with tf.GradientTape() as tape:
        tape.watch(picture)
        answer = model(picture)[0, model.output_shape[1] // 2, 0, 0]
    return int(np.count_nonzero(tape.gradient(answer, picture)))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=4))
def test_the_field_is_as_wide_as_the_gradient_reaches(stack):
    # Where a stride is wider than its window, pixels in between are skipped: the field then has holes.
    if all(kernel >= stride for kernel, stride in stack):
        assert width_seen(stack, size=200) == receptive_field(stack)


def test_no_layer_sees_one_pixel_and_poolings_double_what_comes_after():
    assert receptive_field([]) == 1
    assert receptive_field([(3, 1)] * 10) == 21
    assert receptive_field([(3, 1), (3, 1), (2, 2)] * 4 + [(3, 1), (3, 1)]) == 140


@pytest.mark.parametrize("layer", [(0, 1), (3, 0)])
def test_a_window_or_step_of_nothing_is_refused(layer):
    with pytest.raises(ArgumentError, match="from 1 on"):
        receptive_field([(3, 1), layer])


def test_a_convolution_without_channels_is_refused():
    with pytest.raises(ArgumentError, match="at least 1"):
        conv_parameters(0, 8)


def test_trainable_numbers_are_those_that_keras_counts():
    inputs = keras.Input((16, 16, 3))
    first = layers.Conv2D(6, 3)
    x = layers.BatchNormalization()(layers.Conv2DTranspose(4, 2, strides=2)(first(inputs)))
    model = keras.Model(inputs, layers.Conv2D(1, 1)(x))
    stack = [("conv", 3, 3, 6), ("conv", 2, 6, 4), ("norm", 4), ("conv", 1, 4, 1)]
    for frozen in (0, 1):
        first.trainable = not frozen
        counted = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
        assert trainable_parameters(stack, frozen) == counted


def test_a_layer_of_another_kind_is_named():
    with pytest.raises(ArgumentError, match="dense"):
        trainable_parameters([("dense", 3, 4)])
