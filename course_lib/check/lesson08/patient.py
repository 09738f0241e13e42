"""Exercise: Dice of a patient's whole volume."""

import numpy as np

from course_lib import evaluation
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _counts(truth, guess):
    return int((truth & guess).sum()), int(truth.sum()) + int(guess.sum())


def _mean_of_slices(truth, guess):
    return float(np.mean([evaluation.dice_score(*pair) for pair in zip(truth, guess, strict=True)]))


def _mean_of_slices_where(kept, truth, guess):
    scores = [evaluation.dice_score(t, g) for t, g in zip(truth, guess, strict=True) if kept(t, g)]
    return float(np.mean(scores)) if scores else 1.0


def _mean_of_tumor_slices(truth, guess):
    return _mean_of_slices_where(lambda t, g: t.any(), truth, guess)


def _mean_of_slices_with_something(truth, guess):
    return _mean_of_slices_where(lambda t, g: t.any() or g.any(), truth, guess)


def _tumor_slices_only(truth, guess):
    kept = truth.any(axis=(1, 2))
    return evaluation.dice_score(truth[kept], guess[kept])


def _nan_if_empty(truth, guess):
    shared, size = _counts(truth, guess)
    return 2 * shared / size if size else float("nan")


def _zero_if_empty(truth, guess):
    shared, size = _counts(truth, guess)
    return 2 * shared / size if size else 0.0


def _smoothed(truth, guess):
    shared, size = _counts(truth, guess)
    return (2 * shared + 1) / (size + 1)


def _jaccard(truth, guess):
    shared, size = _counts(truth, guess)
    return shared / (size - shared) if size else 1.0


def _overlap_once(truth, guess):
    shared, size = _counts(truth, guess)
    return shared / size if size else 1.0


def _found(truth, guess):
    shared, size = _counts(truth, guess)
    return shared / int(truth.sum()) if truth.any() else float(size == 0)


def _volume(*slices):
    """A volume of slices of two by three pixels, each written as six numbers."""
    return np.array(slices, bool).reshape(-1, 2, 3)


NOTHING = [0, 0, 0, 0, 0, 0]
LARGE, LARGE_SHIFTED = [1, 1, 1, 1, 0, 0], [0, 1, 1, 1, 1, 0]
SMALL, SMALL_TWICE = [0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 1]

PATIENT = Exercise(
    name="patient_dice",
    lesson=8,
    task="Dice of a patient's whole volume: all slices as one block.",
    reference=evaluation.dice_score,
    properties=[
        Property(
            "The overlap counts twice, over the sum of both sizes.",
            [
                case(_volume(LARGE), _volume(LARGE_SHIFTED), note="a patient of one slice"),
                case(_volume(SMALL), _volume(SMALL_TWICE), note="a tumour of one pixel"),
            ],
        ),
        Property(
            "All pixels of all slices count alike, whichever slice they are on.",
            [
                case(
                    _volume(LARGE, SMALL, NOTHING),
                    _volume(LARGE_SHIFTED, NOTHING, NOTHING),
                    note="a large part found, a small one missed, a slice without tumour",
                ),
                case(
                    _volume(LARGE, NOTHING, NOTHING),
                    _volume(LARGE, SMALL_TWICE, NOTHING),
                    note="a false alarm on a slice without tumour",
                ),
            ],
            points=2,
        ),
        Property(
            "Two empty volumes agree: Dice is 1.",
            [case(_volume(NOTHING, NOTHING), _volume(NOTHING, NOTHING), note="no tumour anywhere, none guessed")],
        ),
        Property(
            "If only one of them is empty, Dice is 0.",
            [
                case(_volume(LARGE, SMALL), _volume(NOTHING, NOTHING), note="nothing guessed"),
                case(_volume(NOTHING, NOTHING), _volume(SMALL, NOTHING), note="guessed where nothing is"),
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "the mean of the slices' Dice",
            "Every empty slice adds a 1, and a slice with one tumour pixel weighs as much as one with a thousand. "
            "Count over all slices first, divide once.",
            _mean_of_slices,
        ),
        Misconception(
            "the mean over tumour slices",
            "A false alarm on a slice without tumour goes unseen, and small slices weigh as much as large ones. Count "
            "over all slices first, divide once.",
            _mean_of_tumor_slices,
        ),
        Misconception(
            "the mean over slices that hold anything",
            "Better than a mean over all of them, but still a slice is given a vote, where each pixel should have one.",
            _mean_of_slices_with_something,
        ),
        Misconception(
            "slices without tumour left out",
            "Then false alarms there cost nothing. In one volume they need no special care: they only make it larger.",
            _tumor_slices_only,
        ),
        Misconception(
            "0/0 left undecided",
            "Two empty volumes give 0/0, and NaN would go on into every mean. The convention says that they agree.",
            _nan_if_empty,
        ),
        Misconception(
            "two empty volumes score 0",
            "Nothing was there and nothing was drawn: that is a full agreement.",
            _zero_if_empty,
        ),
        Misconception(
            "smoothed as a loss is",
            "One added above and below keeps a loss smooth. In a score it lifts small tumours: see what a tumour "
            "of a single pixel gets.",
            _smoothed,
        ),
        Misconception(
            "intersection over union", "That is the Jaccard index, in which the overlap counts once.", _jaccard
        ),
        Misconception(
            "the overlap counted once",
            "Two equal masks should reach 1. What do you get for them?",
            _overlap_once,
        ),
        Misconception(
            "the share of tumour found",
            "That is recall: to paint everything would score 1. What was guessed belongs into the sum below as well.",
            _found,
        ),
    ],
    hints=[
        "A volume is an array like any other. What do `.sum()` and `&` do on all three axes at once?",
        "Three numbers suffice: pixels in both masks, pixels in the truth, pixels in the guess.",
        "First ask whether both sizes together are 0; if so the answer is decided. Else divide, once, at the end.",
    ],
)
