"""Graded exercise of lesson 1: where the contrast agent has gathered most."""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case

TEXT = """
## Graded: where the contrast agent gathers

Between the first and the third sequence a contrast agent was given. Where it gathers, the slice gets brighter. Find the
pixel that gained most.
"""

STUB = '''
def largest_uptake(image):
    """Position (row, column) of the pixel that gained most brightness from pre-contrast to post-contrast.

    image: one slice, (height, width, 3) uint8; the sequences are pre-contrast, FLAIR, post-contrast.
    Of several pixels that gained alike, the one that comes first, row by row. Returns two whole numbers.
    """
    raise NotImplementedError("your turn")
'''

SOLUTION = STUB.replace(
    '    raise NotImplementedError("your turn")',
    """    gain = image[..., 2].astype(int) - image[..., 0]
    row, column = np.unravel_index(gain.argmax(), gain.shape)
    return int(row), int(column)""",
)


def _place(gain):
    row, column = np.unravel_index(np.argmax(gain), np.shape(gain))
    return int(row), int(column)


def _gain(image, after=2, before=0):
    return image[..., after].astype(int) - image[..., before].astype(int)


def _uptake(image):
    return _place(_gain(image))


def _slice(pre, flair, post):
    return np.stack([np.array(sequence, np.uint8) for sequence in (pre, flair, post)], axis=-1)


PLAIN = _slice([[10, 20, 30], [40, 50, 60]], [[90, 200, 90], [90, 90, 10]], [[15, 30, 110], [45, 50, 70]])
DARKER = _slice([[10, 200, 30], [40, 50, 60]], [[10, 20, 30], [255, 9, 9]], [[20, 90, 25], [95, 40, 100]])
BRIGHT = _slice([[10, 240], [40, 50], [60, 70]], [[9, 9], [9, 99], [9, 9]], [[20, 250], [95, 40], [70, 70]])
TWICE = _slice([[10, 60, 10], [20, 30, 40]], [[7, 7, 90], [7, 7, 7]], [[10, 60, 60], [70, 50, 55]])

EXERCISE = Exercise(
    name="largest_uptake",
    lesson=1,
    task="Find the pixel that gained most brightness from pre-contrast to post-contrast.",
    reference=_uptake,
    properties=[
        Property(
            "It is the pixel at which post-contrast exceeds pre-contrast most, as (row, column).",
            [case(PLAIN, note="no pixel gets darker"), case(BRIGHT, note="the brightest pixel gained little")],
            points=2,
        ),
        Property("Pixels that get darker have gained nothing.", [case(DARKER, note="three pixels get darker")]),
        Property("Of several pixels that gained alike the first one counts.", [case(TWICE, note="two gained 50")]),
    ],
    misconceptions=[
        Misconception(
            "bytes that wrap",
            "A pixel that got darker by 1 seems to have gained 255. Give the numbers room below 0 first.",
            lambda image: _place(image[..., 2] - image[..., 0]),
        ),
        Misconception(
            "the largest change, whatever its direction",
            "Asked for is a gain. A pixel that got much darker has changed, but gained nothing.",
            lambda image: _place(abs(_gain(image))),
        ),
        Misconception(
            "the brightest pixel of post-contrast",
            "What is bright now may have been bright before. The change is asked for.",
            lambda image: _place(image[..., 2]),
        ),
        Misconception(
            "compared with FLAIR",
            "FLAIR lies between the two on the last axis, but it was not taken to be compared with them.",
            lambda image: _place(_gain(image, before=1)),
        ),
        Misconception("column before row", "Rows come first.", lambda image: _uptake(image)[::-1]),
        Misconception(
            "the last of several",
            "Several pixels gained alike, and this is the last of them.",
            lambda image: _place(np.where((g := _gain(image)) == g.max(), np.arange(g.size).reshape(g.shape), -1)),
        ),
    ],
    hints=[
        "You need one number for each pixel: how much brighter it is after than before.",
        "Bytes cannot hold a loss. Turn them into whole numbers with a sign before you subtract.",
        "`argmax` gives one number for the whole slice; `np.unravel_index` makes row and column of it.",
    ],
)


def hidden(random):
    """Fresh cases for each property: slices in which the gain is planted, and the rest gains less."""

    def slices(gains, pre=None):
        gain = np.array(random.permutation(gains)).reshape(2, -1)
        before = random.integers(60, 120, gain.shape) if pre is None else pre.reshape(gain.shape)
        other = before + np.where(gain == gain.max(), 1, random.integers(50, 99, gain.shape))
        return case(_slice(before, other, before + gain))

    def dim():
        """The pixel that gained most stays darker than others, and has darker ones before and behind it."""
        before = np.array([200, 90, 190, 30, 150, 180]) + random.integers(0, 9, 6)
        gain = np.array([9, 2, 20, 70, 5, 1]) + random.integers(0, 9, 6)
        order = random.permutation([0, 1, 2, 4, 5]).tolist()
        order.insert(int(random.integers(1, 5)), 3)
        shape = (2, 3) if random.random() < 0.5 else (3, 2)
        before, after = before[order].reshape(shape), (before + gain)[order].reshape(shape)
        return case(_slice(before, before[::-1] + 40, after))

    def darker():
        return slices([-int(random.integers(40, 55)), -1, 5, 17, int(random.integers(25, 40)), 3, 8, -20])

    def twice():
        gains = [30, 30, *random.integers(2, 25, 6).tolist()]
        return slices(gains)

    return [[dim(), dim()], [darker(), darker()], [twice(), twice()]]
