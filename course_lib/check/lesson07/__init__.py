"""Exercises of lesson 7: where a guess is wrong, which threshold suits it, what to keep of it, what a pixel costs."""

from course_lib.check.exercise import Exercise
from course_lib.check.lesson07.errors import ERRORS
from course_lib.check.lesson07.part import PART
from course_lib.check.lesson07.threshold import THRESHOLD

EXERCISES = [
    ERRORS,
    THRESHOLD,
    Exercise(
        name="what_the_worst_share",
        lesson=7,
        kind="free",
        task="Say in three or four sentences where the network is wrong, and what its worst patients have in common.",
        hints=[
            "Look at the scans first, without the errors: would you have seen the tumour yourself? In which sequence?",
            "Compare the kind of error, not only its size: is it a whole tumour, a piece of one, or the rim?",
            "Name one patient whose errors are all at the rim, one with a piece missing, one who has no hit at all.",
        ],
    ),
    PART,
    Exercise(
        name="two_readers_guess",
        lesson=7,
        kind="prediction",
        task="Guess: one reader draws a pixel too wide, one a pixel too tight. Which Dice do the two reach, typically?",
        between=(0, 1),
        hints=[
            "There is no wrong answer here: a guess that you have made is one that you can be surprised by.",
            "A typical tumour here covers 450 pixels, a disc of 24 pixels across. How long is its rim?",
            "Give a number from 0 (nothing shared) to 1 (the same outline).",
        ],
    ),
]
