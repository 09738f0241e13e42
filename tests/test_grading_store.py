"""Grading is repeated: after it was killed, after a student changed an answer, after a failure that was ours."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import nullcontext

import pytest
from hostile import BODY, FUNCTIONS, LESSON, as_bytes, code, filled, handed_out, skip_without_sandbox

from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.grading import grade as grading
from course_lib.grading.boundary import open_boundary
from course_lib.grading.grade import grade
from course_lib.grading.gradebook import read_totals
from course_lib.grading.marks import read_marks

LIMITS = {"seconds": 30, "call_seconds": 5}
WORDS = "what_a_copy_costs"  # the question of lesson 1 that a person marks
ADA = "ada.ipynb"


def written(text):
    """Lesson 1 with right answers, and this one in words."""
    return as_bytes(filled(**{WORDS: f"{WORDS} = {text!r}"}))


def lay(folder, **notebooks):
    """Write submissions (name of the student: bytes) into the class's folder, and return it."""
    folder.mkdir(exist_ok=True)
    for name, content in notebooks.items():
        (folder / f"{name}.ipynb").write_bytes(content)
    return folder


STUDENTS = tuple(f"student{number}" for number in range(5))


def command(folder):
    """`course grade` of a folder's class, one submission after the other."""
    options = ["--out", folder / "marks.csv", "--sandbox", "process", "--workers", "1", "--quiet"]
    return [sys.executable, "-m", "course_lib.cli", "grade", folder / "in", *options]


def noting(path, name, seconds):
    """A right submission that adds a line to a file whenever it is run, and takes its time."""
    note = f"""
import time
seen = []
def largest_slice(masks):
    if not seen:
        seen.append(True)
        with open({str(path)!r}, "a") as file:
            file.write("{name}\\n")
        time.sleep({seconds})
    {BODY}
"""
    return as_bytes(filled(largest_slice=note))


def kept_rows(folder):
    """Files of rows that are whole; one that is being written has a name that begins with a point."""
    return [path for path in folder.glob("*.json") if not path.name.startswith(".")]


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """(folder, rows that were kept): ended by SIGKILL, which no program can catch, once two of five were marked."""
    folder = tmp_path_factory.mktemp("killed")
    lay(folder / "in", **{name: noting(folder / "runs.txt", name, 0.5) for name in STUDENTS})
    rows = folder / "marks.rows"
    process = subprocess.Popen(command(folder), start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while len(kept_rows(rows)) < 2:
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert not (folder / "marks.csv").exists()
    return folder, {path: path.stat() for path in kept_rows(rows)}


@pytest.fixture(scope="module")
def resumed(killed):
    """(folder, rows that the first call kept, how often each submission was run in both calls)."""
    folder, kept = killed
    ended = subprocess.run(command(folder), capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return folder, kept, Counter((folder / "runs.txt").read_text().split())


@pytest.mark.slow
class TestKilled:
    """`course grade` was killed half-way, and is called again."""

    def test_what_was_marked_is_not_run_again_and_the_rest_is(self, resumed):
        _, kept, runs = resumed
        done = [json.loads(path.read_text(encoding="utf-8"))["student"] for path in kept]
        assert 2 <= len(done) < len(STUDENTS)
        assert {runs[name] for name in done} == {1}
        assert set(runs) == set(STUDENTS)
        assert sum(runs.values()) <= len(STUDENTS) + 1  # the one that was being run

    def test_the_rows_that_were_kept_are_the_same_files(self, resumed):
        _, kept, _ = resumed
        for path, before in kept.items():
            now = path.stat()
            assert (now.st_ino, now.st_mtime_ns, now.st_size) == (before.st_ino, before.st_mtime_ns, before.st_size)

    def test_the_table_is_that_of_a_call_that_nobody_killed(self, resumed, tmp_path):
        folder, _, _ = resumed
        grade(folder / "in", tmp_path / "m.csv", secret=folder / "marks.secret", kind="process", progress=False)
        assert (tmp_path / "m.csv").read_bytes() == (folder / "marks.csv").read_bytes()
        assert len(read_marks(folder / "marks.csv")) == len(STUDENTS)

    def test_what_the_kill_left_half_written_is_no_row(self, resumed, monkeypatch):
        folder, kept, _ = resumed
        before = (folder / "marks.csv").read_bytes()
        cut = next(iter(kept)).read_bytes()[:100]
        (folder / "marks.rows" / ".part-0a1b2c3d-left.json").write_bytes(cut)
        (folder / "marks.rows" / f"{'0' * 32}.json").write_bytes(cut)
        monkeypatch.setattr(grading, "open_boundary", refuse)
        grade(folder / "in", folder / "marks.csv", kind="process", progress=False)
        assert (folder / "marks.csv").read_bytes() == before
        assert main(["feedback", str(folder / "marks.csv"), "--out", str(folder / "pages")]) == 0


def refuse(**_):
    raise AssertionError("a sandbox was opened for rows that are there")


@pytest.fixture(scope="module")
def process():
    """What runs submissions: one plain process for all tests, as starting it takes seconds."""
    with open_boundary("process") as boundary:
        yield boundary


@pytest.fixture
def one_process(process, monkeypatch):
    monkeypatch.setattr(grading, "open_boundary", lambda **_: nullcontext(process))
    return process


def graded(folder, out):
    """The rows of a class by name."""
    rows = grade(folder, out, released=LESSON, kind="process", workers=1, limits=LIMITS, progress=False)
    return {row.name: row for row in rows}


@pytest.fixture(scope="module")
def marked_once(process, tmp_path_factory):
    """A class that was marked: Ada wrote a text, Bo left it blank."""
    folder = tmp_path_factory.mktemp("marked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grading, "open_boundary", lambda **_: nullcontext(process))
        graded(lay(folder / "in", ada=written("first"), bo=as_bytes(handed_out())), folder / "marks.csv")
    return folder


class TestChangedTexts:
    """A person has marked an answer in words; then the student hands in another one."""

    @pytest.fixture(autouse=True)
    def own_copy(self, marked_once, one_process, tmp_path):
        """The marked class, which a test may change."""
        shutil.copytree(marked_once, tmp_path / "class")
        self.folder, self.out = tmp_path / "class" / "in", tmp_path / "class" / "marks.csv"
        self.give("0.5")
        assert self.line()["flags"] == ""

    def graded(self):
        graded(self.folder, self.out)

    def line(self, name=ADA):
        return read_marks(self.out)[name]

    def flags(self):
        return [flag for flag in self.line()["flags"].split("; ") if flag]

    def give(self, mark):
        """Write a mark for Ada's answer into the table, as a person does."""
        lines = self.out.read_text(encoding="utf-8").splitlines()
        at = lines[0].split(",").index(WORDS)
        for number, line in enumerate(lines):
            if line.startswith(ADA):
                cells = line.split(",")
                lines[number] = ",".join([*cells[:at], mark, *cells[at + 1 :]])
        self.out.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def test_the_answer_that_changed_is_flagged_and_keeps_its_mark(self):
        lay(self.folder, ada=written("second"))
        self.graded()
        assert self.flags() == [f"{WORDS}: changed since a person gave it 0.5"]
        assert self.line()[WORDS] == "0.5"

    def test_an_answer_that_was_taken_away_is_flagged_too(self):
        lay(self.folder, ada=as_bytes(filled(**{WORDS: None})))
        self.graded()
        assert self.flags() == [f"{WORDS}: changed since a person gave it 0.5"]

    def test_an_answer_in_a_file_that_cannot_be_read_any_more_is_flagged_too(self):
        lay(self.folder, ada=b"cut")
        self.graded()
        assert f"{WORDS}: changed since a person gave it 0.5" in self.flags()

    def test_a_change_elsewhere_in_the_notebook_is_no_change_of_the_answer(self):
        made = filled(largest_slice="largest_slice = 3")
        lay(self.folder, ada=as_bytes(made).replace(b"It looks at one picture twice.", b"first"))
        self.graded()
        assert self.line()["largest_slice"] == "0"
        assert self.flags() == []

    @pytest.mark.parametrize("now", [written("second"), as_bytes(filled(**{WORDS: None}))], ids=["another", "none"])
    def test_the_flag_stays_when_grading_is_repeated_and_when_something_else_changes(self, now):
        lay(self.folder, ada=now)
        self.graded()
        self.graded()
        assert len(self.flags()) == 1
        made = json.loads(now)
        made["cells"].append(code("x = 1"))
        lay(self.folder, ada=as_bytes(made))
        self.graded()
        assert self.flags() == [f"{WORDS}: changed since a person gave it 0.5"]

    def test_the_flag_goes_when_a_person_gives_another_mark(self):
        lay(self.folder, ada=written("second"))
        self.graded()
        self.give('"0,75"')  # as spreadsheets of many countries write it
        self.graded()
        assert self.flags() == []
        assert self.line()[WORDS] == "0.75"

    def test_handing_in_the_first_text_again_is_a_change_of_the_second_that_was_marked(self):
        lay(self.folder, ada=written("second"))
        self.graded()
        self.give("1")
        self.graded()
        lay(self.folder, ada=written("first"))
        self.graded()
        assert self.flags() == [f"{WORDS}: changed since a person gave it 1"]
        assert main(["feedback", str(self.out), "--out", str(self.out.parent / "pages")]) == 0
        page = (self.out.parent / "pages" / "ada.ipynb.html").read_text(encoding="utf-8")
        assert "<blockquote>first</blockquote>" in page

    def test_an_answer_that_nobody_has_marked_yet_is_not_flagged(self):
        lay(self.folder, bo=written("late"))
        self.graded()
        assert self.line("bo.ipynb")["flags"] == ""
        assert self.line("bo.ipynb")[WORDS] == ""


class TestOurOwnFailures:
    """A sandbox or a worker that fails costs nobody a mark."""

    @pytest.fixture
    def failing(self, one_process, monkeypatch):
        """Names of submissions at which the process that runs them fails, once for each name."""
        names, run = [], one_process.grade

        def run_or_fail(job):
            if job.submission in names:
                names.remove(job.submission)
                raise OSError("too many open files")
            return run(job)

        monkeypatch.setattr(one_process, "grade", run_or_fail)
        return names

    def test_its_row_says_so_and_is_marked_again_next_time_and_no_other(self, failing, tmp_path):
        folder, out = lay(tmp_path / "in", ada=written("x"), bo=written("y")), tmp_path / "marks.csv"
        failing.append(ADA)
        first = graded(folder, out)
        assert "mark it again" in "; ".join(first[ADA].flags)
        assert (first["bo.ipynb"].status, first["bo.ipynb"].total) == ("ok", 1)
        kept = {path: path.stat().st_mtime_ns for path in kept_rows(out.with_suffix(".rows"))}
        assert [json.loads(path.read_text(encoding="utf-8"))["name"] for path in kept] == ["bo.ipynb"]
        again = graded(folder, out)
        assert (again[ADA].status, again[ADA].total, again[ADA].flags) == ("ok", 1, [])
        assert {path: path.stat().st_mtime_ns for path in kept} == kept

    def test_until_then_it_has_no_marks_rather_than_none_of_the_points(self, failing, tmp_path, capsys):
        folder, out = lay(tmp_path / "in", ada=written("x"), bo=as_bytes(handed_out())), tmp_path / "marks.csv"
        failing.append(ADA)
        options = ["--sandbox", "process", "--workers", "1", "--quiet"]
        assert main(["grade", str(folder), "--out", str(out), *options]) == 0
        assert "1 could not be run" in capsys.readouterr().out
        line = read_marks(out)[ADA]
        assert [line[name] for name in (*FUNCTIONS, "head_percent", "total")] == [""] * 5
        assert read_marks(out)["bo.ipynb"]["total"] == "0"
        assert [mark.share for mark in read_totals(out)] == [None, 0]

    def test_it_flags_no_answer_as_changed_and_keeps_a_persons_mark(self, failing, tmp_path):
        folder, out = lay(tmp_path / "in", ada=written("x")), tmp_path / "marks.csv"
        graded(folder, out)
        text = out.read_text(encoding="utf-8")
        out.write_text(text.replace("1,1,1,1,,", "1,1,1,1,0.5,"), encoding="utf-8")
        assert read_marks(out)[ADA][WORDS] == "0.5"
        made = json.loads(written("x"))
        made["cells"].append(code("new = 1"))
        lay(folder, ada=as_bytes(made))
        failing.append(ADA)
        graded(folder, out)
        line = read_marks(out)[ADA]
        assert (line[WORDS], line["total"]) == ("0.5", "")
        assert "changed" not in line["flags"]
        graded(folder, out)
        line = read_marks(out)[ADA]
        assert (line[WORDS], line["total"], line["flags"]) == ("0.5", "0.9", "")

    def test_no_page_of_feedback_is_written_from_the_row_before(self, failing, tmp_path, capsys):
        folder, out = lay(tmp_path / "in", ada=written("x")), tmp_path / "marks.csv"
        graded(folder, out)
        lay(folder, ada=written("y"))
        failing.append(ADA)
        graded(folder, out)
        assert main(["feedback", str(out), "--out", str(tmp_path / "pages")]) == 1
        assert ADA in (said := capsys.readouterr().err)
        assert "Mark them again" in said

    @pytest.mark.slow
    def test_a_sandbox_that_does_not_start_ends_it_with_a_sentence_and_keeps_nothing(self, tmp_path, monkeypatch):
        skip_without_sandbox()
        refusing = tmp_path / "bin" / "bwrap"  # passes the probe, and fails where a sandbox is to be started
        refusing.parent.mkdir()
        real = shutil.which("bwrap")
        refusing.write_text(f'#!/bin/sh\ncase "$*" in *--die-with-parent*) exit 1;; esac\nexec {real} "$@"\n')
        refusing.chmod(0o755)
        folder, out = lay(tmp_path / "in", ada=written("x"), bo=b"cut"), tmp_path / "marks.csv"
        with monkeypatch.context() as patch:
            patch.setenv("PATH", f"{refusing.parent}:{os.environ['PATH']}")
            with pytest.raises(CourseError, match="course doctor"):
                grade(folder, out, limits=LIMITS, progress=False)
        assert not out.exists()
        rows = [json.loads(path.read_text(encoding="utf-8")) for path in kept_rows(out.with_suffix(".rows"))]
        assert [row["name"] for row in rows] == ["bo.ipynb"]  # which needs no sandbox
        assert [row.status for row in grade(folder, out, limits=LIMITS, progress=False)] == ["ok", "unreadable"]

    @pytest.mark.slow
    def test_a_worker_of_a_cluster_that_dies_costs_no_mark(self, tmp_path):
        distributed = pytest.importorskip("distributed")
        import psutil

        begun = tmp_path / "begun"
        folder, out = lay(tmp_path / "in", ada=noting(begun, "ada", 4)), tmp_path / "marks.csv"

        def kill_its_worker():
            while not begun.exists():
                time.sleep(0.02)
            workers = [one for one in psutil.Process().children(recursive=True) if "spawn_main" in str(one.cmdline())]
            for one in workers:
                one.kill()

        settings = {"distributed.scheduler.allowed-failures": 0}
        options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
        import dask

        with dask.config.set(settings), distributed.LocalCluster(**options) as cluster:
            killing = threading.Thread(target=kill_its_worker)
            killing.start()
            scheduler = cluster.scheduler_address
            [row] = grade(folder, out, scheduler=scheduler, kind="process", limits=LIMITS, progress=False)
            killing.join()
        assert "a worker of the cluster failed" in "; ".join(row.flags)
        assert kept_rows(out.with_suffix(".rows")) == []
        [row] = grade(folder, out, kind="process", limits=LIMITS, progress=False)
        assert (row.status, row.total) == ("ok", 1)
        assert "failed" not in "; ".join(row.flags)
