"""Prove a graded set before handing it out: ``python instructor/prove.py my_set``."""

import sys
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.grading.proving import faults


def main(words: list[str]) -> int:
    """Print what is wrong with a folder of graded exercises; return 1 if anything is."""
    if len(words) != 1:
        print("usage: python instructor/prove.py FOLDER")
        return 2
    try:
        found = faults(Path(words[0]))
    except CourseError as error:
        found = [str(error)]
    print("\n".join(found) or f"{words[0]}: solutions are right, stubs blank, and every wrong answer is found out.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
