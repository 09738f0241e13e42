"""The trained networks that ship with the course, and the papers that say how they came to be.

Two are trained on the same real patients: the whole VGG19 as encoder, which predicts best, and a small one of a quarter
of the width, which leaves a lesson room beside it in 1.5 GB.
"""

import json
from pathlib import Path

from course_lib.errors import WeightsError
from course_lib.models.compact import load_compact

DATA = Path(__file__).resolve().parents[2] / "data"
SHIPPED_FILE = DATA / "model" / "vgg19_unet.npz"
SMALL_FILE = DATA / "small_model" / "vgg19_unet.npz"
SMALL_ENCODER = DATA / "encoder" / "small_vgg19.npz"  # as `vgg19_unet` takes it, of a quarter's width


def shipped_model():
    """Loads the VGG19-U-Net that ships, trained on real patients; ``data/model/README.md`` is its card.

    Its encoder is the whole VGG19, its kernels are in 8 bits: it predicts, and cannot be trained further.

    Returns:
        An uncompiled `keras.Model`: images (batch, size, size, 3) in 0..255 in, probabilities out. `size` is
        ``model.input_shape[1]``.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    return load_compact(SHIPPED_FILE)


def small_model():
    """Loads the small VGG19-U-Net that ships; ``data/small_model/README.md`` is its card.

    Four times faster than `shipped_model`, trained and scored on the same patients; the lessons look at this one.

    Returns:
        As `shipped_model`.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    return load_compact(SMALL_FILE)


def shipped_patients():
    """Which patients the networks that ship have seen; both the same.

    Returns:
        ``{"train": [...], "validation": [...], "test": [...]}``, names of patients' folders: trained on, chosen on,
        and never seen.

    Raises:
        WeightsError: the list is missing or damaged.
    """
    path = SHIPPED_FILE.parent / "split.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path}: the list of patients is missing or damaged. Fetch the course again.") from error


def unseen(scans):
    """The scans of patients that the networks that ship were neither trained nor chosen on.

    Args:
        scans: rows of `data.index_scans`.

    Returns:
        Those rows of `scans` whose patient is new to them; all, for phantoms.
    """
    known = shipped_patients()
    return scans[~scans["patient"].isin([*known["train"], *known["validation"]])]
