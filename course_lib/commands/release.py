"""``course release``: what students get of some lessons."""

import argparse
from pathlib import Path


def add_parser(subparsers) -> None:
    """Add ``release`` to the command line."""
    parser = subparsers.add_parser(
        "release",
        help="hand lessons out, without solutions",
        description="Write what students get of some lessons into a new folder: notebooks, a README, a manifest.",
        epilog="examples:\n"
        "  course release 05 --out handed_out\n"
        "  course release 05 08 --graded instructor/graded --out handed_out\n"
        "  course release 05 --library --out handed_out     with the library, so that students need nothing else",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lessons", nargs="+", metavar="LESSON", help="a number or a name, such as 05 or 05_tversky")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to make; must not exist, or be empty"
    )
    parser.add_argument("--graded", type=Path, metavar="FOLDER", help="a graded set, whose exercises are added")
    parser.add_argument("--library", action="store_true", help="put the library beside the notebooks")
    parser.add_argument("--course", type=Path, metavar="FOLDER", help="the course's folder (default: found from here)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the release and say what is in it."""
    from course_lib.commands.lab import find_course
    from course_lib.grading.release import release

    course = find_course((options.course or Path.cwd()).resolve())
    manifest = release(options.lessons, options.out, course, options.graded, options.library)
    for lesson in manifest["lessons"]:
        graded = f", graded without a check: {', '.join(lesson['graded'])}" if lesson["graded"] else ""
        print(f"{lesson['notebook']}: {len(lesson['exercises'])} exercises{graded}")
    print(f"Release {manifest['release']} is in {options.out}. Keep manifest.json: it says what you handed out.")
    return 0
