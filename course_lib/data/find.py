"""Which folder of scans to use: the first of a few places that has one."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from course_lib.data.files import scan_folder
from course_lib.errors import DataError
from course_lib.surroundings import course_folder

# Kaggle mounts data sets in the first form in older notebooks and in the second in newer ones. The archive holds the
# folder twice, so its nested copy is named last and is taken only where the outer one is missing.
_KAGGLE_FORMS = [
    "lgg-mri-segmentation/kaggle_3m",
    "datasets/*/lgg-mri-segmentation/kaggle_3m",
    "*/kaggle_3m",
    "datasets/*/*/kaggle_3m",
    "*/lgg-mri-segmentation/kaggle_3m",
    "datasets/*/*/lgg-mri-segmentation/kaggle_3m",
]
SYNTHETIC = "synthetic patients, in data/phantoms; `course data` says how to get the real ones"
_said: set[str] = set()


class Rung(NamedTuple):
    """A place where scans may be: what it is, and the folder there, or None."""

    place: str
    folder: Path | None


def find_data(*, kaggle_input: str | Path = "/kaggle/input", home: str | Path | None = None) -> Path:
    """Finds the folder of scans to use, and says once which it is and why.

    The first that exists: the folder that the environment variable COURSE_DATA names (``kaggle_3m`` or its parent);
    the Kaggle data set where a Kaggle notebook mounts it; ``data/kaggle_3m``; ``data/phantoms/kaggle_3m``, synthetic
    patients, which are made here on first use.

    Args:
        kaggle_input: where Kaggle mounts data sets.
        home: the folder that holds ``data``; by default as `data_folder` says.

    Returns:
        The folder whose sub-folders are the patients.

    Raises:
        DataError: COURSE_DATA names a folder without patients.
        StorageError: the phantoms cannot be written.
    """
    data = data_folder() if home is None else Path(home) / "data"
    found = locate_data(kaggle_input=kaggle_input, home=home)
    if found is None or found.place == SYNTHETIC:
        found = Rung(SYNTHETIC, _phantoms(data / "phantoms"))
    near = found.folder.is_relative_to(data.parent)  # a short path reads better, and notebooks keep what is printed
    message = f"Scans: {found.folder.relative_to(data.parent) if near else found.folder} ({found.place})"
    if message not in _said:
        _said.add(message)
        print(message)
    return found.folder


def locate_data(*, kaggle_input: str | Path = "/kaggle/input", home: str | Path | None = None) -> Rung | None:
    """Looks where `find_data` looks, with its arguments and errors, but makes nothing and prints nothing."""
    data = data_folder() if home is None else Path(home) / "data"
    return next((rung for rung in ladder(data, Path(kaggle_input)) if rung.folder), None)


def ladder(data: Path, kaggle_input: Path) -> Iterator[Rung]:
    """The places where scans may be, in order of preference, each with the folder found there; makes nothing.

    Raises:
        DataError: COURSE_DATA names a folder without patients.
    """
    yield Rung("named by the environment variable COURSE_DATA", _named())
    yield Rung("the Kaggle data set, mounted here", mounted_folder(kaggle_input))
    yield Rung("the Kaggle data set, in data/kaggle_3m", scan_folder(data / "kaggle_3m"))
    yield Rung(SYNTHETIC, scan_folder(data / "phantoms"))


def mounted_folder(kaggle_input: Path) -> Path | None:
    """The data set's folder where a Kaggle notebook mounts it, or None."""
    mounts = (folder for form in _KAGGLE_FORMS for folder in sorted(kaggle_input.glob(form)))
    return next((path for path in mounts if scan_folder(path) == path), None)


def _phantoms(target: Path) -> Path:
    """Makes phantoms under `target`, or takes those there; those of an older version of the course are made again."""
    folder = scan_folder(target)
    settings = {}
    if folder:
        try:
            note = json.loads((folder / "phantoms.json").read_text(encoding="utf-8"))
            settings = {name: note[name] for name in ("patients", "size", "seed")}
        except (OSError, ValueError, KeyError, TypeError):
            return folder  # not made by this course: whoever put it there knows why
    else:
        print("No real scans here: making synthetic patients, once.")
    from course_lib.phantoms import make_phantoms

    return make_phantoms(target, progress=not folder, **settings)


def data_folder() -> Path:
    """The folder ``data`` of the course: in its repository where that is found, else in the current folder."""
    return course_folder() / "data"


def _named() -> Path | None:
    named = os.environ.get("COURSE_DATA", "").strip()
    if not named:
        return None
    root = Path(named).expanduser().absolute()
    folder = scan_folder(root)
    if folder is None:
        problem = "holds no patient's folder (such as TCGA_CS_4941_19960909)" if root.is_dir() else "is no folder"
        remedy = "Set it to a folder kaggle_3m or to the one that holds it, or unset it to use what the course finds"
        raise DataError(f"{root}, which the environment variable COURSE_DATA names, {problem}. {remedy}.")
    return folder
