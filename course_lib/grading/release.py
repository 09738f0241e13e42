"""Hand lessons out: learner's copies with graded exercises in them, a page for students, a list of what was given."""

import copy
import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import nbformat

from course_lib.errors import CourseError
from course_lib.grading.graded import Graded, graded_set
from course_lib.storage import atomic_path, make_folder

MANIFEST, README, LIBRARY = "manifest.json", "README.md", "course"
RECAP = "## In this lesson"
ANSWERED = re.compile(r"(BEGIN|END)\s+SOLUTION", re.IGNORECASE)
# What of the course a student needs to run the lessons: no notebooks, no tests, nothing of the instructor's.
NEEDED = ("course_lib", "data", "pyproject.toml", "constraints.txt", "README.md", "LICENSE", "LICENSE-TEXTS")
LEFT_OUT = ("__pycache__", "*.pyc", ".*", "kaggle_3m", "phantoms", "cache", "weights")  # of `data`: fetched or made

STUDENTS = """\
# {title}

| notebook | exercises | graded without a check |
|---|---|---|
{rows}

## Begin

{environment}

## Work

- Answer where a cell says `your turn`. `check("name", answer)` tells you how you stand, and `hint("name")` helps.
- The last exercise of a notebook may have no check: it is marked with inputs that nobody has seen. Try it on inputs of
  your own, in the empty cell below it.
- Every exercise is marked with other inputs than those that the check shows. An answer that is right holds for those
  too.
- Keep the names of functions and values. You may add cells, move them, and write functions that help.
- An answer has no network while it is marked and no files but the course's own, and about ten seconds.
- Predictions count for having been made. Texts are read by a person.

## Hand in

Save the notebook and hand in that one file, with or without its outputs. You need not rename it.
"""
OWN_LIBRARY = f"""\
You need Python 3.11, 3.12 or 3.13. In this folder:

```sh
python3 -m venv .venv
.venv/bin/pip install --constraint {LIBRARY}/constraints.txt --editable {LIBRARY}
.venv/bin/jupyter lab
```

On Windows the second and third line begin with `.venv\\Scripts\\` instead. Scans to work on are made on first use."""
COURSE_LIBRARY = """\
You need the course's environment. If you have the course already, copy the notebooks into its folder `notebooks` and
run `make lab` there. Otherwise ask where to get it; it needs Python 3.11, 3.12 or 3.13, and `make lab` installs all."""


def release(
    lessons: Sequence[str], out: Path, course: Path, graded_folder: Path | None = None, library: bool = False
) -> dict[str, Any]:
    """Write what students get of some lessons into a new folder, all of it or nothing.

    Args:
        lessons: numbers or names, as in "05", "5" or "05_tversky".
        out: the folder to make; it may exist if it is empty.
        course: the course's folder, which has the learner's copies in ``notebooks``.
        graded_folder: a graded set; its exercises of these lessons stand before each lesson's recap.
        library: put the library beside the notebooks, so that students need nothing else.

    Returns:
        The manifest that was written: release, a name for just this content; lessons, for each its notebook,
        exercises, graded ones, and a hash for every cell.

    Raises:
        CourseError: no such lesson, the folder is not empty, or a learner's copy holds a solution.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CourseError(f"{out} is there and not empty. Name another folder, or empty it.")
    graded = graded_set(graded_folder) if graded_folder else []
    chosen = {path.name: _lesson(path, graded) for path in _find(course / "notebooks", lessons)}
    listed = [_listed(name, notebook, graded) for name, notebook in chosen.items()]
    label = hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()[:12]
    manifest = {"release": label, "lessons": listed}
    if out.is_dir():
        out.rmdir()
    with atomic_path(out) as draft:
        make_folder(draft)
        for name, notebook in chosen.items():
            notebook.metadata["course"]["release"] = label
            _write(draft / name, nbformat.writes(notebook))
        _write(draft / MANIFEST, json.dumps(manifest, indent=1))
        _write(draft / README, _for_students(listed, library))
        if library:
            _copy_library(course, draft / LIBRARY)
    return manifest


def _find(folder: Path, lessons: Iterable[str]) -> list[Path]:
    """Return the learner's copies of some lessons, in the order of the course."""
    there = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    found = set()
    for wanted in lessons:
        named = f"{int(wanted):02d}_" if wanted.isdecimal() else wanted.removesuffix(".ipynb")
        fitting = [path for path in there if path.stem.startswith(named)]
        if len(fitting) != 1:
            listed = ", ".join(path.stem for path in there) or "none"
            raise CourseError(f"No single lesson is named {wanted!r} in {folder}. There are: {listed}.")
        found |= set(fitting)
    return sorted(found)


def _lesson(path: Path, graded: list[Graded]) -> nbformat.NotebookNode:
    """Return a learner's copy with its graded exercises, fresh: no outputs, no numbers of runs."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if ANSWERED.search(cell.source) or "solution" in cell.metadata.get("tags", []):
            raise CourseError(f"{path} holds a solution. Release learner's copies; `make notebooks` builds them.")
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    recap = [n for n, cell in enumerate(notebook.cells) if cell.cell_type == "markdown" and RECAP in cell.source]
    place = recap[-1] if recap else len(notebook.cells)
    number = int(path.name[:2])
    added = [cell for one in graded if one.exercise.lesson == number for cell in _cells(one)]
    notebook.cells[place:place] = added
    notebook.metadata.setdefault("course", {"lesson": path.stem})
    nbformat.validate(notebook)
    return copy.deepcopy(notebook)


def _cells(one: Graded) -> list[nbformat.NotebookNode]:
    """Return the task, the stub, and an empty cell to try it in."""
    name = one.exercise.name
    stub = nbformat.v4.new_code_cell(one.stub, id=f"exercise-{name}"[:64])
    stub.metadata["course"] = {"exercise": name}
    task, room = f"graded-{name}"[:64], f"try-{name}"[:64]
    return [nbformat.v4.new_markdown_cell(one.text, id=task), stub, nbformat.v4.new_code_cell("", id=room)]


def _listed(name: str, notebook: nbformat.NotebookNode, graded: list[Graded]) -> dict[str, Any]:
    named = [
        cell.metadata["course"]["exercise"] for cell in notebook.cells if "exercise" in cell.metadata.get("course", {})
    ]
    unique = list(dict.fromkeys(named))
    without_check = {one.exercise.name for one in graded}
    return {
        "notebook": name,
        "lesson": int(name[:2]),
        "title": _title(notebook, name),
        "exercises": unique,
        "graded": [exercise for exercise in unique if exercise in without_check],
        "cells": {cell.id: hashlib.sha256(cell.source.encode()).hexdigest() for cell in notebook.cells},
    }


def _title(notebook: nbformat.NotebookNode, name: str) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return cell.source.splitlines()[0].removeprefix("# ").strip()
    return name


def _for_students(listed: list[dict[str, Any]], library: bool) -> str:
    rows = [
        f"| [{each['title']}]({each['notebook']}) | {len(each['exercises'])} | "
        f"{', '.join(f'`{name}`' for name in each['graded']) or 'none'} |"
        for each in listed
    ]
    title = "Your lessons" if len(listed) > 1 else "Your lesson"
    return STUDENTS.format(title=title, rows="\n".join(rows), environment=OWN_LIBRARY if library else COURSE_LIBRARY)


def _copy_library(course: Path, out: Path) -> None:
    for name in NEEDED:
        source = course / name
        if source.is_dir():
            shutil.copytree(source, out / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
        elif source.is_file():
            make_folder(out)
            shutil.copyfile(source, out / name)
        else:
            raise CourseError(f"{source} is missing, and students need it. Release from a whole copy of the course.")


def _write(path: Path, text: str) -> None:
    path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8", newline="")
