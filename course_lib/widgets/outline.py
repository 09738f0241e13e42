"""Be the radiologist: outline a lesion with mouse, finger or keyboard, and see how near two outlines come.

The canvas is an anywidget, a single script (`outline.js`) that JupyterLab, Notebook, VS Code and Colab (with its
ipywidgets 7) all show. `draw_attempts` and `score_attempts` do the same from lists of points, without anybody there.
"""

import base64
import io
from pathlib import Path

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import traitlets
from IPython.display import display
from PIL import Image

from course_lib import evaluation, masks, plots
from course_lib.errors import ArgumentError
from course_lib.plots import style as looks
from course_lib.plots.gallery import look_at, near
from course_lib.widgets.base import CAN_DRAW, AnyWidget
from course_lib.widgets.explorer import WIDGET_VIEW, _message, somebody_is_there
from course_lib.widgets.voice import Voice

SHOWN = 3  # attempts drawn over each other: the last ones
EXAMPLE = "example"
CANNOT_DRAW = (
    "To draw here yourself, install anywidget (%pip install anywidget; it takes Internet) and restart the kernel. "
    "An example:"
)
LOOKS = ((looks.PURPLE, (0, (6, 1.5, 1, 1.5))), (looks.GREEN, (0, (4, 1.5))), (looks.VERMILION, (0, (1, 1))))


class OutlineCanvas(AnyWidget):
    """A slice to draw on; holds the outline that is being drawn.

    Attributes:
        points: [[x, y], …] in pixels of the slice, the centre of the upper left pixel being (0, 0).
        closed: whether the outline is finished. The next point begins another.
    """

    _esm = Path(__file__).with_name("outline.js")
    _css = Path(__file__).with_name("outline.css")
    image = traitlets.Unicode().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    points = traitlets.List().tag(sync=True)
    closed = traitlets.Bool(False).tag(sync=True)


class OutlineBoard:
    """A canvas, and below it what became of each attempt. As the last line of a cell it shows itself.

    Attributes:
        canvas: the `OutlineCanvas`.
        attempts: the closed outlines so far, each a list of points [x, y].
        result: the widget that holds the picture and the table.
        alt: what the picture shows, in words.
    """

    def __init__(self, image, truth, guess):
        picture = plots.grey(image)
        self._slice = image, looks.as_mask(truth, picture.shape, "truth"), looks.as_mask(guess, picture.shape, "guess")
        if not self._slice[1].any():
            raise ArgumentError("There is no tumour on this slice: choose one that the expert has outlined.")
        height, width = picture.shape
        self.attempts, self.alt = [], "No outline yet."
        alt = "A FLAIR slice to outline the tumour on. Keys and buttons are explained above it."
        self.canvas = OutlineCanvas(image=_data_url(picture), alt=alt, width=width, height=height)
        self.result = ipywidgets.HTML("<p>Close an outline to see it beside the expert's and the network's.</p>")
        self._voice = Voice()
        self._box = ipywidgets.VBox([self.canvas, self.result, self._voice])
        self.canvas.observe(self._closed, names="closed")

    def scores(self):
        """The table of `score_attempts` for the attempts so far."""
        return score_attempts(*self._slice[1:], self.attempts)

    def still(self):
        """Show the attempts as a described picture and a table; where there are none, an example that is computed."""
        html, alt = self._results(self.attempts or {EXAMPLE: example_outline(self._slice[1])})
        display({"text/html": html, "text/plain": f"Figure: {alt}"}, raw=True)

    def _closed(self, change):
        if not change["new"]:
            return
        self.attempts.append([list(point) for point in self.canvas.points])
        try:
            self.result.value, self.alt = self._results(self.attempts)
        except Exception as error:  # what is raised while a widget answers is seen nowhere else
            self.result.value, self.alt = _message(error), f"Something went wrong: {error}"
        self._voice.said = self.alt

    def _results(self, attempts):
        before = set(plt.get_fignums())
        try:
            axes, alt = draw_attempts(*self._slice, attempts)
            scores = score_attempts(*self._slice[1:], attempts)
            table = scores.to_html(float_format="{:.2f}".format, na_rep="–", border=0)
            return plots.picture_html(axes, alt) + table.replace("<th></th>", "<th>outline</th>", 1), alt
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)

    def _ipython_display_(self):
        if not CAN_DRAW:
            print(CANNOT_DRAW)
        if not CAN_DRAW or not somebody_is_there():
            self.still()
            return
        shown = self.canvas._repr_mimebundle_()  # on Colab with the address of its manager for such widgets
        metadata = shown[1] if isinstance(shown, tuple) else {}
        view = {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}
        html = f'<img src="{self.canvas.image}" alt="{self.canvas.alt}" width="384">'  # for a front end without widgets
        display({WIDGET_VIEW: view, "text/html": html, "text/plain": self.canvas.alt}, metadata=metadata, raw=True)


def outline_board(image, truth, guess):
    """Outline a lesion with mouse, finger or keyboard, and be scored against the expert, the network and yourself.

    Expert's and network's outlines are shown only after the first attempt is closed.

    Args:
        image: the slice, (height, width, 3).
        truth: the expert's mask, (height, width[, 1]), with tumour.
        guess: the network's mask, of the same size.

    Returns:
        An `OutlineBoard`; the last line of a cell.

    Raises:
        ArgumentError: sizes that do not fit, or a slice without tumour.
    """
    return OutlineBoard(image, truth, guess)


def score_attempts(truth, guess, attempts):
    """How near each outline comes to the expert's, to the network's and to the attempt before.

    Args:
        truth, guess: the expert's and the network's mask, (height, width[, 1]).
        attempts: outlines, lists of points (x, y); or a dict from name to outline.

    Returns:
        DataFrame, a row an attempt, and one for the network: Dice and HD95 (pixels) with the expert, Dice with the
        network, Dice with the attempt before (NaN for the first).
    """
    truth = looks.as_mask(truth)
    guess = looks.as_mask(guess, truth.shape)
    rows, before = {}, None
    for name, mask in _drawn(attempts, truth.shape).items():
        rows[name] = (*_against(truth, mask), evaluation.dice_score(guess, mask), np.nan)
        if before is not None:
            rows[name] = (*rows[name][:3], evaluation.dice_score(before, mask))
        before = mask
    rows["the network"] = (*_against(truth, guess), np.nan, np.nan)
    columns = ["Dice with the expert", "HD95 with the expert", "Dice with the network", "Dice with the one before"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def draw_attempts(image, truth, guess, attempts):
    """The outlines over each other, from near: the expert's, the network's, and the last three attempts.

    Args:
        image: the slice, (height, width, 3).
        truth, guess, attempts: as for `score_attempts`.

    Returns:
        (axes, alt text).
    """
    picture = plots.grey(image)
    truth, guess = looks.as_mask(truth, picture.shape, "truth"), looks.as_mask(guess, picture.shape, "guess")
    drawn = _drawn(attempts, picture.shape)
    last = dict(list(drawn.items())[-SHOWN:])
    with looks.style():
        ax = looks.new_axes(None, (5.2, 5.4))
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        looks.without_ticks(ax)
        lines = [looks.draw_outline(ax, truth, looks.TRUTH, label="the expert")]
        lines.append(looks.draw_outline(ax, guess, looks.GUESS, style=(0, (2, 1)), label="the network"))
        for (name, mask), (color, line) in zip(last.items(), LOOKS, strict=False):
            lines.append(looks.draw_outline(ax, mask, color, style=line, label=name))
        look_at(ax, near([[truth, guess, *last.values()]])[0])
        looks.rim_legend(ax.legend(handles=lines, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=3))
    dice = {name: evaluation.dice_score(truth, mask) for name, mask in [("the network", guess), *last.items()]}
    said = ", ".join(f"{name} {value:.2f}" for name, value in dice.items())
    return ax, f"Outlines over a FLAIR slice. Dice with the expert: {said}."


def example_outline(truth, moved=1, smooth=5):
    """An outline that the computer makes of the expert's: the longest line, moved to the right and smoothed.

    Args:
        truth: (height, width[, 1]), with tumour.
        moved: pixels to the right.
        smooth: corners over which the mean is taken.

    Returns:
        [[x, y], …].
    """
    line = max(looks.outlines(looks.as_mask(truth)), key=len)[:-1]
    around = np.take(line, np.arange(-(smooth // 2), smooth // 2 + 1)[:, None] + np.arange(len(line)), 0, mode="wrap")
    return (around.mean(axis=0) + np.array([moved, 0])).round(2).tolist()


def _drawn(attempts, shape):
    """Masks by name; attempts without names are numbered."""
    if not isinstance(attempts, dict):
        attempts = {f"attempt {number}": points for number, points in enumerate(attempts, 1)}
    return {name: masks.from_outline(points, shape) for name, points in attempts.items()}


def _against(truth, mask):
    return evaluation.dice_score(truth, mask), evaluation.hausdorff95(truth, mask)


def _data_url(picture):
    buffer = io.BytesIO()
    Image.fromarray((picture * 255).round().astype(np.uint8)).save(buffer, "png")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
