"""A release holds what students need, and nowhere in it, metadata and library included, is there an answer."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from course_lib.check import exercises
from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.grading.graded import graded_set, instructor_folder
from course_lib.grading.key import load_key
from course_lib.grading.release import release
from tools.notebook_build.source import find_lessons, read_source, solution_blocks

COURSE = Path(__file__).parents[1]
GRADED = instructor_folder() / "graded"
SECRET = "a secret that nobody has seen"
LESSONS = {lesson.number: lesson for lesson in find_lessons(COURSE / "notebooks")}
SET = {one.exercise.lesson: one for one in graded_set(GRADED)}


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """All lessons with the graded set and the library: the folder and its manifest."""
    out = tmp_path_factory.mktemp("release") / "handed_out"
    return out, release([str(number) for number in LESSONS], out, COURSE, GRADED, library=True)


def texts_in(folder):
    return {path: path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file()}


def notebooks_in(folder):
    return {path.name: nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))}


def telling_lines(code, beside):
    """Lines of a solution that are long enough to give it away and that learners do not see anyway."""
    return [line.strip() for line in code if len(line.strip()) >= 16 and line.strip() not in beside]


# --- nothing is given away -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", LESSONS)
def test_no_line_of_a_solution_is_in_a_released_notebook(everything, number):
    folder, _ = everything
    learners = nbformat.read(LESSONS[number].learner, as_version=4)
    seen = "\n".join(cell.source for cell in learners.cells)
    blocks = [
        line for cell in read_source(LESSONS[number].source).cells for b in solution_blocks(cell.source) for line in b
    ]
    graded = SET[number].solution.splitlines()
    released = (folder / LESSONS[number].learner.name).read_text(encoding="utf-8")
    told = telling_lines(blocks, seen) + telling_lines(graded, SET[number].stub)
    assert told
    assert [line for line in told if json.dumps(line, ensure_ascii=False)[1:-1] in released] == []


def test_no_misconception_hint_or_case_of_the_graded_set_is_anywhere(everything):
    folder, _ = everything
    held = "\n".join(texts_in(folder).values())
    for one in SET.values():
        exercise = one.exercise
        said = [text for wrong in exercise.misconceptions for text in (wrong.says,)] + list(exercise.hints)
        said += [each.note for each in exercise.cases()]
        assert [text for text in said if len(text) >= 20 and text in held] == []


def test_no_misconception_or_hint_of_a_lesson_is_in_its_notebook(everything):
    folder, _ = everything
    for number, lesson in LESSONS.items():
        released = (folder / lesson.learner.name).read_text(encoding="utf-8")
        for exercise in exercises(number):
            said = [wrong.says for wrong in exercise.misconceptions] + list(exercise.hints)
            assert [text for text in said if text in released] == [], exercise.name


@pytest.mark.slow
def test_no_hidden_input_and_no_secret_is_anywhere(everything):
    folder, _ = everything
    held = "\n".join(texts_in(folder).values())
    assert SECRET not in held
    key = load_key([2, 8, 10], GRADED, SECRET)
    for name in key.functions:
        for one in key.calls(name)[len(key.exercises[name].cases()) :]:
            long = [text for text in re.findall(r'"([^"]{24,})"', json.dumps(one.inputs)) if text.strip("A=")]
            assert [text for text in long if text in held] == []


def test_the_library_in_a_release_knows_nothing_of_the_graded_set(everything):
    folder, _ = everything
    for path, text in texts_in(folder / "course").items():
        assert [one.exercise.name for one in SET.values() if one.exercise.name in text] == [], path


def test_nothing_of_the_instructors_and_no_source_is_in_a_release(everything):
    folder, _ = everything
    parts = {part for path in folder.rglob("*") for part in path.relative_to(folder).parts}
    assert not parts & {"instructor", "source", "solutions", "tests", "hidden", ".git", "__pycache__", "phantoms"}


def test_metadata_hold_names_and_tags_only_and_cells_no_output(everything):
    folder, _ = everything
    for name, notebook in notebooks_in(folder).items():
        assert set(notebook.metadata) <= {"colab", "course", "kernelspec", "language_info"}, name
        assert set(notebook.metadata["course"]) == {"lesson", "release"}
        for cell in notebook.cells:
            assert set(cell.metadata) <= {"course", "tags", "cellView"}
            assert set(cell.metadata.get("course", {})) <= {"exercise"}
            assert set(cell.metadata.get("tags", [])) <= {"setup", "launch", "begin", "nbval-ignore-output"}
            if cell.cell_type == "code":
                assert (cell.outputs, cell.execution_count) == ([], None)


# --- what students get -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", LESSONS)
def test_a_graded_exercise_stands_before_the_recap_with_an_empty_cell_and_no_check(everything, number):
    folder, _ = everything
    notebook, one = notebooks_in(folder)[LESSONS[number].learner.name], SET[number]
    places = {cell.id: place for place, cell in enumerate(notebook.cells)}
    task = places[f"graded-{one.exercise.name}"]
    text, stub, room, recap = notebook.cells[task : task + 4]
    assert (text.source, stub.source, room.source) == (one.text, one.stub, "")
    assert stub.metadata["course"]["exercise"] == one.exercise.name
    assert "## In this lesson" in recap.source
    nbformat.validate(notebook)


def test_without_a_graded_set_the_notebooks_are_the_learners_copies(tmp_path):
    release(["1", "05_tversky"], tmp_path / "out", COURSE)
    for name, notebook in notebooks_in(tmp_path / "out").items():
        learners = nbformat.read(COURSE / "notebooks" / name, as_version=4)
        assert [cell.source for cell in notebook.cells] == [cell.source for cell in learners.cells]
    assert len(notebooks_in(tmp_path / "out")) == 2


def test_the_manifest_names_exercises_and_cells_and_holds_no_text_of_them(everything):
    folder, manifest = everything
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8")) == manifest
    for lesson, (name, notebook) in zip(manifest["lessons"], notebooks_in(folder).items(), strict=True):
        assert lesson["notebook"] == name
        assert lesson["graded"] == [SET[lesson["lesson"]].exercise.name]
        assert {each.name for each in exercises(lesson["lesson"])} == set(lesson["exercises"]) - set(lesson["graded"])
        assert set(lesson["cells"]) == {cell.id for cell in notebook.cells}
        assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in lesson["cells"].values())
        assert notebook.metadata["course"]["release"] == manifest["release"]


def test_the_page_for_students_names_each_notebook_and_what_has_no_check(everything):
    folder, manifest = everything
    page = (folder / "README.md").read_text(encoding="utf-8")
    for lesson in manifest["lessons"]:
        assert f"({lesson['notebook']})" in page
        assert f"`{lesson['graded'][0]}`" in page
    assert "--editable course" in page
    for needed in ("pyproject.toml", "constraints.txt", "course_lib/check/__init__.py", "data/model"):
        assert (folder / "course" / needed).exists()


def test_the_same_content_has_the_same_release_and_another_one_another(tmp_path):
    one, same, other = (
        release(["3"], tmp_path / "a", COURSE),
        release(["3"], tmp_path / "b", COURSE),
        release(["3"], tmp_path / "c", COURSE, GRADED),
    )
    assert one == same
    assert one["release"] != other["release"]


# --- what is refused -------------------------------------------------------------------------------------------------


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path):
    (tmp_path / "marks.csv").write_text("precious")
    with pytest.raises(CourseError, match="not empty"):
        release(["1"], tmp_path, COURSE)
    assert [path.name for path in tmp_path.iterdir()] == ["marks.csv"]


@pytest.mark.parametrize("wanted", ["11", "0", "meet", ""])
def test_a_lesson_that_is_not_there_is_refused_with_those_that_are(tmp_path, wanted):
    with pytest.raises(CourseError, match="01_meet_the_scans"):
        release([wanted], tmp_path / "out", COURSE)
    assert not (tmp_path / "out").exists()


def test_a_notebook_that_holds_a_solution_is_never_released(tmp_path):
    notebook = nbformat.read(LESSONS[1].learner, as_version=4)
    notebook.cells[-2].source += "\n### begin  Solution"
    (tmp_path / "notebooks").mkdir()
    nbformat.write(notebook, tmp_path / "notebooks" / "01_meet_the_scans.ipynb")
    with pytest.raises(CourseError, match="holds a solution"):
        release(["1"], tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_release_that_cannot_be_finished_leaves_nothing(tmp_path):
    (tmp_path / "notebooks").mkdir()
    text = LESSONS[1].learner.read_text(encoding="utf-8")
    (tmp_path / "notebooks" / "01_meet_the_scans.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match="missing"):
        release(["1"], tmp_path / "out", tmp_path, library=True)
    assert [path.name for path in tmp_path.iterdir()] == ["notebooks"]


def test_the_command_says_what_it_handed_out(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["release", "05", "08", "--out", str(out), "--graded", str(GRADED), "--course", str(COURSE)]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "05_tversky_losses.ipynb: 6 exercises, graded without a check: three_weight_index" in said
    assert sorted(path.name for path in out.iterdir()) == [
        "05_tversky_losses.ipynb",
        "08_score_honestly.ipynb",
        "README.md",
        "manifest.json",
    ]
    assert main(words) == 1
    assert "not empty" in capsys.readouterr().err
