"""What screen readers are told about a widget: names of its controls, and in words what its picture shows now."""

import sys
from pathlib import Path

import traitlets

from course_lib.widgets.base import CAN_DRAW, AnyWidget


class Voice(AnyWidget):
    """An element that nobody sees. It names the controls of the box in which it lies.

    Attributes:
        said: read out whenever it changes.
    """

    _esm = Path(__file__).with_name("voice.js")
    _css = Path(__file__).with_name("voice.css")
    said = traitlets.Unicode().tag(sync=True)


def voices():
    """A list with one `Voice`, to be put into a widget's box; empty on Colab, and where anywidget is missing.

    On Colab a widget that is not ipywidgets' own brings a manager from another server for the whole page: too much to
    ask for a slider that works without.
    """
    return [Voice()] if CAN_DRAW and "google.colab" not in sys.modules else []
