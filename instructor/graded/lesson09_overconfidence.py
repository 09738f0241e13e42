"""Graded exercise of lesson 9: by how much a network is too sure of what it marks."""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case

TEXT = """
## Graded: too sure by how much?

Of what a network marks as tumour, it says with how much certainty. Compare that with how much of it is tumour: the
difference of the two is by how much it is too sure. Below 0 it is too modest.
"""

STUB = '''
def too_sure(truth, probability, head):
    """Mean probability of the marked pixels less the share of tumour among them.

    truth: boolean. probability: of tumour, 0 to 1. head: boolean; only pixels inside it count. All of one shape.
    A pixel is marked from a probability of 0.5 on. NaN where none is marked.
    """
    raise NotImplementedError("your turn")
'''

SOLUTION = STUB.replace(
    '    raise NotImplementedError("your turn")',
    """    marked = head & (probability >= 0.5)
    if not marked.any():
        return float("nan")
    return probability[marked].mean() - truth[marked].mean()""",
)


def _gap(truth, probability, marked, nothing=float("nan")):
    said = [float(p) for p, m in zip(probability.ravel(), marked.ravel(), strict=True) if m]
    found = [bool(t) for t, m in zip(truth.ravel(), marked.ravel(), strict=True) if m]
    return sum(said) / len(said) - sum(found) / len(found) if said else nothing


def _too_sure(truth, probability, head):
    return _gap(truth, probability, head & (probability >= 0.5))


def _away_from_half(truth, probability, head):
    sure = np.maximum(probability, 1 - probability)
    return _gap(truth == (probability >= 0.5), sure, head)


TRUTH = np.array([[0, 0, 1, 1], [0, 1, 1, 0]], bool)
SAID = np.array([[0.75, 0.25, 0.875, 0.625], [0.125, 0.375, 1.0, 0.75]])
HEAD = np.array([[0, 1, 1, 1], [1, 1, 1, 1]], bool)
ALL = np.ones((2, 4), bool)
EDGE = np.array([[0.5, 0.25, 0.875, 0.5], [0.125, 0.375, 1.0, 0.25]])

EXERCISE = Exercise(
    name="too_sure",
    lesson=9,
    task="Say by how much a network is too sure of what it marks.",
    reference=_too_sure,
    properties=[
        Property(
            "It is the mean probability of the marked pixels less the share of tumour among them.",
            [
                case(TRUTH, SAID, ALL, note="five pixels marked, three of them tumour"),
                case(TRUTH | True, SAID, ALL, note="all of them tumour: too modest"),
            ],
            points=2,
        ),
        Property("Only pixels inside the head count.", [case(TRUTH, SAID, HEAD, note="a marked pixel of air")]),
        Property("A pixel with a probability of 0.5 is marked.", [case(TRUTH, EDGE, ALL, note="two such pixels")]),
        Property(
            "Where nothing is marked there is no such number: NaN.", [case(TRUTH, SAID / 4, ALL, note="all faint")]
        ),
    ],
    misconceptions=[
        Misconception(
            "all pixels instead of the marked ones",
            "Nearly all pixels are given nearly 0 and are healthy. They hide the few that matter here.",
            lambda truth, probability, head: _gap(truth, probability, head),
        ),
        Misconception(
            "the whole image instead of the head",
            "Air that was marked counts here. `head` says what counts.",
            lambda truth, probability, head: _gap(truth, probability, probability >= 0.5),
        ),
        Misconception(
            "the other way round",
            "This is by how much it is too modest.",
            lambda truth, probability, head: -_too_sure(truth, probability, head),
        ),
        Misconception(
            "the size of the gap alone",
            "Too sure and too modest are different faults: keep the sign.",
            lambda truth, probability, head: abs(_too_sure(truth, probability, head)),
        ),
        Misconception(
            "0.5 not marked",
            "From 0.5 on: a pixel right at it belongs to the marked ones.",
            lambda truth, probability, head: _gap(truth, probability, head & (probability > 0.5)),
        ),
        Misconception(
            "0 where nothing is marked",
            "0 would say that its certainty is just right. It was never asked for.",
            lambda truth, probability, head: _gap(truth, probability, head & (probability >= 0.5), 0.0),
        ),
        Misconception(
            "certainty in either answer",
            "Here a pixel that is surely healthy counts as sure, too. Asked for is what was marked.",
            _away_from_half,
        ),
    ],
    hints=[
        "Which pixels are marked? Two conditions have to hold for each of them.",
        "With that mask choose from the probabilities, and choose from the truth.",
        "Two means and their difference. Before that, ask whether any pixel is marked at all.",
    ],
)
