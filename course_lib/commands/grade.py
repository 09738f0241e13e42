"""``course grade``: mark a folder of submissions."""

import argparse
from pathlib import Path

EXAMPLES = """\
examples:
  course grade handed_in/ --out marks.csv
  course grade submissions.zip --out marks.csv --released release/05_tversky_losses.ipynb --graded private/graded
  course grade handed_in/ --out marks.csv --workers 8
  course grade handed_in/ --out marks.csv --scheduler tcp://10.0.0.1:8786     a class larger than one machine

Every submission runs in a sandbox of its own: no network, no view of the disk, limits on time, memory, processes and
output. The answers are compared outside it, on inputs that no release holds. Run the command again at any time: what
is marked and unchanged is not run again, and the marks that you wrote into the CSV for answers in words are kept.
"""


def add_parser(subparsers) -> None:
    """Add ``grade`` to the command line."""
    parser = subparsers.add_parser(
        "grade",
        help="mark a folder of submissions",
        description="Mark every notebook of a folder or zip: a row a submission, a column a question.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("place", type=Path, metavar="DIR", help="folder or zip of what was handed in")
    parser.add_argument("--out", type=Path, required=True, metavar="CSV", help="the table of marks")
    parser.add_argument("--released", type=Path, metavar="IPYNB", help="the lesson as handed out (default: found)")
    parser.add_argument("--graded", type=Path, metavar="DIR", help="the graded set that was released with it")
    parser.add_argument(
        "--secret", type=Path, metavar="FILE", help="what hidden inputs are drawn from (made if absent)"
    )
    kinds = ("bubblewrap", "docker", "podman", "process")
    parser.add_argument("--sandbox", choices=kinds, default="bubblewrap", help="process: none at all, only for trusted")
    parser.add_argument("--image", default="", metavar="NAME", help="for docker and podman: has the course's packages")
    parser.add_argument("--workers", type=int, metavar="N", help="submissions at the same time (number of cores)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster that runs the submissions")
    parser.add_argument("--seconds", type=float, metavar="S", help="a submission may take (60)")
    parser.add_argument("--memory", type=float, metavar="GB", help="a submission may take (1.5; 0.6 beside TensorFlow)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)


def run(options) -> int:
    """Mark, write the table, and say what it amounts to."""
    from collections import Counter

    from course_lib.grading.grade import grade

    asked = {"seconds": options.seconds, "memory": options.memory and options.memory * 1e9}
    rows = grade(
        options.place,
        options.out,
        released=options.released,
        graded=options.graded,
        secret=options.secret,
        kind=options.sandbox,
        image=options.image,
        workers=options.workers,
        scheduler=options.scheduler,
        limits={name: value for name, value in asked.items() if value},
        progress=not options.quiet,
    )
    for status, count in Counter(row.status for row in rows).most_common():
        print(f"{count:4} {status}")
    failed = sum(not row.scores for row in rows)
    if failed:
        print(f"{failed} could not be run, which is not the students' fault: run this command again.")
    waiting = sum(score is None for row in rows for score in row.scores.values())
    if waiting:
        print(f"{waiting} answers in words wait for you: write 0 to 1 into the CSV, and run this again.")
    flagged = sum(bool(row.flags) for row in rows)
    if flagged:
        print(f"{flagged} submissions have something in the column flags to look at.")
    print(f"The marks are in {options.out}. Next: course feedback {options.out} --out feedback")
    return 0
