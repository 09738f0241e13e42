"""What a network may meet elsewhere: a sequence that was not taken, another scanner."""

import numpy as np

from course_lib.data.load import SEQUENCES
from course_lib.errors import ArgumentError


def remove_sequence(images, name):
    """The slices as they would be had one sequence not been taken.

    The data set puts FLAIR in the place of a missing pre- or post-contrast sequence, and so does this. FLAIR itself is
    never missing there, as the masks were drawn on it; here the pre-contrast sequence takes its place.

    Args:
        images: (..., 3), last axis as `data.SEQUENCES`; left as they are.
        name: "pre", "FLAIR" or "post".

    Returns:
        An array of the same shape and type.

    Raises:
        ArgumentError: another name, or another number of sequences.

    >>> remove_sequence([[10, 20, 30]], "post").tolist(), remove_sequence([[10, 20, 30]], "FLAIR").tolist()
    ([[10, 20, 20]], [[10, 10, 30]])
    """
    images = _checked(images)
    if name not in SEQUENCES:
        raise ArgumentError(f"There is no sequence {name!r}: choose one of {', '.join(SEQUENCES)}.")
    without = images.copy()
    without[..., SEQUENCES.index(name)] = images[..., SEQUENCES.index("pre" if name == "FLAIR" else "FLAIR")]
    return without


def other_scanner(images, brightness=1.0, gamma=1.0, uneven=0.0, noise=0.0, seed=0):
    """The slices as another scanner might give them. As it stands nothing changes; black stays black, but for noise.

    Args:
        images: (slice, height, width, 3), 0..255.
        brightness: everything times this.
        gamma: values (0 to 1) to this power: below 1 dark tissue comes nearer to bright, above 1 farther from it.
        uneven: a coil on one side: brightness times 1 + uneven at the top of the slice, falling evenly to 1 - uneven
            at its bottom.
        noise: standard deviation in grey levels, of Rician noise: that of two independent channels whose length is
            taken, as magnitude images have it (Gudbjartsson & Patz 1995, doi 10.1002/mrm.1910340618).
        seed: of the noise.

    Returns:
        uint8 of the same shape.

    Raises:
        ArgumentError: another shape, or numbers that no scanner has.
    """
    images = _checked(images)
    if images.ndim != 4:
        raise ArgumentError(f"Slices have the shape (slice, height, width, 3); got {images.shape}.")
    if not (brightness > 0 and gamma > 0 and 0 <= uneven < 1 and noise >= 0):
        raise ArgumentError("brightness and gamma are above 0, uneven from 0 up to 1, noise from 0 on.")
    changed = 255 * (images.astype(np.float32) / 255) ** np.float32(gamma) * np.float32(brightness)
    changed *= np.linspace(1 + uneven, 1 - uneven, images.shape[1], dtype=np.float32)[:, None, None]
    if noise:
        rng = np.random.default_rng(seed)
        real, imaginary = (rng.standard_normal(images.shape, np.float32) * np.float32(noise) for _ in range(2))
        changed = np.hypot(changed + real, imaginary)
    return np.clip(np.round(changed), 0, 255).astype(np.uint8)


def _checked(images):
    images = np.asarray(images)
    if not images.ndim or images.shape[-1] != len(SEQUENCES):
        raise ArgumentError(f"Images hold three sequences in their last axis; got shape {images.shape}.")
    return images
