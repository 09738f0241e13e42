"""What a learner calls to have an answer checked: ``check("name", answer)``, and ``hint("name")`` for the next hint.

Neither ever raises. The exercises live in banks, one module a lesson (``check/lesson01.py`` and so on, each with a list
``EXERCISES``), which are found and loaded when first needed. The parts: `exercise` says what an exercise is, `running`
calls an answer safely, `comparing` finds the first difference, `judging` turns outcomes into a verdict, `showing` and
`cards` put it on the page.
"""

from course_lib.check.banks import exercises, find_exercise, register
from course_lib.check.core import attempts, check, hint
from course_lib.check.exercise import Case, Exercise, Misconception, Property, case
from course_lib.check.judging import Result

__all__ = [
    "Case",
    "Exercise",
    "Misconception",
    "Property",
    "Result",
    "attempts",
    "case",
    "check",
    "exercises",
    "find_exercise",
    "hint",
    "register",
]
