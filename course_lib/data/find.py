"""Which folder of scans to use: the first of a few places that has one."""

import os
from pathlib import Path

from course_lib.data.files import scan_folder
from course_lib.errors import DataError

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
_said: set[str] = set()


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
    folder, reason = _named() or _mounted(Path(kaggle_input)) or _downloaded(data) or _phantoms(data)
    message = f"Scans: {folder} ({reason})"
    if message not in _said:
        _said.add(message)
        print(message)
    return folder


def data_folder() -> Path:
    """The folder ``data`` of the course: in its repository where that is found, else in the current folder."""
    here = Path.cwd()
    for folder in (Path(__file__).resolve().parents[2], here, *here.parents):
        if (folder / "pyproject.toml").is_file() and (folder / "course_lib").is_dir():
            return folder / "data"
    return here / "data"


def _named() -> tuple[Path, str] | None:
    named = os.environ.get("COURSE_DATA", "").strip()
    if not named:
        return None
    root = Path(named).expanduser().absolute()
    folder = scan_folder(root)
    if folder is None:
        problem = "holds no patient's folder (such as TCGA_CS_4941_19960909)" if root.is_dir() else "is no folder"
        remedy = "Set it to a folder kaggle_3m or to the one that holds it, or unset it to use what the course finds"
        raise DataError(f"{root}, which the environment variable COURSE_DATA names, {problem}. {remedy}.")
    return folder, "named by the environment variable COURSE_DATA"


def _mounted(kaggle_input: Path) -> tuple[Path, str] | None:
    for form in _KAGGLE_FORMS:
        for folder in sorted(kaggle_input.glob(form)):
            if scan_folder(folder) == folder:
                return folder, "the Kaggle data set as this notebook mounts it"
    return None


def _downloaded(data: Path) -> tuple[Path, str] | None:
    folder = scan_folder(data / "kaggle_3m")
    return folder and (folder, "the Kaggle data set")


def _phantoms(data: Path) -> tuple[Path, str]:
    folder = scan_folder(data / "phantoms")
    if folder is None:
        from course_lib.phantoms import make_phantoms

        print("No real scans here: making synthetic patients, once.")
        folder = make_phantoms(data / "phantoms")
    return folder, "synthetic patients; `course data` says how to get the real ones"
