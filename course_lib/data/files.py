"""What a folder of scans holds: patients, slices, and the files of each, by their names alone."""

import io
import os
import re
import stat
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from PIL import Image

PATIENT = re.compile(r"[A-Za-z0-9]+_(?P<institution>[A-Za-z0-9]+)_[A-Za-z0-9]+(_[A-Za-z0-9]+)*")
SCAN_FILE = re.compile(r"(?P<patient>.+)_(?P<slice>\d{1,6})(?P<mask>_mask)?\.tiff?", re.IGNORECASE)
# An MRI slice has a few hundred pixels a side; a damaged header may claim billions.
MAX_SIDE = 4096
# Pillow's modes and the bits of a value
_COLOR, _GREY, _DEEP = {("RGB", 8)}, {("L", 8)}, {("I;16", 16), ("I;16B", 16)}
_MAX_BYTES = 4 * MAX_SIDE**2
_THREADS = 4  # enough to hide a network drive; more get into each other's way on a local disk
# Below this many files reading takes a moment only, and a progress bar would flash by.
_BAR_FROM = 2000

Item = TypeVar("Item")
Result = TypeVar("Result")


class Fault(NamedTuple):
    """One thing that is wrong with a folder of scans.

    Attributes:
        path: the file or folder at fault.
        problem: what is wrong with it.
        remedy: what to do about it.
    """

    path: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}. {self.remedy}"


class UnfitFileError(Exception):
    """A file that is not the image or mask it should be; carries the problem and the remedy. Stays inside `data`."""

    def __init__(self, problem: str, remedy: str):
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


def institution(patient: str) -> str:
    """The institution in a patient's name.

    >>> institution("TCGA_CS_4941_19960909")
    'CS'
    """
    return patient.split("_")[1]


def scan_folder(root: Path) -> Path | None:
    """The folder that holds the patients: `root`, or the copy of ``kaggle_3m`` in it; None where there is neither.

    The published archive holds the folder twice; the outer copy is taken, so no patient counts twice.
    """
    for folder in (root / "kaggle_3m", root, root / "lgg-mri-segmentation" / "kaggle_3m"):
        if any(True for _ in patient_folders(folder)):
            return folder
    return None


def patient_folders(folder: Path) -> Iterator[Path]:
    """Folders in `folder` that are named as a patient is, in no order; nothing where `folder` cannot be read."""
    try:
        entries = list(folder.iterdir())
    except OSError:
        return
    yield from (entry for entry in entries if PATIENT.fullmatch(entry.name) and os.path.isdir(entry))


def read_image(path: str | Path) -> np.ndarray:
    """A slice as (side, side, 3) uint8; raises UnfitFileError."""
    image = _decode(path, _COLOR, "a slice holds three sequences of 8 bits", "Save it as an 8-bit RGB TIFF")
    height, width = image.shape[:2]
    if height != width:
        raise UnfitFileError(f"the slice is {width} × {height} pixels", "Pad it and its mask with black to a square")
    return image


def read_picture(path: str | Path) -> np.ndarray:
    """A slice of any shape, in colour or grey: (height, width, 3) uint8, or (height, width) uint8 or uint16.

    Raises UnfitFileError for anything else.
    """
    expected = "a slice holds three sequences of 8 bits, or FLAIR alone in 8 or 16 bits without a sign"
    return _decode(path, _COLOR | _GREY | _DEEP, expected, "Save it as an 8-bit RGB TIFF")


def read_mask(path: str | Path) -> np.ndarray:
    """A mask as (height, width) uint8 of 0 and 255; raises UnfitFileError."""
    mask = _decode(path, _GREY, "a mask holds one value of 8 bits a pixel", "Save it as an 8-bit greyscale TIFF")
    if np.count_nonzero(mask) != np.count_nonzero(mask == 255):
        odd = np.setdiff1d(mask, [0, 255])
        shown = ", ".join(map(str, odd[:5])) + (", …" if len(odd) > 5 else "")
        remedy = "Save it again with 0 for healthy and 255 for tumour, without smoothing or lossy compression"
        raise UnfitFileError(f"the mask holds values other than 0 and 255: {shown}", remedy)
    return mask


def _decode(path: str | Path, kinds: set, expected: str, remedy: str) -> np.ndarray:
    again = "Copy or download it again"
    try:
        about = os.stat(path)
        if not stat.S_ISREG(about.st_mode):  # opening a pipe would wait for ever
            raise UnfitFileError("it is not a file", "Remove or rename it, and copy the file back")
        if about.st_size > _MAX_BYTES:
            raise UnfitFileError(f"it is {about.st_size / 1e6:.0f} MB large, too much for a slice", again)
        content = Path(path).read_bytes()  # at once: Pillow reads piecemeal, which takes twice as long
        with Image.open(io.BytesIO(content), formats=["TIFF"]) as image:
            bits = set(image.tag_v2.get(258, (1,)))
            if len(bits) != 1 or (image.mode, *bits) not in kinds:
                depth = f" of {max(bits)} bits" if image.mode in dict(kinds) else ""
                raise UnfitFileError(f"its mode is {image.mode}{depth}, but {expected}", remedy)
            if max(image.size) > MAX_SIDE:
                raise UnfitFileError(f"its header claims {_size(image.size)} pixels", again)
            return np.array(image)
    except UnfitFileError:
        raise
    except Image.UnidentifiedImageError:
        raise UnfitFileError("it is not a TIFF image", again) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnfitFileError(f"it cannot be read ({reason[0].lower()}{reason[1:]})", again) from None
    except Exception as error:  # on damaged bytes Pillow raises a dozen kinds, SyntaxError and struct.error among them
        raise UnfitFileError(f"it is damaged ({type(error).__name__}: {error})", again) from None


def _size(size: tuple[int, ...]) -> str:
    return " × ".join(map(str, size))


def read_in_parallel(
    read: Callable[[Item], Result], items: Iterable[Item], what: str, progress: bool | None = None
) -> list[Result]:
    """Calls `read` on every item in a few threads, results in the order of the items, with a progress bar if long.

    Args:
        what: the bar's label.
        progress: True or False for a bar or none; None shows one from 2,000 items.
    """
    items = list(items)
    show = len(items) >= _BAR_FROM if progress is None else progress
    with warnings.catch_warnings(), ThreadPoolExecutor(_THREADS) as pool:
        warnings.simplefilter("ignore")  # Pillow warns about odd tags; what matters is checked by the readers
        results = pool.map(read, items)
        if show:
            from tqdm.auto import tqdm

            results = tqdm(results, total=len(items), desc=what, unit="file", leave=False)
        return list(results)
