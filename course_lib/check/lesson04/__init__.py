"""Exercises of lesson 4: what VGG19 wants to be fed, where to tap it, what there is to train."""

from course_lib.check.exercise import Exercise
from course_lib.check.lesson04.caffe import CAFFE
from course_lib.check.lesson04.counting import COUNTING
from course_lib.check.lesson04.taps import WHERE_TO_TAP

EXERCISES = [
    CAFFE,
    WHERE_TO_TAP,
    COUNTING,
    Exercise(
        name="head_start",
        lesson=4,
        kind="prediction",
        task="Guess: how much Dice does the borrowed encoder add where two patients are labelled, in hundredths?",
        between=(-100, 100),
        whole=True,
        hints=[
            "There is no wrong answer here: a guess that you have made is one that you can be surprised by.",
            "Dice runs from 0 to 1, so 10 means: a Dice that is .10 higher. It may also harm: then give a minus.",
            "Give any number from -100 to 100.",
        ],
    ),
    Exercise(
        name="when_to_borrow",
        lesson=4,
        kind="free",
        task="Say in three or four sentences when borrowing is worth it, when not, and how sure this makes you.",
        hints=[
            "Read the picture from left to right: what becomes of the distance between the lines?",
            "Compare the distance between two lines with the length of the bars, and look at each seed's small mark.",
            "How many patients were scored, how many seeds drawn, and what kind of patients are they?",
        ],
    ),
]
