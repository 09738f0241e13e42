"""Exercises of lesson 3: what convolutions cost, how far they see, what a skip hands over."""

from course_lib.check.exercise import Exercise
from course_lib.check.lesson03.field import FIELD
from course_lib.check.lesson03.parameters import PARAMETERS
from course_lib.check.lesson03.skip import SKIP

EXERCISES = [
    PARAMETERS,
    Exercise(
        name="ten_convolutions",
        lesson=3,
        kind="prediction",
        task="Guess: through ten 3×3 convolutions, how many pixels wide is the part of the slice that one answer sees?",
        between=(1, 100_000),
        hints=[
            "There is no wrong answer here: a guess that you have made is one that you can be surprised by.",
            "One convolution sees 3 pixels. Draw a second one over it: how many more, on either side?",
            "Give any number of pixels from 1 on.",
        ],
    ),
    FIELD,
    SKIP,
    Exercise(
        name="what_skips_carry",
        lesson=3,
        kind="free",
        task="Say in three or four sentences what the network without skips knows, what it lacks, and why.",
        hints=[
            "Compare the two rows slice by slice: which bays and corners does only one follow? Whose lines are smooth?",
            "Through how many pixels must everything pass that the network without skips draws with?",
            "Look again at the masks after one to four poolings, and at what came back from them.",
        ],
    ),
]
