"""`course progress` and `course reset` as a learner meets them."""

import json
import shutil
import subprocess
import sys

import lessons
import nbformat
import pytest

from course_lib import cli, progress
from course_lib.commands import reset
from course_lib.errors import StorageError
from course_lib.progress import record
from course_lib.progress.record import Entry
from tools import build_notebooks

ROOT = lessons.NOTEBOOKS.parent
NAME = "05_tversky_losses"
WHEN = "2026-09-01T12:00:00+00:00"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that progress is kept in, in an environment that does not forget."""
    goal = tmp_path / "progress"
    monkeypatch.setenv("COURSE_PROGRESS", str(goal))
    monkeypatch.setattr("course_lib.progress.keeping._waiting", [])
    return goal


def solve(folder, *names, solved=WHEN):
    """Put exercises into the file, solved or only tried."""
    number = {name: lesson.number for lesson in progress.LESSONS for name in lesson.exercises}
    entries = {name: Entry(number[name], 2, 1, WHEN, WHEN, solved) for name in names}
    record.write(folder, {**record.read(folder), **entries})


@pytest.fixture
def course(capsys):
    """Runs a command and returns (status, what it printed, what it complained about)."""

    def run(*words):
        status = cli.main([str(word) for word in words])
        return status, *capsys.readouterr()

    return run


# ---- course progress


def test_on_a_fresh_machine_it_says_where_to_begin(folder, course):
    status, said, _ = course("progress")
    assert status == 0
    assert "Nothing yet." in said
    assert "course lab" in said
    assert not folder.exists()


def test_every_lesson_has_a_line_with_what_is_solved_a_bar_and_a_day(folder, course):
    solve(folder, "soft_counts", "tversky_index")
    solve(folder, "focal_tversky_loss", solved="")
    _, said, _ = course("progress")
    rows = {
        lesson.number: row
        for lesson in progress.LESSONS
        for row in said.splitlines()
        if row.lstrip().startswith(f"{lesson.heading} ")
    }
    assert len(rows) == 10
    assert rows[5].split() == ["5", "·", "Tversky", "losses", "████░░░░░░", "2", "of", "5", "2026-09-01"]
    assert rows[1].split()[-4:] == ["░░░░░░░░░░", "0", "of", "5"]
    assert "2 of 50" in said
    assert "Next: focal_tversky_loss in lesson 5" in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_lesson_lists_its_exercises_and_the_task_that_is_next(folder, course):
    solve(folder, "soft_counts")
    solve(folder, "tversky_index", solved="")
    _, said, _ = course("progress", "05")
    rows = [row.split() for row in said.splitlines()]
    assert ["✓", "solved", "soft_counts", "2026-09-01", "2", "attempts,", "1", "hint"] in rows
    assert ["…", "tried", "tversky_index", "2026-09-01", "2", "attempts,", "1", "hint"] in rows
    assert ["○", "open", "worth_of_a_miss"] in rows
    assert "Next: tversky_index. Divide hits by" in said


def test_a_finished_lesson_is_called_so(folder, course):
    solve(folder, *progress.find_lesson(1).exercises)
    assert "This lesson is done." in course("progress", "1")[1]


def test_a_finished_course_is_called_so(folder, course):
    solve(folder, *(name for lesson in progress.LESSONS for name in lesson.exercises))
    assert "All exercises are solved." in course("progress")[1]


def test_json_has_all_of_it_and_nothing_else_is_printed(folder, course):
    solve(folder, "soft_counts")
    read = json.loads(course("progress", "--json")[1])
    assert (read["solved"], read["of"], len(read["lessons"]), read["kept_in"]) == (1, 50, 10, str(folder))
    (lesson,) = json.loads(course("progress", "5", "--json")[1])["lessons"]
    assert lesson["exercises"][0] == {
        "name": "soft_counts", "state": "solved", "lesson": 5, "attempts": 2, "hints": 1,
        "first": WHEN, "last": WHEN, "solved": WHEN,
    }  # fmt: skip


def test_switched_off_it_says_so_and_json_stays_json(course, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    assert "switched off" in course("progress")[1]
    assert "switched off" in course("progress", "--forget")[1]
    assert json.loads(course("progress", "--json")[1])["kept_in"] is None


def test_a_lesson_that_does_not_exist_is_answered_with_those_that_do(folder, course):
    status, _, complaint = course("progress", "42")
    assert status == 1
    assert "1 to 10" in complaint


def test_a_damaged_file_is_named_left_alone_and_does_not_stop_the_table(folder, course):
    folder.mkdir()
    (folder / "progress.json").write_text("{")
    status, said, complaint = course("progress")
    assert status == 0
    assert "progress.json is damaged" in complaint
    assert "Nothing yet." in said
    assert (folder / "progress.json").read_text() == "{"


def test_forgetting_one_lesson_leaves_the_others_and_says_where_the_copy_is(folder, course):
    solve(folder, "soft_counts", "head_percent")
    _, said, _ = course("progress", "05", "--forget")
    copy = next(folder.glob("progress-before-*.json"))
    assert str(copy) in said
    assert record.read(folder).keys() == {"head_percent"}
    assert json.loads(copy.read_text())["exercises"].keys() == {"soft_counts", "head_percent"}
    assert "no progress" in course("progress", "05", "--forget")[1]


def test_forgetting_and_json_together_are_refused_and_nothing_is_lost(folder, course):
    solve(folder, "soft_counts")
    assert course("progress", "--forget", "--json")[0] == 1
    assert "soft_counts" in record.read(folder)


def test_a_terminal_without_blocks_gets_plain_signs(folder):
    solve(folder, "soft_counts")
    command = [sys.executable, "-c", "from course_lib.commands.progress import bar; print(bar(1, 5))"]
    done = subprocess.run(command, capture_output=True, env={"PYTHONIOENCODING": "ascii"}, check=True, cwd=ROOT)
    assert done.stdout.decode("ascii").strip() == "##--------"


def test_the_table_comes_without_waiting_for_numpy_or_a_bank_of_answers(folder):
    solve(folder, "soft_counts")
    program = (
        "import sys; from course_lib import cli; cli.main(['progress']); "
        "sys.exit(bool({'numpy', 'pandas', 'course_lib.check', 'tensorflow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0


# ---- course reset


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """Lesson 5 as the build makes it for learners."""
    folder = tmp_path_factory.mktemp("built")
    assert build_notebooks.main(["--learner", "--only", NAME, "--into", str(folder)]) == 0
    return (folder / f"{NAME}.ipynb").read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path, pristine):
    """A course's folder with the tools to build lessons, in which lesson 5 was worked on."""
    place = tmp_path / "home"
    (place / "notebooks" / "source").mkdir(parents=True)
    for name in ("tools", "course_lib", "pyproject.toml"):
        (place / name).symlink_to(ROOT / name)
    for source in (ROOT / "notebooks" / "source").glob("0[15]_*.py"):
        shutil.copy(source, place / "notebooks" / "source")
    (place / "notebooks" / "01_meet_the_scans.ipynb").write_text("{}")
    notebook = nbformat.reads(pristine, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("my_own_idea = 1"))
    nbformat.write(notebook, place / "notebooks" / f"{NAME}.ipynb")
    return place


@pytest.fixture
def quick(monkeypatch, pristine):
    """The build takes no time."""
    monkeypatch.setattr(reset, "as_it_came", lambda course, name: pristine.encode())


def notebooks(home):
    return sorted(path.name for path in (home / "notebooks").glob("*.ipynb"))


def answer(monkeypatch, word):
    monkeypatch.setattr("builtins.input", lambda question: word)


@pytest.mark.slow
def test_the_lesson_is_as_it_came_and_the_learners_work_lies_beside_it(home, course, pristine):
    path = home / "notebooks" / f"{NAME}.ipynb"
    mine = path.read_bytes()
    status, said, _ = course("reset", "05", "--yes", "--folder", home)
    assert status == 0
    assert path.read_text(encoding="utf-8") == pristine
    assert "my_own_idea" not in pristine
    (kept,) = (home / "notebooks").glob("kept_*")
    assert kept.read_bytes() == mine
    assert kept.name in said
    assert "Reload Notebook from Disk" in said


def test_two_resets_within_a_second_keep_both_copies(home, course, quick, monkeypatch):
    monkeypatch.setattr(record, "stamp", lambda: "2026-09-01_101500")
    path = home / "notebooks" / f"{NAME}.ipynb"
    for text in ("first", "second"):
        path.write_text(text)
        course("reset", "05", "--yes", "--folder", home)
    assert {kept.read_text() for kept in (home / "notebooks").glob("kept_*")} == {"first", "second"}


def test_copies_are_not_taken_for_lessons(home, course, quick):
    from course_lib.commands.lab import find_lesson

    course("reset", "05", "--yes", "--folder", home)
    assert find_lesson(home, 5).name == f"{NAME}.ipynb"
    assert [lesson.name for lesson in build_notebooks.find_lessons(home / "notebooks", ["05"])] == [NAME]


def test_it_asks_first_and_anything_but_yes_leaves_all_as_it_was(home, course, quick, monkeypatch):
    before = notebooks(home)
    for word in ("", "n", "what?"):
        answer(monkeypatch, word)
        assert "left as it is" in course("reset", "05", "--folder", home)[1]
    assert notebooks(home) == before
    answer(monkeypatch, " Yes ")
    course("reset", "05", "--folder", home)
    assert len(notebooks(home)) == len(before) + 1


def test_a_no_keeps_the_progress_too(home, course, quick, monkeypatch, folder):
    solve(folder, "soft_counts")
    answer(monkeypatch, "n")
    course("reset", "05", "--progress", "--folder", home)
    assert "soft_counts" in record.read(folder)


def test_where_nobody_can_answer_it_refuses_and_names_the_option(home, course, quick, monkeypatch):
    def nobody(question):
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    status, _, complaint = course("reset", "05", "--folder", home)
    assert status == 1
    assert "--yes" in complaint
    assert len(notebooks(home)) == 2


def test_an_untouched_lesson_needs_no_reset_and_no_copy(home, course, quick, pristine):
    (home / "notebooks" / f"{NAME}.ipynb").write_text(pristine, encoding="utf-8")
    assert "nothing to put back" in course("reset", "05", "--folder", home)[1]
    assert len(notebooks(home)) == 2


def test_a_lesson_that_was_deleted_comes_back(home, course, quick, pristine):
    path = home / "notebooks" / f"{NAME}.ipynb"
    path.unlink()
    course("reset", "05", "--yes", "--folder", home)
    assert path.read_text(encoding="utf-8") == pristine
    assert len(notebooks(home)) == 2


def test_with_progress_the_lessons_exercises_count_as_open_again(home, course, quick, folder):
    solve(folder, "soft_counts", "head_percent")
    said = course("reset", "05", "--yes", "--progress", "--folder", home)[1]
    assert record.read(folder).keys() == {"head_percent"}
    assert str(next(folder.glob("progress-before-*.json"))) in said


def test_without_that_option_what_was_solved_stays_solved(home, course, quick, folder):
    solve(folder, "soft_counts")
    course("reset", "05", "--yes", "--folder", home)
    assert record.read(folder)["soft_counts"].solved


def test_a_disk_that_refuses_leaves_the_notebook_as_it_was(home, monkeypatch, pristine):
    path = home / "notebooks" / f"{NAME}.ipynb"
    mine = path.read_bytes()

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(StorageError, match="disk is full"):
        reset.put_back(path, pristine.encode())
    assert path.read_bytes() == mine
    assert len(notebooks(home)) == 2


def git(home, *words):
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, "-C", str(home), *words], check=True, capture_output=True)


def test_without_the_tools_git_gives_the_version_that_was_published_not_what_was_committed_since(home):
    (home / "tools").unlink()
    path = home / "notebooks" / f"{NAME}.ipynb"
    git(home, "init", "-q")
    for text in ("published", "with my answers"):
        path.write_text(text)
        git(home, "add", "notebooks")
        git(home, "commit", "-q", "-m", text)
    assert reset.as_it_came(home, NAME) == b"with my answers"  # no tag: the latest commit is all that is known
    git(home, "tag", "v0.1.0", "HEAD~1")
    assert reset.as_it_came(home, NAME) == b"published"


def test_without_tools_and_history_it_says_what_to_do_and_touches_nothing(home, course):
    (home / "tools").unlink()
    mine = (home / "notebooks" / f"{NAME}.ipynb").read_bytes()
    status, _, complaint = course("reset", "05", "--yes", "--folder", home)
    assert status == 1
    assert "make setup" in complaint
    assert (home / "notebooks" / f"{NAME}.ipynb").read_bytes() == mine


def test_a_lesson_that_does_not_exist_stops_it_before_anything_is_put_back(home, course, quick):
    assert course("reset", "05", "42", "--yes", "--folder", home)[0] == 1
    assert len(notebooks(home)) == 2


def test_a_folder_without_lessons_is_refused_rather_than_another_course_reset(course, quick, tmp_path):
    status, _, complaint = course("reset", "05", "--yes", "--folder", tmp_path)
    assert status == 1
    assert str(tmp_path) in complaint


def test_into_another_folder_only_learners_copies_are_built(tmp_path, capsys):
    assert build_notebooks.main(["--only", "05", "--into", str(tmp_path)]) == 1
    assert "--learner" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
