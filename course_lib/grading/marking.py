"""From a submission to a job for the sandbox, and from what came back to a row of marks."""

import hashlib
import json
from typing import Any

from course_lib import __version__
from course_lib.check.judging import NOT_ATTEMPTED, WRONG
from course_lib.grading import wire
from course_lib.grading.answers import cells_for
from course_lib.grading.key import NOT_FOUND, Key
from course_lib.grading.model import MISSING_VALUE, OK, Answer, Job, Limits, Row, Submission

BLANK, UNREADABLE = "blank", "unreadable"
TEXT_AT_MOST = 20_000  # characters of a free answer that are kept for a person to read


def plan(submission: Submission, released: bytes, key: Key, limits: Limits) -> tuple[Job, list[str]]:
    """Return what is to be run of a readable submission, and what an instructor should look at.

    Args:
        submission: with a notebook.
        released: the lesson's learner's copy as it was handed out.
        key: of the lesson.
        limits: what the submission may use.
    """
    chosen = cells_for(submission.notebook, released, key.exercises.values())
    return Job(submission.name, chosen.cells, key.calls(*key.functions), list(key.values), limits), chosen.flags


def mark(submission: Submission, answer: Answer, key: Key, flags: list[str]) -> Row:
    """Return the row of a submission from what its process gave; without any marks if it is we who failed to run it.

    Args:
        submission: what was handed in.
        answer: what came back.
        key: of the lesson.
        flags: from `plan`.
    """
    if answer.ours:
        return Row(submission.name, submission.student, answer.status, flags=[answer.detail])
    called = key.calls(*key.functions)
    given: dict[str, list] = {name: [] for name in key.functions}
    for call, outcome in zip(called, answer.outcomes, strict=False):
        given[call.exercise].append(outcome)
    results = {}
    for name, exercise in key.exercises.items():
        if exercise.kind == "function":
            results[name] = _verdict(key, name, given[name])
        else:
            value = answer.values.get(name, MISSING_VALUE)
            results[name] = key.judge_value(name, value) | {"text": _text(value) if exercise.kind == "free" else ""}
    scores = {name: result["score"] for name, result in results.items()}
    untouched = all(result["status"] in (NOT_ATTEMPTED, NOT_FOUND) for result in results.values())
    status = BLANK if answer.status == OK and untouched else answer.status
    notes = [*flags, *filter(None, (submission.note, answer.detail))]
    return Row(submission.name, submission.student, status, scores, total_of(scores), notes, results)


def _verdict(key: Key, name: str, outcomes: list) -> dict[str, Any]:
    """Return the key's verdict; what came back is plain data, but any plain data at all."""
    try:
        return key.judge(name, outcomes)
    except Exception as error:  # a table with two columns of one name, a number of a thousand digits, …
        said = f"Its results cannot be compared ({type(error).__name__})."
        return {"status": WRONG, "score": 0.0, "scores": {}, "explanation": said, "details": []}


def unreadable(submission: Submission, key: Key) -> Row:
    """Return the row of a submission that cannot be read: 0 for everything, and why."""
    scores = dict.fromkeys(key.exercises, 0.0)
    return Row(submission.name, submission.student, UNREADABLE, scores, 0.0, [submission.problem])


def total_of(scores: dict[str, float | None]) -> float | None:
    """Return the mean of the scores that there are; None if a person has yet to give all of them.

    >>> total_of({"dice": 1.0, "in_words": None, "twins": 0.5})
    0.75
    """
    known = [score for score in scores.values() if score is not None]
    return sum(known) / len(known) if known else None


def fingerprint_of_task(released: bytes, key: Key, limits: Limits) -> bytes:
    """Return what every row of a class depends on: the lesson, what is asked of the answers, and the limits."""
    asked = [call.to_dict() for call in key.calls(*key.functions)]
    settings = [__version__, limits.to_dict(), list(key.exercises), asked]
    said = json.dumps(settings, sort_keys=True, default=str).encode()
    return hashlib.sha256(hashlib.sha256(released).digest() + said).digest()


def fingerprint(submission: Submission, task: bytes) -> str:
    """Return what a row depends on, as one word: while it stays the same a row that is there is used again."""
    said = json.dumps([submission.name, submission.problem, submission.note]).encode()
    return hashlib.sha256(task + hashlib.sha256(submission.notebook or b"").digest() + said).hexdigest()[:32]


def _text(value: Any) -> str:
    """Return a free answer as text, cut; what is no text is shown as nothing."""
    try:
        decoded = wire.decode(value)
    except wire.WireError:
        return ""
    return decoded[:TEXT_AT_MOST] if isinstance(decoded, str) else ""
