"""One brightness for every slice: what a scanner did is taken out, inside the network or before slices are varied."""

import numpy as np

from course_lib.backend import keras, layers, ops
from course_lib.models.vgg19 import MEAN_BGR

GREY = {"spread": 38.0, "center": 70.0}  # grey values that fit 0..255 from 1.8 deviations below to 4.9 above the mean
BATCH = 256  # slices that `standardised_slices` holds in float32 at once


@keras.saving.register_keras_serializable("course")
class SliceStandardisation(layers.Layer):
    """Each sequence of each slice to mean 0 and standard deviation 1 within the brain, so that scanners matter less.

    Lesson 1's standardising inside the network: what is trained so needs no preparation of its images, wherever they
    come from. Scalp and fat outshine the brain and fluid is darker, so mean and deviation are taken of the head (what
    exceeds half the slice's mean), then, `rounds` - 1 times, of those of its pixels within `cut` deviations of the mean
    (sigma clipping). Values beyond `limit` deviations are cut there; the result is brought to ImageNet's mean and to
    `spread`, since `CaffePreprocessing` and VGG19 follow. With `center` its mean is that in place of ImageNet's, and
    what does not fit 0..255 is cut (`GREY`).
    """

    def __init__(self, rounds=3, cut=2.0, limit=5.0, spread=58.0, center=None, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.rounds, self.cut, self.limit, self.spread, self.center = rounds, cut, limit, spread, center

    def call(self, images):
        """Turns (batch, height, width, 3) of any scale into float32 of about -190..410, or with `center` 0..255."""
        x = ops.cast(images, "float32")
        inside = ops.cast(x > 0.5 * ops.mean(x, axis=(1, 2), keepdims=True), "float32")
        mean, deviation = _moments(x, inside)
        for _ in range(self.rounds - 1):
            inside = inside * ops.cast(ops.abs(x - mean) < self.cut * deviation + 1, "float32")
            mean, deviation = _moments(x, inside)
        scaled = ops.clip((x - mean) / (deviation + 1), -self.limit, self.limit)
        if self.center is not None:
            return ops.clip(scaled * self.spread + self.center, 0, 255)
        return scaled * self.spread + ops.convert_to_tensor(MEAN_BGR[::-1], "float32")

    def compute_output_shape(self, input_shape):
        """Returns the input's shape."""
        return input_shape

    def get_config(self):
        """Returns what rebuilds the layer."""
        own = {"rounds": self.rounds, "cut": self.cut, "limit": self.limit, "spread": self.spread}
        return {**super().get_config(), **own, "center": self.center}


def _moments(x, inside):
    """Mean and standard deviation of each sequence of each slice over the pixels `inside` (0 or 1)."""
    count = ops.sum(inside, axis=(1, 2), keepdims=True) + 1e-3  # a black slice has none
    mean = ops.sum(x * inside, axis=(1, 2), keepdims=True) / count
    return mean, ops.sqrt(ops.sum(ops.square(x - mean) * inside, axis=(1, 2), keepdims=True) / count)


def standardised_slices(images):
    """What a network with ``standardise="grey"`` makes of slices first, in whole grey values.

    For training: brightness and contrast that are varied afterwards stay varied. Varied before, the network would take
    most of it back, and would learn little from it.

    Args:
        images: (slice, height, width, 3), of any scale.

    Returns:
        The same shape, uint8.
    """
    layer, images = SliceStandardisation(**GREY), np.asarray(images)
    made = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), BATCH):
        part = layer(images[start : start + BATCH].astype(np.float32))
        made[start : start + BATCH] = np.round(ops.convert_to_numpy(part))
    return made
