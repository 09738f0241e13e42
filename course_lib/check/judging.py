"""From an answer to a verdict: which properties hold, on which case one fails, and which misconception that looks like.

`judge_outcomes` needs only what the answer's calls gave, so the calls may have happened in another process.
"""

from dataclasses import dataclass, field
from typing import Any

from course_lib.check.comparing import difference
from course_lib.check.exercise import Exercise, Misconception, Property, resolve
from course_lib.check.running import Outcome, call_all, has_empty_body, stands_for_nothing
from course_lib.check.showing import compact, describe, shown_inputs

RIGHT, WRONG, NOT_ATTEMPTED, NOTED, UNCHECKED = "right", "wrong", "not attempted", "noted", "unchecked"
UNTOUCHED = "The arrays that it is given stay as they were."


@dataclass(frozen=True, eq=False)
class Result:
    """The verdict on one answer. As the last line of a cell it stays silent: `check` has shown it already.

    Attributes:
        exercise: name of the exercise.
        status: "right", "wrong", "not attempted", "noted" (prediction or free text) or "unchecked" (no such exercise).
        scores: for each property's statement whether it holds.
        score: share of the points, 0 to 1.
        statement: the first property that fails.
        explanation: what is wrong, in a sentence or two.
        misconception: name of the misconception that the answer equals, "" if none.
        says: what to tell somebody with that misconception.
        details: pairs of label and text: the case, what was expected, what came.
        images: expected and given 2-D array, where a picture helps.
    """

    exercise: str
    status: str
    scores: dict[str, bool] = field(default_factory=dict)
    score: float = 0.0
    statement: str = ""
    explanation: str = ""
    misconception: str = ""
    says: str = field(default="", repr=False)
    details: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    images: tuple = field(default=(), repr=False)

    def _ipython_display_(self) -> None:
        """Show nothing."""


def judge(exercise: Exercise, answer: Any, given: dict[str, Any]) -> Result:
    """Return the verdict on an answer; `given` are the values that a value's reference needs."""
    if exercise.kind == "function":
        return _judge_function(exercise, answer)
    if stands_for_nothing(answer):
        return Result(exercise.name, NOT_ATTEMPTED)
    rule = {"value": _judge_value, "choice": _judge_choice, "prediction": _judge_prediction, "free": _judge_free}
    return rule[exercise.kind](exercise, answer, given)


def _judge_function(exercise: Exercise, answer: Any) -> Result:
    if stands_for_nothing(answer):
        return Result(exercise.name, NOT_ATTEMPTED)
    if not callable(answer):
        said = f"It wants the function itself, without brackets and arguments, and got {describe(answer)}."
        return Result(exercise.name, WRONG, explanation=said)
    if has_empty_body(answer):
        return Result(exercise.name, NOT_ATTEMPTED)
    return judge_outcomes(exercise, call_all(answer, exercise.cases(), exercise.seconds, exercise.view))


def judge_outcomes(exercise: Exercise, outcomes: list[Outcome]) -> Result:
    """Return the verdict on a function from what it gave on each of `exercise.cases()`, in that order."""
    if outcomes[0].error == "NotImplementedError" or outcomes[0].output is Ellipsis:
        return Result(exercise.name, NOT_ATTEMPTED)
    expected = call_all(exercise.reference, exercise.cases(), exercise.seconds, exercise.view)
    rules = [rule for rule in exercise.properties for _ in rule.cases]
    faults = [_fault(exercise, *row) for row in zip(rules, exercise.cases(), expected, outcomes, strict=True)]
    failed = {id(rule) for rule, fault in zip(rules, faults, strict=True) if fault}
    scores = {rule.statement: id(rule) not in failed for rule in exercise.properties}
    points = [rule.points * (id(rule) not in failed) for rule in exercise.properties]
    total = sum(rule.points for rule in exercise.properties)
    if failed:
        first = next(number for number, fault in enumerate(faults) if fault)
        return _failure(exercise, rules[first], first, faults[first], expected, outcomes, scores, sum(points) / total)
    changed = next((outcome.changed for outcome in outcomes if outcome.changed), "")
    if changed and not exercise.may_change_inputs:
        said = f"Its results are right, but it changes {changed} in place; work on a copy (`.copy()`)."
        return Result(exercise.name, WRONG, {**scores, UNTOUCHED: False}, total / (total + 1), UNTOUCHED, said)
    return Result(exercise.name, RIGHT, scores, 1.0)


def _fault(exercise: Exercise, rule: Property, case: Any, expected: Outcome, outcome: Outcome) -> str | None:
    """Return what is wrong with the outcome of one case, None if nothing."""
    if outcome.error == "TimeUp":
        return f"It did not end within {exercise.seconds:g} s. Is there a loop that never stops?"
    if outcome.error and outcome.error != expected.error:
        return (
            f"It stopped with {outcome.error}: {outcome.message}"
            if outcome.message
            else f"It stopped with {outcome.error}."
        )
    if expected.error:
        return (
            None
            if outcome.error
            else f"Here it should raise {expected.error}, but it returned {describe(outcome.output)}."
        )
    if rule.holds is None:
        return difference(expected.output, outcome.output, exercise.tolerance)
    try:
        verdict = rule.holds(case.fresh()[0], outcome.output)
    except Exception:  # the property reads the answer's output, which can be anything
        verdict = f"Expected {describe(expected.output)}, got {describe(outcome.output)}."
    if isinstance(verdict, str):
        return verdict
    return None if verdict else f"It returned {describe(outcome.output)} for which this is not so."


def _failure(exercise, rule, number, fault, expected, outcomes, scores, score) -> Result:
    """Describe the first failing case (that of index `number`) and look for the misconception behind it."""
    case, outcome = exercise.cases()[number], outcomes[number]
    inputs, keywords = case.fresh()
    details = [("case", case.note)] if case.note else []
    details += shown_inputs(exercise.reference, inputs, keywords)
    if rule.holds is None and not expected[number].error:
        details.append(("expected", compact(expected[number].output)))
    if not outcome.error:
        details.append(("got", compact(outcome.output)))
    if outcome.printed.strip():
        details.append(("it printed", outcome.printed.strip()[:300]))
    found = next((m for m in exercise.misconceptions if _shows(exercise, m, number, outcomes)), None)
    return Result(
        exercise.name,
        WRONG,
        scores,
        score,
        rule.statement,
        fault[0].upper() + fault[1:],
        found.name if found else "",
        found.says if found else "",
        tuple(details),
        (expected[number].output, outcome.output) if exercise.picture else (),
    )


def _shows(exercise: Exercise, misconception: Misconception, number: int, outcomes: list[Outcome]) -> bool:
    """Return whether the outcomes show a misconception: by its sign on the failing case, or as its equal on all."""
    if misconception.sign is not None and not outcomes[number].error:
        inputs, _ = exercise.cases()[number].fresh()
        try:
            return bool(misconception.sign(inputs, outcomes[number].output))
        except Exception:  # the sign reads the answer's output, which can be anything
            return False
    theirs = call_all(misconception.answer, exercise.cases(), exercise.seconds, exercise.view)
    return all(
        mine.error == other.error and not (difference(other.output, mine.output, exercise.tolerance))
        for mine, other in zip(outcomes, theirs, strict=True)
    )


def _judge_value(exercise: Exercise, answer: Any, given: dict[str, Any]) -> Result:
    expected = exercise.expected(given)
    if callable(answer) and not callable(expected):
        return Result(exercise.name, WRONG, explanation="It wants the value, and got a function: call the function.")
    if difference(expected, answer, exercise.tolerance) is None:
        return Result(exercise.name, RIGHT, score=1.0)
    return _wrong_value(exercise, answer, given, _coyly(expected, answer))


def _wrong_value(exercise: Exercise, answer: Any, given: dict[str, Any], said: str) -> Result:
    found = next(
        (m for m in exercise.misconceptions if not difference(resolve(m.answer, given), answer, exercise.tolerance)),
        None,
    )
    name, says = (found.name, found.says) if found else ("", "")
    details = (("got", compact(answer)),)
    return Result(exercise.name, WRONG, explanation=said, misconception=name, says=says, details=details)


def _coyly(expected: Any, got: Any) -> str:
    """Say how a value is wrong without giving the right one away."""
    if describe(expected) != describe(got):
        return f"Expected {describe(expected)}, got {describe(got)}."
    if describe(expected) == "a number":
        return "It is too small." if got < expected else "It is too large." if got > expected else "It is not a number."
    return f"It is {describe(got)}, as it should be, but what is in it differs."


def _judge_choice(exercise: Exercise, answer: Any, given: dict[str, Any]) -> Result:
    chosen = _option(exercise, answer)
    if not chosen:
        return _ask_again(exercise)
    if chosen == _option(exercise, exercise.expected(given)):
        return Result(exercise.name, RIGHT, score=1.0)
    return _wrong_value(exercise, chosen, given, "That is not it.")


def _judge_prediction(exercise: Exercise, answer: Any, _given: dict[str, Any]) -> Result:
    if exercise.options:
        made = bool(_option(exercise, answer))
    else:
        low, high = exercise.between
        made = difference(0.0, answer, tolerance=float("inf")) is None and bool(low <= answer <= high)
    if not made:
        return _ask_again(exercise)
    if exercise.whole and 0 < abs(answer) < 1:
        said = f"{compact(answer)} would be less than one. Did you mean {compact(round(100 * answer, 1))}?"
        return Result(exercise.name, WRONG, explanation=said)
    return Result(exercise.name, NOTED, score=1.0, explanation=f"Your prediction: {compact(answer)}. Now look.")


def _judge_free(exercise: Exercise, answer: Any, _given: dict[str, Any]) -> Result:
    if isinstance(answer, str) and not answer.strip():
        return Result(exercise.name, NOT_ATTEMPTED)
    if not isinstance(answer, str):
        return Result(exercise.name, WRONG, explanation=f"It wants a text in quotes, and got {describe(answer)}.")
    said = "Your text is kept for a person to read; nothing here judges it."
    return Result(exercise.name, NOTED, score=1.0, explanation=said)


def _option(exercise: Exercise, answer: Any) -> str:
    """Return the option that the answer names, whatever its case and outer spaces; "" if none."""
    wanted = answer.strip().casefold() if isinstance(answer, str) else None
    return next((option for option in exercise.options if option.casefold() == wanted), "")


def _ask_again(exercise: Exercise) -> Result:
    if exercise.options:
        said = f"Answer with one of: {', '.join(repr(option) for option in exercise.options)}."
    else:
        said = "Answer with a number from {:g} to {:g}, without quotation marks.".format(*exercise.between)
    return Result(exercise.name, WRONG, explanation=said)
