"""Prove a graded set before it is handed out: its solutions are right, its stubs blank, its wrong answers found out."""

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage

from course_lib.check.comparing import difference
from course_lib.check.exercise import Case, Exercise
from course_lib.check.judging import NOT_ATTEMPTED, judge
from course_lib.check.running import call
from course_lib.grading import wire
from course_lib.grading.graded import Graded, graded_set
from course_lib.grading.key import Key, load_key

SECRETS = ("one secret", "another", "a third")
FEWEST = 4  # misconceptions


def faults(folder: Path, secrets: Sequence[str] = SECRETS) -> list[str]:
    """Return what is wrong with a graded set, a sentence each; nothing if it can be handed out.

    It runs the code of the set here, as you.

    Raises:
        CourseError: a file cannot be used at all.
    """
    found: list[str] = []
    for one in graded_set(folder):
        found += [f"{one.path.name}: {fault}" for fault in _faults_of_form(one)]
        for secret in secrets:
            key = load_key([one.exercise.lesson], folder, secret, names=[one.exercise.name])
            found += [f"{one.path.name}: {fault}" for fault in _faults_of_marks(one, key)]
    return list(dict.fromkeys(found))


def verdict_on(key: Key, name: str, answer: Callable) -> dict[str, Any]:
    """Return the verdict on a trusted answer that is called here, its inputs and outputs sent as they would be."""
    sent = []
    for one in key.calls(name):
        inputs = tuple(wire.decode(value, allow_code=True) for value in one.inputs)
        keywords = {word: wire.decode(value, allow_code=True) for word, value in one.keywords.items()}
        outcome = call(answer, Case(inputs, keywords), key.exercises[name].seconds)
        told = {part: getattr(outcome, part) for part in ("error", "message", "printed", "changed")}
        sent.append(told | {"output": wire.encode(outcome.output)})
    return key.judge(name, sent)


def by_heart(exercise: Exercise, otherwise: Callable) -> Callable:
    """Return an answer that is right on the visible cases, and on others does what another one does."""

    def looked_up(*inputs, **keywords):
        given = [list(inputs), keywords]
        known = any(not difference([list(one.inputs), one.keywords], given, 0.0) for one in exercise.cases())
        return (exercise.reference if known else otherwise)(*inputs, **keywords)

    return looked_up


def defined_by(code: str, name: str) -> Callable:
    """Return the function that a cell defines, beside the names that lessons have imported by then."""
    space: dict[str, Any] = {"np": np, "pd": pd, "ndimage": ndimage}
    exec(compile(code, f"<{name}>", "exec"), space)
    return space[name]


def _faults_of_form(one: Graded) -> Iterator[str]:
    exercise = one.exercise
    if len(exercise.misconceptions) < FEWEST:
        yield f"it knows {len(exercise.misconceptions)} misconceptions; {FEWEST} are the fewest."
    if len(set(exercise.hints)) != 3:
        yield "it should have three hints."
    heads = [_head(code, exercise.name) for code in (one.stub, one.solution)]
    if heads[0] != heads[1]:
        yield "STUB and SOLUTION differ in arguments or docstring."
    seen = {line.strip() for line in one.stub.splitlines()}
    said = [one.text, *exercise.hints, *(wrong.says for wrong in exercise.misconceptions)]
    for line in one.solution.splitlines():
        if len(line.strip()) >= 12 and line.strip() not in seen and any(line.strip() in text for text in said):
            yield f"a text gives a line of the solution away: {line.strip()}"


def _head(code: str, name: str) -> tuple[str, str | None]:
    made = next(node for node in ast.parse(code).body if getattr(node, "name", "") == name)
    return ast.unparse(made.args), ast.get_docstring(made)


def _faults_of_marks(one: Graded, key: Key) -> Iterator[str]:
    exercise, name = one.exercise, one.exercise.name
    solved = verdict_on(key, name, defined_by(one.solution, name))
    if solved["score"] != 1:
        yield f"its SOLUTION scores {solved['score']:.0%}: {solved['statement']} {solved['explanation']}"
    blank = verdict_on(key, name, defined_by(one.stub, name))
    if (blank["status"], blank["score"]) != (NOT_ATTEMPTED, 0):
        yield f"its STUB is {blank['status']}, not {NOT_ATTEMPTED}."
    for wrong in exercise.misconceptions:
        verdict, shown = verdict_on(key, name, wrong.answer), judge(exercise, wrong.answer, {})
        if shown.score == 1:
            yield f"no visible case shows the misconception {wrong.name!r}."
        elif verdict["misconception"] != wrong.name:
            yield f"the misconception {wrong.name!r} is taken for {verdict['misconception'] or 'none'!r}."
        if {statement: verdict["scores"][statement] for statement in shown.scores} != shown.scores:
            yield f"hidden cases take a property from {wrong.name!r} that the visible ones leave it."
        if verdict_on(key, name, by_heart(exercise, wrong.answer))["score"] == 1:
            yield f"no hidden case finds out the misconception {wrong.name!r}."
    for thin, statement in key.thin:
        if thin == name:
            yield f"no hidden case could be drawn for {statement!r}; write `hidden(random)`."
