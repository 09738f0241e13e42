"""What an exercise is: task, reference, what must hold of an answer, and the wrong answers it recognises."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from course_lib.errors import CourseError

KINDS = ("function", "value", "choice", "prediction", "free")


@dataclass(frozen=True, eq=False)
class Case:
    """Inputs to call an answer with, small enough to be shown when the answer fails on them.

    Attributes:
        inputs: positional arguments; or, for inputs that cannot be copied or are slow to make (Keras tensors, models),
            a function without arguments that makes that tuple anew.
        keywords: keyword arguments.
        note: what is special about this case, in a few words ("no tumour at all").
    """

    inputs: tuple | Callable[[], tuple]
    keywords: dict[str, Any] = field(default_factory=dict)
    note: str = ""

    def fresh(self) -> tuple[tuple, dict[str, Any]]:
        """Return inputs and keywords that the answer may spoil without spoiling the next call's."""
        inputs = self.inputs() if callable(self.inputs) else copy.deepcopy(self.inputs)
        return inputs, copy.deepcopy(self.keywords)


def case(*inputs, note: str = "", **keywords) -> Case:
    """Shorthand for a `Case`: ``case(truth, guess, note="no tumour at all")``."""
    return Case(inputs, keywords, note)


@dataclass(frozen=True, eq=False)
class Property:
    """One statement that must hold of an answer, tried on its own cases, worth its own points.

    Attributes:
        statement: a full sentence that is true of a right answer ("Two empty masks agree: Dice is 1.").
        cases: the cases that try it.
        holds: `holds(inputs, output)` returns True, or False, or a sentence that says what is wrong. By default the
            output must equal the reference's. It sees only the output, so it can judge one that another process made.
        points: weight in the score.
    """

    statement: str
    cases: tuple[Case, ...] | list[Case]
    holds: Callable[[tuple, Any], bool | str] | None = None
    points: float = 1.0


@dataclass(frozen=True, eq=False)
class Misconception:
    """A wrong answer that learners give, in a form that runs, and what to tell those who gave it.

    Attributes:
        name: the mistake in a few words ("misses and false alarms swapped").
        says: an explanation that does not give the solution away.
        answer: the wrong function; for a value the wrong value, or a function of the values given to `check`.
        sign: `sign(inputs, output)` is true of an output that shows the mistake. Only for functions whose outputs
            need not equal the reference's (a random split): by default a mistake is recognised when the learner's
            outputs equal those of `answer` on every case.
    """

    name: str
    says: str
    answer: Any
    sign: Callable[[tuple, Any], bool] | None = None


@dataclass(frozen=True, eq=False)
class Exercise:
    """One exercise of a lesson.

    Attributes:
        name: what the learner passes to `check`; unique in the course.
        lesson: number of the lesson.
        task: the task in one line.
        kind: "function"; "value"; "choice" (one of `options`, one of which is right); "prediction" (a number in
            `between`, or one of `options`: checked for having been made, not for being right); "free" (text that a
            person reads).
        reference: the right function; for a value or choice the right value, or a function of the keyword arguments
            given to `check` (``check("twins", answer, scans=scans)``).
        properties: for a function, what must hold, in the order in which a learner should care.
        misconceptions: wrong answers to recognise.
        hints: three steps, from a nudge to almost there.
        tolerance: largest difference of two numbers that counts as equal, absolute below 1 and relative above.
        options: for a choice, or a prediction by choice.
        between: lowest and highest sensible number of a prediction.
        whole: a prediction counts in hundredths or pieces, so that 0.6 is asked back: was 60 meant?
        view: what of a function's output is compared, where the output itself cannot be (a layer, a symbolic tensor).
        picture: draw expected and given image side by side when a 2-D answer is wrong.
        seconds: time limit for all calls together.
        may_change_inputs: whether the answer is allowed to change the arrays it is given.
    """

    name: str
    lesson: int
    task: str
    kind: str = "function"
    reference: Any = None
    properties: tuple[Property, ...] | list[Property] = ()
    misconceptions: tuple[Misconception, ...] | list[Misconception] = ()
    hints: tuple[str, ...] | list[str] = ()
    tolerance: float = 1e-5
    options: tuple[str, ...] = ()
    between: tuple[float, float] | None = None
    view: Callable[[Any], Any] | None = None
    picture: bool = False
    seconds: float = 10.0
    may_change_inputs: bool = False
    whole: bool = False

    def __post_init__(self):
        """Raise `CourseError` when a bank's entry is not complete."""
        faults = [
            (self.kind not in KINDS, f"kind {self.kind!r} is none of {', '.join(KINDS)}"),
            (self.kind == "function" and not callable(self.reference), "its reference is not a function"),
            (self.kind == "function" and not all(p.cases for p in self.properties), "a property has no cases"),
            (self.kind == "function" and not self.properties, "it has no properties"),
            (self.kind in ("value", "choice") and self.reference is None, "it has no reference"),
            (self.kind == "choice" and not self.options, "it has no options to choose from"),
            (self.kind == "prediction" and not (self.options or self.between), "it needs `options` or `between`"),
        ]
        for wrong, what in faults:
            if wrong:
                raise CourseError(f"Exercise {self.name!r} of lesson {self.lesson}: {what}. Mend its bank.")

    def cases(self) -> list[Case]:
        """Return every case of every property, in order."""
        return [each for rule in self.properties for each in rule.cases]

    def expected(self, given: dict[str, Any]) -> Any:
        """Return the right value of a value or choice, from what the learner gave to `check` beside the answer."""
        return resolve(self.reference, given)


def resolve(value: Any, given: dict[str, Any]) -> Any:
    """Return `value`, or what it computes from `given` if it is a function."""
    return value(**given) if callable(value) else value
