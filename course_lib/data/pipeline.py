"""Batches for training: shuffled, augmented in pairs, prefetched. TensorFlow is loaded on the first call."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from course_lib.errors import DataError
from course_lib.quiet import load_tensorflow

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Augmentation:
    """How far training images are varied at random; 0 leaves that part out.

    The first four move image and mask together, the next four change the brightness of the image alone. All keep black
    black (but for the noise), as the background of a scan is. The last one does what the data set does where a sequence
    was not taken: a copy of FLAIR stands in its place.
    """

    flip: float = 0.5  # probability of mirroring left and right
    rotate: float = 15.0  # at most so many degrees either way
    scale: float = 0.1  # side lengths times 1 - 0.1 to 1 + 0.1
    shift: float = 0.05  # along each axis, at most this share of the side, either way
    brightness: float = 0.1  # all sequences times 1 - 0.1 to 1 + 0.1
    contrast: float = 0.2  # contrast about its mean, for each sequence by itself, times 1 - 0.2 to 1 + 0.2
    gamma: float = 0.2  # values (0 to 1) to the power of exp(-0.2) to exp(0.2)
    noise: float = 0.01  # standard deviation of Gaussian noise as a share of 255
    missing: float = 0.0  # probability that FLAIR stands in for pre-contrast, and the same for post-contrast

    def __post_init__(self) -> None:
        limits = {"flip": 1, "rotate": 180, "scale": 0.9, "shift": 1, "brightness": 0.9, "contrast": 0.9}
        limits |= {"missing": 1}
        for field in fields(self):
            value, limit = getattr(self, field.name), limits.get(field.name, math.inf)
            if not (math.isfinite(value) and 0 <= value <= limit):
                raise DataError(f"Augmentation: {field.name} is {value}; it should be a number from 0 to {limit}.")

    @classmethod
    def none(cls) -> "Augmentation":
        """Nothing varies.

        >>> Augmentation.none().rotate
        0.0
        """
        return cls(**{field.name: 0.0 for field in fields(cls)})

    def only(self, *names: str) -> "Augmentation":
        """The same with every part but the named ones left out, to look at one at a time.

        >>> Augmentation().only("flip", "rotate").noise
        0.0
        """
        return replace(self.none(), **{name: getattr(self, name) for name in names})


def augment_batch(images, masks, augmentation: Augmentation, seed) -> tuple["tf.Tensor", "tf.Tensor"]:
    """Varies each image of a batch at random, its mask moving with it.

    Args:
        images: (batch, height, width, 3), 0 to 255.
        masks: (batch, height, width, 1) in {0, 1}.
        augmentation: what varies and how far.
        seed: a whole number or two; the same seed gives the same result, whatever the number of threads.

    Returns:
        float32 tensors of the same shapes: images within 0 to 255, masks still in {0, 1}. What moves in from outside
        is black and healthy.
    """
    tf = load_tensorflow()

    images, masks = tf.cast(images, tf.float32), tf.cast(masks, tf.float32)
    pair = tf.concat([tf.reshape(tf.cast(seed, tf.int64), [-1]), [0]], 0)[:2]
    seeds = tf.random.split(pair, 3, alg="philox")
    images, masks = _move(images, masks, augmentation, seeds[0])
    images = _recolor(images, augmentation, seeds[1], seeds[2])
    return _lose_sequences(images, augmentation.missing, tf.random.fold_in(pair, 1, alg="philox")), masks


def make_dataset(
    images: np.ndarray,
    masks: np.ndarray,
    batch: int,
    augmentation: Augmentation | None = None,
    shuffle: bool = False,
    seed: int = 0,
    epoch: int = 0,
    drop_remainder: bool = False,
) -> "tf.data.Dataset":
    """One epoch of batches from arrays in memory: shuffle, batch, augment, prefetch.

    Every slice comes once (but for a dropped remainder). The same seed and epoch give the same batches in the same
    order; another epoch another order and other augmentation.

    Args:
        images: (slice, height, width, 3) uint8.
        masks: (slice, height, width, 1) uint8 in {0, 1}.
        batch: slices a batch; the last batch is smaller if they do not divide.
        augmentation: None leaves the slices as they are.
        shuffle: in random order, else in that of the arrays.
        drop_remainder: leave out a last batch that is not full.

    Returns:
        A dataset of pairs (batch, height, width, 3) float32 0 to 255 and (batch, height, width, 1) float32 in {0, 1}.

    Raises:
        DataError: images and masks do not fit together, or the batch is not a positive whole number.
    """
    tf = load_tensorflow()

    _check_arrays(images, masks, batch)
    order = np.random.default_rng([seed, epoch]).permutation(len(images)) if shuffle else np.arange(len(images))
    count = len(images) // batch if drop_remainder else -(-len(images) // batch)
    key = tf.constant([seed, epoch], tf.int64)

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        # Straight from the arrays: a tensor of them would hold the whole set in memory a second time.
        for number in range(count):
            rows = order[number * batch : (number + 1) * batch]
            yield images[rows], masks[rows]

    def finish(number, pair):
        chosen, truth = pair
        if augmentation is None or augmentation == Augmentation.none():
            return tf.cast(chosen, tf.float32), tf.cast(truth, tf.float32)
        # Folding the batch's number into the seed makes each batch's randomness its own, whichever thread takes it.
        return augment_batch(chosen, truth, augmentation, tf.random.fold_in(key, number, alg="philox"))

    rows = batch if drop_remainder else None
    signature = tuple(tf.TensorSpec((rows, *array.shape[1:]), array.dtype) for array in (images, masks))
    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(count))
    dataset = dataset.enumerate().map(finish, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return dataset.prefetch(tf.data.AUTOTUNE)


def _check_arrays(images: np.ndarray, masks: np.ndarray, batch: int) -> None:
    if images.ndim != 4 or masks.shape != (*images.shape[:3], 1):
        expected = "(slice, height, width, 3) and (slice, height, width, 1) of the same slices"
        raise DataError(f"Images {images.shape} and masks {masks.shape} do not fit together; expected {expected}.")
    if batch != int(batch) or batch < 1:
        raise DataError(f"The batch is {batch}; it should be a whole number of slices, such as 8.")


def _move(images: "tf.Tensor", masks: "tf.Tensor", augmentation: Augmentation, seed: "tf.Tensor"):
    """Mirrors, turns, resizes and shifts image and mask by the same amounts, in one interpolation."""
    tf = load_tensorflow()

    if not any((augmentation.flip, augmentation.rotate, augmentation.scale, augmentation.shift)):
        return images, masks
    count = tf.shape(images)[0]
    height, width = (tf.cast(side, tf.float32) for side in (tf.shape(images)[1], tf.shape(images)[2]))
    draws = tf.random.stateless_uniform([5, count], seed, -1.0, 1.0, alg="philox")
    mirror = tf.where((draws[0] + 1) / 2 < augmentation.flip, -1.0, 1.0)
    angle = draws[1] * (augmentation.rotate * math.pi / 180)
    zoom = 1 / (1 + draws[2] * augmentation.scale)
    right, down = draws[3] * augmentation.shift * width, draws[4] * augmentation.shift * height
    # The operation asks, for each pixel (x, y) of the result, where in the source it comes from:
    # (a x + b y + c, d x + e y + f), here a turn about the centre.
    a, b = mirror * zoom * tf.cos(angle), -mirror * zoom * tf.sin(angle)
    d, e = zoom * tf.sin(angle), zoom * tf.cos(angle)
    x, y = (width - 1) / 2, (height - 1) / 2
    c = x - a * (x + right) - b * (y + down)
    f = y - d * (x + right) - e * (y + down)
    none = tf.zeros_like(a)
    transforms = tf.stack([a, b, c, d, e, f, none, none], axis=1)

    def project(array, interpolation):
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=array,
            transforms=transforms,
            output_shape=tf.shape(array)[1:3],
            fill_value=0.0,
            interpolation=interpolation,
            fill_mode="CONSTANT",
        )

    moved, moved_masks = project(images, "BILINEAR"), project(masks, "NEAREST")
    moved.set_shape(images.shape)
    moved_masks.set_shape(masks.shape)
    return moved, moved_masks


def _recolor(images: "tf.Tensor", augmentation: Augmentation, seed: "tf.Tensor", noise_seed: "tf.Tensor"):
    """Changes brightness, contrast and gamma, and adds noise.

    Contrast stretches values about the mean m of what is not background: m (v / m)^k, whose slope at m is k and which
    keeps black black. Gamma and brightness have the same form, so the three are one power and one factor a pixel.
    """
    tf = load_tensorflow()

    brightness, contrast, gamma, noise = (
        getattr(augmentation, name) for name in ("brightness", "contrast", "gamma", "noise")
    )
    count, channels = tf.shape(images)[0], tf.shape(images)[3]
    if brightness or contrast or gamma:
        draws = tf.random.stateless_uniform([count, 1, 1, channels + 2], seed, -1.0, 1.0, alg="philox")
        gain = 1 + brightness * draws[..., :1]
        exponent = tf.exp(gamma * draws[..., 1:2])
        stretch = 1 + contrast * draws[..., 2:]
        head = tf.cast(images > 10, tf.float32)
        mean = tf.reduce_sum(images * head, [1, 2], keepdims=True) / (tf.reduce_sum(head, [1, 2], keepdims=True) + 1e-6)
        mean = tf.maximum(mean, 1.0) / 255
        factor = 255 * gain * mean ** ((1 - stretch) * exponent)
        images = factor * (images / 255) ** (stretch * exponent)
    if noise:
        images += 255 * noise * tf.random.stateless_normal(tf.shape(images), noise_seed, alg="philox")
    return tf.clip_by_value(images, 0.0, 255.0) if brightness or contrast or gamma or noise else images


def _lose_sequences(images: "tf.Tensor", chance: float, seed: "tf.Tensor"):
    """Puts FLAIR in the place of pre-contrast, and independently of post-contrast, in some of the slices."""
    tf = load_tensorflow()

    if not chance:
        return images
    draws = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 2], seed, alg="philox")
    lost = tf.stack([draws[..., 0] < chance, tf.zeros_like(draws[..., 0], tf.bool), draws[..., 1] < chance], axis=-1)
    return tf.where(lost, images[..., 1:2], images)
