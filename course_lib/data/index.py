"""The index of a folder of scans, and the check that every one of its files is what it should be."""

import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from course_lib.data.files import (
    PATIENT,
    SCAN_FILE,
    Fault,
    UnfitFileError,
    institution,
    read_image,
    read_in_parallel,
    read_mask,
    scan_folder,
)
from course_lib.data.memory import folder_state, recall, remember
from course_lib.errors import DataError

_COLUMNS = ["patient", "institution", "slice", "image", "mask", "tumor_pixels"]
_GET_DATA = "Run `course data` to see where the course looks for scans and how to get them"


class _Pair(NamedTuple):
    """An image and its mask, as found by their names."""

    patient: str
    slice: int
    image: Path
    mask: Path


class _Reading(NamedTuple):
    """What reading a pair gave: (height, width) of image and mask where they could be read, and the tumour pixels."""

    size: tuple[int, int] | None
    mask_size: tuple[int, int] | None
    tumor_pixels: int
    faults: list[Fault]


def index_scans(root: str | Path, progress: bool | None = None) -> pd.DataFrame:
    """Lists every slice of a folder of scans, after reading each file once to check it.

    A folder that passed is remembered by the sizes and times of its files, and not read again until one changes.

    The patient is the name of the folder that a file lies in; files other than TIFFs are left alone.

    Args:
        root: a ``kaggle_3m`` folder, or the folder that holds it.
        progress: True or False for a progress bar or none; None shows one for a large folder.

    Returns:
        A row a slice, ordered by patient and slice number: `patient` (folder name), `institution` (its second part),
        `slice` (int), `image` and `mask` (absolute paths), `tumor_pixels` (int, at the size of the file).

    Raises:
        DataError: a file or folder is not what it should be; names the first, and how many more there are.
    """
    scans, faults = _examine(Path(root), progress, use_memory=True)
    if faults:
        more = len(faults) - 1
        command = f"`course data --check {root}`"
        rest = f" There {'is 1 more fault' if more == 1 else f'are {more} more faults'}: {command} lists them all."
        raise DataError(f"{faults[0]}.{rest if more else ''}")
    return scans


def check_folder(root: str | Path, progress: bool | None = None) -> list[Fault]:
    """Every fault of a folder of scans, ordered by path; empty where `index_scans` would succeed.

    Reads every file, whether or not it was checked before.

    Args:
        root: a ``kaggle_3m`` folder, or the folder that holds it.
        progress: as for `index_scans`.
    """
    return _examine(Path(root), progress, use_memory=False)[1]


def _examine(root: Path, progress: bool | None, use_memory: bool) -> tuple[pd.DataFrame, list[Fault]]:
    root = root.expanduser().absolute()
    pairs, faults = _list_pairs(root)
    state = folder_state(path for pair in pairs for path in (pair.image, pair.mask))
    known = recall(root, state) if use_memory else None
    if known is None:
        readings = read_in_parallel(_read_pair, pairs, "Checking slices", progress)
        if not any(reading.faults or reading.size != reading.mask_size for reading in readings):
            remember(root, state, [(*reading.size, reading.tumor_pixels) for reading in readings])
    else:
        readings = [_Reading((h, w), (h, w), tumor_pixels, []) for h, w, tumor_pixels in known]
    sizes = Counter(reading.size for reading in readings if reading.size)
    usual = max(sizes, key=lambda size: (sizes[size], size), default=None)
    for pair, reading in zip(pairs, readings, strict=True):
        faults += reading.faults + _size_faults(pair, reading, usual)
    rows = [
        (pair.patient, institution(pair.patient), pair.slice, str(pair.image), str(pair.mask), reading.tumor_pixels)
        for pair, reading in zip(pairs, readings, strict=True)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS), sorted(faults, key=lambda fault: fault.path)


def _list_pairs(root: Path) -> tuple[list[_Pair], list[Fault]]:
    """Pairs of image and mask ordered by patient and slice, and what is wrong with the names and folders."""
    try:
        os.listdir(root)
    except OSError as error:
        return [], [Fault(str(root), f"it cannot be opened as a folder ({error.strerror})", _GET_DATA)]
    folder = scan_folder(root)
    if folder is None:
        problem = "no patient's folder is in it (such as TCGA_CS_4941_19960909)"
        return [], [Fault(str(root), problem, f"Give the folder kaggle_3m or the one that holds it. {_GET_DATA}")]
    pairs, faults = [], []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if not os.path.isdir(entry):
            if PATIENT.fullmatch(entry.name) and entry.is_symlink():
                faults.append(Fault(str(entry), "this link leads nowhere", "Remove it or point it to the folder"))
            continue
        found, wrong = _list_patient(entry)
        pairs += found
        faults += wrong
    return pairs, faults


def _list_patient(folder: Path) -> tuple[list[_Pair], list[Fault]]:
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".tif", ".tiff"))
    except OSError as error:
        return [], [Fault(str(folder), f"it cannot be opened ({error.strerror})", "Give yourself the right to read it")]
    files = [path for path in files if not path.name.startswith(".")]
    if not PATIENT.fullmatch(folder.name):
        if not files:
            return [], []  # some other folder, which is none of ours
        remedy = "Rename it to PREFIX_INSTITUTION_NUMBER_DATE, such as TCGA_CS_4941_19960909"
        return [], [Fault(str(folder), "it holds scans, but is not named as a patient's folder is", remedy)]
    if not files:
        remedy = "Copy its slices back into it, or remove the folder"
        return [], [Fault(str(folder), "this patient's folder holds no slices", remedy)]
    return _pair_up(folder, files)


def _pair_up(folder: Path, files: list[Path]) -> tuple[list[_Pair], list[Fault]]:
    images: dict[int, Path] = {}
    masks: dict[int, Path] = {}
    faults = []
    for path in files:
        name = SCAN_FILE.fullmatch(path.name)
        if not name:
            problem, remedy = "its name holds no slice number", f"Name it {folder.name}_<number>.tif, or remove it"
        elif name["patient"] != folder.name:
            problem = f"it is named after another patient than its folder {folder.name}"
            remedy = f"Move it to the folder {name['patient']}, or rename it"
        elif (kind := masks if name["mask"] else images).setdefault(int(name["slice"]), path) is not path:
            problem = f"it has the same slice number as {kind[int(name['slice'])].name}"
            remedy = "Keep one of the two"
        else:
            continue
        faults.append(Fault(str(path), problem, remedy))
    for number in sorted(images.keys() ^ masks.keys()):
        faults.append(_widow(images.get(number), masks.get(number)))
    numbers = sorted(images.keys() & masks.keys())
    return [_Pair(folder.name, number, images[number], masks[number]) for number in numbers], faults


def _widow(image: Path | None, mask: Path | None) -> Fault:
    if mask is None:
        missing = image.with_name(f"{image.stem}_mask{image.suffix}")
        return Fault(str(missing), f"the mask of {image.name} is missing", "Copy it back, or remove the slice")
    missing = mask.with_name(f"{mask.stem[: -len('_mask')]}{mask.suffix}")
    return Fault(str(missing), f"the slice of {mask.name} is missing", "Copy it back, or remove the mask")


def _read_pair(pair: _Pair) -> _Reading:
    arrays, faults = [], []
    for read, path in ((read_image, pair.image), (read_mask, pair.mask)):
        try:
            arrays.append(read(path))
        except UnfitFileError as error:
            arrays.append(None)
            faults.append(Fault(str(path), error.problem, error.remedy))
    size, mask_size = (None if array is None else array.shape[:2] for array in arrays)
    return _Reading(size, mask_size, 0 if arrays[1] is None else int(np.count_nonzero(arrays[1])), faults)


def _size_faults(pair: _Pair, reading: _Reading, usual: tuple[int, int]) -> list[Fault]:
    """What is wrong with the sizes of a pair in a folder of that usual size; the odd one of the two is blamed."""
    if reading.size not in (None, usual):
        problem = f"the slice is {_size(reading.size)} pixels, but most in this folder are {_size(usual)}"
        remedy = "Save it at that size, or keep scans of another size in another folder"
        return [Fault(str(pair.image), problem, remedy)]
    expected = reading.size or usual
    if expected and reading.mask_size not in (None, expected):
        problem = f"the mask is {_size(reading.mask_size)} pixels, its slice {_size(expected)}"
        return [Fault(str(pair.mask), problem, "Save it at the size of its slice, without smoothing")]
    return []


def _size(shape: tuple[int, int]) -> str:
    """Width × height, as image viewers give it."""
    return f"{shape[1]} × {shape[0]}"
