"""Marking a class: two hundred submissions of one lesson, in the sandbox, on two workers.

``python -m bench.grading [--lesson 05] [--submissions 200] [--workers 2]`` prints seconds and the largest memory of a
worker, sandbox included.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]


def make_class(folder: Path, lesson: str, count: int) -> None:
    """Write so many submissions: the solutions, every third of them blank, each different from every other."""
    solved = json.loads(next((ROOT / "notebooks" / "solutions").glob(f"{lesson}_*.ipynb")).read_text())
    blank = json.loads(next((ROOT / "notebooks").glob(f"{lesson}_*.ipynb")).read_text())
    for number in range(count):
        notebook = blank if number % 3 == 2 else solved
        note = {"cell_type": "markdown", "id": f"by-{number}", "metadata": {}, "source": f"Student {number}"}
        made = {**notebook, "cells": [*notebook["cells"], note]}
        (folder / f"student{number:03d}.ipynb").write_text(json.dumps(made))


class Largest(threading.Thread):
    """The largest memory (proportional set size) of any sandbox below this process, in bytes."""

    def __init__(self):
        super().__init__(daemon=True)
        self.bytes, self.over = 0, threading.Event()

    def run(self):
        """Look five times a second."""
        while not self.over.wait(0.2):
            for child in psutil.Process().children():
                try:
                    family = [child, *child.children(recursive=True)]
                    self.bytes = max(self.bytes, sum(one.memory_full_info().pss for one in family))
                except psutil.Error:  # it ended while it was looked at
                    continue


def main() -> int:
    """Make a class, mark it, say what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lesson", default="05")
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    from course_lib.grading.grade import grade

    with tempfile.TemporaryDirectory() as folder:
        handed_in = Path(folder) / "in"
        handed_in.mkdir()
        make_class(handed_in, options.lesson, options.submissions)
        watch, start = Largest(), time.perf_counter()
        watch.start()
        rows = grade(handed_in, Path(folder) / "marks.csv", workers=options.workers)
        watch.over.set()
        seconds = time.perf_counter() - start
    statuses = {status: sum(row.status == status for row in rows) for status in {row.status for row in rows}}
    print(f"lesson {options.lesson}: {len(rows)} submissions, {options.workers} workers: {seconds:.0f} s; {statuses}")
    print(f"largest sandbox: {watch.bytes / 1e9:.2f} GB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
