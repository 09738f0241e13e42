"""The key: hidden cases are fair and find out every wrong answer; the verdict tells no secret and never raises."""

import functools
import json
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from course_lib import evaluation
from course_lib.check import exercises, find_exercise
from course_lib.check.comparing import difference
from course_lib.check.exercise import Case, Exercise, Misconception, Property, case
from course_lib.check.judging import judge
from course_lib.check.running import Outcome, call
from course_lib.errors import CourseError
from course_lib.grading import wire
from course_lib.grading.key import find_secret, load_key
from course_lib.grading.model import DIED, MISSING, MISSING_VALUE
from course_lib.grading.vary import drawn_like, vary
from tools.notebook_build.slices import run_slice, slice_of
from tools.notebook_build.source import find_lessons, learners_copy, read_source

LESSONS = {lesson.number: lesson for lesson in find_lessons(Path(__file__).parents[1] / "notebooks")}
FUNCTIONS = [(e.lesson, e.name) for e in exercises() if e.kind == "function" and e.lesson in LESSONS]
every_function = pytest.mark.parametrize(("number", "name"), FUNCTIONS, ids=[name for _, name in FUNCTIONS])
two_secrets = pytest.mark.parametrize("secret", ["spring", pytest.param("autumn", marks=pytest.mark.slow)])


@pytest.fixture(autouse=True)
def as_notebooks_run(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.delenv("COURSE_DATA", raising=False)


@functools.cache
def key_to(number, secret="spring"):
    return load_key([number], secret=secret)


def given_by(key, name, answer):
    """What crosses back when `answer` is called behind the boundary: plain data for every call."""
    sent = []
    for one in key.calls(name):
        inputs = tuple(wire.decode(json.loads(json.dumps(value)), allow_code=True) for value in one.inputs)
        keywords = {word: wire.decode(value, allow_code=True) for word, value in one.keywords.items()}
        outcome = call(answer, Case(inputs, keywords), 10.0)
        told = {part: getattr(outcome, part) for part in ("error", "message", "printed", "changed")}
        sent.append(json.loads(json.dumps(told | {"output": wire.encode(outcome.output)})))
    return sent


def verdict_on(key, name, answer):
    return key.judge(name, given_by(key, name, answer))


def table_of_visible(exercise, otherwise):
    """An answer which looks the visible cases up and knows nothing else."""

    def looked_up(*inputs, **keywords):
        for each in exercise.cases():
            if not difference([list(each.inputs), each.keywords], [list(inputs), keywords], 0.0):
                return exercise.reference(*inputs, **keywords)
        return otherwise(*inputs, **keywords)

    return looked_up


@functools.cache
def solution_of(number, name):
    """The function that a lesson's source defines for an exercise, with the cells that it needs."""
    seen = []
    cells = slice_of(read_source(LESSONS[number].source), name)
    run_slice(cells, name, lambda _, answer: seen.append(answer) or True)
    return seen[0]


def stub_of(number, name):
    """The function as learners get it."""
    space = {"np": np, "evaluation": evaluation}
    for cell in learners_copy(read_source(LESSONS[number].source)).cells:
        if cell.cell_type == "code" and cell.metadata.get("course", {}).get("exercise") == name:
            exec(cell.source, space)
    return space[name]


# --- fair and sharp --------------------------------------------------------------------------------------------------


@every_function
@two_secrets
def test_the_shipped_solution_has_full_marks(number, name, secret):
    verdict = verdict_on(key_to(number, secret), name, solution_of(number, name))
    assert (verdict["status"], verdict["score"]) == ("right", 1.0), verdict


@pytest.mark.slow
@every_function
def test_the_stub_has_no_marks(number, name):
    verdict = verdict_on(key_to(number), name, stub_of(number, name))
    assert (verdict["status"], verdict["score"]) == ("not attempted", 0.0)


@pytest.mark.slow
@every_function
@two_secrets
def test_a_wrong_answer_loses_the_same_properties_as_in_the_lesson_and_is_named(number, name, secret):
    key, exercise = key_to(number, secret), find_exercise(name)
    for wrong in exercise.misconceptions:
        verdict, shown = verdict_on(key, name, wrong.answer), judge(exercise, wrong.answer, {})
        assert verdict["score"] == shown.score < 1, wrong.name
        assert {s: verdict["scores"][s] for s in shown.scores} == shown.scores, wrong.name
        assert verdict["misconception"] == wrong.name


@pytest.mark.slow
@every_function
@two_secrets
def test_hidden_cases_alone_find_every_wrong_answer_out(number, name, secret):
    key, exercise = key_to(number, secret), key_to(number, secret).exercises[name]
    for wrong in exercise.misconceptions:
        assert verdict_on(key, name, table_of_visible(exercise, wrong.answer))["score"] < 1, wrong.name


@pytest.mark.slow
@every_function
def test_a_table_of_the_visible_cases_keeps_no_more_than_properties_without_hidden_ones(number, name):
    key = key_to(number)
    verdict = verdict_on(key, name, table_of_visible(key.exercises[name], lambda *_, **__: None))
    assert verdict["score"] < 0.5
    held = [(name, statement) for statement, holds in verdict["scores"].items() if holds]
    assert held == [pair for pair in key.thin if pair[0] == name]


def test_every_property_has_hidden_cases_but_that_of_no_layers_at_all():
    assert [pair for number in LESSONS for pair in key_to(number).thin] == [
        ("receptive_field", "Without any layer a pixel sees itself.")
    ]


@every_function
def test_inputs_cross_the_boundary_as_they_are(number, name):
    key = key_to(number)
    crossed = [[wire.decode(value, allow_code=True) for value in one.inputs] for one in key.calls(name)]
    cases = [each for hidden in (False, True) for each, secret in key._cases(name) if secret == hidden]
    for got, each in zip(crossed, cases, strict=True):
        plain = [value for value in each.inputs if not callable(value)]
        assert difference(plain, [value for value in got if not callable(value)], 0.0) is None


# --- the secret ------------------------------------------------------------------------------------------------------


def test_the_same_secret_gives_the_same_cases_and_another_one_others():
    again, other = load_key([1], secret="spring"), load_key([1], secret="autumn")
    for name in again.functions:
        assert again.calls(name) == key_to(1).calls(name)
        assert again.calls(name) != other.calls(name)


def test_a_secret_may_hold_any_letters():
    key, exercise = key_to(1, "résumé"), find_exercise("standardise")
    assert key.calls("standardise") != key_to(1, "resume").calls("standardise")
    assert verdict_on(key, "standardise", exercise.reference)["score"] == 1.0
    for wrong in exercise.misconceptions:
        assert verdict_on(key, "standardise", wrong.answer)["misconception"] == wrong.name


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "marks" / "secret"
    secret = find_secret(path)
    assert len(secret) >= 32
    assert find_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert find_secret(tmp_path / "another") != secret


def test_an_empty_secret_is_refused_with_the_next_step(tmp_path):
    (tmp_path / "secret").write_text(" \n")
    with pytest.raises(CourseError, match="secret is empty"):
        find_secret(tmp_path / "secret")


# --- the verdict -----------------------------------------------------------------------------------------------------


def test_no_hidden_input_has_been_seen_when_visible_cases_run():
    key = key_to(1)
    visible = sum(len(key.exercises[name].cases()) for name in key.functions)
    shown = [each for name in key.functions for each in key.calls(name)[: len(key.exercises[name].cases())]]
    assert key.calls(*key.functions)[:visible] == shown


def test_what_fails_on_hidden_cases_only_is_said_without_inputs_or_outputs():
    key = key_to(1)
    exercise = key.exercises["standardise"]

    def chatty(image):
        print("I was given", image.tolist())
        raise ValueError(f"{image.tolist()} is unknown to me")

    verdict = verdict_on(key, "standardise", table_of_visible(exercise, chatty))
    assert (verdict["status"], verdict["score"], verdict["details"]) == ("wrong", 0.0, [])
    assert verdict["statement"] == exercise.properties[0].statement
    assert verdict["explanation"].startswith("It holds on the cases that the lesson shows, and fails on other inputs")
    assert "unknown to me" not in json.dumps(verdict)


def test_an_answer_that_never_ends_on_a_hidden_case_hears_so():
    key = key_to(1)
    sent = given_by(key, "largest_slice", key.exercises["largest_slice"].reference)
    sent[-1] = {"output": None, "error": "TimeUp", "message": "", "printed": "", "changed": ""}
    assert "did not end in time" in key.judge("largest_slice", sent)["explanation"]


def test_partial_credit_goes_by_property_and_a_dead_process_keeps_what_it_had_earned():
    key = key_to(1)
    right = given_by(key, "largest_slice", key.exercises["largest_slice"].reference)
    died = {"output": None, "error": DIED, "message": "", "printed": "", "changed": ""}
    of_255 = [n for n, one in enumerate(key.calls("largest_slice")) if 255 in wire.decode(one.inputs[0])]
    sent = [died if number in of_255 else outcome for number, outcome in enumerate(right)]
    verdict = key.judge("largest_slice", sent)
    assert list(verdict["scores"].values()) == [True, False]
    assert verdict["score"] == pytest.approx(2 / 3)
    assert key.judge("largest_slice", right[:1])["score"] < 1


def test_a_function_that_is_not_there_is_missing_and_scores_nothing():
    key = key_to(1)
    gone = {"output": None, "error": MISSING, "message": "", "printed": "", "changed": ""}
    for outcomes in ([gone], [gone] * len(key.calls("standardise"))):
        verdict = key.judge("standardise", outcomes)
        assert (verdict["status"], verdict["score"]) == ("missing", 0.0)


@pytest.mark.parametrize(
    "evil",
    [
        {},
        {"output": {"opaque": "Always"}, "error": "", "message": "", "printed": "", "changed": ""},
        {"output": {"array": "no"}, "error": "", "message": "", "printed": "", "changed": ""},
        {"output": [[1, 2], "x"], "error": 3, "message": [], "printed": {}, "changed": None},
        {"output": None, "error": "", "message": "", "printed": "", "changed": ""},
    ],
)
def test_whatever_comes_back_gets_a_verdict_of_nothing(evil):
    for number, name in FUNCTIONS[:3] + FUNCTIONS[-3:]:
        key = key_to(number)
        verdict = key.judge(name, [evil] * len(key.calls(name)))
        assert (verdict["status"], verdict["score"]) == ("wrong", 0.0), name
        json.dumps(verdict)


def test_an_answer_that_changes_its_inputs_loses_a_part_of_the_marks():
    key = key_to(1)

    def spoiling(image):
        made = find_exercise("standardise").reference(image)
        image[:] = 0
        return made

    verdict = verdict_on(key, "standardise", spoiling)
    assert 0.5 < verdict["score"] < 1
    assert "in place" in verdict["explanation"]


def test_a_view_is_taken_of_what_crossed_so_runs_may_come_as_an_array():
    key = key_to(10)
    reference = find_exercise("encode_runs").reference
    verdict = verdict_on(key, "encode_runs", lambda mask: np.array(reference(mask)).reshape(-1, 2))
    assert verdict["score"] == 1.0


def test_predictions_count_when_made_and_texts_wait_for_a_person():
    key = key_to(1)
    assert key.values == ["head_percent", "what_a_copy_costs"]
    assert key.judge_value("head_percent", wire.encode(30))["score"] == 1.0
    assert key.judge_value("head_percent", wire.encode(130))["score"] == 0.0
    assert key.judge_value("head_percent", wire.encode(...))["score"] == 0.0
    assert key.judge_value("head_percent", {"opaque": "Guess"})["score"] == 0.0
    assert key.judge_value("head_percent", {"bogus": 1})["status"] == "wrong"
    assert key.judge_value("what_a_copy_costs", wire.encode("It sees the same thing twice."))["score"] is None
    assert key.judge_value("what_a_copy_costs", wire.encode("  "))["score"] == 0.0
    assert key.judge_value("what_a_copy_costs", MISSING_VALUE)["status"] == "missing"


# --- cases of an instructor's own ------------------------------------------------------------------------------------


def double(number):
    return 2 * number


DOUBLE = Exercise("double", 1, "Double a number.", reference=double, properties=[Property("It is twice.", [case(3.0)])])


def test_cases_that_cannot_be_varied_are_given_up_not_invented():
    fixed = replace(DOUBLE, properties=[Property("Of nothing it is nothing.", [case(0), Case(lambda: (3.0,))])])
    random = np.random.default_rng(0)
    assert [drawn_like(fixed, fixed.properties[0], each, random, 2) for each in fixed.cases()] == [[], []]


def test_a_drawn_case_is_wrong_for_the_same_mistakes_as_the_case_it_comes_from():
    rule = Property("Large ones too.", [case(5.0)])
    wrong = Misconception("squared", "That is its square.", lambda number: number**2)
    capped = Misconception("capped", "It stops growing.", lambda number: min(2 * number, 14.0))
    made = replace(DOUBLE, properties=[rule], misconceptions=[wrong, capped])
    drawn = drawn_like(made, rule, rule.cases[0], np.random.default_rng(1), 20)
    assert drawn
    assert all(each.inputs[0] <= 7 and each.inputs[0] != 2 for each in drawn)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("HIDDEN = {'standardise': lambda random: [[]]}", "1 lists for 3 properties"),
        (
            "from course_lib.check import case\nHIDDEN = {'standardise': lambda random: [[case('x')], [], []]}",
            "reference",
        ),
        ("HIDDEN = {'standardise': lambda random: {'It is fine.': []}}", "no property 'It is fine.'"),
        ("import nowhere", "Cannot load"),
    ],
)
def test_hidden_cases_that_do_not_fit_are_refused_with_their_exercise_or_file(tmp_path, text, said):
    (tmp_path / "lesson01.py").write_text(text)
    with pytest.raises(CourseError, match=said):
        load_key([1], hidden_folder=tmp_path)


def test_hidden_cases_by_statement_leave_the_other_properties_to_be_varied(tmp_path):
    text = """
import numpy as np
import pandas as pd
from course_lib.check import case
HIDDEN = {"standardise": lambda random: {"Shape and number of sequences are free.": [case(np.eye(3)[..., None])]}}
"""
    (tmp_path / "lesson01.py").write_text(text)
    assert [len(drawn) for drawn in load_key([1], hidden_folder=tmp_path).hidden["standardise"]] == [2, 2, 1]


def test_names_of_patients_are_changed_alike_everywhere_and_other_texts_are_not():
    names = ["TCGA_CS_4941_19960909", "TCGA_CS_4942_19970222"]
    table = pd.DataFrame({"patient": ["A", "B", "A"], "part": ["test", "train", "test"], "slice": [3, 4, 9]})
    for seed in range(20):
        made = vary(case(names, table, kind="conv", other=names[0]), np.random.default_rng(seed))
        (first, second), frame = sorted(set(made.inputs[0]), key=made.inputs[0].index), made.inputs[1]
        assert made.keywords == {"kind": "conv", "other": first}
        assert first[:11] == second[:11]
        assert first[:5] == "TCGA_"
        assert (len(first), first != second) == (len(names[0]), True)
        assert (frame.patient == frame.patient[0]).tolist() == [True, False, True]
        assert frame.part.tolist() == ["test", "train", "test"]
        assert np.diff(frame["slice"]).tolist() == [1, 5]


def test_outcomes_may_be_given_decoded():
    key = key_to(1)
    sent = [wire.outcome(each) for each in given_by(key, "largest_slice", find_exercise("largest_slice").reference)]
    assert all(isinstance(each, Outcome) for each in sent)
    assert key.judge("largest_slice", sent)["score"] == 1.0
