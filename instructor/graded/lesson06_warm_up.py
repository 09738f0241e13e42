"""Graded exercise of lesson 6: a learning rate that rises first and then falls along a cosine."""

import math

from course_lib.check.exercise import Exercise, Misconception, Property, case

TEXT = """
## Graded: warm up, then cool down

A rate that is right later can be too bold for weights nobody has trained yet. So many recipes begin with a *warm-up*:
the rate rises in equal steps to its full height, and then falls along half a cosine, slowly, quickly, slowly.

With $w$ epochs of warm-up among $n$ epochs, counted from 1: epoch $e \\le w$ has the rate times $e / w$; a later one
has the rate times $\\frac12 (1 + \\cos \\pi t)$, where $t = (e - w) / (n - w)$.
"""

STUB = '''
def warmed_rates(rate, epochs, warm):
    """Learning rate of every epoch: a list of `epochs` numbers.

    rate: the full learning rate. epochs: how many there are. warm: how many of them are warm-up, 0 to epochs - 1.
    The last epoch of the warm-up has the full rate, the last epoch of all has 0.
    """
    raise NotImplementedError("your turn")
'''

SOLUTION = STUB.replace(
    '    raise NotImplementedError("your turn")',
    """    rising = [rate * epoch / warm for epoch in range(1, warm + 1)]
    rest = epochs - warm
    falling = [rate * (1 + np.cos(np.pi * late / rest)) / 2 for late in range(1, rest + 1)]
    return rising + falling""",
)


def _rates(rate, epochs, warm, *, count=1, fall=lambda t: (1 + math.cos(math.pi * t)) / 2, over=0, start=0.0):
    """The rate of every epoch; each keyword makes one mistake."""
    made = []
    for epoch in range(count, epochs + count):
        if epoch <= warm and warm:
            made.append(rate * (start + (1 - start) * epoch / warm))
        else:
            made.append(rate * fall((epoch - warm * (not over)) / (epochs - warm * (not over))))
    return made


def _right(rate, epochs, warm):
    return _rates(rate, epochs, warm)


EXERCISE = Exercise(
    name="warmed_rates",
    lesson=6,
    task="Let the learning rate rise in equal steps and then fall along half a cosine.",
    reference=_right,
    properties=[
        Property(
            "During the warm-up the rate rises in equal steps to its full height.",
            [case(0.1, 6, 5, note="five epochs of warm-up, one more"), case(0.02, 5, 4, note="four, and one more")],
        ),
        Property(
            "Without warm-up it falls along half a cosine, to 0 in the last epoch.",
            [case(0.1, 6, 0, note="no warm-up"), case(0.3, 4, 0, note="four epochs")],
        ),
        Property(
            "The fall begins where the warm-up ends, and takes all the epochs that are left.",
            [case(0.1, 8, 3, note="three of eight epochs"), case(0.05, 7, 2, note="two of seven epochs")],
            points=2,
        ),
    ],
    misconceptions=[
        Misconception(
            "counted from 0",
            "The first epoch trains nothing at all here. Epochs are counted from 1.",
            lambda rate, epochs, warm: _rates(rate, epochs, warm, count=0),
        ),
        Misconception(
            "a straight line down",
            "It should fall slowly at first, quickly in the middle, slowly at the end.",
            lambda rate, epochs, warm: _rates(rate, epochs, warm, fall=lambda t: 1 - t),
        ),
        Misconception(
            "a whole cosine",
            "The rate goes down and comes up again. Half a cosine is enough: from its top to its bottom.",
            lambda rate, epochs, warm: _rates(rate, epochs, warm, fall=lambda t: (1 + math.cos(2 * math.pi * t)) / 2),
        ),
        Misconception(
            "a quarter of a cosine",
            "A quarter begins slowly and ends at its steepest. It should end slowly as well.",
            lambda rate, epochs, warm: _rates(rate, epochs, warm, fall=lambda t: math.cos(math.pi * t / 2)),
        ),
        Misconception(
            "the fall counted from the first epoch",
            "The cosine was running during the warm-up already: right after it the rate makes a jump.",
            lambda rate, epochs, warm: _rates(rate, epochs, warm, over=1),
        ),
        Misconception(
            "no warm-up",
            "The first epochs have another task here than the later ones.",
            lambda rate, epochs, warm: _rates(rate, epochs, 0),
        ),
    ],
    hints=[
        "Two lists, one behind the other: the epochs of the warm-up, and those that are left.",
        "How many epochs are left? Count them from 1 to that number; divided by it, they run up to 1.",
        "`np.cos(np.pi * t)` falls from 1 to -1 while t goes from 0 to 1. Move and shrink that to 1 and 0.",
    ],
)


def hidden(random):
    """Fresh cases for each property."""

    def rate():
        return round(float(random.uniform(0.05, 0.5)), 3)

    warm = int(random.integers(4, 9))
    return [
        [case(rate(), warm + 1, warm), case(rate(), warm + 3, warm + 2)],
        [case(rate(), int(random.integers(7, 12)), 0), case(rate(), 5, 0)],
        [case(rate(), 2 * warm + 1, warm - 1), case(rate(), warm + 7, 3)],
    ]
