"""Decoding slices into arrays, once."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from course_lib.data.files import UnfitFileError, read_image, read_in_parallel, read_mask
from course_lib.errors import DataError

SEQUENCES = ("pre", "FLAIR", "post")


def load_slices(scans: pd.DataFrame, size: int, progress: bool | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Decodes slices and masks into memory at one size, in the order of the rows.

    Images shrink with an antialiasing filter without overshoot (each pixel a weighted mean of those it covers), so fine
    detail does not turn into false patterns and black stays black. Masks shrink with the same filter and count as
    tumour where it covers at least half: this keeps areas and outlines, where taking the nearest pixel would make
    thin parts flicker. A tumour of a few pixels may still vanish, so an empty mask here need not have
    ``tumor_pixels == 0``.

    Args:
        scans: as from `index_scans`, or some of its rows.
        size: height and width of the arrays in pixels.
        progress: True or False for a progress bar or none; None shows one from 2,000 slices.

    Returns:
        images (slice, size, size, 3) uint8, 0 to 255, last axis as `SEQUENCES`;
        masks (slice, size, size, 1) uint8 in {0, 1}.

    Raises:
        DataError: a file cannot be read any more, or the size is not a positive whole number.
    """
    if size != int(size) or size < 1:
        raise DataError(f"The size is {size}; it should be a whole number of pixels, such as 64 or 256.")
    size = int(size)
    images = np.empty((len(scans), size, size, 3), np.uint8)
    masks = np.empty((len(scans), size, size, 1), np.uint8)

    def load(row: tuple[int, str, str]) -> None:
        position, image, mask = row
        images[position] = resize(_read(read_image, image), size)
        masks[position, ..., 0] = resize(_read(read_mask, mask), size) >= 128

    rows = zip(range(len(scans)), scans["image"], scans["mask"], strict=True)
    read_in_parallel(load, rows, "Loading slices", progress)
    return images, masks


def missing_sequences(images: np.ndarray) -> tuple[str, ...]:
    """Which sequences a patient lacks: where one was not taken, the data set holds a copy of FLAIR in its place.

    Args:
        images: all slices of one patient, (slice, height, width, 3), last axis as `SEQUENCES`.

    Returns:
        "pre", "post", both or none; ordered as in `SEQUENCES`.

    >>> scan = np.arange(12).reshape(1, 2, 2, 3)
    >>> scan[..., 2] = scan[..., 1]
    >>> missing_sequences(scan)
    ('post',)
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3 or not len(images):
        raise DataError(f"Expected the slices of one patient, (slice, height, width, 3); got shape {images.shape}.")
    flair = images[..., 1]
    return tuple(name for k, name in enumerate(SEQUENCES) if k != 1 and np.array_equal(images[..., k], flair))


def _read(read, path: str) -> np.ndarray:
    try:
        return read(path)
    except UnfitFileError as error:
        raise DataError(f"{Path(path)}: {error.problem}. {error.remedy}.") from None


def resize(array: np.ndarray, size: int) -> np.ndarray:
    """A slice or mask, (height, width[, 3]) uint8, at another size, as `load_slices` does: (size, size[, 3]) uint8."""
    if array.shape[:2] == (size, size):
        return array
    if not array.any():  # two masks of three
        return np.zeros((size, size, *array.shape[2:]), np.uint8)
    # Both kernels are nowhere negative. Pillow spreads them over all pixels that a new one covers; Hamming is the
    # sharper of the two, but leaves steps when it enlarges.
    smaller = size <= min(array.shape[:2])
    return np.asarray(
        Image.fromarray(array).resize((size, size), Image.Resampling.HAMMING if smaller else Image.BILINEAR)
    )
