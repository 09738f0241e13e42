"""The graded set that comes with the course: the library does not answer it, and the key marks it as it should."""

import ast
import functools
import json

import numpy as np
import pytest

from course_lib.check import exercises
from course_lib.check.comparing import difference
from course_lib.check.exercise import Case
from course_lib.check.judging import judge
from course_lib.check.running import call
from course_lib.errors import CourseError
from course_lib.grading import wire
from course_lib.grading.graded import graded_set, instructor_folder
from course_lib.grading.key import load_key

FOLDER = instructor_folder() / "graded"
SET = {one.exercise.name: one for one in graded_set(FOLDER)}
every_exercise = pytest.mark.parametrize("name", SET)
three_secrets = pytest.mark.parametrize("secret", ["spring", "autumn", "résumé"])


@functools.cache
def key_to(number, secret="spring"):
    names = [name for name, one in SET.items() if one.exercise.lesson == number]
    return load_key([number], FOLDER, secret, names=names)


def defined_by(code, name):
    """The function that a cell defines, beside the names that the lessons have imported by then."""
    import pandas as pd
    from scipy import ndimage

    space = {"np": np, "pd": pd, "ndimage": ndimage}
    exec(code, space)
    return space[name]


def verdict_on(key, name, answer):
    sent = []
    for one in key.calls(name):
        inputs = tuple(wire.decode(value, allow_code=True) for value in one.inputs)
        outcome = call(answer, Case(inputs, {word: wire.decode(value) for word, value in one.keywords.items()}), 10.0)
        told = {part: getattr(outcome, part) for part in ("error", "message", "printed", "changed")}
        sent.append(json.loads(json.dumps(told | {"output": wire.encode(outcome.output)})))
    return key.judge(name, sent)


def visible_then(exercise, otherwise):
    """An answer that knows the visible cases by heart."""

    def looked_up(*inputs):
        known = any(not difference(list(each.inputs), list(inputs), 0.0) for each in exercise.cases())
        return exercise.reference(*inputs) if known else otherwise(*inputs)

    return looked_up


def test_every_lesson_has_one_and_no_bank_knows_its_name():
    assert [one.exercise.lesson for one in SET.values()] == list(range(1, 11))
    assert not set(SET) & {exercise.name for exercise in exercises()}


@every_exercise
@three_secrets
def test_the_solution_has_full_marks_and_the_stub_none(name, secret):
    one, key = SET[name], key_to(SET[name].exercise.lesson, secret)
    solved, blank = (verdict_on(key, name, defined_by(code, name)) for code in (one.solution, one.stub))
    assert (solved["status"], solved["score"]) == ("right", 1.0), solved
    assert (blank["status"], blank["score"]) == ("not attempted", 0.0)


@pytest.mark.slow
@every_exercise
@three_secrets
def test_every_wrong_answer_is_named_and_loses_what_it_loses_on_the_visible_cases(name, secret):
    exercise, key = SET[name].exercise, key_to(SET[name].exercise.lesson, secret)
    assert len(exercise.misconceptions) >= 4
    for wrong in exercise.misconceptions:
        verdict, shown = verdict_on(key, name, wrong.answer), judge(exercise, wrong.answer, {})
        assert verdict["misconception"] == wrong.name
        assert {s: verdict["scores"][s] for s in shown.scores} == shown.scores, wrong.name
        assert verdict["score"] < 1


@pytest.mark.slow
@every_exercise
@three_secrets
def test_hidden_cases_alone_find_out_every_wrong_answer_and_whoever_learned_the_visible_ones(name, secret):
    exercise, key = SET[name].exercise, key_to(SET[name].exercise.lesson, secret)
    for wrong in exercise.misconceptions:
        assert verdict_on(key, name, visible_then(exercise, wrong.answer))["score"] < 1, wrong.name
    assert verdict_on(key, name, visible_then(exercise, lambda *_: None))["score"] == 0


@every_exercise
def test_stub_and_solution_are_the_same_function_with_the_same_docstring(name):
    def head(code):
        made = next(node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef))
        return ast.unparse(made.args), ast.get_docstring(made)

    assert head(SET[name].stub) == head(SET[name].solution)
    assert len(head(SET[name].stub)[1]) > 80


@every_exercise
def test_hints_and_explanations_hold_no_line_of_the_solution(name):
    one = SET[name]
    assert len(set(one.exercise.hints)) == 3
    telling = {line.strip() for line in one.solution.splitlines()} - {line.strip() for line in one.stub.splitlines()}
    said = [*one.exercise.hints, *(wrong.says for wrong in one.exercise.misconceptions), one.text]
    assert [line for line in telling if len(line) >= 12 for text in said if line in text] == []


@every_exercise
def test_no_function_of_the_library_has_its_name(name):
    folder = instructor_folder().parent / "course_lib"
    named = [path.name for path in folder.rglob("*.py") if f"def {name}(" in path.read_text(encoding="utf-8")]
    assert named == []


def test_the_visible_cases_are_told_apart_from_those_drawn():
    for name, one in SET.items():
        key = key_to(one.exercise.lesson)
        for rule, drawn in zip(one.exercise.properties, key.hidden[name], strict=True):
            assert drawn, rule.statement
            for each in rule.cases:
                same = [other for other in drawn if not difference(list(each.inputs), list(other.inputs), 0.0)]
                assert same == [], rule.statement


GOOD = (FOLDER / "lesson03_output_size.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("lesson03_a.py", GOOD.replace("STUB = ", "DRAFT = ").replace("STUB.", "DRAFT."), "lacks STUB"),
        ("lesson04_a.py", GOOD, "different lessons"),
        ("lesson03_a.py", GOOD.replace('name="size_without_padding"', 'name="size"'), "have to define 'size'"),
        ("lesson03_a.py", GOOD.replace("size_without_padding", "receptive_field"), "another name"),
        ("lesson03_a.py", GOOD.replace("import Exercise", "import Exercises"), "Cannot load .*lesson03_a.py"),
        ("other.py", GOOD, "No lessonNN_name.py"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_to_do(tmp_path, file, text, said):
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match=said):
        load_key([3, 4], tmp_path)


def test_a_file_without_hidden_cases_has_them_drawn_from_the_visible_ones(tmp_path):
    (tmp_path / "lesson03_a.py").write_text(GOOD.replace("def hidden(", "def _unused("), encoding="utf-8")
    key = load_key([3], tmp_path)
    assert [bool(drawn) for drawn in key.hidden["size_without_padding"]] == [True, True]
    assert key.graded == {"size_without_padding"}
