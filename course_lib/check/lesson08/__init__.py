"""Exercises of lesson 8: a patient's Dice, the distance of two outlines, how sure a mean is."""

from course_lib.check.exercise import Exercise
from course_lib.check.lesson08.distance import DISTANCE
from course_lib.check.lesson08.interval import INTERVAL
from course_lib.check.lesson08.patient import PATIENT

EXERCISES = [
    PATIENT,
    DISTANCE,
    Exercise(
        name="interval_width",
        lesson=8,
        kind="prediction",
        task="Guess how wide the 95 % interval of the mean Dice is, in hundredths of Dice.",
        between=(1, 100),
        hints=[
            "There is no wrong answer here: a guess that you have made is one that you can be surprised by.",
            "Cover half of the points with a hand, in the picture of the patients' Dice. How far does the mean move?",
            "Give a number of hundredths (15, not 0.15), from 1 (the mean is nearly certain) to 100 (we know nothing).",
        ],
    ),
    INTERVAL,
    Exercise(
        name="honest_sentence",
        lesson=8,
        kind="free",
        task="Say in three or four sentences how good the network is, on patients of what kind, and how sure you are.",
        hints=[
            "A reader needs to know: a score of what, averaged over what, on how many patients of what kind, and new?",
            "Which number belongs beside every mean? Which patient would a reader want to hear about?",
            "Name what Dice does not see (distance, false alarms), and what was chosen on which patients.",
        ],
    ),
]
