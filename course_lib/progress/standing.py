"""How far somebody is: by lesson which exercises are solved, tried or open, and what comes next."""

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from course_lib.progress.lessons import LESSONS, Lesson
from course_lib.progress.record import Entries, Entry

SOLVED, TRIED, OPEN = "solved", "tried", "open"
SYMBOLS = {SOLVED: "✓", TRIED: "…", OPEN: "○"}


@dataclass(frozen=True)
class Standing:
    """One lesson, and what is kept of its exercises."""

    lesson: Lesson
    entries: Entries

    def state(self, exercise: str) -> str:
        """Return "solved", "tried" (an answer was checked, or a hint seen) or "open"."""
        entry = self.entries.get(exercise)
        if entry is None:
            return OPEN
        return SOLVED if entry.solved else TRIED

    @property
    def solved(self) -> int:
        """How many exercises are solved."""
        return sum(self.state(name) == SOLVED for name in self.lesson.exercises)

    @property
    def of(self) -> int:
        """How many exercises there are."""
        return len(self.lesson.exercises)

    @property
    def last(self) -> str:
        """When the lesson was last worked on, "" if never."""
        return max((self.entries[name].last for name in self.lesson.exercises if name in self.entries), default="")

    @property
    def next(self) -> str:
        """The first exercise that is not solved, "" if all are."""
        return next((name for name in self.lesson.exercises if self.state(name) != SOLVED), "")

    def as_dict(self) -> dict:
        """Return all of it as plain data."""
        exercises = [
            {"name": name, "state": self.state(name), **asdict(self.entries.get(name, Entry(self.lesson.number)))}
            for name in self.lesson.exercises
        ]
        own = {"lesson": self.lesson.number, "title": self.lesson.title, "solved": self.solved, "of": self.of}
        return {**own, "last": self.last, "next": self.next, "exercises": exercises}


def standings(entries: Entries) -> list[Standing]:
    """Return where every lesson stands, in order; exercises that the course no longer has are left out."""
    return [
        Standing(lesson, {name: entries[name] for name in lesson.exercises if name in entries}) for lesson in LESSONS
    ]


def lesson_at_hand(every: Iterable[Standing], latest: int | None) -> Standing | None:
    """Return the lesson that the reader is in: the notebook's own, that of the latest check, or the last worked on."""
    session = os.environ.get("JPY_SESSION_NAME", "")  # the notebook's path, where Jupyter's server started the kernel
    by_name = next((one for one in every if one.lesson.name in session), None)
    by_check = next((one for one in every if one.lesson.number == latest), None)
    begun = max((one for one in every if one.last), key=lambda one: one.last, default=None)
    return by_name or by_check or begun


def total(every: Iterable[Standing]) -> tuple[int, int]:
    """Return how many exercises of all lessons are solved, and how many there are."""
    return sum(one.solved for one in every), sum(one.of for one in every)


def next_step(every: list[Standing], here: Standing | None = None) -> tuple[Lesson, str] | None:
    """Return the lesson and exercise to go on with, from the lesson at hand on and then from the beginning."""
    at = every.index(here) if here in every else 0
    one = next((one for one in [*every[at:], *every[:at]] if one.next), None)
    return (one.lesson, one.next) if one else None


def effort(entry: Entry | None) -> str:
    """Return what an exercise took: "3 attempts, 1 hint"; "" where there is nothing to say."""
    counts = [(entry.attempts, "attempt"), (entry.hints, "hint")] if entry else []
    return ", ".join(f"{count} {what}{'s' * (count > 1)}" for count, what in counts if count)


def day(when: str, today: date | None = None) -> str:
    """Return a moment as a reader's day: "today", "yesterday", or "2026-09-01"; "" for "".

    >>> day("2026-09-01T10:15:00+00:00", date(2026, 9, 20))
    '2026-09-01'
    """
    if not when:
        return ""
    then, today = datetime.fromisoformat(when).astimezone().date(), today or date.today()
    return {today: "today", today - timedelta(days=1): "yesterday"}.get(then, then.isoformat())
