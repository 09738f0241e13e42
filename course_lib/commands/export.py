"""``course export``: fill the instructor's own gradebook with marks."""

import argparse
from pathlib import Path

EXAMPLES = """\
examples:
  course export marks.csv --gradebook canvas.csv --out filled.csv --column "Lesson 5"
  course export marks.csv --gradebook moodle.csv --out filled.csv
  course export marks.csv --gradebook my_class.csv --out filled.csv --column lesson5 --points 10

The gradebook is the CSV that Canvas or Moodle exports, or one of your own with a column that says who a student is.
Students are found by number or address first, then by name, whatever its case, accents and order. Where a submission
fits no row or several, nothing is written and they are listed; --leave-out writes the others. One column is filled;
every other cell, the order of rows, the encoding and the delimiter stay as they are.
"""


def add_parser(subparsers) -> None:
    """Add ``export`` to the command line."""
    parser = subparsers.add_parser(
        "export",
        help="fill your own gradebook with marks",
        description="Write a copy of a gradebook in which one column holds the marks.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("marks", type=Path, metavar="MARKS.csv", help="what `course grade` wrote")
    parser.add_argument(
        "--gradebook", type=Path, required=True, metavar="BOOK.csv", help="from Canvas, Moodle, or yours"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILLED.csv", help="the copy to write")
    parser.add_argument("--column", metavar="NAME", help="which column (default: the only one for a grade)")
    parser.add_argument(
        "--points", type=float, metavar="N", help="for full marks (default: what the gradebook says, else 100)"
    )
    parser.add_argument("--leave-out", action="store_true", help="leave out who has no certain row, do not refuse")
    parser.set_defaults(run=run)


def run(options) -> int:
    """Fill the gradebook and say what was done."""
    from course_lib.grading.gradebook import fill_gradebook

    report = fill_gradebook(
        options.marks, options.gradebook, options.out, options.column, options.points, options.leave_out
    )
    full = f", {report.points} points for full marks" if report.points else ""
    print(f"{options.out}: {len(report.filled)} marks in column {report.column!r}{full}")
    if report.replaced:
        print(f"{report.replaced} of these cells held another mark before")
    if report.unread:
        print(f"{report.unread} of these totals leave out an answer that no person has marked yet")
    if report.without:
        print(f"{report.without} students of the gradebook have no mark from these")
    for name in report.waiting:
        print(f"no total yet, a person has to mark: {name}")
    for name, why in report.left_out:
        print(f"left out: {name}: {why}")
    return 0
