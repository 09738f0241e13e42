"""How far a network looks: the influence of each input pixel on an output, and the width that holds most of it."""

import numpy as np

from course_lib.backend import keras
from course_lib.errors import ArgumentError
from course_lib.quiet import load_tensorflow


def influence(model, images, name):
    """How much each pixel of the input counts for the middle of a layer's maps, on average over images and channels.

    The absolute gradient of the sum of the middle pixel's maps (Luo et al. 2016, arXiv 1701.04128).

    Args:
        model: a network of this course; TensorFlow behind Keras.
        images: (image, height, width, channel).
        name: of the layer.

    Returns:
        (height, width) float32, from 0 on.

    Raises:
        ArgumentError: the network has no such layer.
    """
    known = [layer.name for layer in model.layers]
    if name not in known:
        raise ArgumentError(f"{model.name} has no layer {name}; it has {', '.join(known)}.")
    tf = load_tensorflow()
    up_to = keras.Model(model.input, model.get_layer(name).output)
    total = 0
    for image in np.asarray(images, np.float32):  # one at a time, for little memory
        pixels = tf.constant(image[None])
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            maps = up_to(pixels)
            middle = tf.reduce_sum(maps[:, maps.shape[1] // 2, maps.shape[2] // 2])
        total = total + np.abs(tape.gradient(middle, pixels)[0]).mean(axis=-1)
    return total / len(images)


def effective_width(influence, share=0.5):
    """Width of the smallest square around the middle of all influence that holds this share of it.

    Args:
        influence: (height, width), from 0 on, not all 0.
        share: more than 0, up to 1.

    Returns:
        Width in pixels, an odd number; what lies outside the picture holds nothing.

    Raises:
        ArgumentError: the influence is no picture, negative or all 0, or the share does not fit.

    >>> even = np.ones((21, 21))
    >>> effective_width(even, 1), effective_width(even, 0.25)
    (21, 11)
    """
    values = np.asarray(influence, float)
    if values.ndim != 2 or values.min() < 0 or not values.sum() > 0:
        raise ArgumentError(f"Influence is (height, width), from 0 on and somewhere more; got shape {values.shape}.")
    if not 0 < share <= 1:
        raise ArgumentError(f"The share lies above 0 and not above 1; got {share}.")
    y, x = (_middle(values.sum(axis=other)) for other in (1, 0))
    wanted = share * values.sum() * (1 - 1e-9)
    for half in range(max(values.shape)):
        inside = values[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1]
        if inside.sum() >= wanted:
            break
    return 2 * half + 1


def _middle(line):
    """The pixel at the centre of mass of a line of numbers."""
    return int(np.average(np.arange(len(line)), weights=line) + 0.5)
