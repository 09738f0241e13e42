"""How far you are: which exercises are solved, kept on this machine alone.

``check`` notes every attempt in a notebook at which a person sits; ``progress.show()`` shows the lesson at hand and
the whole course, ``course progress`` does so in a terminal. What is kept is one file, ``progress/progress.json`` in the
course's folder; the environment variable COURSE_PROGRESS names another folder, or is "off". Nothing is sent anywhere.

An exercise is solved once an answer was right (a prediction or a text: once it was made), and stays so, whatever is
tried later and however the exercise changes.
"""

from course_lib.errors import CourseError
from course_lib.progress import card
from course_lib.progress.keeping import (
    forget,
    keep_in,
    keeping_advice,
    kept_entries,
    latest_lesson,
    note_check,
    note_hint,
    place,
)
from course_lib.progress.lessons import LESSONS, Lesson, find_lesson
from course_lib.progress.standing import Standing, lesson_at_hand, standings
from course_lib.surroundings import has_a_person, running_kernel

__all__ = [
    "LESSONS",
    "SWITCHED_OFF",
    "Lesson",
    "Standing",
    "find_lesson",
    "forget",
    "keep_in",
    "keeping_advice",
    "kept_entries",
    "note_check",
    "note_hint",
    "place",
    "show",
    "standings",
]
NOBODY = "Your progress appears here when you work through this lesson yourself."
SWITCHED_OFF = "Progress is switched off: the environment variable COURSE_PROGRESS says so."


def show(lesson: int | str | None = None) -> None:
    """Show how far you are: the exercises of one lesson, and the whole course folded below. Call again to see it anew.

    Args:
        lesson: number or name; by default the one whose notebook this is, or that you worked on last.
    """
    kernel = running_kernel()
    if kernel is not None and not has_a_person(kernel):
        print(NOBODY)
    elif place() is None:
        print(SWITCHED_OFF)
    else:
        _show(lesson, in_notebook=kernel is not None)


def _show(lesson: int | str | None, in_notebook: bool) -> None:
    entries, problem = kept_entries()
    every = standings(entries)
    notes = tuple(filter(None, (problem, keeping_advice())))
    try:
        here = every[find_lesson(lesson).number - 1] if lesson is not None else lesson_at_hand(every, latest_lesson())
    except CourseError as error:
        here, notes = None, (str(error), *notes)
    if in_notebook:
        from IPython.display import display

        plain = card.text(every, here, notes)
        display({"text/html": card.page(every, here, notes), "text/plain": plain}, raw=True)
    else:
        print(card.text(every, here, notes))
