"""Exercises of lesson 2: counting masks, twins and patients."""

from course_lib.check.exercise import Exercise
from course_lib.check.lesson02.pixels import SHARE
from course_lib.check.lesson02.splitting import SPLIT
from course_lib.check.lesson02.twins import TWINS

EXERCISES = [
    Exercise(
        name="tumor_percent",
        lesson=2,
        kind="prediction",
        task="Guess, before counting: of 100 pixels, how many are tumour?",
        between=(0, 100),
        hints=[
            "There is no wrong answer here: a guess that you have made is one that you can be surprised by.",
            "Lesson 1 showed how much of a slice is head; the bars above show how many slices have tumour at all.",
            "Give any number from 0 to 100, decimals allowed.",
        ],
    ),
    SHARE,
    TWINS,
    SPLIT,
    Exercise(
        name="what_the_copier_shows",
        lesson=2,
        kind="free",
        task="Say in three or four sentences what the copier has learned, and what you would ask about a Dice of 0.90.",
        hints=[
            "Compare the two columns of the table. What changed between them: the copier, or the test?",
            "Which of its neighbours could the copier look up for a patient whom nobody has scanned before?",
            "Three things hide behind one number: which slices were averaged, what an empty slice counts, and how the "
            "parts were divided.",
        ],
    ),
]
