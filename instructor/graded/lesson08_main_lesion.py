"""Graded exercise of lesson 8: Dice of the largest lesion alone."""

import numpy as np
from scipy import ndimage

from course_lib.check.exercise import Exercise, Misconception, Property, case

TEXT = """
## Graded: the main lesion

A surgeon asks only about the largest lesion. What was guessed inside the other lesions is neither right nor wrong then:
leave it out of the count. Everything else that was guessed counts.
"""

STUB = '''
from scipy import ndimage


def main_lesion_dice(truth, guess):
    """Dice of the largest lesion of a volume, the other lesions left out.

    truth, guess: (slice, height, width) boolean. A lesion is a connected part of the truth; voxels that touch at an
    edge or a corner are connected. What was guessed on voxels of other lesions does not count. NaN without any lesion.
    """
    raise NotImplementedError("your turn")
'''

SOLUTION = STUB.replace(
    '    raise NotImplementedError("your turn")',
    """    if not truth.any():
        return float("nan")
    parts, _ = ndimage.label(truth, np.ones((3, 3, 3)))
    largest = parts == 1 + np.bincount(parts.ravel())[1:].argmax()
    counted = guess & ~(truth & ~largest)
    return 2 * (largest & counted).sum() / (largest.sum() + counted.sum())""",
)


def _largest(mask, structure=None):
    parts, count = ndimage.label(mask, np.ones((3, 3, 3)) if structure is None else structure)
    sizes = [int((parts == number).sum()) for number in range(1, count + 1)]
    return parts == 1 + sizes.index(max(sizes))


def _dice(one, other):
    return 2 * float((one & other).sum()) / float(one.sum() + other.sum())


def _scored(score, empty=float("nan")):
    return lambda truth, guess: score(truth, guess) if truth.any() else empty


def _main(truth, guess, structure=None):
    largest = _largest(truth, structure)
    return _dice(largest, guess & ~(truth & ~largest))


def _inside_only(truth, guess):
    largest = _largest(truth)
    return _dice(largest, guess & largest)


def _recall(truth, guess):
    largest = _largest(truth)
    return float((guess & largest).sum() / largest.sum())


def _both_largest(truth, guess):
    return _dice(_largest(truth), _largest(guess) if guess.any() else guess)


EACH_SLICE_ALONE = np.zeros((3, 3, 3))
EACH_SLICE_ALONE[1] = 1


def _volume(*slices):
    """A volume from slices, each drawn as rows of letters: # is tumour."""
    return np.array([[[letter == "#" for letter in row] for row in rows] for rows in slices])


TRUTH = _volume(("##....", "##...#", "......"), ("##....", ".....#", "......"))
GUESS = _volume(("#.....", "##...#", "......"), ("##....", "......", "......"))
BESIDE = _volume(("##....", "##....", "....##"), ("##....", "......", "....##"))
BAR = _volume(("#####.", "......", "....##"), ("......",) * 3)
PIECES = _volume(("##.##.", "......", "......"), ("......",) * 3)
SLANTED = _volume(("##....", "......", "..####"), ("..##..", "......", "......"), ("....#.", "......", "......"))
HALF = _volume(("##....", "......", "..##.."), ("..##..", "......", "......"), ("......", "......", "......"))
NONE = np.zeros((2, 3, 6), bool)

EXERCISE = Exercise(
    name="main_lesion_dice",
    lesson=8,
    task="Dice of the largest lesion, the other lesions left out.",
    reference=_scored(_main),
    properties=[
        Property(
            "The largest lesion counts, and what was guessed on other lesions does not.",
            [
                case(TRUTH, GUESS, note="six voxels and two voxels"),
                case(BAR, PIECES, note="the larger lesion found in two pieces"),
            ],
            points=2,
        ),
        Property(
            "False alarms outside all lesions count.",
            [case(TRUTH, BESIDE, note="the lesion found, and four voxels of false alarm")],
        ),
        Property(
            "Voxels of neighbouring slices that touch at a corner are one lesion.",
            [case(SLANTED, HALF, note="five voxels from slice to slice, and four in one slice")],
        ),
        Property("Without any lesion there is no such score: NaN.", [case(NONE, GUESS, note="no lesion")]),
    ],
    misconceptions=[
        Misconception(
            "the whole volume",
            "This is the patient's Dice: the small lesions are in it.",
            _scored(_dice),
        ),
        Misconception(
            "other lesions counted as false alarms",
            "Whoever finds a second lesion that is there should not be punished for it.",
            _scored(lambda truth, guess: _dice(_largest(truth), guess)),
        ),
        Misconception(
            "only the guess inside the lesion",
            "False alarms cost nothing here: whoever marks everything would score 1.",
            _scored(_inside_only),
        ),
        Misconception(
            "the share found", "This is recall. What was guessed belongs into the sum below too.", _scored(_recall)
        ),
        Misconception(
            "the largest part of the guess",
            "The guess was reduced to its own largest part. Then a lesion found in two pieces counts by half.",
            _scored(_both_largest),
        ),
        Misconception(
            "faces only",
            "Voxels that touch at an edge or a corner were taken apart. `label` needs a structure to join them.",
            _scored(lambda truth, guess: _main(truth, guess, ndimage.generate_binary_structure(3, 1))),
        ),
        Misconception(
            "slice by slice",
            "A lesion goes through several slices; here each slice has lesions of its own.",
            _scored(lambda truth, guess: _main(truth, guess, EACH_SLICE_ALONE)),
        ),
        Misconception("no lesion scores 1", "There is no lesion whose Dice could be given.", _scored(_main, 1.0)),
        Misconception("no lesion scores 0", "There is no lesion whose Dice could be given.", _scored(_main, 0.0)),
    ],
    hints=[
        "Three masks: the largest lesion, the other lesions, and what is left of the guess without those.",
        "`ndimage.label` in three dimensions takes a structure of 3 × 3 × 3; `np.bincount` counts each part's voxels.",
        "Take from the guess what lies on other lesions; then Dice as in the lesson. First ask if there is any tumour.",
    ],
)


def _with_extras(random, truth, guess):
    """The same lesions, farther apart and elsewhere: a case keeps its subject under any turn and any empty border."""
    axes = [axis for axis in (1, 2) if random.random() < 0.5]
    border = [(0, int(random.integers(0, 2))), (0, 1 + int(random.integers(2))), (1 + int(random.integers(2)), 0)]
    return tuple(np.pad(np.flip(mask, axes), border) for mask in (truth, guess))


def _grown(random, truth, guess):
    """Lesions and guesses of more voxels: every voxel becomes a block, wider in one axis."""
    sizes = [1, *random.permutation([int(random.integers(2, 4)), 1])]
    for axis, size in enumerate(sizes):
        truth, guess = np.repeat(truth, size, axis), np.repeat(guess, size, axis)
    return truth, guess


def hidden(random):
    """Fresh cases for each property."""
    noisy = BESIDE.copy()
    noisy[0, 2, int(random.integers(0, 4))] = True
    less = GUESS.copy()
    less[1, 0, int(random.integers(0, 2))] = False
    return [
        [
            case(*_with_extras(random, *_grown(random, TRUTH, GUESS))),
            case(*_with_extras(random, *_grown(random, BAR, PIECES))),
        ],
        [case(*_with_extras(random, TRUTH, noisy)), case(*_with_extras(random, *_grown(random, TRUTH, BESIDE)))],
        [case(*_with_extras(random, SLANTED, HALF)), case(*_with_extras(random, SLANTED, SLANTED & HALF))],
        [case(*_with_extras(random, NONE, less))],
    ]
