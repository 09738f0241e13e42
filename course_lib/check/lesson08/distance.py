"""Exercise: HD95, the distance that 95 % of either outline keeps from the other."""

import numpy as np

from course_lib import evaluation
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _between(truth, guess, norm=2, points=evaluation.surface_points):
    """Distances from every point of the truth (down) to every point of the guess (across)."""
    a, b = points(truth), points(guess)
    return np.linalg.norm(a[:, None] - b[None], ord=norm, axis=-1)


def _decided(score):
    """The score where both masks hold something, the convention where not."""

    def scored(truth, guess):
        if not (truth.any() and guess.any()):
            return float("nan") if truth.any() or guess.any() else 0.0
        return float(score(truth, guess))

    return scored


def _larger(distances, of_each=lambda nearest: np.percentile(nearest, 95)):
    return max(of_each(distances.min(axis=1)), of_each(distances.min(axis=0)))


def _pooled(truth, guess):
    distances = _between(truth, guess)
    return np.percentile(np.concatenate([distances.min(axis=1), distances.min(axis=0)]), 95)


def _halfway(truth, guess):
    distances = _between(truth, guess)
    return np.mean([np.percentile(distances.min(axis=axis), 95) for axis in (0, 1)])


def _percentile(share=95, **options):
    return lambda nearest: np.percentile(nearest, share, **options)


def _smaller(truth, guess):
    distances = _between(truth, guess)
    return min(np.percentile(distances.min(axis=axis), 95) for axis in (0, 1))


def _zero_if_one_is_empty(truth, guess):
    return evaluation.hausdorff95(truth, guess) if truth.any() and guess.any() else 0.0


def _nan_if_both_are_empty(truth, guess):
    return evaluation.hausdorff95(truth, guess) if truth.any() or guess.any() else float("nan")


def _mask(*rows):
    """A mask drawn with letters: # is tumour."""
    return np.array([[letter == "#" for letter in row] for row in rows])


EMPTY = _mask("........", "........")
SQUARE = _mask("#####...", "#####...", "#####...", "#####...", "#####...", "........", "........", "........")
MOVED = _mask("........", "..#####.", "..#####.", "..#####.", "..#####.", "..#####.", "........", "........")
CRUMB = _mask("#####...", "#####...", "#####...", "#####...", "#####...", "........", "........", ".......#")
CORE = _mask("........", "........", "..#.....", "........", "........", "........", "........", "........")
BAR = _mask("#" * 24 + "." * 8)
BAR_AND_TWO = _mask("#" * 24 + "...#.#..")
DOT, FAR_DOT = (
    _mask("#.......", "........", "........", "........"),
    _mask("........", "........", "........", "....#..."),
)

DISTANCE = Exercise(
    name="hd95",
    lesson=8,
    task="The distance, in pixels, that 95 % of either outline keeps from the other.",
    reference=evaluation.hausdorff95,
    properties=[
        Property(
            "Distances are measured straight, from an outline to the nearest point of the other.",
            [
                case(DOT, FAR_DOT, note="one pixel each, 3 rows and 4 columns apart"),
                case(SQUARE, MOVED, note="a square, moved by one row and two columns"),
                case(SQUARE, SQUARE, note="the same mask twice"),
            ],
        ),
        Property(
            "Both directions count, and the larger one is the score.",
            [
                case(SQUARE, CORE, note="only a pixel of the inside was guessed"),
                case(CORE, SQUARE, note="far too much was guessed"),
            ],
            points=2,
        ),
        Property(
            "The farthest twentieth of an outline is forgiven.",
            [
                case(SQUARE, CRUMB, note="a crumb far away"),
                case(CRUMB, SQUARE, note="a far pixel missed"),
                case(BAR, BAR_AND_TWO, note="two crumbs beside a long bar"),
            ],
        ),
        Property("Two empty masks agree: the distance is 0.", [case(EMPTY, EMPTY, note="both empty")]),
        Property(
            "To an empty mask there is no distance: NaN.",
            [case(DOT, DOT & False, note="nothing guessed"), case(DOT & False, DOT, note="nothing there")],
        ),
    ],
    misconceptions=[
        Misconception(
            "the maximum",
            "That is the Hausdorff distance itself: a single stray pixel decides it. HD95 forgives the farthest 5 %.",
            _decided(lambda truth, guess: _larger(_between(truth, guess), np.max)),
        ),
        Misconception(
            "a percentile without what lies between",
            "The 95th percentile may lie between two of the distances. `np.percentile(…, 95)` then goes part of the "
            "way from one to the next; you took one of them.",
            _decided(lambda truth, guess: _larger(_between(truth, guess), _percentile(method="higher"))),
        ),
        Misconception(
            "0.95 taken for 95",
            "`np.percentile` wants numbers up to 100, `np.quantile` up to 1. This is nearly the shortest distance.",
            _decided(lambda truth, guess: _larger(_between(truth, guess), _percentile(0.95))),
        ),
        Misconception(
            "the better of the two directions",
            "Nearness in one direction hides what lies far off in the other. Keep the larger of the two.",
            _decided(_smaller),
        ),
        Misconception(
            "the mean",
            "A mean hides the places where the outline goes far astray, and those are what this score is for.",
            _decided(lambda truth, guess: _larger(_between(truth, guess), np.mean)),
        ),
        Misconception(
            "from the truth to the guess only",
            "From every point of the truth the guess may be near, although parts of the guess lie far from any truth.",
            _decided(lambda truth, guess: np.percentile(_between(truth, guess).min(axis=1), 95)),
        ),
        Misconception(
            "from the guess to the truth only",
            "A guess of one pixel in the middle of the tumour is near to the truth. Is the truth near to it?",
            _decided(lambda truth, guess: np.percentile(_between(truth, guess).min(axis=0), 95)),
        ),
        Misconception(
            "both directions in one pot",
            "Some programs do this; it gives smaller numbers, as the longer outline drowns the shorter. Here the "
            "percentile is taken for each direction by itself.",
            _decided(_pooled),
        ),
        Misconception(
            "halfway between the two directions",
            "The better direction should not make up for the worse one.",
            _decided(_halfway),
        ),
        Misconception(
            "distances left squared",
            "3 rows and 4 columns apart are 5 pixels apart, not 25: a root is missing.",
            _decided(lambda truth, guess: _larger(_between(truth, guess) ** 2)),
        ),
        Misconception(
            "rows and columns added up",
            "3 rows and 4 columns apart are 5 pixels apart on the straight way; 7 is the way around the corner.",
            _decided(lambda truth, guess: _larger(_between(truth, guess, norm=1))),
        ),
        Misconception(
            "every point with every other",
            "Even the same mask twice is then far from itself. A point asks only for the nearest one across.",
            _decided(lambda truth, guess: np.percentile(_between(truth, guess), 95)),
        ),
        Misconception(
            "all pixels instead of the outline",
            "Pixels deep inside lie far from any border and count many times. Ask the outlines only.",
            _decided(lambda truth, guess: _larger(_between(truth, guess, points=np.argwhere))),
        ),
        Misconception(
            "no distance read as 0",
            "0 would be the best score there is, given for finding nothing.",
            _zero_if_one_is_empty,
        ),
        Misconception(
            "two empty masks left undecided",
            "Where nothing is and nothing was drawn, nothing is wrong.",
            _nan_if_both_are_empty,
        ),
    ],
    hints=[
        "Take two lists of outline points. How far is the first point of the one from every point of the other?",
        "`a[:, None] - b[None]` gives all differences at once, of the shape (points of a, points of b, 2). Turn them "
        "into a table of distances; its minimum along a row or down a column is a distance to the nearest point.",
        "Two percentiles, one of the rows' minima and one of the columns' minima. Look for empty masks before that.",
    ],
)
