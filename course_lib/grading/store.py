"""The rows of a class on disk, a file each: grading resumes from them, and feedback is written from them."""

import dataclasses
import json
from pathlib import Path

from course_lib.grading.marking import fingerprint
from course_lib.grading.model import Row, Submission
from course_lib.storage import write_atomically

ROWS_SUFFIX = ".rows"  # of the folder beside marks.csv
CHANGED = "changed since a person marked it"


class Store:
    """The folder of rows beside a table of marks.

    Attributes:
        folder: where the files lie.
        newest: by name of the submission the row that was written last.
    """

    def __init__(self, folder: Path, task: bytes = b""):
        """Reads what is there; `task` is `fingerprint_of_task`, and not needed for reading."""
        self.folder, self._task = folder, task
        self.newest: dict[str, Row] = {}
        self._of_file: dict[str, Row] = {}
        for path in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns):
            try:
                row = Row.from_dict(json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError):  # of another version, or half a disk: it is made anew
                continue
            self._of_file[path.stem] = self.newest[row.name] = row

    def find(self, submission: Submission) -> Row | None:
        """Return the row of a submission that has not changed since, marked by the same key within the same limits."""
        return self._of_file.get(fingerprint(submission, self._task))

    def keep(self, submission: Submission, row: Row) -> Row:
        """Write a row, and return it.

        Raises:
            StorageError: it cannot be written.
        """
        with write_atomically(self.folder / f"{fingerprint(submission, self._task)}.json") as file:
            json.dump(row.to_dict(), file, indent=1)
        return row

    def with_changed_texts(self, row: Row, earlier: dict[str, str]) -> Row:
        """Return the row, flagged where a person marked an answer in words that is another one now.

        Args:
            row: new.
            earlier: the submission's line in the table of marks as it was.
        """
        before = self.newest[row.name].results if row.name in self.newest else {}
        changed = [
            name
            for name, result in row.results.items()
            if row.scores[name] is None
            and (earlier.get(name) or "").strip()
            and before.get(name, {}).get("text", "") != result["text"]
        ]
        return dataclasses.replace(row, flags=[*row.flags, *(f"{name}: {CHANGED}" for name in changed)])
