"""Progress: what a learner solved is there tomorrow, with two notebooks open, and never in the way of a check."""

import errno
import json
import os
import re
import subprocess
import sys
import types
from datetime import date, datetime, timedelta
from html.parser import HTMLParser

import lessons
import pytest

from course_lib import progress
from course_lib.check import banks, check, exercises, hint, register
from course_lib.check.exercise import Exercise
from course_lib.progress import card, keeping, record, standing
from course_lib.progress.record import Entry, Event

MORNING, NOON, NIGHT = (f"2026-09-01T{hour:02d}:00:00+00:00" for hour in (8, 12, 23))


class Clock:
    """A clock that shows what it is set to."""

    now = MORNING


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(keeping, "_now", lambda: made.now)
    return made


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that progress is kept in, as in a fresh kernel at which a person sits."""
    goal = tmp_path / "kept"
    monkeypatch.setenv("COURSE_PROGRESS", str(goal))
    monkeypatch.setattr(keeping, "has_a_person", lambda kernel: True)
    for name in ("_waiting", "_latest"):
        monkeypatch.setattr(keeping, name, [])
    monkeypatch.setattr(keeping, "_said", set())
    monkeypatch.setattr("course_lib.check.core._hints_given", {})
    monkeypatch.setattr(banks, "_own", {})
    return goal


def kept(folder):
    """The exercises in the file, as another program would read them."""
    return json.loads((folder / "progress.json").read_text(encoding="utf-8"))["exercises"]


# ---- what is kept


def test_a_prediction_that_was_made_is_there_in_a_new_kernel(folder):
    check("head_percent", 40)
    entries, problem = progress.kept_entries()
    assert (entries["head_percent"].lesson, bool(entries["head_percent"].solved), problem) == (1, True, "")


def test_attempts_and_hints_are_counted_until_the_answer_is_right(folder, clock):
    check("largest_slice", lambda masks: -1)
    clock.now = NOON
    hint("largest_slice")
    hint("largest_slice")
    check("largest_slice", lambda masks: int(masks.reshape(len(masks), -1).astype(bool).sum(1).argmax()))
    clock.now = NIGHT
    check("largest_slice", lambda masks: -1)
    hint("largest_slice")
    assert kept(folder)["largest_slice"] == {
        "lesson": 1, "attempts": 2, "hints": 2, "first": MORNING, "last": NIGHT, "solved": NOON,
    }  # fmt: skip


def test_what_was_solved_stays_solved_when_it_is_broken_later(folder):
    check("head_percent", 40)
    check("head_percent", "forty")
    assert kept(folder)["head_percent"]["solved"]


def test_running_an_untouched_lesson_leaves_no_trace(folder):
    check("head_percent", ...)
    check("largest_slice", None)
    check("no_such_exercise", 1)
    check(3, 1)
    assert not folder.exists()


def test_a_check_that_fails_by_itself_is_no_attempt(folder):
    register(Exercise(name="broken", lesson=1, task="", kind="value", reference=lambda: 1 / 0))
    check("broken", 3)
    assert not folder.exists()


def test_nothing_personal_is_in_the_file(folder):
    check("what_a_copy_costs", "My name is Ada, and what is lost is the comparison.")
    text = (folder / "progress.json").read_text(encoding="utf-8")
    assert "Ada" not in text
    assert str(folder.parent) not in text
    assert set(kept(folder)["what_a_copy_costs"]) == {"lesson", "attempts", "hints", "first", "last", "solved"}


def test_without_a_variable_the_file_lies_in_the_courses_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.setattr(keeping, "course_folder", lambda: tmp_path)
    assert progress.place() == tmp_path / "progress"


def test_where_the_course_belongs_to_somebody_else_the_file_lies_with_the_user(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert progress.place().parent == tmp_path


def test_what_is_kept_is_not_part_of_the_repository():
    names = ["progress/progress.json", "notebooks/kept_05_tversky_losses_2026-09-01_101500.ipynb"]
    done = subprocess.run(["git", "check-ignore", *names], cwd=lessons.NOTEBOOKS.parent, capture_output=True, text=True)
    if done.returncode == 128:
        pytest.skip("not a git checkout")
    assert done.stdout.split() == names


# ---- when nothing is kept


@pytest.mark.parametrize("word", ["off", "OFF", " off "])
def test_switched_off_nothing_is_written_or_shown(folder, monkeypatch, tmp_path, capsys, word):
    monkeypatch.setenv("COURSE_PROGRESS", word)
    monkeypatch.chdir(tmp_path)
    check("head_percent", 40)
    capsys.readouterr()
    progress.show()
    assert "switched off" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert progress.kept_entries() == ({}, "")


def test_outside_a_notebook_nothing_is_kept(folder, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("COURSE_PROGRESS", str(folder))
    check("head_percent", 40)
    assert not folder.exists()


@pytest.mark.slow
@pytest.mark.parametrize("somebody", [True, False], ids=["a person", "a program"])
def test_a_kernel_keeps_what_a_person_solves_and_not_what_a_program_runs(tmp_path, somebody):
    from jupyter_client.manager import start_new_kernel

    folder = tmp_path / "kept"
    manager, client = start_new_kernel(env={**os.environ, "COURSE_PROGRESS": str(folder)})
    shown = []
    try:
        code = "from course_lib import progress\nfrom course_lib.check import check\ncheck('head_percent', 40)"
        for source in (code, "progress.show()"):
            client.execute_interactive(source, allow_stdin=somebody, timeout=60, output_hook=shown.append)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    last = shown[-1]["content"] if "data" in shown[-1]["content"] else shown[-2]["content"]
    assert folder.exists() == somebody
    if somebody:
        assert kept(folder)["head_percent"]["solved"]
        assert "1 · Meet the scans: 1 of 5 solved" in last["data"]["text/plain"]
    else:
        assert any(progress.NOBODY in message["content"].get("text", "") for message in shown)


def test_the_build_of_the_solutions_the_grader_and_these_tests_switch_it_off():
    from course_lib.grading import launch
    from tools.notebook_build import execute

    assert {execute.environment()["COURSE_PROGRESS"], launch.environment(False)["COURSE_PROGRESS"]} == {"off"}
    assert os.environ["COURSE_PROGRESS"] == "off"


# ---- several notebooks, damaged files, disks that refuse

MANY = """
import sys
from course_lib.progress import keeping
keeping.is_kept = lambda: True
for number in range(20):
    keeping.note_check(f"{sys.argv[1]}{number}", 1, True)
    keeping.note_check("shared", 1, False)
"""


def test_three_notebooks_at_once_lose_nothing(folder):
    command = [sys.executable, "-c", MANY]
    running = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in "abc"]
    assert [process.communicate(timeout=60)[0] for process in running] == ["", "", ""]
    entries = kept(folder)
    assert len(entries) == 61
    assert entries["shared"]["attempts"] == 60
    assert not list(folder.glob(".part-*"))


def test_a_notebook_that_holds_the_file_too_long_is_waited_for_by_the_next_check(folder, monkeypatch, capsys):
    monkeypatch.setattr(record, "PATIENCE", 0.1)
    with record.alone(folder):
        check("head_percent", 40)
    assert "Another notebook is writing" in capsys.readouterr().out
    assert progress.kept_entries()[0]["head_percent"].solved  # known here, though not in the file yet
    check("tumor_percent", 1)
    assert kept(folder).keys() == {"head_percent", "tumor_percent"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": 1}', b'{"format": 1, "exercises": [1]}', b"[" * 100_000],
)
def test_a_damaged_file_is_kept_aside_with_one_sentence_and_a_new_one_begun(folder, capsys, content):
    folder.mkdir()
    (folder / "progress.json").write_bytes(content)
    assert "is damaged" in progress.kept_entries()[1]
    check("head_percent", 40)
    check("head_percent", 41)
    assert capsys.readouterr().out.count("was damaged") == 1
    assert kept(folder).keys() == {"head_percent"}
    (aside,) = folder.glob("progress-damaged-*.json")
    assert aside.read_bytes() == content


def test_of_a_file_damaged_in_part_the_rest_is_taken_over(folder):
    check("head_percent", 40)
    whole = json.loads((folder / "progress.json").read_text())
    for name, row in [("a", 3), ("b", {"lesson": -1}), ("c", {"lesson": 1, "first": "soon", "last": "soon"})]:
        whole["exercises"][name] = row
    (folder / "progress.json").write_text(json.dumps(whole))
    check("tumor_percent", 1)
    assert kept(folder).keys() == {"head_percent", "tumor_percent"}
    assert len(list(folder.glob("progress-damaged-*.json"))) == 1


def test_two_damaged_files_within_a_second_are_both_kept(folder, monkeypatch):
    monkeypatch.setattr(record, "stamp", lambda: "2026-09-01_101500")
    folder.mkdir()
    for content in ("one", "two"):
        (folder / "progress.json").write_text(content)
        check("head_percent", 40)
    assert {path.read_text() for path in folder.glob("progress-damaged-*.json")} == {"one", "two"}


def test_a_file_of_a_newer_course_is_left_alone(folder, capsys):
    folder.mkdir()
    text = json.dumps({"format": 2, "exercises": {}})
    (folder / "progress.json").write_text(text)
    check("head_percent", 40)
    assert "newer version of the course" in capsys.readouterr().out
    assert (folder / "progress.json").read_text() == text


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_refuses_costs_one_sentence_and_no_verdict(folder, monkeypatch, capsys, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        assert check("head_percent", 40).status == "noted"
        assert check("tumor_percent", 1).status == "noted"
    said = capsys.readouterr().out
    assert said.count("Your progress is not kept") == 1
    assert str(folder) in said
    assert "COURSE_PROGRESS" in said
    assert not list(folder.glob(".part-*"))
    check("best_epoch", 7)  # there is room again: nothing of it is lost
    assert kept(folder).keys() == {"head_percent", "tumor_percent", "best_epoch"}


def test_a_folder_that_cannot_be_made_costs_one_sentence(folder, monkeypatch, tmp_path, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "kept"))
    assert check("head_percent", 40).status == "noted"
    assert "part of its path is a file" in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_costs_one_sentence(folder, capsys):
    folder.mkdir(mode=0o500)
    assert check("head_percent", 40).status == "noted"
    assert "Your progress is not kept" in capsys.readouterr().out


def test_an_unforeseen_failure_costs_no_verdict_either(folder, monkeypatch, capsys):
    monkeypatch.setattr(record, "apply", lambda *_: 1 / 0)
    assert check("head_percent", 40).status == "noted"
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_noting_adds_next_to_nothing_to_the_import():
    program = (
        "import sys; import course_lib.progress; sys.exit(bool({'numpy', 'pandas', 'IPython'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# ---- merging, moving, forgetting

ONE = Entry(1, attempts=3, hints=1, first=MORNING, last=NOON)
OTHER = Entry(1, attempts=1, hints=0, first=NOON, last=NIGHT, solved=NIGHT)


def test_two_files_merge_to_what_both_know_whichever_comes_first():
    together = {"x": Entry(1, attempts=3, hints=1, first=MORNING, last=NIGHT, solved=NIGHT), "y": OTHER}
    assert record.merge({"x": ONE}, {"x": OTHER, "y": OTHER}) == together
    assert record.merge({"x": OTHER, "y": OTHER}, {"x": ONE}) == together
    assert record.merge(together, together) == together


def test_a_clock_that_was_set_back_does_not_turn_back_the_last_day():
    entries = record.apply({}, Event("x", 1, NIGHT))
    assert record.apply(entries, Event("x", 1, MORNING))["x"].last == NIGHT


def test_a_mounted_drive_takes_this_session_and_keeps_the_earlier_one(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    drive = tmp_path / "drive" / "course-progress"
    check("head_percent", 40)
    progress.keep_in(drive)
    check("tumor_percent", 1)
    assert kept(drive).keys() == {"head_percent", "tumor_percent"}
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "next_session"))
    check("best_epoch", 7)
    progress.keep_in(drive)
    assert kept(drive).keys() == {"head_percent", "tumor_percent", "best_epoch"}
    assert str(drive) in capsys.readouterr().out


@pytest.mark.parametrize("variable", ["COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE", "BINDER_LAUNCH_HOST"])
def test_a_machine_that_forgets_says_so_until_a_folder_is_named(monkeypatch, tmp_path, variable):
    monkeypatch.delenv("COURSE_PROGRESS")
    for other in list(os.environ):
        if other.startswith(("COLAB_", "KAGGLE_", "BINDER_")):
            monkeypatch.delenv(other)
    assert progress.keeping_advice() == ""
    monkeypatch.setenv(variable, "x")
    assert "forgets" in progress.keeping_advice()
    assert progress.keeping_advice().startswith(variable.split("_")[0].capitalize())
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path))
    assert progress.keeping_advice() == ""


def test_forgetting_keeps_a_copy_and_one_lesson_can_be_forgotten_alone(folder):
    check("head_percent", 40)
    check("tumor_percent", 1)
    before = kept(folder)
    copy = progress.forget(lesson=1)
    assert kept(folder).keys() == {"tumor_percent"}
    assert json.loads(copy.read_text())["exercises"] == before
    assert progress.forget(lesson=1) is None
    other = progress.forget()
    assert progress.kept_entries() == ({}, "")
    assert copy.exists()
    assert json.loads(other.read_text())["exercises"].keys() == {"tumor_percent"}
    assert progress.forget() is None


# ---- lessons and how they stand


def test_the_list_of_lessons_is_that_of_the_notebooks_and_their_exercises():
    for number, lesson in enumerate(progress.LESSONS, 1):
        made = lessons.source_of(number)
        named = [cell.metadata["course"]["exercise"] for cell in made.cells if "course" in cell.metadata]
        assert lesson.number == number
        assert list(lesson.exercises) == named
        assert f"# {lesson.heading}\n" in "\n".join(cell.source for cell in made.cells)
        assert (lessons.NOTEBOOKS / "source" / f"{lesson.name}.py").is_file()
    assert len(list((lessons.NOTEBOOKS / "source").glob("*.py"))) == len(progress.LESSONS)


def test_every_lesson_ends_by_showing_how_far_the_learner_is_in_it():
    for lesson in progress.LESSONS:
        last = lessons.source_of(lesson.number).cells[-1].source
        assert last == f"from course_lib import progress\n\nprogress.show({lesson.number})"


def test_the_list_of_lessons_is_that_of_the_checks():
    listed = [(lesson.number, name) for lesson in progress.LESSONS for name in lesson.exercises]
    assert sorted(listed) == sorted((exercise.lesson, exercise.name) for exercise in exercises())


@pytest.mark.parametrize("name", ["5", "05", 5, "05_tversky", "05_tversky_losses.ipynb"])
def test_a_lesson_is_found_by_number_or_name(name):
    assert progress.find_lesson(name).title == "Tversky losses"


@pytest.mark.parametrize("name", ["0", "11", "", "tversky", "1_", "-1", "²"])
def test_an_unknown_lesson_is_answered_with_those_that_there_are(name):
    with pytest.raises(progress.keeping.CourseError, match="from 1 to 10"):
        progress.find_lesson(name)


def stands(**solved):
    """Standings in which exercises were solved (True) or only tried (False)."""
    number = {name: lesson.number for lesson in progress.LESSONS for name in lesson.exercises}
    return progress.standings(
        {name: Entry(number[name], 2, 1, MORNING, NOON, NOON if done else "") for name, done in solved.items()}
    )


def test_the_next_exercise_is_the_first_open_one_of_the_lesson_at_hand_then_of_the_next_lessons():
    every = stands(head_percent=True, largest_slice=False)
    assert standing.next_step(every, every[0]) == (every[0].lesson, "largest_slice")
    every = stands(**dict.fromkeys(progress.LESSONS[9].exercises, True))
    assert standing.next_step(every, every[9])[1] == "head_percent"
    every = stands(**{name: True for lesson in progress.LESSONS for name in lesson.exercises})
    assert standing.next_step(every, every[3]) is None


def test_the_lesson_at_hand_is_the_notebooks_own_then_the_latest_check_then_the_last_worked_on(monkeypatch):
    every = stands(tumor_percent=True)
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/Copy of 05_tversky_losses-Copy1.ipynb")
    assert standing.lesson_at_hand(every, latest=7).lesson.number == 5
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert standing.lesson_at_hand(every, latest=7).lesson.number == 7
    assert standing.lesson_at_hand(every, latest=None).lesson.number == 2
    assert standing.lesson_at_hand(stands(), latest=None) is None


def test_days_are_named_as_people_do():
    now = datetime.now().astimezone()
    assert standing.day(now.isoformat()) == "today"
    assert standing.day((now - timedelta(days=1)).isoformat(), now.date()) == "yesterday"
    assert standing.day(NOON, date(2026, 12, 24)) == "2026-09-01"


def test_an_exercise_that_the_course_no_longer_has_does_no_harm():
    every = progress.standings({"of_old": Entry(3, 1, 0, MORNING, NOON, NOON)})
    assert standing.total(every) == (0, 50)


# ---- the card


class Tags(HTMLParser):
    """Whether tags pair, and which attributes and words are there."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.words = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def test_the_card_and_its_plain_text_say_in_words_all_that_is_shown():
    every = stands(soft_counts=True, tversky_index=False)
    tags = Tags(card.page(every, every[4], ("A note with <b>brackets</b>.",)))
    assert tags.open == []
    plain = card.text(every, every[4], ("A note with <b>brackets</b>.",))
    for expected in (
        "5 · Tversky losses: 1 of 5 solved",
        r"solved:? +soft_counts \(2 attempts, 1 hint\)",
        r"tried:? +tversky_index",
        r"open:? +worth_of_a_miss",
        "Whole course: 1 of 50 solved",
        r"Next: tversky_index\.",
        "A note with <b>brackets</b>.",
    ):
        assert re.search(expected, tags.words), expected
        assert re.search(expected, plain), expected


def test_the_card_can_be_used_by_keyboard_and_read_by_a_screen_reader():
    every = stands(soft_counts=True)
    tags = Tags(card.page(every, every[4])).seen
    names = [tag for tag, _ in tags]
    assert (tags[0][0], tags[0][1]["aria-label"]) == ("div", "Your progress")
    assert {"details", "summary"} <= set(names)  # folds by Enter and Space, and says so, without a script
    assert [attributes["scope"] for tag, attributes in tags if tag == "th"] == ["col"] * 3 + ["row"] * 10
    assert sum(attributes.get("aria-current") == "true" for _, attributes in tags) == 1
    bars = [attributes for tag, attributes in tags if "currentColor" in attributes.get("style", "")]
    assert len(bars) == 12
    assert all(attributes["aria-hidden"] == "true" for attributes in bars)  # the numbers beside them are read


def test_the_colour_of_the_bars_stands_out_on_white_and_on_black():
    def luminance(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def contrast(one, other):
        low, high = sorted([luminance(one), luminance(other)])
        return (high + 0.05) / (low + 0.05)

    assert contrast("#000000", "#ffffff") == pytest.approx(21)  # WCAG 2.1's own example
    assert min(contrast(card.GREEN, page) for page in ("#ffffff", "#111111")) >= 3  # its bound for graphics


def test_on_a_fresh_machine_the_card_says_where_to_begin():
    text = card.text(stands(), None)
    assert "Whole course: 0 of 50 solved" in text
    assert "Next: head_percent in lesson 1 · Meet the scans." in text


def test_a_finished_lesson_points_to_the_next_one_and_a_finished_course_says_so():
    every = stands(**dict.fromkeys(progress.LESSONS[0].exercises, True))
    assert "This lesson is done. Next: tumor_percent in lesson 2 · Count the masks." in card.text(every, every[0])
    every = stands(**{name: True for lesson in progress.LESSONS for name in lesson.exercises})
    assert "All exercises are solved." in card.text(every, every[0])


def test_shown_again_the_card_has_what_happened_since(folder, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data["text/plain"]))
    monkeypatch.setattr(progress, "running_kernel", lambda: types.SimpleNamespace())
    progress.show(1)
    check("head_percent", 40)
    progress.show(1)
    assert [text.splitlines()[0] for text in shown] == [f"1 · Meet the scans: {count} of 5 solved" for count in (0, 1)]


def test_showing_a_lesson_that_does_not_exist_names_those_that_do(folder, capsys):
    progress.show(42)
    assert "from 1 to 10" in capsys.readouterr().out


def test_where_a_program_runs_the_notebook_one_steady_line_is_shown(folder, monkeypatch, capsys):
    kernel = types.SimpleNamespace(get_parent=lambda channel: {"content": {"allow_stdin": False}})
    monkeypatch.setattr(progress, "running_kernel", lambda: kernel)
    check("head_percent", 40)
    capsys.readouterr()
    progress.show()
    assert capsys.readouterr().out == progress.NOBODY + "\n"
