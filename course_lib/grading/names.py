"""What the name of a file or folder says of the student who handed it in: Canvas, Moodle, and plain names."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath

CANVAS, MOODLE, PLAIN = "canvas", "moodle", "plain"

_CANVAS = re.compile(r"(?P<student>[^_]+)(?P<late>_LATE)?_(?P<number>\d+)_(?P<attempt>\d{3,})_(?P<file>.+)", re.I)
_MOODLE = re.compile(r"(?P<student>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>file|onlinetext)(_.*)?", re.I)
_ENDING = re.compile(r"(\.ipynb(\.txt|\.json)?|\.zip)$", re.I)
_COPY = re.compile(r"( ?\(\d+\)|[ -]copy\d*( \d+)?|_late)$", re.I)
# Letters that a name in plain ASCII writes otherwise and that no decomposition of Unicode changes.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


@dataclass(frozen=True)
class Named:
    """Who handed something in, as far as its name says.

    Attributes:
        student: as the name writes it ("Ada Lovelace", Canvas' "lovelaceada"), "" if it names nobody.
        number: Canvas' user or Moodle's participant number, "" if there is none.
        system: "canvas", "moodle" or "plain".
        late: whether Canvas calls it late.
    """

    student: str
    number: str = ""
    system: str = PLAIN
    late: bool = False


def named(label: str, lessons: tuple[str, ...] = ()) -> Named:
    """Return what a file's or folder's name says.

    Args:
        label: the name, with its ending; of a path, the last part that is no plain lesson's name counts.
        lessons: names of lessons that are no part of a student's name.

    >>> named("lovelaceada_LATE_4711_67890_05_tversky_losses-1.ipynb")
    Named(student='lovelaceada', number='4711', system='canvas', late=True)
    >>> named("Ada Lovelace_12345_assignsubmission_file_").number
    '12345'
    >>> named("05_tversky_losses_ada_lovelace.ipynb", ("05_tversky_losses",)).student
    'ada lovelace'
    """
    last = PurePath(label).name
    if found := _MOODLE.fullmatch(last):
        return Named(found["student"].strip(), found["number"], MOODLE)
    if found := _CANVAS.fullmatch(last):
        return Named(found["student"], found["number"], CANVAS, bool(found["late"]))
    return Named(_without_lesson(_ENDING.sub("", last), lessons))


def without_copy(stem: str) -> str:
    """Return a plain name without what browsers and file managers add to a second copy ("ada (1)", "ada-Copy1").

    >>> without_copy("ada_lovelace-Copy1"), without_copy("ada (2)"), without_copy("student-12")
    ('ada_lovelace', 'ada', 'student-12')
    """
    return _COPY.sub("", stem)


def is_moodle_text(label: str) -> bool:
    """Return whether a folder is Moodle's for what was typed into the page, not handed in as a file."""
    found = _MOODLE.fullmatch(label)
    return bool(found) and found["kind"].casefold() == "onlinetext"


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name for comparing: lower case, without accents, hyphens and punctuation, in order.

    >>> words("Núñez-Ørsted, José M."), words("lovelace_ada")
    (('nunez', 'orsted', 'jose', 'm'), ('lovelace', 'ada'))
    """
    apart = unicodedata.normalize("NFKD", name.casefold()).translate(_LETTERS)
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter)).replace("'", "").replace("’", "")
    return tuple(re.findall(r"[^\W_]+", bare))


def in_order(label: str) -> tuple:
    """Return a key that sorts names as people do: "s2" before "s10", case last."""
    parts = re.split(r"(\d+)", label.casefold())
    return tuple((0, int(p), "") if p.isdecimal() and len(p) < 100 else (1, 0, p) for p in parts), label


def _without_lesson(stem: str, lessons: tuple[str, ...]) -> str:
    for lesson in lessons:
        stem = re.sub(rf"(?<![^\W_]){re.escape(lesson)}(?![^\W_])", " ", stem, flags=re.I)
    cut = without_copy(stem.strip())
    return " ".join(re.sub(r"[_\s]+", " ", cut).strip(" -.,").split())
