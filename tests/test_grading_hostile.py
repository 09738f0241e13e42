"""A class of odd and hostile submissions: every row says what it must, and nothing outside the sandbox changes."""

import csv

import pytest
from hostile import FUNCTIONS, SECRET, everybody, skip_without_sandbox

from course_lib.grading.grade import grade

LIMITS = {"seconds": 30, "call_seconds": 2, "memory": 3e8, "processes": 20, "disk": 3e7, "output": 5e6}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """(folder, submissions): the class's files on disk, beside a file that nobody may read."""
    skip_without_sandbox()
    folder = tmp_path_factory.mktemp("class")
    outside = folder / "outside.txt"
    outside.write_text("3")
    (folder / "in").mkdir()
    submissions = everybody(folder, outside)
    for one in submissions:
        (folder / "in" / one.name).write_bytes(one.content)
    return folder, submissions


@pytest.fixture(scope="module")
def marked(handed_in):
    """(rows by name, what lay in the folder before, what lies there after)."""
    folder, _ = handed_in
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(*SECRET)
        rows = grade(folder / "in", folder / "marks" / "marks.csv", workers=2, limits=LIMITS, progress=False)
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {row.name: row for row in rows}, before, after


def test_every_submission_has_the_row_that_it_must_have(handed_in, marked):
    _, submissions = handed_in
    rows, _, _ = marked
    assert len(submissions) > 40
    assert set(rows) == {one.name for one in submissions}
    wrong = {}
    for one in submissions:
        row = rows[one.name]
        scores = tuple(row.scores[name] for name in FUNCTIONS)
        fits = all(got == wanted or (wanted < 0 < got < 1) for got, wanted in zip(scores, one.scores, strict=True))
        if row.status != one.status or not fits or one.flag not in "; ".join(row.flags):
            wrong[one.name] = (row.status, scores, row.flags)
    assert wrong == {}


def test_nothing_outside_the_sandbox_is_changed(handed_in, marked):
    folder, _ = handed_in
    _, before, after = marked
    assert {path: after[path] for path in before} == before
    made = {path.relative_to(folder).parts[0] for path in after.keys() - before.keys()}
    assert made == {"marks"}


def test_the_table_holds_every_submission_once_in_the_order_of_names(handed_in, marked):
    folder, submissions = handed_in
    with open(folder / "marks" / "marks.csv", newline="", encoding="utf-8") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert sorted(names) == sorted(one.name for one in submissions)
    assert len(names) == len(set(names))


def test_marks_are_the_same_again_whatever_the_order_and_the_number_of_workers(handed_in, marked, tmp_path):
    folder, submissions = handed_in
    rows, _, _ = marked
    chosen = [one for one in submissions if one.status in ("ok", "blank")][::-3]
    (tmp_path / "in").mkdir()
    for one in chosen:
        (tmp_path / "in" / one.name).write_bytes(one.content)
    secret = folder / "marks" / "marks.secret"
    again = grade(tmp_path / "in", tmp_path / "m.csv", secret=secret, workers=1, limits=LIMITS, progress=False)
    assert len(again) == len(chosen)
    assert {row.name: row.scores for row in again} == {row.name: rows[row.name].scores for row in again}
