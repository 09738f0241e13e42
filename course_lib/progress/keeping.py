"""Keeping progress while a learner works: where it goes, what is noted, and that it is never in the way."""

import os
from datetime import UTC, datetime
from pathlib import Path

from course_lib.errors import CourseError, StorageError
from course_lib.host import machine
from course_lib.progress import record
from course_lib.progress.record import DamagedFileError, Entries, Event
from course_lib.surroundings import course_folder, has_a_person, running_kernel

OFF = "off"
VARIABLE = "COURSE_PROGRESS"
# Machines that forget, and how to keep what was done there.
FORGETFUL = {
    machine.COLAB: "Colab forgets this when the session ends. To keep it, mount your Drive, then run "
    'progress.keep_in("/content/drive/MyDrive/course-progress") at the start of every session.',
    machine.KAGGLE: "Kaggle forgets this when the session ends. To keep it, switch on Persistence of files in the "
    'notebook\'s settings, and run progress.keep_in("/kaggle/working/progress") at the start of every session.',
    machine.BINDER: "Binder forgets this when you leave. To keep it, download progress/progress.json, and upload it "
    "into the folder progress next time.",
}

_waiting: list[Event] = []  # what could not be written yet; the next check tries again
_said: set[str] = set()
_latest: list[int] = []  # the lesson of the latest check or hint of this kernel


def place() -> Path | None:
    """The folder that progress is kept in; None where it is switched off.

    What the environment variable COURSE_PROGRESS names, or nothing if it is "off"; else ``progress`` in the course's
    folder; else, where that folder belongs to somebody else, a folder of the user's own.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if named.lower() == OFF:
        return None
    if named:
        return Path(named).expanduser().absolute()
    course = course_folder()
    if os.access(course, os.W_OK):
        return course / "progress"
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "tumor-segmentation-course"


def keeping_advice() -> str:
    """How to keep progress on a machine that forgets; "" on one's own, or where a folder was named."""
    if os.environ.get(VARIABLE, "").strip():
        return ""
    return FORGETFUL.get(machine.place(os.environ), "")


def is_kept() -> bool:
    """Whether checks are noted: in a notebook at which a person sits, unless it is switched off.

    What programs run (the build of the solutions, nbval, nbconvert, the grader, tests) leaves no trace.
    """
    return has_a_person(running_kernel()) and place() is not None


def note_check(exercise: str, lesson: int, right: bool) -> None:
    """Note that an answer was checked. Never raises: where it cannot be kept, one sentence says so, once."""
    _note(Event(exercise, lesson, _now(), right=right))


def note_hint(exercise: str, lesson: int, step: int) -> None:
    """Note that a step of hints, from 1, was shown. Never raises."""
    _note(Event(exercise, lesson, _now(), hint=step))


def latest_lesson() -> int | None:
    """The lesson of the latest check or hint of this kernel."""
    return _latest[0] if _latest else None


def _note(event: Event) -> None:
    try:
        _latest[:] = [event.lesson]
        if is_kept():
            _waiting.append(event)
            _save()
    except CourseError as error:
        why = str(error).replace(", then run this again; nothing half-written is left.", f" and name it in {VARIABLE}.")
        _say(f"Your progress is not kept: {why} The checks go on without it.")
    except Exception as error:  # a verdict is worth more than the note of it
        _say(f"Your progress is not kept ({type(error).__name__}: {error}). The checks go on without it.")


def _save() -> None:
    """Write what is waiting into the file, with what other notebooks have written there."""
    folder = place()
    with record.alone(folder):
        entries = _read_or_put_aside(folder)
        for event in _waiting:
            entries = record.apply(entries, event)
        record.write(folder, entries)
    _waiting.clear()


def _read_or_put_aside(folder: Path) -> Entries:
    """Read the file; a damaged one is kept under another name, and what can be made out of it is taken over."""
    try:
        return record.read(folder)
    except DamagedFileError as error:
        try:
            kept = record.put_aside(folder, "damaged")
        except OSError as refused:
            raise StorageError(f"{folder / record.FILE} is damaged and cannot be renamed. Remove it.") from refused
        _say(f"{folder / record.FILE} was damaged: it is kept as {kept.name}, and a new one begun.")
        return error.entries


def kept_entries() -> tuple[Entries, str]:
    """What is known of all exercises, and "" or a sentence on why that may not be all. Changes no file."""
    folder, problem, entries = place(), "", {}
    if folder is None:
        return {}, ""
    try:
        entries = record.read(folder)
    except DamagedFileError as error:
        entries = error.entries
        problem = f"{folder / record.FILE} is damaged; what can be read of it is shown. The next check keeps it aside."
    except CourseError as error:
        problem = str(error)
    for event in _waiting:
        entries = record.apply(entries, event)
    return entries, problem


def keep_in(folder: str | os.PathLike) -> None:
    """Keep progress in another folder from now on, and take what was kept so far along.

    For machines that forget: on Colab, call it at the start of every session with a folder of your mounted Drive.
    What is there already, from an earlier session, is taken up.

    Args:
        folder: is made where it is missing.

    Raises:
        StorageError: it cannot be written to.
    """
    goal = Path(folder).expanduser().absolute()
    so_far, _ = kept_entries()
    with record.alone(goal):
        record.write(goal, record.merge(_read_or_put_aside(goal), so_far))
    os.environ[VARIABLE] = str(goal)
    _waiting.clear()
    print(f"Progress is kept in {goal}.")


def forget(lesson: int | None = None) -> Path | None:
    """Forget all progress, or that of one lesson, and keep a copy of what was there.

    Returns:
        The copy, or None where there was nothing to forget.

    Raises:
        StorageError: the file cannot be read, or the folder cannot be written to.
    """
    folder = place()
    _waiting[:] = [event for event in _waiting if lesson not in (None, event.lesson)]
    if folder is None or not (folder / record.FILE).exists():
        return None
    with record.alone(folder):
        try:
            entries = record.read(folder)
        except DamagedFileError as error:
            entries = error.entries
        left = {name: entry for name, entry in entries.items() if lesson not in (None, entry.lesson)}
        if lesson is not None and len(left) == len(entries):
            return None
        try:
            copy = record.put_aside(folder, "before")
        except OSError as error:
            raise StorageError(
                f"Cannot rename {folder / record.FILE} ({error.strerror}). Remove it by hand."
            ) from error
        if left:
            record.write(folder, left)
    return copy


def _say(sentence: str) -> None:
    if sentence not in _said:
        _said.add(sentence)
        print(sentence)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
