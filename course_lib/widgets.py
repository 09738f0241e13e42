"""Controls over the figures of `plots`: browse patients, move a threshold.

Each widget is a plain function that draws one state (`draw_slice`, `draw_threshold`) with controls around it, made of
what ipywidgets 7.7 and 8 have in common. Where nobody can move a slider, as in a notebook that a program runs from
beginning to end, the cell shows the widget's first state as a described picture instead: what `still()` shows.
"""

import functools
import html
import os
import traceback

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython import get_ipython
from IPython.display import display

from course_lib import data, evaluation, plots
from course_lib.errors import ArgumentError, CourseError
from course_lib.plots.style import style

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
ALL_SEQUENCES = "all three"
WIDE = ipywidgets.Layout(width="min(100%, 520px)")
DESCRIBED = {"description_width": "90px"}


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


def threshold_explorer(probability, truth, image=None, threshold=0.5):
    """Move the threshold above which a pixel counts as tumour: misses turn into hits, and into false alarms.

    Args:
        probability: (height, width[, 1]), 0 to 1.
        truth: the expert's mask, (height, width[, 1]).
        image: the slice to draw on, (height, width, 3); black if None.
        threshold: where to begin.

    Returns:
        An `Explorer` with the control threshold; the last line of a cell.
    """
    slider = ipywidgets.FloatSlider(
        value=threshold, min=0.02, max=0.98, step=0.02, description="threshold", layout=WIDE, style=DESCRIBED
    )
    draw = functools.partial(draw_threshold, probability, truth, image)
    return Explorer(lambda threshold: draw(threshold=threshold), {"threshold": slider})


def draw_threshold(probability, truth, image=None, threshold=0.5):
    """One state of `threshold_explorer`: the error map, beside the scores over all thresholds.

    Returns:
        (the two axes, alt text).
    """
    probability, truth = (np.squeeze(np.asarray(array)) for array in (probability, truth))
    if probability.ndim != 2 or probability.shape != truth.shape:
        raise ArgumentError(f"Give one slice, at one size: got {probability.shape} and {truth.shape}.")
    image = np.zeros((*truth.shape, 3), np.uint8) if image is None else image
    places = np.round(np.arange(0.02, 0.99, 0.02), 2)
    scores = {"Dice": evaluation.dice_score, "precision": evaluation.precision, "recall": evaluation.recall}
    now = {name: score(truth > 0, probability >= threshold) for name, score in scores.items()}
    with style():
        left, right = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained")[1]
        plots.error_map(image, truth > 0, probability >= threshold, ax=left)
        for (name, score), color, line in zip(scores.items(), plots.PALETTE, ("-", "--", ":"), strict=False):
            values = [score(truth > 0, probability >= place) for place in places]
            right.plot(places, values, line, color=color, linewidth=2, label=f"{name} {now[name]:.2f}")
        right.axvline(threshold, color="black", linewidth=1)
        right.set(xlabel="threshold", ylabel="score of this slice", xlim=(0, 1), ylim=(0, 1.02))
        right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3)
    said = ", ".join(f"{name} {value:.2f}" for name, value in now.items())
    return np.array([left, right]), f"Hits, misses and false alarms at the threshold {threshold:.2f}: {said}."


class Explorer:
    """Controls, and a picture that follows them. As the last line of a cell it shows itself.

    Attributes:
        controls: name to widget; setting a widget's `value` moves it, as a hand would.
        picture: the widget that holds the drawing, or the message of what went wrong while drawing.
        alt: what the picture shows, in words.
    """

    def __init__(self, draw, controls, follow=None):
        """Draws the first state.

        Args:
            draw: function of the controls' values, by name, that returns (axes, alt text).
            controls: name to widget, in the order in which they are shown and in which the Tab key reaches them.
            follow: called with the name of the control that moved, before drawing; it may set other controls.
        """
        self.controls = dict(controls)
        self.picture = ipywidgets.HTML()
        self.alt = ""
        self._draw, self._follow, self._busy = draw, follow, False
        self._box = ipywidgets.VBox([*self.controls.values(), self.picture])
        for name, control in self.controls.items():
            control.observe(functools.partial(self._moved, name), names="value")
        self._redraw()

    def still(self):
        """Show the present state as a described picture, without controls."""
        display({"text/html": self.picture.value, "text/plain": f"Figure: {self.alt}"}, raw=True)

    def _moved(self, name, change):
        if self._busy:  # a control that `follow` set: one drawing is enough
            return
        self._busy = True
        try:
            if self._follow is not None:
                self._follow(name)
            self._redraw()
        except Exception as error:  # what is raised while a widget answers is seen nowhere else
            self.picture.value, self.alt = _message(error), f"Something went wrong: {error}"
        finally:
            self._busy = False

    def _redraw(self):
        before = set(plt.get_fignums())
        try:
            axes, alt = self._draw(**{name: control.value for name, control in self.controls.items()})
            self.picture.value, self.alt = plots.picture_html(axes, alt), alt
        finally:
            for number in set(plt.get_fignums()) - before:  # else the notebook would show them once more
                plt.close(number)

    def _ipython_display_(self):
        if not somebody_is_there():
            self.still()
            return
        view = {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}
        # A front end without widgets takes the picture.
        display({WIDGET_VIEW: view, "text/html": self.picture.value, "text/plain": f"Figure: {self.alt}"}, raw=True)


def somebody_is_there():
    """Whether a person may move a slider: False where a program runs the notebook (nbconvert, nbclient, nbval).

    Such programs tell the kernel that nobody answers `input()`. The variable COURSE_WIDGETS, "live" or "still",
    overrules.
    """
    wanted = os.environ.get("COURSE_WIDGETS", "")
    if wanted in ("live", "still"):
        return wanted == "live"
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return False
    try:
        return bool(kernel.get_parent("shell")["content"]["allow_stdin"])
    except (AttributeError, KeyError, TypeError):  # a kernel of another make: JupyterLite's, or an older one
        return True


def _message(error):
    """What went wrong, for the place of the picture: the course's own errors in words, others with their trace."""
    lines = [str(error)] if isinstance(error, CourseError) else traceback.format_exception(error)
    style = "color: #8B0000; background: white; white-space: pre-wrap; line-height: 1.3; padding: 8px"
    return f'<pre role="alert" style="{style}">{html.escape("".join(lines))}</pre>'
