"""``course lab``: JupyterLab, opened on a lesson, with data that are there."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from course_lib.errors import CourseError

NEXT_STEP = "run it from the course's folder, or name the folder: course lab --folder DIR"


def add_parser(subparsers) -> None:
    """Add ``lab`` to the command line."""
    parser = subparsers.add_parser(
        "lab",
        help="open JupyterLab on a lesson",
        description="Open JupyterLab on a lesson. Without scans of your own, phantoms are made first, once.",
        epilog="examples:\n  course lab\n  course lab --lesson 3\n  course lab -- --no-browser --port 9999",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--lesson", type=int, default=1, metavar="N", help="lesson to open (default: 1)")
    parser.add_argument("--folder", type=Path, default=None, help="the course's folder (default: found from here)")
    parser.add_argument("jupyter", nargs="*", metavar="-- OPTION", help="what follows -- goes to JupyterLab as it is")
    parser.set_defaults(run=run)


def find_course(start: Path) -> Path:
    """The nearest folder at or above ``start``, or that of the installed source, with lessons in ``notebooks``.

    Raises:
        CourseError: there is none.
    """
    source = Path(__file__).resolve().parents[2]
    for folder in (start, *start.parents, source):
        if list((folder / "notebooks").glob("01_*.ipynb")):
            return folder
    raise CourseError(f"no notebooks/01_*.ipynb in {start} or above it: {NEXT_STEP}")


def find_lesson(course: Path, number: int) -> Path:
    """The learner's copy of lesson ``number``.

    Raises:
        CourseError: no such lesson; names those that are there.
    """
    lessons = sorted((course / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    for lesson in lessons:
        if int(lesson.name[:2]) == number:
            return lesson
    there = ", ".join(str(int(lesson.name[:2])) for lesson in lessons)
    raise CourseError(f"there is no lesson {number} in {course / 'notebooks'}: choose one of {there}")


def run(options: argparse.Namespace) -> int:
    """Make sure that there are data, then become JupyterLab."""
    course = find_course((options.folder or Path.cwd()).resolve())
    lesson = find_lesson(course, options.lesson)
    os.chdir(course)

    from course_lib import data

    data.find_data()
    # Named as an argument, a notebook would make its own folder the root, and the course's other files unreachable.
    page = f"/lab/tree/{lesson.relative_to(course).as_posix()}"
    where = [f"--ServerApp.root_dir={course}", f"--LabApp.default_url={page}"]
    command = [sys.executable, "-m", "jupyter", "lab", *where, *options.jupyter]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # a container's only user is often root, and JupyterLab would refuse to start
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return become(command)


def become(command: list[str]) -> int:
    """Run a program in place of this one, so that signals reach it; where that cannot be, wait for it.

    Returns:
        Its exit status, on Windows; elsewhere there is nothing left to return to.
    """
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    # On Windows execv ends this process at once: the shell would go on beside JupyterLab, and take its keys.
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # JupyterLab got it too, asks whether to stop, and decides
            continue
