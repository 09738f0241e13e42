"""Exercises of lesson 10: who is in which part, what the card says first, and masks that can be handed in."""

from course_lib.check.exercise import Exercise
from course_lib.check.lesson10.headline import HEADLINE
from course_lib.check.lesson10.runs import RUNS
from course_lib.check.lesson10.shared import SHARED

EXERCISES = [
    SHARED,
    Exercise(
        name="my_dice",
        lesson=10,
        kind="prediction",
        task="Guess, before scoring: the mean Dice of the patients kept for the end, 0 to 1.",
        between=(0, 1),
        hints=[
            "There is no wrong answer here: a guess that you have made is one that you can be surprised by.",
            "Look at the curve of the validation patients. Its best epoch was chosen because it was the best.",
            "Give any number from 0 to 1, such as the curve's last value, or a little less if you are careful.",
        ],
    ),
    RUNS,
    HEADLINE,
    Exercise(
        name="limits",
        lesson=10,
        kind="free",
        task="Write the last section of your model card: what the network is for, whom it never saw, where it fails.",
        hints=[
            "Who is in the data, and who is not? Healthy people, children, other tumours, other scanners?",
            "Look at the worst patient and at the false alarms: what would go wrong if somebody trusted this mask?",
            "Which questions did nobody ask this network yet? Say that too: not tested is a limit.",
        ],
    ),
]
