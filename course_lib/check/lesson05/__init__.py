"""Exercises of lesson 5: what misses and false alarms weigh, and what an exponent does."""

from course_lib.check.exercise import Exercise
from course_lib.check.lesson05.counts import COUNTS
from course_lib.check.lesson05.focal import FOCAL
from course_lib.check.lesson05.index import INDEX

EXERCISES = [
    COUNTS,
    INDEX,
    FOCAL,
    Exercise(
        name="heavier_for_keras",
        lesson=5,
        kind="prediction",
        task="Guess: with alpha 0.7 and beta 0.3, which of the two guesses does Keras' Tversky loss punish harder?",
        options=("the miss", "the false alarm"),
        hints=[
            "There is no wrong answer here: a guess that you have made is one that you can be surprised by.",
            "Read the two lines of the documentation once more: which of the two errors does alpha weigh?",
            "Write 'the miss' or 'the false alarm', with its quotation marks.",
        ],
    ),
    Exercise(
        name="worth_of_a_miss",
        lesson=5,
        kind="free",
        task="Choose a weighting for two clinics, and say what it costs them, from the table and the picture.",
        hints=[
            "Who sees the masks next, and what does that person do with a false alarm? And with a miss?",
            "Read a row as a sentence: of the tumour's pixels it found so many; of what it marked so much was tumour.",
            "Ask for both clinics: which of recall and precision must not fall, and by how much may the other one?",
        ],
    ),
]
