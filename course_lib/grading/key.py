"""The answer key: which cases an answer is called on, also those in no release, and the verdict on what came back.

Nothing in here runs a learner's code. `Key.calls` says what is to be called behind the boundary; `Key.judge` compares
what came out of it. The hidden cases are drawn from a secret, so that no release and no copy of the library holds them.
"""

import copy
import functools
import hashlib
import os
import pickle
import secrets as system_secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.check.banks import exercises
from course_lib.check.exercise import Case, Exercise, Property
from course_lib.check.judging import NOT_ATTEMPTED, NOTED, RIGHT, UNTOUCHED, WRONG, Result, judge, judge_outcomes
from course_lib.check.running import Outcome, call
from course_lib.errors import CourseError
from course_lib.grading import wire
from course_lib.grading.graded import Graded, graded_set, instructor_folder, load_module
from course_lib.grading.model import DIED, MISSING, MISSING_VALUE, NOT_TRIED, Call
from course_lib.grading.vary import drawn_like
from course_lib.storage import write_atomically

EACH = 2  # hidden cases for every visible one
NOT_FOUND = "missing"  # status of an exercise whose function or value the submission does not define
ELSEWHERE = "It holds on the cases that the lesson shows, and fails on other inputs of the same kind."


@dataclass(frozen=True)
class Key:
    """The answers to the exercises of some lessons.

    Attributes:
        exercises: by name, in the order of the lessons, with the visible cases only.
        hidden: by name of a function exercise, for each of its properties the hidden cases.
        graded: names of those that come from a graded set; learners get no check for them.
        thin: (exercise, statement) of properties for which no hidden case could be drawn.
    """

    exercises: dict[str, Exercise]
    hidden: dict[str, list[list[Case]]] = field(repr=False)
    graded: frozenset[str] = frozenset()
    thin: tuple[tuple[str, str], ...] = ()

    @functools.cached_property
    def functions(self) -> list[str]:
        """Names of the exercises whose answer is a function, which is called."""
        return [name for name, exercise in self.exercises.items() if exercise.kind == "function"]

    @functools.cached_property
    def values(self) -> list[str]:
        """Names of the exercises whose answer is a value, which is looked up."""
        return [name for name in self.exercises if name not in self.functions]

    def calls(self, *names: str) -> list[Call]:
        """Return the calls that the answers to some function exercises need: what learners may see, then the rest.

        So no code has seen a hidden input of any exercise when it runs on the cases that feedback shows.
        """
        return [
            one for hidden in (False, True) for name in names for one, secret in self._sent[name] if secret == hidden
        ]

    @functools.cached_property
    def _sent(self) -> dict[str, list[tuple[Call, bool]]]:
        """The call of every case in the order of the properties, and whether it is hidden."""
        return {name: [(_call(name, case), secret) for case, secret in self._cases(name)] for name in self.functions}

    def _cases(self, name: str) -> list[tuple[Case, bool]]:
        """Return every case in the order of the properties, and whether it is hidden."""
        rows = zip(self.exercises[name].properties, self.hidden[name], strict=True)
        return [
            (case, secret)
            for rule, drawn in rows
            for cases, secret in ((rule.cases, False), (drawn, True))
            for case in cases
        ]

    def judge(self, name: str, outcomes: Sequence[Outcome | dict[str, Any]]) -> dict[str, Any]:
        """Return the verdict on a function from what the calls of this exercise gave, in the order of `calls(name)`.

        Returns:
            status ("right", "wrong", "not attempted", "missing"), score (0 to 1), scores (by statement, whether it
            holds on all cases), and for feedback statement, explanation, misconception, says and details. These speak
            of visible cases only: of a property that fails on a hidden one they say no more than that.
        """
        exercise = self.exercises[name]
        given = [self._viewed(exercise, outcome) for outcome in outcomes]
        cases = self._cases(name)
        given += [Outcome(error=NOT_TRIED, message="the calls ended before this one")] * (len(cases) - len(given))
        if given[0].error == MISSING:
            return _verdict(Result(name, NOT_FOUND, explanation=f"There is no function `{name}` in this notebook."))
        shown = [given.pop(0) for _, secret in cases if not secret]
        left = {False: iter(shown), True: iter(given)}
        full = judge_outcomes(self._full(name), [next(left[secret]) for _, secret in cases])
        visible = judge_outcomes(exercise, shown)
        if visible.status == NOT_ATTEMPTED:
            return _verdict(visible)
        if visible.status == RIGHT and full.status == WRONG:
            visible = replace(visible, statement=full.statement, explanation=_elsewhere(given, full))
        return _verdict(replace(visible, status=full.status, scores=full.scores, score=full.score))

    def judge_value(self, name: str, value: Any) -> dict[str, Any]:
        """Return the verdict on a value, encoded or MISSING_VALUE; `score` is None where a person has to read it."""
        exercise = self.exercises[name]
        if value == MISSING_VALUE:
            return _verdict(Result(name, NOT_FOUND, explanation=f"Nothing in this notebook is named `{name}`."))
        try:
            result = judge(exercise, wire.decode(value), {})
        except (wire.WireError, TypeError, ValueError, OverflowError):  # anything at all may stand under the name
            result = Result(name, WRONG, explanation="Its value is nothing that could be compared.")
        verdict = _verdict(result)
        return verdict | {"score": None} if exercise.kind == "free" and result.status == NOTED else verdict

    def _full(self, name: str) -> Exercise:
        exercise = self.exercises[name]
        pairs = zip(exercise.properties, self.hidden[name], strict=True)
        rules = [replace(rule, cases=[*rule.cases, *drawn]) for rule, drawn in pairs]
        return replace(exercise, properties=rules, misconceptions=())

    @staticmethod
    def _viewed(exercise: Exercise, outcome: Outcome | dict[str, Any]) -> Outcome:
        """Return an outcome with its output decoded, and seen as the exercise wants it seen."""
        try:
            made = outcome if isinstance(outcome, Outcome) else wire.outcome(outcome)
            if exercise.view is None or made.error or made.output is None:
                return made
            return replace(made, output=exercise.view(made.output))
        except Exception as error:  # the view and the decoder read what the answer gave, which can be anything
            return Outcome(error=type(error).__name__, message="its result is nothing that could be compared")


def load_key(
    lessons: Sequence[int],
    graded_folder: Path | None = None,
    secret: str = "",
    hidden_folder: Path | None = None,
    names: Sequence[str] | None = None,
) -> Key:
    """Return the key to some lessons.

    Args:
        lessons: their numbers.
        graded_folder: a graded set (`graded_set`), whose exercises of these lessons are added.
        secret: what the hidden cases are drawn from; the same secret gives the same cases on every machine.
        hidden_folder: where ``lessonNN.py`` files hold `HIDDEN`, for exercises whose cases cannot be varied blindly;
            by default ``instructor/hidden`` of the course.
        names: only these exercises; None takes all.

    Raises:
        CourseError: a file of either folder cannot be used, or a name is taken twice.
    """
    made: dict[str, Exercise] = {}
    drawers: dict[str, Callable] = {}
    graded = {each.exercise.name: each for each in graded_set(graded_folder)} if graded_folder else {}
    for lesson in lessons:
        drawers |= _own_drawers(hidden_folder or instructor_folder() / "hidden", lesson)
        made |= {exercise.name: exercise for exercise in exercises(lesson)}
        for name, one in graded.items():
            if one.exercise.lesson == lesson:
                _refuse_double(one, made)
                made[name], drawers[name] = one.exercise, one.hidden
    made = {name: _remembering_all(each) for name, each in made.items() if names is None or name in names}
    hidden = {
        name: _drawn(exercise, drawers.get(name), secret)
        for name, exercise in made.items()
        if exercise.kind == "function"
    }
    thin = [
        (name, rule.statement)
        for name, lists in hidden.items()
        for rule, cases in zip(made[name].properties, lists, strict=True)
        if not cases
    ]
    return Key(made, hidden, frozenset(graded) & frozenset(made), tuple(thin))


def find_secret(path: Path) -> str:
    """Return the secret that a file holds; where there is no file, make one that only its owner can read.

    Raises:
        CourseError: the file is empty or cannot be read.
    """
    if not path.exists():
        with write_atomically(path) as file:
            os.chmod(file.name, 0o600)
            file.write(system_secrets.token_hex(16) + "\n")
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"Cannot read the secret in {path}: {error}. Name another file.") from error
    if not secret:
        raise CourseError(f"{path} is empty. Write any words into it, or remove it, and a secret is made.")
    return secret


def _own_drawers(folder: Path, lesson: int) -> dict[str, Callable]:
    path = folder / f"lesson{lesson:02d}.py"
    return dict(load_module(path).HIDDEN) if path.is_file() else {}


def _refuse_double(one: Graded, made: dict[str, Exercise]) -> None:
    if one.exercise.name in made:
        raise CourseError(f"{one.path}: there is an exercise {one.exercise.name!r} already. Give yours another name.")


def _drawn(exercise: Exercise, drawer: Callable | None, secret: str) -> list[list[Case]]:
    """Return for each property of an exercise its hidden cases."""
    seed = hashlib.sha256(f"{secret}\n{exercise.name}".encode()).digest()
    random = np.random.default_rng(int.from_bytes(seed, "big"))
    rules: Sequence[Property] = exercise.properties
    if drawer is None:
        return [_varied(exercise, rule, random) for rule in rules]
    drawn = drawer(random)
    if isinstance(drawn, dict):
        drawn = _by_statement(exercise, drawn, random)
    if len(drawn) != len(rules):
        raise CourseError(f"Hidden cases of {exercise.name!r}: {len(drawn)} lists for {len(rules)} properties.")
    for rule, cases in zip(rules, drawn, strict=True):
        alone = replace(exercise, properties=[replace(rule, cases=cases or rule.cases)], misconceptions=())
        known, found = (
            {call(exercise.reference, each, exercise.seconds).error for each in some} for some in (rule.cases, cases)
        )
        if judge(alone, exercise.reference, {}).score < 1 or not found <= known | {""}:
            raise CourseError(f"Hidden cases of {exercise.name!r}: its reference fails on one of {rule.statement!r}")
    return drawn


def _varied(exercise: Exercise, rule: Property, random: np.random.Generator) -> list[Case]:
    return [new for each in rule.cases for new in drawn_like(exercise, rule, each, random, EACH)]


def _by_statement(exercise: Exercise, drawn: dict[str, list[Case]], random: np.random.Generator) -> list[list[Case]]:
    """Return the cases of each property: those given under its statement, or else varied ones."""
    unknown = set(drawn) - {rule.statement for rule in exercise.properties}
    if unknown:
        raise CourseError(f"Hidden cases of {exercise.name!r}: it has no property {sorted(unknown)[0]!r}.")
    return [drawn.get(rule.statement) or _varied(exercise, rule, random) for rule in exercise.properties]


def _call(name: str, case: Case) -> Call:
    inputs, keywords = case.fresh()
    try:
        sent = [wire.encode(value, strict=True) for value in inputs]
        return Call(name, name, sent, {word: wire.encode(value, strict=True) for word, value in keywords.items()})
    except wire.WireError as error:
        raise CourseError(f"A case of {name!r} cannot be sent into the sandbox. {error}") from error


def _elsewhere(outcomes: list[Outcome], full: Result) -> str:
    errors = {outcome.error for outcome in outcomes}
    if "TimeUp" in errors:
        return ELSEWHERE + " On one of them it did not end in time."
    if DIED in errors:
        return ELSEWHERE + " On one of them the whole process ended."
    return full.explanation if full.statement == UNTOUCHED else ELSEWHERE


def _verdict(result: Result) -> dict[str, Any]:
    parts = ("status", "score", "scores", "statement", "explanation", "misconception", "says")
    return {name: getattr(result, name) for name in parts} | {"details": [list(pair) for pair in result.details]}


def _remembering_all(exercise: Exercise) -> Exercise:
    """Return an exercise whose reference and wrong answers work every case out once, not once for each submission."""
    if exercise.kind != "function":
        return exercise
    wrong = [replace(each, answer=_remembering(each.answer)) for each in exercise.misconceptions]
    return replace(exercise, reference=_remembering(exercise.reference), misconceptions=wrong)


def _remembering(function: Callable) -> Callable:
    seen: dict[bytes, tuple[Any, Exception | None]] = {}

    @functools.wraps(function)
    def remembered(*inputs, **keywords):
        try:
            asked = pickle.dumps((inputs, keywords))  # of our own cases, and only as a name for them
        except (pickle.PicklingError, AttributeError, TypeError):
            return function(*inputs, **keywords)
        if asked not in seen:
            try:
                seen[asked] = function(*inputs, **keywords), None
            except Exception as error:
                seen[asked] = None, error
        value, error = seen[asked]
        if error is not None:
            raise error
        return copy.deepcopy(value)

    return remembered
