"""``course feedback``: a page for every submission that was marked."""

import argparse
from pathlib import Path

EXAMPLES = """\
examples:
  course feedback marks.csv --out feedback            then open feedback/index.html
"""


def add_parser(subparsers) -> None:
    """Add ``feedback`` to the command line."""
    parser = subparsers.add_parser(
        "feedback",
        help="write a feedback page for every submission",
        description="Write a page for every submission of a table of marks: what holds, what fails, what next.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("marks", type=Path, metavar="CSV", help="the table that `course grade` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the pages")
    parser.set_defaults(run=run)


def run(options) -> int:
    """Write the pages and say where they are."""
    from course_lib.grading.feedback import write_feedback

    pages = write_feedback(options.marks, options.out)
    print(f"{len(pages)} pages are in {options.out}. Open {options.out / 'index.html'} first.")
    return 0
