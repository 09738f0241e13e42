"""The console script ``course``: one subcommand a file in ``course_lib.commands``.

>>> main(["--version"])
Traceback (most recent call last):
SystemExit: 0
"""

import argparse
import importlib
import logging
import os
import sys

from course_lib import __version__
from course_lib.errors import CourseError

# In the order that --help lists them.
COMMANDS = (
    *("doctor", "lab", "progress", "reset"),
    *("data", "train", "evaluate", "predict"),
    *("release", "grade", "feedback", "export"),
)

EXAMPLES = """\
examples:
  course doctor                                      what this machine has and lacks
  course lab                                         open JupyterLab on lesson 1
  course progress                                    which exercises you have solved
  course data --check my_scans/kaggle_3m             list every fault of a folder of scans
  course train --preset fast --out runs/first        train, with validation Dice by patient
  course evaluate --model runs/first --csv first.csv score the test patients
  course predict runs/first scan.tif --out masks     masks and overlays for single slices
  course grade handed_in --out marks.csv             mark a class; then course feedback marks.csv --out feedback

`course COMMAND --help` shows a command's options and examples.
"""


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; subcommands import what is heavy only when they run."""
    parser = argparse.ArgumentParser(
        prog="course",
        description="Brain-tumour segmentation with a VGG19-UNet: data, training and scores from the command line.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"course {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name in COMMANDS:
        importlib.import_module(f"course_lib.commands.{name}").add_parser(subparsers)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after ``course``; those of the process if None.

    Returns:
        Exit status: 0 done, 1 an error of the course's own (printed without a trace), 2 wrong usage, 130 interrupted.
    """
    _quieten_tensorflow()
    _spare_the_console()
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    try:
        return options.run(options) or 0
    except CourseError as error:
        print(f"course {options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\ncourse {options.command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe (`course data | head`) has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _quieten_tensorflow() -> None:
    # TensorFlow reports its build flags on stderr at import; a learner reads that as something gone wrong.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def _spare_the_console() -> None:
    # Where output goes to a file or pipe, Windows encodes it in cp1252, which has no ✓ and no →: a "?" does as well.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
