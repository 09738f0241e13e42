"""The file that progress is kept in: what it holds, how it is read, merged and written by several notebooks at once.

One JSON file, ``progress.json``: by exercise its lesson, how many attempts and hints it took, and when it was first
tried, last tried and solved (UTC). No answer, no name of a person or machine is in it.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from course_lib.errors import StorageError
from course_lib.storage import make_folder, write_atomically

FILE, LOCK, FORMAT = "progress.json", "progress.lock", 1
PATIENCE = 2.0  # seconds to wait for another notebook that is writing; it takes some milliseconds


@dataclass(frozen=True)
class Entry:
    """What is kept of one exercise.

    Attributes:
        lesson: number of its lesson.
        attempts: answers checked until one was right, that one included; none is counted after it.
        hints: steps of hints seen before it was solved.
        first: when it was first tried or a hint was asked for, as "2026-09-01T10:15:00+00:00", in UTC.
        last: when that was last so.
        solved: when an answer was first right; "" before. What was solved stays so, whatever is tried afterwards.
    """

    lesson: int
    attempts: int = 0
    hints: int = 0
    first: str = ""
    last: str = ""
    solved: str = ""


Entries = dict[str, Entry]  # by the exercise's name


@dataclass(frozen=True)
class Event:
    """Something that happened: an answer was checked, right or not (hint 0), or the given step of hints was shown."""

    exercise: str
    lesson: int
    when: str
    right: bool = False
    hint: int = 0


def apply(entries: Entries, event: Event) -> Entries:
    """Return the entries with one event more."""
    entry = entries.get(event.exercise, Entry(event.lesson, first=event.when))
    entry = replace(entry, lesson=event.lesson, last=max(entry.last, event.when))
    if event.hint and not entry.solved:
        entry = replace(entry, hints=max(entry.hints, event.hint))
    elif not event.hint and not entry.solved:
        entry = replace(entry, attempts=entry.attempts + 1, solved=event.when if event.right else "")
    return {**entries, event.exercise: entry}


def merge(one: Entries, other: Entries) -> Entries:
    """Return what two files know together; merging the same file twice changes nothing."""
    made = {**other, **one}
    for name in one.keys() & other.keys():
        a, b = one[name], other[name]
        made[name] = Entry(
            a.lesson,
            max(a.attempts, b.attempts),
            max(a.hints, b.hints),
            min(a.first, b.first),
            max(a.last, b.last),
            min(filter(None, (a.solved, b.solved)), default=""),
        )
    return made


class DamagedFileError(Exception):
    """A progress file cannot be made out, or only in part: `entries` are those that can."""

    def __init__(self, entries: Entries):
        super().__init__("damaged")
        self.entries = entries


def read(folder: Path) -> Entries:
    """Return what is kept in a folder; nothing where there is no file yet.

    Raises:
        DamagedFileError: the file holds something else.
        StorageError: it cannot be read, or a newer version of the course wrote it.
    """
    path = folder / FILE
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StorageError(f"{path} cannot be read ({reason}). Look at its permissions.") from error
    try:
        kept = json.loads(content)
        version, rows = kept["format"], kept["exercises"].items()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DamagedFileError({}) from None
    if isinstance(version, int) and version > FORMAT:
        raise StorageError(f"{path} was written by a newer version of the course. Update this one.")
    entries = {name: entry for name, row in rows if (entry := _entry(row))}
    if len(entries) < len(rows) or version != FORMAT:
        raise DamagedFileError(entries)
    return entries


def _entry(row) -> Entry | None:
    """Return a row of the file as an entry, None if it is not one."""
    try:
        entry = Entry(**row)
        for when in filter(None, (entry.first, entry.last, entry.solved)):
            if datetime.fromisoformat(when).tzinfo is None:
                return None
    except (TypeError, ValueError):
        return None
    counts = (entry.lesson, entry.attempts, entry.hints)
    whole = all(type(count) is int and count >= 0 for count in counts)
    return entry if whole and entry.first and entry.last else None


def write(folder: Path, entries: Entries) -> None:
    """Write the file anew, beside itself and renamed.

    Raises:
        StorageError: it cannot be written.
    """
    rows = {name: asdict(entry) for name, entry in sorted(entries.items())}
    with write_atomically(folder / FILE) as file:
        json.dump({"format": FORMAT, "exercises": rows}, file, indent=1)
        file.write("\n")


def put_aside(folder: Path, what: str) -> Path:
    """Rename the file to a name of its own with date and time, such as ``progress-damaged-2026-09-01_101500.json``."""
    path = folder / FILE
    kept = free_name(folder, f"progress-{what}-{stamp()}", ".json")
    os.replace(path, kept)
    return kept


def free_name(folder: Path, stem: str, ending: str) -> Path:
    """Return a path in a folder that nothing has yet: the name itself, or with _2, _3, … after it."""
    path, number = folder / f"{stem}{ending}", 1
    while os.path.lexists(path):
        number += 1
        path = folder / f"{stem}_{number}{ending}"
    return path


def stamp() -> str:
    """Return date and time for a file's name, by the clock on the wall: "2026-09-01_101500"."""
    return datetime.now().strftime("%Y-%m-%d_%H%M%S")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder's progress for this notebook; the lock goes with the process, however it ends.

    Raises:
        StorageError: the folder cannot be made or written to, or another notebook holds it too long.
    """
    make_folder(folder)
    try:
        lock = open(folder / LOCK, "ab")  # noqa: SIM115  (closed below: only opening it gets this explanation)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StorageError(f"Cannot write to {folder} ({reason}). Choose a folder that you can write to.") from error
    with lock:
        until = time.monotonic() + PATIENCE
        while not _locked(lock):
            if time.monotonic() > until:
                raise StorageError(f"Another notebook is writing to {folder}. Check once more in a moment.")
            time.sleep(0.02)
        yield


def _locked(lock) -> bool:
    """Try to lock an open file; True too where the disk has no locks, since one notebook alone needs none."""
    try:
        import fcntl
    except ImportError:
        import msvcrt  # Windows

        try:
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    with suppress(OSError):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
