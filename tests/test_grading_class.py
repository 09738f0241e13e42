"""A small class, from the folder that was handed in to the pages that go back."""

import csv
import html.parser
import re
import shutil

import pytest
from hostile import as_bytes, filled, handed_out, largest, skip_without_sandbox

from course_lib.cli import main
from course_lib.errors import DataError
from course_lib.grading import grade as grading
from course_lib.grading.grade import find_released, grade, lesson_number
from course_lib.grading.submissions import collect

LIMITS = {"seconds": 30, "call_seconds": 5}
EVIL = "</section><script>alert('marks')</script>"
CLASS = {
    "adams_ada.ipynb": as_bytes(filled()),
    "baker_bo.ipynb": as_bytes(handed_out()),
    "clark_cy.ipynb": largest("return int(np.argmax(masks.max(axis=(1, 2))))"),
    "diaz_di.ipynb": as_bytes(filled(what_a_copy_costs=f"what_a_copy_costs = {EVIL!r}")),
    "=cmd().ipynb": as_bytes(filled()),
    "evans_ed.ipynb": b"cut",
}


@pytest.fixture(scope="module")
def marks(tmp_path_factory):
    """The table of marks of the class, with its rows and secret beside it."""
    skip_without_sandbox()
    folder = tmp_path_factory.mktemp("class")
    (folder / "in").mkdir()
    for name, content in CLASS.items():
        (folder / "in" / name).write_bytes(content)
    grade(folder / "in", folder / "marks.csv", workers=2, limits=LIMITS, progress=False)
    return folder / "marks.csv"


@pytest.fixture
def own(marks, tmp_path):
    """A copy of the graded class that a test may change."""
    shutil.copytree(marks.parent, tmp_path / "class")
    return tmp_path / "class" / "marks.csv"


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return {row["name"].lstrip("'"): row for row in csv.DictReader(file)}


def test_a_row_a_submission_a_column_a_question(marks):
    rows = table(marks)
    assert set(rows) == set(CLASS)
    right = {"head_percent", "largest_slice", "standardise", "missing_sequences"}
    assert right | {"what_a_copy_costs", "name", "student", "status", "total", "flags"} == set(rows["adams_ada.ipynb"])
    assert {rows["adams_ada.ipynb"][name] for name in right} == {"1"}
    assert {rows["baker_bo.ipynb"][name] for name in right} == {"0"}
    assert [rows[name]["status"] for name in CLASS] == ["ok", "blank", "ok", "ok", "ok", "unreadable"]


def test_partial_credit_lies_between_nothing_and_all(marks):
    assert 0 <= float(table(marks)["clark_cy.ipynb"]["largest_slice"]) < 1
    assert 0.5 < float(table(marks)["clark_cy.ipynb"]["total"]) < 1


def test_no_cell_of_the_table_is_taken_for_a_formula(marks):
    cells = [cell for line in csv.reader(marks.read_text(encoding="utf-8").splitlines()) for cell in line]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")]


def test_what_is_marked_already_is_not_run_again(own, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a sandbox was opened for rows that are there")

    before = own.read_bytes()
    monkeypatch.setattr(grading, "open_boundary", refuse)
    grade(own.parent / "in", own, limits=LIMITS, progress=False)
    assert own.read_bytes() == before


def test_only_a_submission_that_changed_is_run_again(own):
    (own.parent / "in" / "baker_bo.ipynb").write_bytes(CLASS["adams_ada.ipynb"])
    before = {path.name for path in own.with_suffix(".rows").iterdir()}
    grade(own.parent / "in", own, workers=1, limits=LIMITS, progress=False)
    assert len({path.name for path in own.with_suffix(".rows").iterdir()} - before) == 1
    assert table(own)["baker_bo.ipynb"]["total"] == "1"


def test_an_answer_in_words_that_was_left_blank_counts_nothing_and_says_so(marks):
    row = table(marks)["baker_bo.ipynb"]
    assert (row["what_a_copy_costs"], row["total"]) == ("blank", "0")


def test_a_persons_marks_are_kept_and_count_when_grading_is_repeated(own):
    text = own.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("adams_ada"))
    own.write_text(text.replace(line, line[:-1] + "0.5,"), encoding="utf-8")
    assert table(own)["adams_ada.ipynb"]["what_a_copy_costs"] == "0.5"
    grade(own.parent / "in", own, limits=LIMITS, progress=False)
    row = table(own)["adams_ada.ipynb"]
    assert row["what_a_copy_costs"] == "0.5"
    assert float(row["total"]) == pytest.approx((4 + 0.5) / 5)


def test_a_persons_mark_that_is_none_is_named_and_nothing_is_lost(own):
    text = own.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("adams_ada"))
    own.write_text(text.replace(line, line[:-1] + "good,"), encoding="utf-8")
    before = own.read_bytes()
    with pytest.raises(DataError, match=r"'good' of adams_ada\.ipynb for what_a_copy_costs"):
        grade(own.parent / "in", own, limits=LIMITS, progress=False)
    assert own.read_bytes() == before


def test_the_lesson_is_found_by_what_most_submissions_are(marks):
    assert find_released(collect(marks.parent / "in")).name == "01_meet_the_scans.ipynb"
    assert lesson_number(find_released(collect(marks.parent / "in"))) == 1


def test_an_empty_folder_and_strange_notebooks_are_errors_that_say_what_to_do(tmp_path):
    with pytest.raises(DataError, match="holds no notebook"):
        grade(tmp_path, tmp_path / "marks.csv")
    strange = {"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    (tmp_path / "x.ipynb").write_bytes(as_bytes(strange))
    with pytest.raises(DataError, match="--released"):
        grade(tmp_path, tmp_path / "marks.csv")


class _Tags(html.parser.HTMLParser):
    """Collects the tags of a page, and whether every one is closed."""

    def __init__(self):
        super().__init__()
        self.opened, self.stack = [], []

    def handle_starttag(self, tag, attrs):
        self.opened.append(tag)
        if tag not in ("meta", "br"):
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag


@pytest.fixture(scope="module")
def pages(marks, tmp_path_factory):
    out = tmp_path_factory.mktemp("feedback")
    assert main(["feedback", str(marks), "--out", str(out)]) == 0
    return {path.stem: path.read_text(encoding="utf-8") for path in out.glob("*.html")}


def test_every_submission_has_a_page_and_the_list_links_to_all(pages):
    assert len(pages) == len(CLASS) + 1
    linked = set(re.findall(r'href="([^"]+)\.html"', pages["index"]))
    assert linked == set(pages) - {"index"}


def test_pages_are_whole_html_with_headings_in_order(pages):
    for page in pages.values():
        tags = _Tags()
        tags.feed(page)
        assert tags.stack == []
        assert next(tag for tag in tags.opened if tag in ("h1", "h2")) == "h1"
        assert 'lang="en"' in page


def test_what_students_wrote_is_shown_and_never_run(pages):
    assert all("<script" not in page for page in pages.values())
    assert "&lt;script&gt;" in pages["diaz_di.ipynb"]


def test_a_wrong_answer_is_told_its_property_a_small_case_and_the_next_step(pages):
    page = pages["clark_cy.ipynb"]
    assert "✗ does not hold" in page
    assert "<th scope='row'>got</th>" in page
    assert "hint" in page
    assert "To be marked" not in page


def test_an_unreadable_file_and_a_blank_one_are_told_so(pages):
    assert "could not be read" in pages["evans_ed.ipynb"]
    assert "None of the exercises was attempted" in pages["baker_bo.ipynb"]


def test_feedback_without_rows_says_how_to_make_them(own, capsys):
    shutil.rmtree(own.with_suffix(".rows"))
    assert main(["feedback", str(own), "--out", str(own.parent / "pages")]) == 1
    assert "course grade" in capsys.readouterr().err
