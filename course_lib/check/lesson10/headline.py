"""Exercise: what a model card says first."""

import numpy as np
import pandas as pd

from course_lib import handin
from course_lib.check.exercise import Exercise, Misconception, Property, case
from course_lib.evaluation import bootstrap_interval


def _of(dice):
    """The headline of these scores."""
    return handin.headline(pd.DataFrame({"part": "test", "dice": np.asarray(dice, float)}))


def _everybody(table):
    return _of(table.dice)


def _all_but_training(table):
    return _of(table.dice[table.part != "train"])


def _validation(table):
    return _of(table.dice[table.part == "validation"]) if (table.part == "validation").any() else _of([0.0])


def _test(table):
    return table[table.part == "test"]


def _every_slice_a_vote(table):
    test = _test(table)
    return _of(np.repeat(test.dice, test.slices))


def _weighted_mean(table):
    test = _test(table)
    return handin.headline(table) | {"mean": float(np.average(test.dice, weights=test.slices))}


def _slices_counted(table):
    return handin.headline(table) | {"patients": int(_test(table).slices.sum())}


def _range_of_patients(table):
    low, high = np.percentile(_test(table).dice, [2.5, 97.5])
    return handin.headline(table) | {"low": float(low), "high": float(high)}


def _spread_of_patients(table):
    mean, spread = _test(table).dice.mean(), _test(table).dice.std()
    return handin.headline(table) | {"low": float(mean - 2 * spread), "high": float(mean + 2 * spread)}


def _bell_curve(table):
    dice = _test(table).dice
    reach = 1.96 * dice.std() / np.sqrt(len(dice))
    return handin.headline(table) | {"low": float(dice.mean() - reach), "high": float(dice.mean() + reach)}


def _interval_of_slices(table):
    test = _test(table)
    low, high = bootstrap_interval(np.repeat(test.dice, test.slices))
    return handin.headline(table) | {"low": low, "high": high}


def _best_patient(table):
    return handin.headline(table) | {"mean": float(_test(table).dice.max())}


def _mean_and_median_swapped(table):
    right = handin.headline(table)
    return right | {"mean": right["median"], "median": right["mean"]}


def _table(**parts):
    """A row a patient: part, slices, dice, from lists of (slices, dice)."""
    rows = [(part, *row) for part, listed in parts.items() for row in listed]
    return pd.DataFrame(rows, columns=["part", "slices", "dice"])


TEST = [(20, 0.9), (80, 0.55), (30, 0.8), (25, 0.85)]

HEADLINE = Exercise(
    name="headline",
    lesson=10,
    task="Give what a model card says first: patients, mean, median, and the interval of the mean.",
    reference=handin.headline,
    tolerance=0.004,  # a bootstrap with another seed is as right
    properties=[
        Property(
            "One patient, one vote: mean and median over patients, and how many there are.",
            [case(_table(test=TEST), note="test patients only")],
            points=2,
        ),
        Property(
            "Only the patients kept for the end count.",
            [
                case(
                    _table(train=[(40, 0.97), (35, 0.95)], validation=[(30, 0.7), (22, 0.99)], test=TEST[:3]),
                    note="training and validation patients are in the table too",
                )
            ],
            points=2,
        ),
    ],
    misconceptions=[
        Misconception(
            "training patients among them",
            "Every row of the table went into this. What does a score say about somebody whom the network has studied?",
            _everybody,
        ),
        Misconception(
            "validation patients among them",
            "Training is left out, and validation is not. The epoch and the threshold were chosen because they were "
            "good on those patients, so their scores flatter.",
            _all_but_training,
        ),
        Misconception(
            "validation in place of the test",
            "These are the patients that the network was chosen on. The others were kept for this moment.",
            _validation,
        ),
        Misconception(
            "every slice has a vote",
            "Somebody with 80 slices counts four times as much here as somebody with 20, and the interval comes out "
            "far too narrow: slices of one patient are alike.",
            _every_slice_a_vote,
        ),
        Misconception(
            "the mean weighted by slices",
            "In this mean somebody with 80 slices counts four times as much as somebody with 20.",
            _weighted_mean,
        ),
        Misconception(
            "slices counted as patients",
            "This is the number of slices. The next hospital sends patients.",
            _slices_counted,
        ),
        Misconception(
            "the range of the patients in place of the interval of the mean",
            "These two numbers hold 95 % of the patients. Asked for is how far the *mean* can be trusted, which other "
            "patients would have moved.",
            _range_of_patients,
        ),
        Misconception(
            "two standard deviations of the patients",
            "This says how much patients differ. Asked for is the interval of their mean.",
            _spread_of_patients,
        ),
        Misconception(
            "1.96 standard errors",
            "That interval supposes many patients, spread like a bell. Asked for is the bootstrap's, drawn from the "
            "patients themselves: `evaluation.bootstrap_interval`.",
            _bell_curve,
        ),
        Misconception(
            "the interval drawn from slices",
            "The mean is taken over patients, and the interval over slices: it looks far more certain than it is.",
            _interval_of_slices,
        ),
        Misconception(
            "the best patient",
            "This is the score of the best patient. It is on no card that you should believe.",
            _best_patient,
        ),
        Misconception(
            "mean and median swapped",
            "Both are there, under each other's name.",
            _mean_and_median_swapped,
        ),
    ],
    hints=[
        "First the rows: whose score was nobody allowed to look at until now?",
        "Of those rows the column `dice` is all you need: one number a patient, whatever his number of slices.",
        "`evaluation.bootstrap_interval` takes one number a patient and returns the lower and the upper end.",
    ],
)
