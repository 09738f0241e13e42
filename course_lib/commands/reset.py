"""``course reset``: a lesson's notebook as it came, and what was there kept beside it."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from course_lib.errors import CourseError

EXAMPLES = """\
examples:
  course reset 05                 lesson 5 as it came; yours is kept as notebooks/kept_05_…ipynb
  course reset 05 --progress      and its exercises count as open again
  course reset 05 06 --yes        two lessons, without being asked

What was there is kept beside it, with date and time in its name; nothing is ever overwritten. If the lesson is open in
JupyterLab, save it first, and afterwards reload it: File → Reload Notebook from Disk, then Kernel → Restart Kernel.
"""


def add_parser(subparsers) -> None:
    """Add ``reset`` to the command line."""
    parser = subparsers.add_parser(
        "reset",
        help="put a lesson's notebook back as it came",
        description="Put a lesson's notebook back as it came, and keep what was there beside it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lessons", nargs="+", metavar="LESSON", help="a number or a name, such as 05 or 05_tversky")
    parser.add_argument("--progress", action="store_true", help="forget what was solved there, too; a copy is kept")
    parser.add_argument("--yes", action="store_true", help="do not ask first")
    parser.add_argument("--folder", type=Path, default=None, help="the course's folder (default: found from here)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Reset one lesson after the other."""
    from course_lib import progress
    from course_lib.commands.lab import find_course

    start = (options.folder or Path.cwd()).resolve()
    course = find_course(start)
    if options.folder and not start.is_relative_to(course):  # the installed course's: not the one that was named
        raise CourseError(f"no notebooks/01_*.ipynb in {start} or above it: name the course's folder.")
    for lesson in [progress.find_lesson(wanted) for wanted in options.lessons]:
        reset(course, lesson, options.progress, options.yes)
    return 0


def reset(course: Path, lesson, forget: bool, sure: bool) -> None:
    """Put one lesson back, after asking, and say what was done.

    Args:
        course: the course's folder.
        lesson: a `progress.Lesson`.
        forget: forget what was solved in it, too.
        sure: do not ask.

    Raises:
        CourseError: the lesson as it came cannot be had, nobody answers, or the folder cannot be written to.
    """
    path = course / "notebooks" / f"{lesson.name}.ipynb"
    fresh = as_it_came(course, lesson.name)
    if path.is_file() and path.read_bytes() == fresh:
        print(f"{path.name} is as it came; there is nothing to put back.")
    elif not sure and not _agreed(path):
        print(f"{path.name} is left as it is.")
        return
    else:
        put_back(path, fresh)
    if forget:
        _forget(lesson)


def put_back(path: Path, fresh: bytes) -> Path | None:
    """Write a notebook anew and return the copy of what was there, None where nothing was.

    The copy is complete before the notebook is touched, and has a name that nothing had before.

    Raises:
        StorageError: the folder cannot be written to; the notebook is as it was then.
    """
    from course_lib.progress.record import free_name, stamp
    from course_lib.storage import atomic_path, write_atomically

    kept = None
    if path.exists():
        kept = free_name(path.parent, f"kept_{path.stem}_{stamp()}", path.suffix)
        with atomic_path(kept) as draft:
            shutil.copy2(path, draft)
    with write_atomically(path, "wb") as file:
        file.write(fresh)
    print(f"{path.name} is as it came." + (f" Yours is kept as {kept.name}, beside it." if kept else ""))
    print("Is it open in JupyterLab? File → Reload Notebook from Disk, then Kernel → Restart Kernel.")
    return kept


def as_it_came(course: Path, name: str) -> bytes:
    """The lesson's notebook as the course gives it: built from its source, or, without the build's tools, from git.

    Raises:
        CourseError: neither can be done here.
    """
    tool = course / "tools" / "build_notebooks.py"
    with tempfile.TemporaryDirectory(prefix="course-reset-") as folder:
        if tool.is_file():
            command = [sys.executable, str(tool), "--learner", "--only", name, "--into", folder]
            done = subprocess.run(command, cwd=course, capture_output=True, check=False)
            built = Path(folder) / f"{name}.ipynb"
            if done.returncode == 0 and built.is_file():
                return built.read_bytes()
    found = _from_git(course, f"notebooks/{name}.ipynb")
    if found is None:
        raise CourseError(
            f"{name} cannot be had as it came: {course} has neither the tools to build it (make setup installs them) "
            "nor a git history. Take the notebook anew from where you got the course; yours was not touched."
        )
    return found


def _from_git(course: Path, name: str) -> bytes | None:
    """The file at the version's tag, else in the latest commit; None where git has none."""
    from course_lib import __version__

    if not (course / ".git").exists() or shutil.which("git") is None:
        return None
    for commit in (f"v{__version__}", "HEAD"):
        done = subprocess.run(["git", "-C", str(course), "show", f"{commit}:{name}"], capture_output=True, check=False)
        if done.returncode == 0:
            return done.stdout
    return None


def _agreed(path: Path) -> bool:
    """Ask; anything but y or yes means no."""
    if path.exists():
        question = f"Put {path} back as it came? What you have there is kept beside it. [y/N] "
    else:
        question = f"{path} is not there. Write it as it came? [y/N] "
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        print()
        raise CourseError("nobody answered, so nothing was changed. To go on without being asked: --yes") from None


def _forget(lesson) -> None:
    from course_lib import progress

    if progress.place() is None:
        print(progress.SWITCHED_OFF)
        return
    copy = progress.forget(lesson.number)
    if copy is None:
        print("None of its exercises had been tried.")
    else:
        print(f"Its exercises count as open again. As it was before: {copy}")
