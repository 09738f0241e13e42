"""Bringing a figure into a notebook with the text that describes it to those who cannot see it."""

import base64
import html
import io

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

from course_lib.errors import ArgumentError
from course_lib.plots import style as looks

_ALT = "_course_alt_text"


def alt_text(target, text):
    """Attach the text that describes a figure to those who cannot see it; returns `target`.

    Args:
        target: a figure, or any of its axes.
        text: what the figure shows and what to see in it, in a sentence or two.

    Raises:
        ArgumentError: the text is empty.
    """
    setattr(figure_of(target), _ALT, _checked(text))
    return target


def show(target, alt=None):
    """Show a figure in a notebook, described, and close it. The last line of every cell that draws.

    The output is an HTML picture that carries the description as its alt text: JupyterLab leaves out the description
    of a bare image, while this one reaches screen readers in JupyterLab, Colab, GitHub and exported pages alike. Its
    plain-text form is the description itself.

    Args:
        target: a figure, its axes, or an array of axes.
        alt: what the figure shows and what to see in it, in a sentence or two; may be left out where `alt_text`
            attached one.

    Raises:
        ArgumentError: there is no description.
    """
    figure = figure_of(target)
    alt = _checked(getattr(figure, _ALT, None) if alt is None else alt)
    try:
        display({"text/html": picture_html(figure, alt), "text/plain": f"Figure: {alt}"}, raw=True)
    finally:
        plt.close(figure)


def picture_html(target, alt):
    """A described figure (or its axes) as an HTML ``<img>`` that holds the picture itself."""
    data, kind, width = encode(figure_of(target))
    style = f"max-width: 100%; width: {width}px; height: auto; background: white"
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return f'<img src="{source}" alt="{html.escape(_checked(alt))}" style="{style}">'


LARGEST = 100_000  # bytes; a notebook of twenty figures then stays below 3 MB


def encode(figure):
    """A figure as a small picture: PNG of 256 colours; WebP where that is larger than `LARGEST`, as grids of scans are.

    Returns:
        (bytes, "png" or "webp", width in pixels).
    """
    full = io.BytesIO()
    with looks.style():
        figure.savefig(full, format="png", facecolor="white")
    picture = Image.open(full).convert("RGB")
    # Without k-means, colours that few pixels have (a colour bar's ends) fall to a neighbour of another hue.
    few = picture.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=3, dither=Image.Dither.NONE)
    data = _saved(few, "png", optimize=True)
    if len(data) <= LARGEST:
        return data, "png", picture.width
    for quality in (85, 75, 60, 45):
        data = _saved(picture, "webp", quality=quality, method=4)
        if len(data) <= LARGEST:
            break
    return data, "webp", picture.width


def _saved(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def figure_of(target):
    """The figure of a figure, of an axes, or of an array of axes.

    Raises:
        ArgumentError: `target` is none of these.
    """
    while hasattr(target, "__len__") and not isinstance(target, str) and len(target):
        target = target[0]
    figure = target if isinstance(target, Figure) else getattr(target, "figure", None)
    if not isinstance(figure, Figure):
        raise ArgumentError(f"Show a figure or axes, as the functions of plots return; got {type(target).__name__}.")
    return figure


def _checked(text):
    if not isinstance(text, str) or not text.strip():
        raise ArgumentError(
            "A figure needs a description for those who cannot see it: say in a sentence or two what it shows and "
            "what to see in it, as in show(ax, alt='Bars: 65 of 100 slices hold no tumour.')."
        )
    return " ".join(text.split())
