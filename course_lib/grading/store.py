"""The rows of a class on disk, a file each: grading resumes from them, and feedback is written from them."""

import dataclasses
import json
from pathlib import Path

from course_lib.grading.marking import fingerprint
from course_lib.grading.marks import hand_mark
from course_lib.grading.model import Row, Submission
from course_lib.storage import write_atomically

ROWS_SUFFIX = ".rows"  # of the folder beside marks.csv
CHANGED = "changed since a person gave it"  # in a flag, between the question and the mark


class Store:
    """The folder of rows beside a table of marks.

    Attributes:
        folder: where the files lie.
        newest: by name of the submission its row in the class that was marked last.
    """

    def __init__(self, folder: Path, task: bytes = b""):
        """Reads what is there; `task` is `fingerprint_of_task`, and not needed for reading."""
        self.folder, self._task = folder, task
        self.newest: dict[str, Row] = {}
        self._of_file: dict[str, Row] = {}
        for path in sorted(folder.glob("[0-9a-f]*.json"), key=lambda path: path.stat().st_mtime_ns):
            try:
                row = Row.from_dict(json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError):  # of another version, or half a disk: it is made anew
                continue
            self._of_file[path.stem] = self.newest[row.name] = row

    def find(self, submission: Submission) -> Row | None:
        """Return the row of a submission that has not changed since, marked by the same key within the same limits."""
        return self._of_file.get(fingerprint(submission, self._task))

    def keep(self, submission: Submission, row: Row, earlier: dict[str, str]) -> Row:
        """Write the row that a submission has now, flagged by `with_changed_texts`, and return it.

        Raises:
            StorageError: it cannot be written.
        """
        row = self.with_changed_texts(row, earlier)
        if row != self.newest.get(row.name) or self.find(submission) is None:
            with write_atomically(self.folder / f"{fingerprint(submission, self._task)}.json") as file:
                json.dump(row.to_dict(), file, indent=1)
        return row

    def with_changed_texts(self, row: Row, earlier: dict[str, str]) -> Row:
        """Return the row, flagged where a person marked an answer in words that is another one now.

        A flag says which mark it is about, and stays until the person gives another.

        Args:
            row: as it is now.
            earlier: the submission's line in the table of marks as it was, after `marks.check_marks`.
        """
        before = self.newest.get(row.name, Row(row.name, ""))
        flags = [flag for flag in row.flags if CHANGED not in flag]
        for name in row.scores:
            changed, flag = _text(row, name) != _text(before, name), f"{name}: {CHANGED} "
            if not changed and not any(one.startswith(flag) for one in before.flags):
                continue
            mark = hand_mark(earlier.get(name))
            if mark is not None and (changed or f"{flag}{mark:g}" in before.flags):
                flags.append(f"{flag}{mark:g}")
        return dataclasses.replace(row, flags=flags)


def _text(row: Row, name: str) -> str:
    """The answer in words to a question; "" where there is none."""
    return row.results.get(name, {}).get("text", "")
