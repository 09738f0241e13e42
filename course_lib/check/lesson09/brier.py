"""Exercise: one number for probabilities, the Brier score."""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case
from course_lib.explain import brier_score


def _brier(truth, probability, head):
    return brier_score(truth, probability, head)


def _gaps(truth, probability):
    return np.asarray(probability, float) - np.asarray(truth, float)


def _absolute(truth, probability, head):
    return float(np.abs(_gaps(truth, probability)[head]).mean())


def _thresholded(truth, probability, head):
    return float((_gaps(truth, probability >= 0.5)[head] ** 2).mean())


def _whole_image(truth, probability, head):
    return float((_gaps(truth, probability) ** 2).mean())


def _air_counts_as_right(truth, probability, head):
    return float((_gaps(truth, probability) ** 2 * head).mean())


def _root(truth, probability, head):
    return float(np.sqrt((_gaps(truth, probability)[head] ** 2).mean()))


def _sum(truth, probability, head):
    return float((_gaps(truth, probability)[head] ** 2).sum())


def _square_of_mean(truth, probability, head):
    return float(_gaps(truth, probability)[head].mean() ** 2)


def _tumor_only(truth, probability, head):
    return float((_gaps(truth, probability)[head & truth] ** 2).mean())


TRUTH = np.array([[0, 0, 1, 1], [0, 0, 1, 0]], bool)
SAID = np.array([[0.0, 0.2, 0.9, 0.4], [0.1, 0.6, 1.0, 0.3]])
HEAD = np.array([[0, 1, 1, 1], [0, 1, 1, 0]], bool)
ALL = np.ones((2, 4), bool)

BRIER = Exercise(
    name="brier",
    lesson=9,
    task="The Brier score inside the head: the mean squared distance of the probability from what is.",
    reference=_brier,
    properties=[
        Property(
            "It is the mean of the squared distances from 0 or 1.",
            [
                case(np.array([1, 0], bool), np.array([0.8, 0.4]), np.ones(2, bool), note="distances 0.2 and 0.4"),
                case(TRUTH, SAID, ALL, note="everything is head"),
            ],
            points=2,
        ),
        Property("Only pixels inside the head count.", [case(TRUTH, SAID, HEAD, note="three pixels of air")]),
        Property(
            "Never wrong and never in doubt is 0; wrong and never in doubt is 1.",
            [
                case(TRUTH, TRUTH.astype(float), ALL, note="always right"),
                case(TRUTH, 1 - TRUTH.astype(float), HEAD, note="always wrong"),
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "distances not squared",
            "With plain distances one does best by saying 0 or 1 always, whatever one thinks. Squared, honesty pays.",
            _absolute,
        ),
        Misconception(
            "probabilities thresholded first",
            "After the threshold 51 % and 99 % are the same, and how sure it was is gone.",
            _thresholded,
        ),
        Misconception(
            "the whole image instead of the head",
            "Air is in it: thousands of pixels about which nobody can be wrong make every score look small.",
            _whole_image,
        ),
        Misconception(
            "air counted as right",
            "The distances in air are put to 0, but its pixels still count where the mean divides.",
            _air_counts_as_right,
        ),
        Misconception("the root taken", "The Brier score stays squared; its root is another measure.", _root),
        Misconception(
            "summed, not averaged",
            "A sum grows with the number of pixels: a larger head would be a worse network.",
            _sum,
        ),
        Misconception(
            "averaged before squaring",
            "Too high here and too low there cancel out in the mean. Square every pixel's distance first.",
            _square_of_mean,
        ),
        Misconception(
            "tumour pixels only",
            "A probability of 1 everywhere would then be perfect. Healthy pixels of the head count as well.",
            _tumor_only,
        ),
    ],
    hints=[
        "What is a pixel's distance if it is tumour and was given 0.8? If it is healthy and was given 0.4?",
        "Choose the head's pixels, subtract the truth as 0 and 1 from the probability, then square each.",
        "The mean of those squares, as one number: `.mean()` comes last.",
    ],
)
