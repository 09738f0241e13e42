"""The trained network that ships with the course, and the papers that say how it came to be."""

import json
from pathlib import Path

from course_lib.errors import WeightsError
from course_lib.models.compact import load_compact

SHIPPED_FOLDER = Path(__file__).resolve().parents[2] / "data" / "model"
SHIPPED_FILE = SHIPPED_FOLDER / "vgg19_unet.npz"
SMALL_ENCODER = SHIPPED_FOLDER.parent / "encoder" / "small_vgg19.npz"  # as `vgg19_unet` takes it, of a quarter's width


def shipped_model():
    """Loads the VGG19-U-Net that ships, trained on real patients; ``data/model/README.md`` is its card.

    Returns:
        An uncompiled `keras.Model`: images (batch, size, size, 3) in 0..255 in, probabilities out. `size` is
        ``model.input_shape[1]``. It is an `ensemble` of two networks; `members` gives each of them.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    return load_compact(SHIPPED_FILE)


def shipped_patients():
    """Which patients the network that ships has seen.

    Returns:
        ``{"train": [...], "validation": [...], "test": [...]}``, names of patients' folders: trained on, chosen on,
        and never seen.

    Raises:
        WeightsError: the list is missing or damaged.
    """
    path = SHIPPED_FOLDER / "split.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path}: the list of patients is missing or damaged. Fetch the course again.") from error


def unseen(scans):
    """The scans of patients that the network that ships was neither trained nor chosen on.

    Args:
        scans: rows of `data.index_scans`.

    Returns:
        Those rows of `scans` whose patient is new to it; all, for phantoms.
    """
    known = shipped_patients()
    return scans[~scans["patient"].isin([*known["train"], *known["validation"]])]
