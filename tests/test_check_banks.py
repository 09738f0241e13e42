"""Every exercise of every lesson: its solution is right, its stub is not attempted, its wrong answers are recognised.

Solutions and stubs are taken out of the lessons' sources and run with just the cells they need.
"""

import functools
from pathlib import Path

import lessons
import pytest

from course_lib.check import check, exercises, find_exercise
from course_lib.check.core import judge
from course_lib.check.exercise import resolve
from tools.notebook_build.slices import check_calls, exercise_names, run_slice, slice_of
from tools.notebook_build.source import find_lessons, learners_copy, read_source, solution_blocks

LESSONS = {lesson.number: lesson for lesson in find_lessons(Path(__file__).parents[1] / "notebooks")}
ASKED = [(number, name) for number, lesson in LESSONS.items() for name in exercise_names(read_source(lesson.source))]
every_lesson = pytest.mark.parametrize("number", LESSONS)
every_exercise = pytest.mark.parametrize(("number", "name"), ASKED, ids=[f"{n:02d}-{name}" for n, name in ASKED])


@pytest.fixture(autouse=True)
def as_notebooks_run(monkeypatch):
    """Exercises on data see the phantoms, as the built lessons do, and figures open no window."""
    lessons.see_what_lessons_see(monkeypatch)


@functools.cache
def source(number):
    return read_source(LESSONS[number].source)


@functools.cache
def solved(number, name):
    """The verdict on the shipped solution, and what the lesson gave to `check` beside it."""
    seen = {}

    def remember(name, answer=..., **given):
        seen.update(given)
        return check(name, answer, **given)

    return run_slice(slice_of(source(number), name), name, remember), seen


@every_lesson
def test_a_lesson_and_its_bank_name_the_same_exercises(number):
    in_bank = [exercise.name for exercise in exercises(number)]
    assert sorted(name for lesson, name in ASKED if lesson == number) == sorted(in_bank)
    assert sum(find_exercise(name).kind in ("function", "value", "choice") for name in in_bank) >= 3


@every_lesson
def test_every_check_in_a_lesson_names_an_exercise_of_its_bank(number):
    called = {name for cell in source(number).cells if cell.cell_type == "code" for name in check_calls(cell.source)}
    assert called == {exercise.name for exercise in exercises(number)}


def test_names_are_unique_in_the_course():
    names = [exercise.name for exercise in exercises()]
    assert len(names) == len(set(names))


@every_exercise
def test_the_shipped_solution_is_right(number, name):
    result, _ = solved(number, name)
    assert (result.status in ("right", "noted"), result.score) == (True, 1.0), result


@every_exercise
def test_the_stub_is_not_attempted_and_scores_nothing(number, name):
    result = run_slice(slice_of(learners_copy(source(number)), name), name, check)
    assert (result.status, result.score) == ("not attempted", 0.0)


@every_exercise
def test_every_wrong_answer_fails_and_is_named_as_itself(number, name):
    exercise = find_exercise(name)
    _, given = solved(number, name)
    for misconception in exercise.misconceptions:
        wrong = misconception.answer if exercise.kind == "function" else resolve(misconception.answer, given)
        result = check(name, wrong, **given)
        assert result.status == "wrong", misconception.name
        assert result.score < 1
        assert result.misconception == misconception.name


@every_exercise
def test_there_are_enough_wrong_answers_and_each_is_explained(number, name):
    exercise = find_exercise(name)
    least = {"function": 4, "value": 1, "choice": 1}.get(exercise.kind, 0)
    assert len(exercise.misconceptions) >= least
    assert len({misconception.name for misconception in exercise.misconceptions}) == len(exercise.misconceptions)
    assert all(len(misconception.says) > 20 for misconception in exercise.misconceptions)


@every_exercise
def test_three_hints_and_no_explanation_give_the_solution_away(number, name):
    exercise = find_exercise(name)
    if exercise.kind in ("function", "value", "choice") or exercise.hints:
        assert len({hint.strip() for hint in exercise.hints} - {""}) == 3
    cells = [cell for cell in source(number).cells if cell.metadata.get("course", {}).get("exercise") == name]
    lines = [line.strip() for cell in cells for block in solution_blocks(cell.source) for line in block]
    telling = [line for line in lines if len(line) >= 12 and not line.startswith("#")]
    for said in [*exercise.hints, *(misconception.says for misconception in exercise.misconceptions)]:
        assert [line for line in telling if line in said] == []


@every_exercise
def test_the_reference_of_a_function_passes_its_own_check_whenever_it_is_asked(number, name):
    exercise = find_exercise(name)
    if exercise.kind == "function":
        assert [judge(exercise, exercise.reference, {}).score for _ in range(2)] == [1.0, 1.0]


@every_exercise
def test_a_failing_case_is_small_enough_to_be_read(number, name):
    exercise = find_exercise(name)
    for misconception in exercise.misconceptions if exercise.kind == "function" else []:
        shown = judge(exercise, misconception.answer, {}).details
        assert sum(len(text) for _, text in shown) < 2_500, shown


@every_exercise
def test_an_exercise_belongs_to_its_lesson_and_says_its_task(number, name):
    exercise = find_exercise(name)
    assert exercise.lesson == number
    assert len(exercise.task) > 10
