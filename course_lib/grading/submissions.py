"""What was handed in, whatever form it came in: one `Submission` for every student, in the order of their names."""

import os
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from course_lib.grading.found import Found, find_files
from course_lib.grading.model import Submission
from course_lib.grading.names import PLAIN, in_order, is_moodle_text, named, without_copy
from course_lib.grading.notebook import UnfitNotebookError, cells_of, lesson_of, read_notebook

FLAT_CLASS = 4  # so many notebooks beside each other in a zip are a class, fewer are one student's
FITS = 0.3  # share of a lesson's cells from which on a notebook counts as that lesson


@dataclass(frozen=True)
class _Handed:
    """One file with what could be read of it."""

    parts: tuple[str, ...]
    notebook: bytes | None
    lesson: str
    problem: str
    escapes: bool


@dataclass(frozen=True)
class _Group:
    """All files of one student; `depth`: how many parts of their paths come before the student's own."""

    depth: int
    files: list[_Handed]


@dataclass(frozen=True)
class _Asked:
    """The lesson that was released: its name, and the texts of its cells."""

    lesson: str
    texts: frozenset[str]

    @classmethod
    def of(cls, released: dict[str, Any] | bytes) -> "_Asked":
        return cls(lesson_of(released), frozenset(cell["source"].strip() for cell in cells_of(released)))

    def fits(self, file: _Handed) -> bool:
        """Return whether a notebook is one of this lesson: by its metadata, or, if lost, by the cells it shares."""
        if file.lesson and self.lesson:
            return file.lesson == self.lesson
        shared = self.texts & {cell["source"].strip() for cell in cells_of(file.notebook)}
        return len(shared) >= FITS * len(self.texts)


def collect(place: str | os.PathLike, released: dict[str, Any] | bytes | None = None) -> list[Submission]:
    """Return what students handed in: one submission each, ordered by name; one bad file never stops the others.

    Understood are a notebook for every student, a folder for every student, what Canvas and Moodle give for download,
    a zip of any of these, and zips inside. Hidden files, ``__MACOSX`` and checkpoints are left out.

    Args:
        place: the folder or zip.
        released: the lesson as it was handed out. Of several notebooks of one student, that which holds this lesson
            is taken; of several such, or without `released`, the one whose name sorts last ("x-2" after "x-1").

    Returns:
        Submissions; one that cannot be marked says why in `problem`, and has no notebook.

    Raises:
        DataError: there is no such place, or it is a zip that cannot be opened.
    """
    place = Path(place)
    files = [_handed(found) for found in find_files(place)]
    asked = None if released is None else _Asked.of(released)
    lessons = {file.lesson for file in files} | ({asked.lesson} if asked else set())
    names = tuple(sorted((lesson for lesson in lessons if lesson), key=lambda name: (-len(name), name)))
    base = place.parent if place.suffix == ".ipynb" and place.is_file() else place
    made = [_chosen(group, base, asked, names) for group in _groups(files, names)]
    return sorted(_told_apart(made, base), key=lambda one: in_order(one.name))


def _handed(found: Found) -> _Handed:
    notebook, lesson, problem = None, "", found.problem
    if found.content is not None and not problem:
        try:
            notebook = read_notebook(found.content)
            lesson = lesson_of(notebook)
        except UnfitNotebookError as error:
            problem = str(error)
    return _Handed(found.parts, notebook, lesson, problem, found.escapes)


def _groups(files: list[_Handed], lessons: tuple[str, ...]) -> list[_Group]:
    """Return the files of a place as one group for every student."""
    depth = 0
    while len({file.parts[depth] for file in files if len(file.parts) > depth}) == 1 and _is_wrapping(files, depth):
        depth += 1
    return _groups_within(files, depth, lessons)


def _groups_within(files: list[_Handed], depth: int, lessons: tuple[str, ...]) -> list[_Group]:
    children: dict[str, list[_Handed]] = defaultdict(list)
    for file in files:
        children[file.parts[min(depth, len(file.parts) - 1)]].append(file)
    stems, found, groups = {_stem(name) for name in children}, [], {}
    for name in sorted(children, key=in_order):
        inside, who = children[name], named(name, lessons)
        is_folder = len(inside[0].parts) > depth + 1
        if is_moodle_text(name) and not any(file.notebook for file in inside):
            continue  # what was typed into the page; the files lie in a folder beside it
        if is_folder and who.system == PLAIN and _is_class(inside, depth + 1):
            found += _groups_within(inside, depth + 1, lessons)
        elif is_folder or who.system != PLAIN or inside[0].notebook or inside[0].problem:
            bare = without_copy(_stem(name))  # "ada (1)" is Ada's second file where there is an "ada" too
            key = (who.system, who.number, who.student) if who.number else (bare if bare in stems else _stem(name))
            groups.setdefault(key, _Group(depth, [])).files.extend(inside)
    return found + list(groups.values())


def _stem(name: str) -> str:
    return re.sub(r"\.(ipynb(\.txt|\.json)?|zip)$", "", name, flags=re.I)


def _is_wrapping(files: list[_Handed], depth: int) -> bool:
    """Return whether the one folder or zip at this depth holds the whole class."""
    inside = [file for file in files if len(file.parts) > depth + 1]
    several = len({file.parts[depth + 1] for file in inside if file.notebook or len(file.parts) > depth + 2}) > 1
    return len(inside) == len(files) and named(inside[0].parts[depth]).system == PLAIN and several


def _is_class(files: list[_Handed], depth: int) -> bool:
    """Return whether a folder or zip among others is a section of a class, not one student's."""
    files = [file for file in files if len(file.parts) > depth]
    names = {file.parts[depth] for file in files}
    if any(named(name).system != PLAIN for name in names):
        return True
    beside = [file for file in files if file.notebook and len(file.parts) == depth + 1]
    below = {file.parts[depth] for file in files if file.notebook and len(file.parts) > depth + 1}
    one_lesson = len({file.lesson for file in files if file.notebook} - {""}) <= 1
    is_zip = files[0].parts[depth - 1].casefold().endswith(".zip")
    if len(names) == 1 and below and not beside:
        return _is_class(files, depth + 1)
    return one_lesson and ((not beside and len(below) > 1) or (is_zip and len(beside) >= FLAT_CLASS))


def _chosen(group: _Group, place: Path, asked: _Asked | None, lessons: tuple[str, ...]) -> Submission:
    """Return the one notebook of a student that is marked, or why there is none."""
    escaping = [file for file in group.files if file.escapes]  # then nothing of that zip is trusted
    readable = [file for file in group.files if file.notebook and not escaping]
    if not readable:
        faulty = escaping or [file for file in group.files if file.problem]
        first = (faulty or group.files)[0]
        label = first.parts[group.depth] if len(first.parts) > group.depth else first.parts[-1]
        problem = _why_none(faulty, group.files, label)
        return Submission(label, named(label, lessons).student, place.joinpath(*first.parts), None, problem)
    fitting = [file for file in readable if asked and asked.fits(file)] or readable
    best = max(fitting, key=lambda file: in_order(_stem("/".join(file.parts))))
    label = best.parts[group.depth]
    student = named(label, lessons).student
    notes = [] if student else ["its name names no student"]
    if asked and not asked.fits(best):
        notes.append(f"it does not look like lesson {asked.lesson or 'that was released'}")
    others = sorted("/".join(file.parts[-2:]) for file in group.files if file is not best and _counts(file))
    notes += [f"marked is {best.parts[-1]}, not {', '.join(others)}"] if others else []
    return Submission(label, student, place.joinpath(*best.parts), best.notebook, "", "; ".join(notes))


def _counts(file: _Handed) -> bool:
    return bool(file.notebook or file.problem)


def _why_none(faulty: list[_Handed], files: list[_Handed], label: str) -> str:
    if faulty:
        return faulty[0].problem if faulty[0].parts[-1] == label else f"{faulty[0].parts[-1]}: {faulty[0].problem}"
    return f"no notebook was handed in, only {', '.join(sorted(file.parts[-1] for file in files)[:3])}"


def _told_apart(submissions: list[Submission], place: Path) -> list[Submission]:
    """Return submissions with unique names: equal ones (two sections, each with an ada.ipynb) get their path."""
    often, made = Counter(one.name for one in submissions), []
    for one in submissions:
        parts = one.path.relative_to(place).parts
        section = "/".join(parts[: parts.index(one.name) + 1]) if one.name in parts else "/".join(parts)
        made.append(replace(one, name=section) if often[one.name] > 1 else one)
    return made
