"""The prediction file: one mask a slice, at the size of the scans' own files, and what made them."""

import hashlib
import json
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from course_lib import evaluation
from course_lib.errors import ArgumentError, DataError
from course_lib.handin.encoding import check_runs, decode_runs, encode_runs
from course_lib.storage import write_atomically

FORMAT = "course predictions 1"
LARGEST_FILE = 100_000_000  # bytes; the whole real data set, predicted with ragged outlines, takes a few million
LARGEST_SIZE = 4096
AGAIN = "Write it again with save_predictions."


@dataclass(frozen=True)
class Predictions:
    """What a prediction file holds.

    Attributes:
        path: of the file.
        model: name of what made the masks.
        threshold: from which probability on a pixel counted as tumour.
        size: height and width of the masks, pixels.
        runs: (patient, slice) to the runs of its mask, as `encode_runs` gives them.
    """

    path: Path
    model: str
    threshold: float
    size: int
    runs: dict

    def check_complete(self, scans):
        """Raise unless there is a mask for every row of `scans`.

        Raises:
            DataError: one is missing; the message says how many, and the first of them.
        """
        wanted = list(zip(scans["patient"], scans["slice"], strict=True))
        missing = [key for key in wanted if key not in self.runs]
        if missing:
            patient, number = missing[0]
            raise DataError(
                f"{self.path}: incomplete, {len(missing)} of {len(wanted)} slices are missing, first slice {number} of "
                f"{patient}. Predict every slice of these patients and save the file again."
            )

    def masks(self, scans):
        """The masks of these slices: (slice, size, size) boolean, in the order of the rows.

        Raises:
            DataError: the file lacks one of them.
        """
        self.check_complete(scans)
        masks = np.zeros((len(scans), self.size, self.size), bool)
        for place, key in enumerate(zip(scans["patient"], scans["slice"], strict=True)):
            masks[place] = decode_runs(self.runs[key], (self.size, self.size))
        return masks


def save_predictions(path, scans, probabilities, threshold, model):
    """Write a prediction file: everything that is needed to score a network without having it.

    The masks are kept at the size of the scans' files, whatever size the network works at, so that all networks are
    compared on equal terms.

    Args:
        path: file to write, ``….json``.
        scans: rows of `data.index_scans`, whole patients.
        probabilities: (slice, size, size) or (slice, size, size, 1), 0 to 1, one map for each row, in their order.
        threshold: a pixel is tumour from this probability on.
        model: name of what made them.

    Returns:
        The path.

    Raises:
        ArgumentError: probabilities that do not fit the scans, a slice that occurs twice, no name.
        StorageError: the file cannot be written.
    """
    if not isinstance(model, str) or not model.strip():
        raise ArgumentError("Name what made these predictions, as in model='my U-Net'.")
    if not 0 <= threshold <= 1:
        raise ArgumentError(f"A threshold lies between 0 and 1; got {threshold}.")
    if len(scans) != len(probabilities) or not len(scans):
        raise ArgumentError(f"{len(scans)} slices and {len(probabilities)} maps: give one map for each slice.")
    probabilities = np.asarray(probabilities)
    keys = [(str(patient), int(number)) for patient, number in zip(scans["patient"], scans["slice"], strict=True)]
    if len(set(keys)) < len(keys):
        twice = next(key for k, key in enumerate(keys) if key in keys[:k])
        raise ArgumentError(f"Slice {twice[1]} of {twice[0]} occurs twice in scans: give each slice once.")
    size = _size_of_files(scans)
    rows = []
    for k, (patient, number) in enumerate(keys):  # one at a time: all at full size would be gigabytes
        mask = evaluation.resize_probabilities(probabilities[k : k + 1], size).reshape(size, size) >= threshold
        rows.append({"patient": patient, "slice": number, "runs": list(chain.from_iterable(encode_runs(mask)))})
    head = {"format": FORMAT, "model": model.strip(), "threshold": float(threshold), "size": size}
    head["checksum"] = _checksum(head, rows)
    with write_atomically(path) as file:
        file.write(json.dumps(head)[:-1] + ', "slices": [\n')
        file.write(",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]}\n")
    return Path(path)


def read_predictions(path):
    """Read a prediction file and check all of it. It may come from a stranger: nothing in it is executed.

    Returns:
        `Predictions`.

    Raises:
        DataError: the file is missing, damaged, not a prediction file, or holds a slice twice; the message names it
            and what to do.
    """
    path = Path(path)
    content = _json_of(path)
    wanted = {"format": str, "model": str, "threshold": (int, float), "size": int, "slices": list, "checksum": str}
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError(f"{path}: is not a prediction file of this course. {AGAIN}")
    for name, kind in wanted.items():
        if not isinstance(content.get(name), kind) or isinstance(content[name], bool):
            raise DataError(f"{path}: damaged, {name!r} is missing or of the wrong kind. {AGAIN}")
    if not (0 <= content["threshold"] <= 1 and 1 <= content["size"] <= LARGEST_SIZE and content["slices"]):
        raise DataError(f"{path}: damaged, threshold, size or number of slices is impossible. {AGAIN}")
    runs = {}
    for place, row in enumerate(content["slices"], start=1):
        key, of_slice = _checked_row(path, place, row)
        if key in runs:
            raise DataError(f"{path}: slice {key[1]} of {key[0]} is in it twice. Save each slice once.")
        try:
            check_runs(of_slice, (content["size"], content["size"]))
        except ArgumentError as error:
            raise DataError(f"{path}: damaged, slice {key[1]} of {key[0]}. {error} {AGAIN}") from error
        runs[key] = of_slice
    if content["checksum"] != _checksum(content, content["slices"]):
        raise DataError(f"{path}: damaged or edited, its checksum does not fit what is in it. {AGAIN}")
    return Predictions(path, content["model"], float(content["threshold"]), content["size"], runs)


def score_predictions(path, scans):
    """Score a prediction file against the experts' masks, patient by patient, at the size of the files.

    Args:
        path: of the file.
        scans: rows of `data.index_scans`: all slices of the patients to score. What the file holds beyond them is
            left aside.

    Returns:
        The table of `evaluation.score_patients`, a row a patient, with empty_slices and alarms as in
        `evaluation.false_alarm_table`.

    Raises:
        DataError: as `read_predictions`; or a slice of `scans` is not in the file, or the masks have another size.
    """
    predictions = read_predictions(path)
    size = _size_of_files(scans)
    if predictions.size != size:
        raise DataError(
            f"{path}: its masks are {predictions.size} pixels wide and these scans {size}. "
            "Give the scans that were predicted, or predict these."
        )
    predictions.check_complete(scans)
    tables = []
    for _, rows in scans.groupby("patient", sort=False):
        guesses = predictions.masks(rows)
        alarms = evaluation.false_alarm_table(rows, guesses)[["patient", "empty_slices", "alarms"]]
        tables.append(evaluation.score_patients(rows, guesses).merge(alarms, on="patient"))
    return pd.concat(tables, ignore_index=True)


def _size_of_files(scans):
    if not len(scans):
        raise ArgumentError("There is no slice in scans.")
    path = scans["image"].iloc[0]
    try:
        with Image.open(path) as first:
            return max(first.size)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error}). Check the folder: course data --check") from error


def _json_of(path):
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise DataError(f"{path}: is larger than {LARGEST_FILE // 10**6} MB. A prediction file is not. {AGAIN}")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the name, or save it first.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: damaged or cut short, it is not whole JSON. {AGAIN}") from error


def _checked_row(path, place, row):
    """(patient, slice) of one entry, and its runs as pairs."""
    row = row if isinstance(row, dict) else {}
    patient, number, flat = (row.get(name) for name in ("patient", "slice", "runs"))
    whole = isinstance(flat, list) and len(flat) % 2 == 0 and all(type(value) is int for value in flat)
    if not (isinstance(patient, str) and patient and type(number) is int and number > 0 and whole):
        raise DataError(f"{path}: damaged, entry {place} is no slice with patient, number and runs. {AGAIN}")
    return (patient, number), list(zip(flat[::2], flat[1::2], strict=True))


def _checksum(head, rows):
    """A digest against damage, not against malice: whoever can write the file can write this too."""
    parts = [head["format"], head["model"], float(head["threshold"]), head["size"]]
    lines = [[row["patient"], row["slice"], list(row["runs"])] for row in rows]
    return hashlib.blake2b(json.dumps([parts, lines]).encode(), digest_size=16).hexdigest()
