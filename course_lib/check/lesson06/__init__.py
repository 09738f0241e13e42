"""Exercises of lesson 6: pairs that move together, a rate that falls on a plateau, an end in time."""

from course_lib.check.exercise import Exercise
from course_lib.check.lesson06.pairs import PAIRS
from course_lib.check.lesson06.plateau import PLATEAU
from course_lib.check.lesson06.stopping import STOPPING

EXERCISES = [
    PAIRS,
    Exercise(
        name="best_epoch",
        lesson=6,
        kind="prediction",
        task="Guess: in which of 24 epochs on three slices is the network best on patients that it has never seen?",
        between=(1, 24),
        hints=[
            "There is no wrong answer here: a guess that you have made is one that you can be surprised by.",
            "Three slices of one patient, over and over: what can be learned from them, and how soon is it learned?",
            "Give the number of an epoch, from 1 to 24.",
        ],
    ),
    PLATEAU,
    STOPPING,
    Exercise(
        name="four_trainings",
        lesson=6,
        kind="free",
        task="Say for each of the four trainings what its curves show, and what you would do next.",
        hints=[
            "For each, ask three things: does the training loss fall, does the validation loss, does Dice rise?",
            "Which two can be told apart only by validation? Which one would be helped by more epochs?",
            "One slow rate, one good one, one with masks moved apart, one on few slices: which picture fits which?",
        ],
    ),
]
