"""Exercise: the Tversky index, in which misses and false alarms have each a weight."""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case
from course_lib.check.lesson05.counts import soft_counts


def tversky_index(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    """Overlap of a batch's masks and guesses; `smooth` pixels stand above and below."""
    hits, alarms, misses = soft_counts(truth, guess)
    return (hits + smooth) / (hits + fn_weight * misses + fp_weight * alarms + smooth)


def _swapped(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    return tversky_index(truth, guess, fp_weight, fn_weight, smooth)


def _smooth_below_only(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    hits, alarms, misses = soft_counts(truth, guess)
    return hits / (hits + fn_weight * misses + fp_weight * alarms + smooth)


def _smooth_above_only(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    hits, alarms, misses = soft_counts(truth, guess)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (hits + smooth) / (hits + fn_weight * misses + fp_weight * alarms)


def _never_smooth(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    with np.errstate(invalid="ignore"):
        return tversky_index(truth, guess, fn_weight, fp_weight, smooth=0.0)


def _loss(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    return 1 - tversky_index(truth, guess, fn_weight, fp_weight, smooth)


def _dice(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    return tversky_index(truth, guess, 0.5, 0.5, smooth)


def _jaccard(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    return tversky_index(truth, guess, 1, 1, smooth)


def _always_the_courses_weights(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    return tversky_index(truth, guess, smooth=smooth)


def _arguments_not_used(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    return tversky_index(truth, guess)


def _mean_of_the_images(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    hits, alarms, misses = soft_counts(truth, guess, per_image=True)
    with np.errstate(invalid="ignore"):
        return np.mean((hits + smooth) / (hits + fn_weight * misses + fp_weight * alarms + smooth))


def _hits_twice(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    hits, alarms, misses = soft_counts(truth, guess)
    return (2 * hits + smooth) / (2 * hits + fn_weight * misses + fp_weight * alarms + smooth)


def _hits_below_forgotten(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    hits, alarms, misses = soft_counts(truth, guess)
    return (hits + smooth) / (fn_weight * misses + fp_weight * alarms + smooth)


TUMOR = np.array([[[1.0, 1, 0], [1, 1, 0]]])
TIMID = np.array([[[1.0, 0, 0], [1, 0, 0]]])
GENEROUS = np.ones((1, 2, 3))
UNSURE = np.array([[[0.75, 0.5, 0.25], [1, 0.5, 0.25]]])
NONE = np.zeros((1, 2, 3))
CORNER = np.array([[[1.0, 0, 0], [0, 0, 0]]])
BATCH, GUESSES = np.concatenate([TUMOR, CORNER]), np.concatenate([TIMID, UNSURE])

INDEX = Exercise(
    name="tversky_index",
    lesson=5,
    task="Divide hits by hits, misses and false alarms, with a weight for misses and one for false alarms.",
    reference=tversky_index,
    properties=[
        Property(
            "With both weights one half it is Dice.",
            [
                case(TUMOR, TIMID, fn_weight=0.5, fp_weight=0.5, smooth=0, note="two of four pixels missed"),
                case(TUMOR, GENEROUS, fn_weight=0.5, fp_weight=0.5, smooth=0, note="all found, two false alarms"),
            ],
        ),
        Property(
            "Misses weigh `fn_weight`, false alarms `fp_weight`.",
            [
                case(TUMOR, TIMID, smooth=0, note="two of four pixels missed; misses weigh 0.7"),
                case(TUMOR, GENEROUS, smooth=0, note="all found, two false alarms; those weigh 0.3"),
                case(TUMOR, UNSURE, fn_weight=0.9, fp_weight=0.2, smooth=0, note="an unsure guess, other weights"),
            ],
            points=2,
        ),
        Property(
            "`smooth` pixels are added above and below.",
            [
                case(TUMOR, TIMID, note="two of four pixels missed, smooth 1"),
                case(TUMOR, GENEROUS, smooth=10, note="two false alarms, smooth 10"),
                case(NONE, NONE, note="no tumour and none guessed, smooth 1"),
            ],
        ),
        Property(
            "The counts of the whole batch are added up before anything is divided.",
            [case(BATCH, GUESSES, note="two images, a large tumour and one of a single pixel")],
        ),
    ],
    misconceptions=[
        Misconception(
            "the two weights swapped",
            "On the timid guess, which only misses, the other weight came into play. Which of the counts belongs to "
            "`fn_weight`? (You are in good company, as you will see further down.)",
            _swapped,
        ),
        Misconception(
            "smoothing only below",
            "With nothing to find and nothing guessed this gives 0, the worst index there is, for a perfect answer.",
            _smooth_below_only,
        ),
        Misconception(
            "smoothing only above",
            "Added above alone, the index can exceed 1. It should pull towards 1 and never beyond.",
            _smooth_above_only,
        ),
        Misconception(
            "smoothing forgotten",
            "Without smoothing it is right. But `smooth` was given, and it is 1 unless somebody says otherwise.",
            _never_smooth,
        ),
        Misconception(
            "the loss instead of the index",
            "This gets larger the worse the guess is. The index is 1 where the guess is perfect.",
            _loss,
        ),
        Misconception(
            "Dice, whatever the weights",
            "The weights are not used: misses and false alarms count one half each.",
            _dice,
        ),
        Misconception(
            "the weights left out",
            "Misses and false alarms are counted whole. That is intersection over union, the Jaccard index.",
            _jaccard,
        ),
        Misconception(
            "the weights of the course, whatever was asked for",
            "0.7 and 0.3 are only what holds if nothing is said: use the arguments.",
            _always_the_courses_weights,
        ),
        Misconception(
            "arguments not used",
            "Right for 0.7, 0.3 and one pixel, and only for these. The weights and `smooth` are arguments: use them.",
            _arguments_not_used,
        ),
        Misconception(
            "each image by itself, then the mean",
            "Here the counts of the batch are added up first, and divided once. Otherwise a tumour of one pixel counts "
            "as much as a large one: another loss, which comes later in this lesson.",
            _mean_of_the_images,
        ),
        Misconception(
            "hits counted twice",
            "The 2 of Dice's usual formula is in the weights already: one half each, below, is the same as 2 above.",
            _hits_twice,
        ),
        Misconception(
            "hits left out below",
            "Of everything that was found, missed or wrongly alarmed, which share was found? Below stands everything.",
            _hits_below_forgotten,
        ),
    ],
    hints=[
        "Begin with `losses.soft_counts(truth, guess)`: it hands you hits, false alarms and misses, in this order.",
        "Write Dice as hits / (hits + ½ misses + ½ false alarms). Then give each ½ its own name.",
        "Above: hits and `smooth`. Below: the same two, and both kinds of error, each times its weight.",
    ],
)
