"""A graded set is proved before it is handed out: the course's own passes, and each fault is named with its file."""

import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.check import exercises
from course_lib.grading.graded import instructor_folder
from course_lib.grading.proving import faults

FOLDER = instructor_folder()
GOOD = (FOLDER / "graded" / "lesson03_output_size.py").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_set_of_the_course_has_no_fault():
    assert faults(FOLDER / "graded", ["a secret of its own"]) == []


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (
            '(size - kernel) // stride + 1\n    return size"',
            '(size - kernel) // stride\n    return size"',
            "SOLUTION scores 0%",
        ),
        (
            "\n    raise NotImplementedError(\"your turn\")\n'''\n\nSOL",
            "\n    return 0\n'''\n\nSOL",
            "its STUB is wrong",
        ),
        ("stride: size - kernel + 1)", "stride: -(-size // stride))", "is taken for 'padding after all'"),
        ('"first divided, then narrowed"', '"rounded down"', ""),
        ("case(wide, [(7, 1), (5, 1)])", "case(wide, [(7, 2), (5, 1)])", "take a property from 'strides forgotten'"),
        ("size - kernel + 1, stride))", "size - kernel + 2, stride))", "SOLUTION scores"),
        ("case(odd, [POOL, CONV]),", "", ""),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path, was, now, said):
    assert was in GOOD
    (tmp_path / "lesson03_a.py").write_text(GOOD.replace(was, now), encoding="utf-8")
    found = faults(tmp_path, ["a secret"])
    assert all(fault.startswith("lesson03_a.py: ") for fault in found)
    assert any(said in fault for fault in found) if said else found == []


@pytest.mark.slow
def test_the_script_says_whether_a_set_can_be_handed_out(tmp_path):
    def proved(text):
        (tmp_path / "lesson03_a.py").write_text(text, encoding="utf-8")
        command = [sys.executable, str(FOLDER / "prove.py"), str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, cwd=FOLDER.parent)

    good, bad = proved(GOOD), proved(GOOD.replace("STUB = '''", "STUB = 3 + '''"))
    assert (good.returncode, bad.returncode) == (0, 1)
    assert "every wrong answer is found out" in good.stdout
    assert "Cannot load" in bad.stdout


GUIDE = (FOLDER / "guide.md").read_text(encoding="utf-8")


def rows_of(heading):
    """The rows of the tables below a heading of the guide, as lists of cells."""
    part = GUIDE.split(f"## {heading}")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_guide_expects_misconceptions_that_the_banks_know_in_every_function():
    known = {e.name: {wrong.name for wrong in e.misconceptions} for e in exercises() if e.kind == "function"}
    expected = {row[0].split("`")[1]: row[1] for row in rows_of("What they will get wrong") if "`" in row[0]}
    assert set(known) <= set(expected)
    for name, wrong in known.items():
        left = expected[name]
        for each in sorted(wrong, key=len, reverse=True):
            left = left.replace(each, "")
        assert left.strip("; ") == "", (name, left)


def test_the_guide_says_what_to_look_for_in_every_answer_in_words():
    named = {row[0].split("`")[1] for row in rows_of("What they will get wrong") if "`" in row[0]}
    assert {exercise.name for exercise in exercises() if exercise.kind == "free"} <= named


def test_the_guides_minutes_are_those_that_the_lessons_give():
    weeks = [row for row in rows_of("A term") if row[2].isdecimal()]
    assert len(weeks) == 10
    for _, lesson, minutes, *_ in weeks:
        (source,) = (FOLDER.parent / "notebooks" / "source").glob(f"{lesson[:2]}_*.py")
        assert f"**Time** | {minutes} minutes" in source.read_text(encoding="utf-8"), source.name


def test_every_command_of_the_guide_is_one():
    from course_lib.cli import build_parser

    parser = build_parser()
    block = GUIDE.split("```sh\n")[1].split("```")[0]
    lines = [line.split("#")[0].strip() for line in block.splitlines() if line.startswith("course ")]
    assert [line.split()[1] for line in lines] == ["release", "grade", "feedback", "export"]
    for line in lines:
        assert parser.parse_args(line.replace('"', "").replace("Lesson 5", "Lesson5").split()[1:]).run


def test_every_path_that_the_guide_names_is_there():
    for path in ("course_lib/grading/vary.py", "instructor/graded", "instructor/prove.py", "course_lib/check"):
        assert path in GUIDE
        assert (Path(__file__).parents[1] / path).exists()
