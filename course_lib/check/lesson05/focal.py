"""Exercise: the focal Tversky loss of a batch, pooled or image by image."""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case
from course_lib.check.lesson05.counts import soft_counts


def _index(truth, guess, per_image):
    hits, alarms, misses = soft_counts(truth, guess, per_image)
    return (hits + 1) / (hits + 0.7 * misses + 0.3 * alarms + 1)


def focal_tversky_loss(truth, guess, gamma=0.75, per_image=False):
    """(1 - index) ** gamma, pooled, or the mean over the images; misses weigh 0.7, false alarms 0.3, smooth 1."""
    return np.mean((1 - _index(truth, guess, per_image)) ** gamma)


def _inverted(truth, guess, gamma=0.75, per_image=False):
    return focal_tversky_loss(truth, guess, 1 / gamma, per_image)


def _on_the_index(truth, guess, gamma=0.75, per_image=False):
    return np.mean(1 - _index(truth, guess, per_image) ** gamma)


def _index_itself(truth, guess, gamma=0.75, per_image=False):
    return np.mean(_index(truth, guess, per_image) ** gamma)


def _forgotten(truth, guess, gamma=0.75, per_image=False):
    return np.mean(1 - _index(truth, guess, per_image))


def _times(truth, guess, gamma=0.75, per_image=False):
    return np.mean(gamma * (1 - _index(truth, guess, per_image)))


def _always_the_same(truth, guess, gamma=0.75, per_image=False):
    return focal_tversky_loss(truth, guess, 0.75, per_image)


def _always_pooled(truth, guess, gamma=0.75, per_image=False):
    return focal_tversky_loss(truth, guess, gamma)


def _always_per_image(truth, guess, gamma=0.75, per_image=False):
    return focal_tversky_loss(truth, guess, gamma, per_image=True)


def _power_of_the_mean(truth, guess, gamma=0.75, per_image=False):
    return (1 - _index(truth, guess, per_image).mean()) ** gamma


def _not_averaged(truth, guess, gamma=0.75, per_image=False):
    return (1 - _index(truth, guess, per_image)) ** gamma


def _sum_instead_of_mean(truth, guess, gamma=0.75, per_image=False):
    return np.sum((1 - _index(truth, guess, per_image)) ** gamma)


TUMOR = np.array([[[1.0, 1, 0], [1, 1, 0]]])
TIMID = np.array([[[1.0, 0, 0], [1, 0, 0]]])
GENEROUS = np.ones((1, 2, 3))
UNSURE = np.array([[[0.75, 0.5, 0.25], [1, 0.5, 0.25]]])
NONE = np.zeros((1, 2, 3))
BATCH, GUESSES = np.concatenate([TUMOR, TUMOR, NONE]), np.concatenate([TIMID, UNSURE, UNSURE])

FOCAL = Exercise(
    name="focal_tversky_loss",
    lesson=5,
    task="Raise one minus the index to the power gamma; per image, average the images' losses.",
    reference=focal_tversky_loss,
    properties=[
        Property(
            "One minus the index is raised to the power 0.75, unless another exponent is given.",
            [
                case(TUMOR, TIMID, note="two of four pixels missed"),
                case(TUMOR, GENEROUS, note="all found, two false alarms"),
                case(TUMOR, UNSURE, gamma=2.0, note="an unsure guess, exponent 2"),
            ],
            points=2,
        ),
        Property(
            "A perfect answer has loss 0, also where there is no tumour.",
            [case(TUMOR, TUMOR, note="the guess is the mask"), case(NONE, NONE, note="no tumour and none guessed")],
        ),
        Property(
            "Without `per_image` the whole batch has one index.",
            [case(BATCH, GUESSES, note="three images, the last without tumour")],
        ),
        Property(
            "With `per_image` each image has its own loss, and theirs is the mean.",
            [case(BATCH, GUESSES, per_image=True, note="three images, the last without tumour")],
        ),
    ],
    misconceptions=[
        Misconception(
            "exponent inverted",
            "`gamma` is the exponent itself. In the paper of 2018 the exponent is 1/γ, with γ = 4/3: there the letter "
            "stands for the inverse.",
            _inverted,
        ),
        Misconception(
            "the exponent on the index",
            "The order matters: first one minus the index, then the power.",
            _on_the_index,
        ),
        Misconception(
            "the power of the index, not of the loss",
            "This is largest where the guess is best. What is raised to the power is one minus the index.",
            _index_itself,
        ),
        Misconception(
            "exponent forgotten",
            "This is the plain Tversky loss: right where gamma is 1.",
            _forgotten,
        ),
        Misconception(
            "times gamma instead of to the power",
            "A factor makes all losses smaller alike and changes nothing about where the loss is steep.",
            _times,
        ),
        Misconception(
            "exponent 0.75, whatever was asked for",
            "0.75 is only what holds if nothing is said: use the argument.",
            _always_the_same,
        ),
        Misconception(
            "`per_image` not used",
            "With `per_image=True` each image is divided by its own tumour, and their losses are averaged.",
            _always_pooled,
        ),
        Misconception(
            "each image apart, always",
            "Unless `per_image` is asked for, the counts of the whole batch are added up before anything is divided.",
            _always_per_image,
        ),
        Misconception(
            "the power of the mean",
            "Each image's loss comes first, power and all; the mean comes last. Otherwise the power no longer treats "
            "each image by itself.",
            _power_of_the_mean,
        ),
        Misconception(
            "the mean left out",
            "A loss is one number, or training does not know what to make smaller: average over the images.",
            _not_averaged,
        ),
        Misconception(
            "the sum of the images' losses",
            "A sum grows with the batch, and with it every step of training. Take the mean of the images' losses.",
            _sum_instead_of_mean,
        ),
    ],
    hints=[
        "`losses.tversky_index(truth, guess, per_image=per_image)` gives one index, or one for each image.",
        "Perfect is index 1 and loss 0. So turn the index into a loss first, and bend it then.",
        "Apart, every image has a loss of its own, and one number is asked for. What makes one number of them, last?",
    ],
)
