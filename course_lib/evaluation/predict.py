"""From images to probability maps, and from one size to another."""

import numpy as np
from PIL import Image
from scipy import ndimage

from course_lib.errors import ArgumentError
from course_lib.evaluation.patients import as_probability_maps


def predict_slices(model, images, batch=16, progress=False):
    """The probability of tumour at every pixel.

    Args:
        model: a network with `predict_on_batch`, as every Keras model has, which takes (slice, size, size, 3) in
            0..255.
        images: (slice, size, size, 3), 0..255.
        batch: slices that go through the network at once.
        progress: True shows a bar.

    Returns:
        (slice, size, size, 1) float32, from 0 to 1, in the order of `images`.

    Raises:
        ArgumentError: images of another shape, or a network that answers with another.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3:
        raise ArgumentError(f"Images have the shape (slice, size, size, 3); got {images.shape}.")
    if batch < 1:
        raise ArgumentError(f"A batch holds at least one slice; got {batch}.")
    maps = np.zeros((*images.shape[:3], 1), np.float32)
    for start in _starts(len(images), batch, progress):
        part = images[start : start + batch].astype(np.float32)
        answer = np.asarray(model.predict_on_batch(part), dtype=np.float32)
        if answer.shape != (*part.shape[:3], 1):
            raise ArgumentError(
                f"The network answers {part.shape} with {answer.shape}: it should give one probability a pixel."
            )
        maps[start : start + batch] = answer
    return maps


def predict_volume(model, images, batch=16, flip=False, neighbors=0.0, size=None):
    """The probability of tumour in all slices of one patient, with what needs more than the slice itself.

    Args:
        model: as for `predict_slices`.
        images: (slice, size, size, 3) of one patient, in the order of the slices, 0..255.
        batch: slices that go through the network at once.
        flip: predict the mirror images too and take the mean (test-time augmentation).
        neighbors: weight of the slice before and of the slice after, 0 to 1/3; a tumour seldom begins and ends within
            one slice. The first and the last slice stand in for what lies beyond them.
        size: side of the maps in pixels; None leaves them at the size of `images`.

    Returns:
        (slice, size, size, 1) float32, from 0 to 1.

    Raises:
        ArgumentError: as `predict_slices`, or `neighbors` out of range.
    """
    if not 0 <= neighbors <= 1 / 3:
        raise ArgumentError(
            f"neighbors={neighbors} must be from 0 to 1/3, or a neighbour would count more than a slice."
        )
    images = np.asarray(images)
    maps = predict_slices(model, images, batch)
    if flip:
        maps = (maps + predict_slices(model, images[:, :, ::-1], batch)[:, :, ::-1]) / 2
    if neighbors and len(maps):
        padded = np.concatenate([maps[:1], maps, maps[-1:]])
        maps = (1 - 2 * neighbors) * maps + neighbors * (padded[:-2] + padded[2:])
    return maps if size is None else resize_probabilities(maps, size)


def keep_large_parts(maps, share, threshold=0.5):
    """The maps of one patient without the small parts of what they call tumour.

    A lower-grade glioma is mostly one mass, so a speck far from it is more often a false alarm than a second tumour.
    Parts are those of the volume at `threshold`; voxels that touch, corners included, are one part.

    Args:
        maps: (slice, height, width) or (slice, height, width, 1) of one patient, in the order of the slices, 0 to 1.
        share: parts with fewer voxels than this share of the largest are set to 0; from 0 (keeps all) to 1 (keeps the
            largest).
        threshold: tumour from this probability on.

    Returns:
        A copy, float32.

    Raises:
        ArgumentError: `share` out of range.

    >>> four_slices_of_one_pixel = [[[0.9]], [[0.8]], [[0.1]], [[0.7]]]
    >>> keep_large_parts(four_slices_of_one_pixel, share=0.6).ravel()
    array([0.9, 0.8, 0.1, 0. ], dtype=float32)
    """
    if not 0 <= share <= 1:
        raise ArgumentError(f"share={share} must be from 0 to 1: a part is kept from this share of the largest on.")
    kept = np.array(maps, dtype=np.float32)
    volume = as_probability_maps(kept)  # a view without the last axis
    parts, count = ndimage.label(volume >= threshold, np.ones((3, 3, 3)))
    if count > 1:
        voxels = np.bincount(parts.ravel())
        voxels[0] = 0
        small = np.flatnonzero(voxels < share * voxels.max())
        volume[np.isin(parts, small[small > 0])] = 0
    return kept


def _starts(count, batch, progress):
    starts = range(0, count, batch)
    if not progress:
        return starts
    from tqdm.auto import tqdm

    return tqdm(starts, desc="predicting", unit="batch", leave=False)


def resize_probabilities(probabilities, size):
    """Probability maps at another size, so that masks can be compared at the size of the files.

    Bilinear between pixel centres when growing, a weighted average over the pixels that fall together when shrinking;
    the way in which images are resized, so that a map stays in place over its image.

    Args:
        probabilities: (slice, height, width) or (slice, height, width, 1), from 0 to 1, height = width.
        size: pixels along each side.

    Returns:
        float32 array with as many axes as given, from 0 to 1.
    """
    if size < 1:
        raise ArgumentError(f"A size is at least one pixel; got {size}.")
    maps = as_probability_maps(probabilities).astype(np.float32)
    if maps.shape[1] != size:
        resized = [Image.fromarray(one).resize((size, size), Image.Resampling.BILINEAR) for one in maps]
        maps = np.stack([np.asarray(one) for one in resized]) if resized else np.zeros((0, size, size), np.float32)
    maps = np.clip(maps, 0, 1)
    return maps[..., None] if np.ndim(probabilities) == 4 else maps
