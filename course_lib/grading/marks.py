"""The table of marks: a row a submission, a column a question, and the marks that a person writes into it."""

import csv
import dataclasses
from pathlib import Path

from course_lib.errors import DataError
from course_lib.grading.key import Key
from course_lib.grading.marking import total_of
from course_lib.grading.model import Row
from course_lib.storage import write_atomically

FIRST = ("name", "student", "status", "total")
LAST = ("flags",)
NOTHING = "blank"  # stands where a person would mark, if there is nothing to mark; a number there is a person's mark


def write_marks(rows: list[Row], out: Path, key: Key, kept: dict[str, dict[str, str]]) -> list[Row]:
    """Write the table, with a person's marks where they were given, and return the rows with these.

    Args:
        rows: in the order of the table.
        out: the CSV.
        key: whose exercises are the columns.
        kept: `read_marks` of the table as it was, after `check_marks`.

    Raises:
        StorageError: the file cannot be written; the earlier one stays.
    """
    questions = list(key.exercises)
    by_hand = _by_hand(key)
    marked = [_with_hand_marks(row, by_hand, kept.get(row.name, {})) for row in rows]
    with write_atomically(out) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*FIRST, *questions, *LAST])
        for row in marked:
            scores = [_cell(row, name, kept.get(row.name, {}), name in by_hand) for name in questions]
            head = [_harmless(row.name), _harmless(row.student), row.status, _shown(row.total)]
            writer.writerow([*head, *scores, _harmless("; ".join(row.flags))])
    return marked


def read_marks(path: Path) -> dict[str, dict[str, str]]:
    """Return a table of marks as it is on disk: by name of the submission its row; empty if there is none.

    Raises:
        DataError: the file is no table of marks.
    """
    if not Path(path).exists():
        return {}
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read ({error}). Name another file for the marks.") from error
    if rows and not {"name", "total"} <= rows[0].keys():
        raise DataError(f"{path}: is no table of marks of this course, which begins with {', '.join(FIRST)}.")
    return {_bare(row["name"]): row for row in rows}


def check_marks(kept: dict[str, dict[str, str]], key: Key, path: Path) -> None:
    """Raise `DataError` if a mark that a person wrote into the table is no number from 0 to 1."""
    for name, line in kept.items():
        for question in _by_hand(key):
            written = line.get(question) or ""
            try:
                fits = (mark := hand_mark(written)) is None or 0 <= mark <= 1
            except ValueError:
                fits = False
            if not fits:
                raise DataError(
                    f"{path}: the mark {written!r} of {name} for {question} is no number from 0 to 1. Mend it there."
                )


def _by_hand(key: Key) -> list[str]:
    """Names of the questions that a person marks."""
    return [name for name, exercise in key.exercises.items() if exercise.kind == "free"]


def hand_mark(written: str | None) -> float | None:
    """A person's mark as a number; None if there is none.

    Args:
        written: what stands in the column of a question that a person marks.

    Raises:
        ValueError: it is no number.
    """
    plain = (written or "").strip().replace(",", ".")
    return None if plain in ("", NOTHING) else float(plain)


def _with_hand_marks(row: Row, by_hand: list[str], earlier: dict[str, str]) -> Row:
    """The row with a person's marks in it, and the total of all; what could not be run has none."""
    given = {name: mark for name in by_hand if (mark := hand_mark(earlier.get(name))) is not None}
    scores = {**row.scores, **given}
    return dataclasses.replace(row, scores=scores, total=total_of(scores) if row.scores else None)


def _cell(row: Row, name: str, earlier: dict[str, str], by_hand: bool) -> str:
    """What stands in the column of a question."""
    score = row.scores.get(name)
    nobody_marked = by_hand and hand_mark(earlier.get(name)) is None
    return NOTHING if nobody_marked and score == 0 else _shown(score)


def _shown(score: float | None) -> str:
    return "" if score is None else f"{score:.4f}".rstrip("0").rstrip(".")


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: names come from files that students named."""
    plain = text.replace("\r", " ").replace("\n", " ")
    return f"'{plain}" if plain[:1] in ("=", "+", "-", "@", "\t") else plain


def _bare(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@", "\t") else text
