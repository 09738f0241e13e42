"""A set of phantoms on disk, in the very layout of the published folder."""

import csv
import json
import os
import secrets
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from course_lib.errors import DataError
from course_lib.phantoms.clinical import COLUMNS
from course_lib.phantoms.patient import LEAST_SIZE, MOST_PATIENTS, MOST_SIZE, check_whole, phantom_patient
from course_lib.storage import atomic_path

FOLDER = "kaggle_3m"
MARKER = "phantoms.json"  # says what a finished folder holds; the published set has no such file
WORKERS = 2
VERSION = 1  # raise it when the same seed gives other patients, so that old sets are made anew


def make_phantoms(
    root: str | os.PathLike,
    patients: int = 24,
    size: int = 128,
    seed: int = 0,
    progress: bool | Callable[[int, int], None] | None = None,
) -> Path:
    """Write a set of synthetic patients with the layout, names and file format of the published data.

    ``root/kaggle_3m`` gets a folder a patient with ``<folder>_<n>.tif`` (8-bit RGB: pre-contrast, FLAIR,
    post-contrast) and ``<folder>_<n>_mask.tif`` (8-bit grey, 0 or 255), and ``data.csv`` with the clinical table. The
    folder appears only once it is complete. A set that was made before with the same arguments is used again, and one
    with other arguments is replaced.

    Args:
        root: folder to write into; made where it is missing.
        patients: how many, 1 to 9999. Patient k is the same in a set of 5 and in one of 24.
        size: height and width of the slices, pixels, 32 to 512.
        seed: whole number, 0 or more. The same arguments give the same bytes.
        progress: True shows a progress bar; a function is called as ``progress(done, patients)`` after each patient.

    Returns:
        The folder ``root/kaggle_3m``.

    Raises:
        ArgumentError: an argument is outside its range.
        DataError: ``root/kaggle_3m`` holds something else than phantoms, or the brain atlas is missing.
        StorageError: the disk is full or the folder cannot be written; nothing half-written is left.
    """
    check_whole("patients", patients, 1, MOST_PATIENTS)
    check_whole("size", size, LEAST_SIZE, MOST_SIZE)
    check_whole("seed", seed, 0)
    wanted = {"version": VERSION, "patients": int(patients), "size": int(size), "seed": int(seed)}
    folder = Path(root) / FOLDER
    if holds_phantoms(folder, wanted):
        return folder
    old = folder.with_name(f".old-{secrets.token_hex(4)}-{FOLDER}")
    try:
        with atomic_path(folder) as draft, progress_bar(progress, patients) as tick:
            write_set(draft, wanted, tick)
            if holds_phantoms(folder, wanted):
                raise MadeMeanwhile
            if folder.exists():
                os.replace(folder, old)
    except MadeMeanwhile:
        pass  # another process was quicker, and its set is the same to the byte
    finally:
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        shutil.rmtree(old, ignore_errors=True)
    return folder


class MadeMeanwhile(Exception):  # noqa: N818 - ends a block early, reports no error
    """Another process finished the same set first."""


@contextmanager
def progress_bar(progress, patients):
    """Gives the function to call after each patient: the caller's, a bar's, or one that does nothing."""
    if callable(progress):
        yield progress
    elif progress:
        from tqdm.auto import tqdm

        with tqdm(total=patients, desc="Making synthetic patients", unit="patient") as bar:
            yield lambda done, _: bar.update(done - bar.n)
    else:
        yield lambda done, _: None


def write_set(draft, wanted, tick):
    """Write all patients, the table and the marker into the new folder ``draft``; two patients at a time."""
    draft.mkdir()
    patients, size, seed = wanted["patients"], wanted["size"], wanted["seed"]
    files, rows = 0, []
    # Threads, not processes: NumPy and SciPy free the interpreter; forking a notebook that runs TensorFlow can hang.
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        try:
            for done, phantom in enumerate(pool.map(lambda k: write_patient(draft, seed, size, k), range(patients)), 1):
                files += phantom[0]
                rows.append(phantom[1])
                tick(done, patients)
        finally:
            pool.shutdown(cancel_futures=True)
    write_table(draft / "data.csv", sorted(rows, key=lambda row: row["Patient"]))
    (draft / MARKER).write_text(json.dumps(wanted | {"files": files}, indent=1) + "\n", encoding="utf-8")


def write_patient(draft, seed, size, number):
    """Make and write one patient; returns the number of its files and its row of the clinical table."""
    phantom = phantom_patient(seed, size, number)
    folder = draft / phantom.name
    folder.mkdir()
    for k, (image, mask) in enumerate(zip(phantom.images, phantom.masks, strict=True), start=1):
        Image.fromarray(image).save(folder / f"{phantom.name}_{k}.tif")
        Image.fromarray(mask[..., 0] * np.uint8(255)).save(folder / f"{phantom.name}_{k}_mask.tif")
    return 2 * len(phantom.images), phantom.clinical


def write_table(path, rows):
    """Write data.csv: whole numbers, gaps left empty, as the published one."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)


def holds_phantoms(folder, wanted):
    """Whether ``folder`` already holds this very set, complete. Raises DataError where it holds something of others."""
    if not folder.exists():
        return False
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        same = {key: marker[key] for key in wanted} == wanted
        return same and sum(1 for _ in folder.glob("PHANTOM_*/*.tif")) == marker["files"]
    except FileNotFoundError:
        if folder.is_dir() and not any(folder.iterdir()):
            return False
        raise DataError(
            f"{folder} exists and was not made by make_phantoms, so it is left alone. "
            "Choose another folder, or move it away."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        return False  # a damaged marker: make the set anew
