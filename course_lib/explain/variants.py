"""Test-time augmentation: the same question asked in several ways, and how far the answers lie apart."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from course_lib.errors import ArgumentError
from course_lib.evaluation import predict_slices


class Variant(NamedTuple):
    """One way to look at slices: `apply` changes (slice, height, width, …) arrays, `undo` brings answers back."""

    name: str
    apply: Callable
    undo: Callable


def _same(pictures):
    return pictures


def _left_right(pictures):
    return pictures[:, :, ::-1]


def _up_down(pictures):
    return pictures[:, ::-1]


PLAIN = Variant("plain", _same, _same)
MIRROR = Variant("left-right", _left_right, _left_right)
UP_DOWN = Variant("up-down", _up_down, _up_down)
FLIPS = (PLAIN, MIRROR)


def shift(down, right):
    """Moves slices by whole pixels; what leaves on one side comes back on the other, where scans hold air."""
    return Variant(
        f"shifted by ({down}, {right})",
        lambda pictures: np.roll(pictures, (down, right), axis=(1, 2)),
        lambda answers: np.roll(answers, (-down, -right), axis=(1, 2)),
    )


def rotation(degrees):
    """Turns slices about their centre, anticlockwise, bilinear; black comes in at the corners.

    The way back blurs the answer by a fraction of a pixel and loses its corners, where scans hold air.
    """
    return Variant(
        f"turned by {degrees:g}°",
        lambda pictures: _turned(pictures, degrees),
        lambda answers: np.clip(_turned(answers, -degrees), 0, 1),
    )


def _turned(pictures, degrees):
    return ndimage.rotate(pictures, degrees, axes=(2, 1), reshape=False, order=1)


TURNS = (PLAIN, MIRROR, rotation(10), rotation(-10))  # each within what the networks of the course are trained with


class Augmented(NamedTuple):
    """What test-time augmentation gives (see `augmented_prediction`)."""

    probability: np.ndarray
    """Mean over the variants, (slice, height, width) float32."""
    uncertainty: np.ndarray
    """Standard deviation over the variants (0 to 0.5), (slice, height, width) float32."""


def predict_variants(predict, images, variants=FLIPS):
    """The answers to all variants of the slices, each brought back to where the plain slice has it.

    Args:
        predict: a network (anything with `predict_on_batch`), or a function that takes (slice, height, width, 3) and
            gives probabilities, (slice, height, width[, 1]).
        images: (slice, height, width, 3), 0..255.
        variants: the ways to look; include `PLAIN` for the slice as it is.

    Returns:
        (variant, slice, height, width) float32, from 0 to 1.

    Raises:
        ArgumentError: no variants, images of another shape, or answers that are no probabilities of that shape.
    """
    images, variants = np.asarray(images), tuple(variants)
    if images.ndim != 4 or not len(images):
        raise ArgumentError(f"Images have the shape (slice, height, width, 3), one at least; got {images.shape}.")
    if not variants:
        raise ArgumentError("There is no variant to predict: give at least explain.PLAIN.")
    ask = _function_of(predict)
    answers = np.empty((len(variants), *images.shape[:3]), np.float32)
    for place, variant in enumerate(variants):
        answers[place] = variant.undo(_checked(ask(variant.apply(images)), images.shape[:3], variant))
    return answers


def augmented_prediction(predict, images, variants=FLIPS):
    """Test-time augmentation: the mean answer over several ways to look at a slice, and how far they lie apart.

    A network that treats all variants alike gives its plain answer with an uncertainty of 0: then the variants tell
    nothing, least of all that it is right.

    Args:
        predict, images, variants: as for `predict_variants`.

    Returns:
        `Augmented`: the mean probability and the standard deviation (of the population, so 0 to 0.5) over variants.

    Raises:
        ArgumentError: as `predict_variants` does.

    Source: Wang et al. 2019, arXiv 1807.07356.

    >>> left_only = lambda pictures: np.where(np.arange(4) < 2, 1.0, 0.0) * np.ones((len(pictures), 4, 4))
    >>> both = augmented_prediction(left_only, np.zeros((1, 4, 4, 3)))
    >>> float(both.probability[0, 0, 0]), float(both.uncertainty[0, 0, 0])
    (0.5, 0.5)
    """
    answers = predict_variants(predict, images, variants)
    return Augmented(answers.mean(axis=0), answers.std(axis=0))


def _function_of(predict):
    if hasattr(predict, "predict_on_batch"):
        return lambda pictures: predict_slices(predict, pictures)
    if not callable(predict):
        raise ArgumentError(f"Give a network, or a function from images to probabilities; got {predict!r}.")
    return predict


def _checked(answer, shape, variant):
    answer = np.asarray(answer, dtype=np.float32)
    answer = answer[..., 0] if answer.ndim == 4 and answer.shape[-1] == 1 else answer
    if answer.shape != shape:
        raise ArgumentError(f"predict answered slices of {shape} with {answer.shape}: one probability a pixel is due.")
    if not (answer.min() >= 0 and answer.max() <= 1):  # NaN fails too
        raise ArgumentError(
            f"predict's answer to the variant {variant.name} holds values outside 0 to 1, or NaN: give probabilities."
        )
    return answer
