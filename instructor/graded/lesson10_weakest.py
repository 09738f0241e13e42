"""Graded exercise of lesson 10: where a network does worst."""

import numpy as np
import pandas as pd

from course_lib.check.exercise import Exercise, Misconception, Property, case

TEXT = """
## Graded: where does it do worst?

A card should say for whom the network works worst. Of the patients kept for the end, find the institution with the
lowest median Dice. One or two patients tell nothing about an institution: leave those with fewer than three out.
"""

STUB = '''
def weakest_institution(table):
    """The institution with the lowest median Dice, and that median: a pair.

    table: a row a patient, with the columns part ("train", "validation" or "test"), institution and dice.
    Only patients of the test count, and only institutions with at least three of those.
    """
    raise NotImplementedError("your turn")
'''

SOLUTION = STUB.replace(
    '    raise NotImplementedError("your turn")',
    """    groups = table[table.part == "test"].groupby("institution").dice
    medians = groups.median()[groups.count() >= 3]
    return medians.idxmin(), float(medians.min())""",
)


def _weakest(table, parts=("test",), least=3, score=np.median, best=min):
    """Find an institution; each keyword makes one mistake."""
    groups = {}
    for part, institution, dice in zip(table.part, table.institution, table.dice, strict=True):
        if part in parts:
            groups.setdefault(institution, []).append(dice)
    scores = {name: float(score(values)) for name, values in groups.items() if len(values) >= least}
    found = best(scores, key=scores.get)
    return found, scores[found]


def _table(**parts):
    """A row a patient, from a dictionary of institutions and their Dice for each part; institutions take turns."""
    rows = [
        (turn, part, name, dice)
        for part, listed in parts.items()
        for name, values in listed.items()
        for turn, dice in enumerate(values)
    ]
    table = pd.DataFrame(rows, columns=["turn", "part", "institution", "dice"])
    return table.sort_values("turn", kind="stable", ignore_index=True).drop(columns="turn")


def _mixed(low, middle, high):
    """Test patients of three institutions: the first has the lowest median, the second the lowest mean."""
    return {"CS": [low, low + 0.01, low + 0.02], "DU": [0.02, middle, middle + 0.02], "HT": [high, high, high + 0.01]}


EXERCISE = Exercise(
    name="weakest_institution",
    lesson=10,
    task="Find the institution with the lowest median Dice among the patients of the test.",
    reference=lambda table: _weakest(table),
    properties=[
        Property(
            "The lowest median decides, and is given beside the institution's name.",
            [
                case(_table(test=_mixed(0.6, 0.7, 0.9)), note="one patient of DU was not found at all"),
                case(_table(test={"FG": [0.9, 0.8, 0.7, 0.85], "EZ": [0.5, 0.95, 0.6]}), note="two institutions"),
            ],
            points=2,
        ),
        Property(
            "Only patients of the test count.",
            [
                case(
                    _table(
                        train={"HT": [0.1, 0.2, 0.1, 0.2]},
                        validation={"DU": [0.3, 0.3, 0.2, 0.3]},
                        test=_mixed(0.6, 0.7, 0.9),
                    ),
                    note="the others did worse in training and validation",
                )
            ],
        ),
        Property(
            "An institution needs three patients, and three are enough.",
            [
                case(
                    _table(test=_mixed(0.6, 0.7, 0.9) | {"FG": [0.1, 0.2], "EZ": [0.9, 0.9, 0.8, 0.9]}),
                    note="FG sent two patients, EZ four",
                )
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "the mean",
            "One patient who was missed altogether drags a mean down. The median asks how the middle patient fared.",
            lambda table: _weakest(table, score=np.mean),
        ),
        Misconception(
            "the worst patient",
            "This is where the worst patient comes from. Asked for is what is usual there.",
            lambda table: _weakest(table, score=np.min),
        ),
        Misconception(
            "all patients",
            "Training patients are in it, whom it has studied, and validation patients, on whom it was chosen.",
            lambda table: _weakest(table, parts=("train", "validation", "test")),
        ),
        Misconception(
            "validation patients among them",
            "The network was chosen on the validation patients. Only the test counts.",
            lambda table: _weakest(table, parts=("validation", "test")),
        ),
        Misconception(
            "small groups kept",
            "One or two patients can be unlucky. Institutions with fewer than three are left out.",
            lambda table: _weakest(table, least=1),
        ),
        Misconception(
            "three are too few",
            "At least three: an institution with exactly three counts.",
            lambda table: _weakest(table, least=4) if table.institution.value_counts().max() > 3 else ("", 0.0),
        ),
        Misconception(
            "the strongest",
            "This is where it does best.",
            lambda table: _weakest(table, best=max),
        ),
    ],
    hints=[
        "First the rows: whose scores count on a card?",
        "`groupby` makes a group of each institution; a group can be counted and has a median.",
        "Leave out the small groups, then take the smallest median: `idxmin` gives the name that belongs to it.",
    ],
)


def hidden(random):
    """Fresh cases for each property."""

    def mixed():
        low = float(np.round(random.uniform(0.5, 0.6), 3))
        found = _mixed(low, low + 0.1, low + 0.3)
        names = random.permutation(["AB", "CD", "EF"]).tolist()
        return dict(zip(names, found.values(), strict=True)), names

    (plain, _), (kept, names), (grouped, _) = mixed(), mixed(), mixed()
    return [
        [case(_table(test=plain)), case(_table(test={"XY": [0.9, 0.81, 0.7, 0.86, 0.9], "UV": [0.48, 0.97, 0.62]}))],
        [
            case(
                _table(
                    train={names[2]: [0.11, 0.2, 0.13, 0.2, 0.3]},
                    validation={names[1]: [0.3, 0.31, 0.22, 0.3]},
                    test=kept,
                )
            )
        ],
        [case(_table(test=grouped | {"GH": [0.15, 0.1], "IJ": [0.92, 0.91, 0.8, 0.9]}))],
    ]
