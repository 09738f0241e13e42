"""Exercises of lesson 1: looking at scans."""

from course_lib.check.exercise import Exercise
from course_lib.check.lesson01.largest import LARGEST
from course_lib.check.lesson01.missing import MISSING
from course_lib.check.lesson01.standardise import STANDARDISE

EXERCISES = [
    Exercise(
        name="head_percent",
        lesson=1,
        kind="prediction",
        task="Guess, before looking: how many of 100 pixels lie inside the head?",
        between=(1, 100),
        hints=[
            "There is no wrong answer here: a guess that you have made is one that you can be surprised by.",
            "Draw a head into a square: it does not fill the corners. And some slices lie near the top of the head.",
            "Give any number from 1 to 100, in per cent.",
        ],
    ),
    LARGEST,
    STANDARDISE,
    MISSING,
    Exercise(
        name="what_a_copy_costs",
        lesson=1,
        kind="free",
        task="Say in two or three sentences what a network loses when a sequence is a copy of FLAIR.",
        hints=[
            "What can a reader tell from three different sequences that one alone does not show?",
            "A network has learned weights for each of three sequences. What do those for `pre` get to see now?",
            "Think of the ventricles, and of a place that lights up only after contrast.",
        ],
    ),
]
