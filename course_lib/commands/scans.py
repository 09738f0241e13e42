"""Slices of one's own, as they come: read, converted where the network can take them so, and described in words.

The training data hold FLAIR in place of a sequence that was not taken. So a slice with FLAIR alone is shown to the
network three times over: that it has seen before, where black sequences would be new to it.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib.data import SEQUENCES, missing_sequences
from course_lib.data.files import UnfitFileError, read_picture
from course_lib.errors import DataError

FLAIR = SEQUENCES.index("FLAIR")
BRIGHT = 99.5  # percentile of a 16-bit slice's values that becomes 255

OBLONG = "not square: padded with black for the network, and the mask cut back"
GREY = (
    "one sequence, taken for FLAIR and put in place of the other two, as the training data do with a missing one: "
    "the network sees FLAIR alone"
)
DEEP = (
    f"16 bits: scaled to 0..255 so that the slice's own {BRIGHT}th percentile becomes 255; a slice with little signal "
    "becomes brighter than its neighbours"
)
MISSING = "{} is missing (equal to FLAIR): predicted, less surely"
BLACK = "{} is black: FLAIR put in its place, as the training data do with a missing one: predicted, less surely"
NO_FLAIR = "FLAIR is black: predicted as it is, but it is FLAIR in which the network looks for tumour"
_NAMES = {"pre": "the pre-contrast sequence", "post": "the post-contrast sequence"}


class Scan(NamedTuple):
    """A slice as the network gets it, but for its size.

    Attributes:
        image: (height, width, 3) uint8, last axis as `data.SEQUENCES`.
        remarks: what was converted, or is to be known.
    """

    image: np.ndarray
    remarks: tuple


def read_scan(path) -> Scan:
    """One slice: 8-bit RGB, or one sequence of 8 or 16 bits, of any shape.

    Raises:
        DataError: naming the file, what is wrong and what to do.
    """
    path = Path(path)
    try:
        picture = read_picture(path)
        _refuse_mask(picture, path)
    except UnfitFileError as error:
        raise DataError(f"{path}: {error.problem}. {error.remedy}.") from None
    remarks = [] if picture.shape[0] == picture.shape[1] else [OBLONG]
    if picture.dtype != np.uint8:
        picture = as_bytes(picture)
        remarks.append(DEEP)
    if picture.ndim == 2:
        return Scan(np.repeat(picture[..., None], 3, axis=-1), (*remarks, GREY))
    if not picture.any():
        return Scan(picture, tuple(remarks))
    if not picture[..., FLAIR].any():
        return Scan(picture, (*remarks, NO_FLAIR))
    lacking = missing_sequences(picture[None])
    black = [name for name in _NAMES if not picture[..., SEQUENCES.index(name)].any()]
    image = picture.copy()
    for name in black:
        image[..., SEQUENCES.index(name)] = picture[..., FLAIR]
    told = [(MISSING, lacking), (BLACK, black)]
    return Scan(image, (*remarks, *(text.format(_NAMES[name]) for text, names in told for name in names)))


def as_bytes(values):
    """Values from 0 on as uint8; their 99.5th percentile, and all above it, becomes 255.

    >>> as_bytes(np.array([0, 500, 1000], np.uint16)).tolist()
    [0, 128, 255]
    """
    bright = np.percentile(values, BRIGHT) or values.max() or 1
    return np.rint(np.minimum(values / bright, 1) * 255).astype(np.uint8)


def resized(shape, size) -> tuple:
    """The remark about a slice that is not of the network's size (None where it takes any); empty if it is."""
    if size is None or max(shape) == size:
        return ()
    return (f"not {size} × {size} pixels: resized for the network; the mask has the slice's own size",)


def pad_to_square(image):
    """An image (height, width, 3) in the middle of a black square, and the slices of rows and columns it takes up."""
    height, width = image.shape[:2]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    place = slice(top, top + height), slice(left, left + width)
    square = np.zeros((side, side, *image.shape[2:]), image.dtype)
    square[place] = image
    return square, place


def notes(remarks: dict) -> list:
    """A sentence for each remark, however many slices it is about.

    Args:
        remarks: path of each slice to what is remarked about it.

    >>> notes({"a.tif": ("grey",), "b.tif": ("grey", "small")})
    ['Note: a.tif, b.tif: grey.', 'Note: b.tif: small.']
    """
    found = {}
    for path, texts in remarks.items():
        for remark in texts:
            found.setdefault(remark, []).append(Path(path).name)
    return [f"Note: {_list(names)}: {remark}." for remark, names in found.items()]


def _list(names):
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _refuse_mask(picture, path):
    if picture.ndim == 2 and (path.stem.endswith("_mask") or _is_two_valued(picture)):
        raise UnfitFileError("it looks like a mask", "Leave the masks out")


def _is_two_valued(picture):
    return picture.dtype == np.uint8 and (picture == 255).any() and ((picture == 0) | (picture == 255)).all()
