"""Fill an instructor's own gradebook with marks: find each student's row, and refuse where it is not certain."""

import os
import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from course_lib.errors import ArgumentError, DataError
from course_lib.grading.names import CANVAS, MOODLE
from course_lib.grading.roster import FIRST, FULL, IDENTITIES, LAST, Student, kind_of, matching, students_of
from course_lib.grading.table import Table, read_table
from course_lib.storage import write_atomically

OUT_OF = 100.0  # points for full marks where neither the gradebook nor the instructor says


@dataclass(frozen=True)
class Mark:
    """One row of the marks: the submission's label, what it says of the student, and the share of the points.

    `share` lies from 0 to 1; None where there is no total yet. `unread`: whether a question has no mark yet, because a
    person gives it; the total is then that of the others.
    """

    name: str
    student: str
    share: float | None
    unread: bool = False


@dataclass
class Report:
    """What filling did.

    Attributes:
        column: name of the column that was filled.
        filled: labels of the submissions whose marks are in it.
        unread: how many of these totals leave out an answer that no person has marked yet.
        replaced: how many of these cells held another mark before.
        points: for full marks, as text; "" where it differs from row to row.
        waiting: labels of submissions without a total yet.
        left_out: labels of submissions that were not entered, and why.
        without: how many students of the gradebook have no mark from these.
    """

    column: str
    filled: list[str] = field(default_factory=list)
    unread: int = 0
    replaced: int = 0
    points: str = ""
    waiting: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    without: int = 0


def fill_gradebook(
    marks: str | os.PathLike,
    book: str | os.PathLike,
    out: str | os.PathLike,
    column: str | None = None,
    points: float | None = None,
    leave_out: bool = False,
) -> Report:
    """Write a copy of a gradebook in which one column holds the marks; all else stays as it was, to the byte.

    Args:
        marks: what `course grade` wrote: a CSV with the columns name, student and total (a share, 0 to 1).
        book: the gradebook as Canvas or Moodle exports it, or a CSV of one's own.
        out: the copy.
        column: which column; by default Moodle's Grade, or Canvas' assignment if there is only one. A new name is a
            new last column, but in Canvas, which knows its assignments by a number.
        points: for full marks; by default Canvas' points possible, Moodle's maximum grade, or 100.
        leave_out: leave out submissions whose row is not certain, instead of refusing.

    Raises:
        DataError: a file cannot be read or lacks a column, or a submission's row is not certain; nothing is written.
        ArgumentError: no such column, or `out` is one of the other two files.
    """
    if points is not None and not 0 < points < float("inf"):
        raise ArgumentError(f"--points is a number above 0; got {points}.")
    if Path(out).resolve() in (Path(book).resolve(), Path(marks).resolve()):
        raise ArgumentError(f"{out}: would be overwritten. Give another name as --out.")
    entries, table = read_totals(marks), read_table(book)
    at = _column(table, column)
    report = Report(column or table.header[at])
    students = students_of(table)
    rows = _rows_of(entries, table, students, report)
    if report.left_out and not leave_out:
        listed = "\n".join(f"  {name}: {why}" for name, why in report.left_out)
        raise DataError(
            f"{book}: {len(report.left_out)} of {len(entries)} submissions have no certain row; nothing was written.\n"
            f"{listed}\nCorrect the student's name or number in {marks}, or leave these out with --leave-out."
        )
    _enter(entries, table, at, rows, points, report)
    report.without = len(students) - len(report.filled)
    with write_atomically(out, "wb") as file:
        file.write(table.to_bytes())
    return report


def read_totals(path: str | os.PathLike) -> list[Mark]:
    """Read the totals that `course grade` wrote, also where a spreadsheet has saved the file since.

    Raises:
        DataError: it lacks a column, a total is no share from 0 to 1, or two rows have one name.
    """
    table = read_table(path)
    header = [name.casefold() for name in table.header]
    missing = [name for name in ("name", "student", "total") if name not in header]
    if missing:
        raise DataError(f"{path}: has no column {missing[0]!r}. Give the file that `course grade` wrote.")
    name, student, total = (header.index(each) for each in ("name", "student", "total"))
    questions = [n for n, each in enumerate(header) if each not in ("name", "student", "status", "total", "flags")]
    made = []
    for row in range(1, len(table.rows)):
        if table.get(row, name).strip():
            share = _share(table.get(row, total), path, row)
            who = (re.sub(r"^'(?=[=+@\t-])", "", table.get(row, each)) for each in (name, student))
            made.append(Mark(*who, share, any(not table.get(row, each).strip() for each in questions)))
    double = next((a.name for a, b in pairwise(sorted(made, key=lambda one: one.name)) if a.name == b.name), None)
    if double:
        raise DataError(f"{path}: has two rows named {double!r}. Delete one.")
    return made


def _share(text: str, path: str | os.PathLike, row: int) -> float | None:
    if not text.strip():
        return None
    try:
        share = float(text.replace(",", "."))  # a spreadsheet may have saved it anew
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise DataError(f"{path}, row {row + 1}: the total {text!r} is no share from 0 to 1. Give what was graded.")
    return share


def _column(table: Table, wanted: str | None) -> int:
    """Return which column is filled; the number of columns for a new one."""
    header, kind = table.header, kind_of(table)
    assignments = [n for n, name in enumerate(header) if re.search(r"\(\d+\)$", name)] if kind == CANVAS else []
    if wanted is None:
        grades = [n for n, name in enumerate(header) if kind == MOODLE and name.casefold() == "grade"] or assignments
        if len(grades) == 1:
            return grades[0]
        listed = f" It has {', '.join(repr(header[n]) for n in grades)}." if grades else ""
        raise ArgumentError(f"{table.path}: name the column to fill with --column.{listed}")
    same = [n for n, name in enumerate(header) if name == wanted.strip()]
    same = same or [n for n in assignments if re.sub(r"\s*\(\d+\)$", "", header[n]) == wanted.strip()]
    same = same or [n for n, name in enumerate(header) if name.casefold() == wanted.strip().casefold()]
    if len(same) > 1:
        raise ArgumentError(f"{table.path}: has {len(same)} columns named {wanted!r}. Rename all but one of them.")
    if same and header[same[0]].casefold() in FULL | FIRST | LAST | IDENTITIES:
        raise ArgumentError(f"{table.path}: column {wanted!r} says who the students are. Name one for marks.")
    if same and any("read only" in table.get(row, same[0]).casefold() for row in range(1, min(4, len(table.rows)))):
        raise ArgumentError(f"{table.path}: Canvas computes column {wanted!r} itself. Name an assignment.")
    if not same and kind == CANVAS:
        listed = ", ".join(repr(header[n]) for n in assignments) or "none"
        raise ArgumentError(f"{table.path}: has no assignment {wanted!r}; it has {listed}. Make it in Canvas first.")
    return same[0] if same else len(header)


def _rows_of(entries: list[Mark], table: Table, students: list[Student], report: Report) -> dict[str, int]:
    """Return the row of every submission that has a certain one; put the others into the report."""
    rows, claims = {}, defaultdict(list)
    for entry in entries:
        found = matching(entry.name, entry.student, students, kind_of(table))
        if len(found) == 1:
            rows[entry.name] = found[0].row
            claims[found[0].row].append(entry.name)
        else:
            lines = ", ".join(str(one.row + 1) for one in found[:5])
            why = f"fits {len(found)} rows ({lines})" if found else "fits no row"
            report.left_out.append((entry.name, why))
    for row, claimed in claims.items():
        if len(claimed) > 1:
            for name in claimed:
                others = ", ".join(other for other in claimed if other != name)
                report.left_out.append((name, f"row {row + 1} is also that of {others}"))
                del rows[name]
    return rows


def _enter(
    entries: list[Mark], table: Table, at: int, rows: dict[str, int], points: float | None, report: Report
) -> None:
    """Write the marks of those that have a row into column `at`, and note in the report what was written."""
    if at == len(table.header):
        table.set(0, at, report.column)
    given, comma = set(), _writes_commas(table)
    for entry in entries:
        if entry.name not in rows:
            continue
        if entry.share is None:
            report.waiting.append(entry.name)
            continue
        row = rows[entry.name]
        full = _points(table, row, at, points)
        text = _written(entry.share * full, comma)
        report.replaced += table.get(row, at).strip() not in ("", text)
        table.set(row, at, text)
        report.filled.append(entry.name)
        report.unread += entry.unread
        given.add(full)
    report.points = f"{given.pop():g}" if len(given) == 1 else ""


def _points(table: Table, row: int, at: int, points: float | None) -> float:
    """Return the points for full marks: as asked, or as the gradebook says for this column or row."""
    if points is not None:
        return points
    header = [name.casefold() for name in table.header]
    if kind_of(table) == MOODLE and "maximum grade" in header:
        said = table.get(row, header.index("maximum grade"))
    else:
        at_top = [
            n for n in range(1, min(4, len(table.rows))) if table.get(n, 0).strip().casefold() == "points possible"
        ]
        said = table.get(at_top[0], at) if at_top else ""
    try:
        return float(said.replace(",", "."))
    except ValueError:
        return OUT_OF


def _writes_commas(table: Table) -> bool:
    """Return whether a gradebook writes decimals with a comma, as spreadsheets of many countries do."""
    cells = [cell.strip('"') for cells in table.rows for cell in cells]
    dots = any(re.fullmatch(r"-?\d+\.\d+", cell) for cell in cells)
    return table.delimiter != "," and not dots and any(re.fullmatch(r"-?\d+,\d+", cell) for cell in cells)


def _written(value: float, comma: bool) -> str:
    """Return a number of points with at most two decimals.

    >>> _written(7.5, False), _written(10.0, False), _written(2 / 3, True)
    ('7.5', '10', '0,67')
    """
    text = f"{value + 1e-9:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if comma else text
