"""Browse patients slice by slice."""

import functools

import ipywidgets
import numpy as np
import pandas as pd

from course_lib import data, plots
from course_lib.errors import ArgumentError
from course_lib.widgets.explorer import DESCRIBED, WIDE, Explorer

ALL_SEQUENCES = "all three"


def patient_browser(scans, masks=None, size=256):
    """Browse patients slice by slice: a patient, a slice, a sequence, with or without the tumour's outline.

    Args:
        scans: rows of `data.index_scans`, whose files are read as they are looked at; or the images of one patient,
            (slice, height, width, 3).
        masks: with images, their masks (slice, height, width[, 1]).
        size: pixels at which files are read.

    Returns:
        An `Explorer` with the controls patient (for scans), slice, sequence and outline; the last line of a cell.

    Raises:
        ArgumentError: there is no slice, or images and masks do not fit.
    """
    if isinstance(scans, pd.DataFrame):
        patients, load = _patients_of(scans, size)
    else:
        patients, load = [""], _one_patient(scans, masks)
    choose = ipywidgets.Dropdown(options=patients, description="patient", layout=WIDE, style=DESCRIBED)
    slider = ipywidgets.IntSlider(min=1, max=1, description="slice", layout=WIDE, style=DESCRIBED)
    options = [*plots.SEQUENCES, ALL_SEQUENCES]
    sequence = ipywidgets.ToggleButtons(options=options, value="FLAIR", description="sequence")
    sequence.style.button_width, sequence.style.description_width = "80px", "90px"
    sequence.layout = ipywidgets.Layout(display="flex", flex_flow="row", width="min(100%, 520px)")
    outline = ipywidgets.Checkbox(value=True, description="outline the tumour")

    def follow(moved):
        if moved == "patient":
            _, volume = load(choose.value)
            slider.max = len(volume)
            slider.value = 1 + int(volume.sum(axis=(1, 2, 3)).argmax())

    def draw(slice, sequence, outline, patient=patients[0]):
        images, volume = load(patient)
        place = f"slice {slice} of {len(images)}"
        return draw_slice(images[slice - 1], volume[slice - 1], sequence, outline, place, patient)

    follow("patient")
    controls = {"patient": choose} if len(patients) > 1 else {}
    return Explorer(draw, controls | {"slice": slider, "sequence": sequence, "outline": outline}, follow)


def _patients_of(scans, size):
    if scans.empty:
        raise ArgumentError("There is no slice to browse: scans is empty.")
    by_patient = dict(list(scans.sort_values("slice", kind="stable").groupby("patient", sort=False)))

    @functools.lru_cache(maxsize=4)
    def load(patient):
        return data.load_slices(by_patient[patient], size, progress=False)

    return list(dict.fromkeys(scans["patient"])), load


def _one_patient(images, masks):
    images = np.asarray(images)
    masks = np.zeros((*images.shape[:3], 1), np.uint8) if masks is None else np.asarray(masks)
    masks = masks[..., None] if masks.ndim == 3 else masks
    if images.ndim != 4 or len(images) == 0 or masks.shape != (*images.shape[:3], 1):
        raise ArgumentError(
            "Images have the shape (slice, height, width, 3) and masks (slice, height, width, 1); "
            f"got {images.shape} and {masks.shape}."
        )
    return lambda _: (images, masks)


def draw_slice(image, mask, sequence="FLAIR", outline=True, place="slice", patient=""):
    """One state of `patient_browser`.

    Args:
        image: (height, width, 3).
        mask: (height, width, 1).
        sequence: "pre", "FLAIR", "post" or "all three".
        outline: whether the tumour's border is drawn.
        place: what to call the slice.
        patient: whose it is, or nothing.

    Returns:
        (axes, alt text).
    """
    pixels = int((np.asarray(mask) > 0).sum())
    shown = mask if outline else np.zeros_like(mask)
    if sequence == ALL_SEQUENCES:
        title = f"{patient}, {place}" if patient else place
        axes, named = plots.sequences(image, shown, title=title), "pre-contrast, FLAIR and post-contrast side by side"
    else:
        title = f"{patient}\n{place}, {sequence}".lstrip()
        axes, named = plots.contour(image, shown, sequence=sequence, title=title), sequence
    tumor = f"the tumour covers {pixels:,} pixels" if pixels else "no tumour on this slice"
    where = f"{place[:1].upper()}{place[1:]}" + (f" of {patient}" if patient else "")
    return axes, f"{where}, {named}: {tumor}{', outlined' if pixels and outline else ''}."
