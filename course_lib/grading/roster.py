"""Who is in a gradebook, and which of them a submission is from: by number or address first, then by name."""

import re
from dataclasses import dataclass

from course_lib.grading.names import CANVAS, MOODLE, PLAIN, named, words
from course_lib.grading.table import Table

FULL = {"student", "name", "full name", "student name"}
FIRST = {"first name", "firstname", "given name", "given names", "forename"}
LAST = {"surname", "last name", "lastname", "family name"}
IDENTITIES = {
    *("id", "id number", "identifier", "integration id", "login", "matriculation number", "number", "sis login id"),
    *("sis user id", "student id", "student number", "user name", "username", "email", "e-mail", "email address"),
}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})
_NO_STUDENTS = ("points possible", "manual posting", "manual grading")


def kind_of(table: Table) -> str:
    """Return whether a gradebook is "canvas", "moodle" or "plain"."""
    header = [name.casefold() for name in table.header]
    if header[:2] == ["student", "id"]:
        return CANVAS
    if "identifier" in header or (FIRST & set(header) and LAST & set(header) and "email address" in header):
        return MOODLE
    return PLAIN


@dataclass
class Student:
    """How a student's row may be known.

    Attributes:
        row: in the table; 0 is the header.
        number: the platform's own: Canvas' ID, Moodle's participant number.
        identities: other numbers, logins and addresses.
        spellings: of the name.
    """

    row: int
    number: str
    identities: set[str]
    spellings: set[str]


def students_of(table: Table) -> list[Student]:
    """Return the students of a gradebook; rows that are no student's are left out."""
    header, kind = [name.casefold() for name in table.header], kind_of(table)
    identities = [n for n, name in enumerate(header) if name in IDENTITIES]
    full = [n for n, name in enumerate(header) if name in FULL]
    own = {CANVAS: "id", MOODLE: "identifier"}.get(kind, "")
    first, last = ([n for n, name in enumerate(header) if name in known] for known in (FIRST, LAST))
    if not (identities or full or (first and last)):  # a table of one's own: any column may say who it is
        identities = full = list(range(len(header)))
    made = []
    for row in range(1, len(table.rows)):
        texts = [table.get(row, n) for n in full] + [
            f"{table.get(row, a)}, {table.get(row, b)}" for a, b in zip(last, first, strict=False)
        ]
        if kind == CANVAS and texts[0].strip().casefold().startswith(_NO_STUDENTS):
            continue
        known = {_identity(table.get(row, n)) for n in identities} - {""}
        known |= {one.split("@")[0] for one in known if "@" in one}
        spelled = {spelling for text in texts for spelling in _spellings(text)}
        if known or spelled:
            said = table.get(row, header.index(own)) if own in header else ""
            made.append(Student(row, said.casefold().removeprefix("participant").strip(), known, spelled))
    return made


def _identity(text: str) -> str:
    """Return an identity for comparing."""
    return " ".join(text.casefold().split())


def _spellings(text: str) -> set[str]:
    """Return the ways in which a name is written without spaces, whichever part comes first, and one for any order.

    >>> sorted(_spellings("Lovelace, Ada"))
    ['ada lovelace', 'adalovelace', 'lovelaceada']
    """
    found = set()
    for spelled in (text, text.casefold().translate(_UMLAUTS)):
        parts = [part for part in words(spelled) if not part.isdecimal()]
        found |= {"".join(parts[n:] + parts[:n]) for n in range(len(parts))} | {" ".join(sorted(parts))}
    return found - {""}


def matching(label: str, student: str, students: list[Student], kind: str) -> list[Student]:
    """Return the students whom a submission may be from: by number if one fits, else by name.

    Where the number is one student's and the name another's, both are returned.
    """
    who = named(label)
    spelled = _spellings(student or who.student)
    by_name = [each for each in students if spelled & each.spellings]
    if who.number:
        by_number = [each for each in students if who.system == kind and each.number == who.number]
    else:
        stem = re.sub(r"\.(ipynb|zip)$", "", label.rsplit("/", 1)[-1].casefold())
        parts = re.split(r"[\s_]+", f"{student} {stem}".casefold())
        wanted = {part for part in parts if len(part) > 3 and any(sign.isdigit() for sign in part)}
        wanted |= {_identity(student), stem} - {""}
        by_number = [each for each in students if wanted & each.identities]
    if by_number and by_name and not any(each in by_name for each in by_number):
        return by_number + by_name
    return by_number or by_name
