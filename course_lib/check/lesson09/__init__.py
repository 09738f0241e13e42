"""Exercises of lesson 9: whether probabilities are meant, and whether the answer stands when asked again."""

from course_lib.check.exercise import Exercise
from course_lib.check.lesson09.brier import BRIER
from course_lib.check.lesson09.mirrored import MIRRORED
from course_lib.check.lesson09.shares import SHARES

EXERCISES = [
    Exercise(
        name="sure_and_right",
        lesson=9,
        kind="prediction",
        task="Guess: of 100 pixels that the network calls tumour with at least 90 %, how many are tumour?",
        between=(0, 100),
        whole=True,
        hints=[
            "There is no wrong answer here: a guess that you have made is one that you can be surprised by.",
            "What would the number be if 90 % and more were meant? You have just seen one slice where it was not.",
            "Give any number from 0 to 100.",
        ],
    ),
    SHARES,
    BRIER,
    MIRRORED,
    Exercise(
        name="when_not_to_believe",
        lesson=9,
        kind="free",
        task="Say in four or five sentences when nobody should believe this network, and what would have warned you.",
        hints=[
            "Which of the tests did the network fail without losing its certainty?",
            "For each failure ask: which number or picture of this lesson showed it, and which one stayed calm?",
            "Name at least one failure that no uncertainty showed, and the check that would have caught it.",
        ],
    ),
]
