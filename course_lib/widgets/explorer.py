"""Controls, and a picture that follows them: what every widget of the course is made of."""

import functools
import html
import os
import traceback

import ipywidgets
import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import display

from course_lib import plots
from course_lib.errors import CourseError
from course_lib.surroundings import has_a_person
from course_lib.widgets.voice import voices

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDE = ipywidgets.Layout(width="min(100%, 520px)")
DESCRIBED = {"description_width": "90px"}


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
        self._draw, self._follow, self._busy, self._voices = draw, follow, False, voices()
        self._box = ipywidgets.VBox([*self.controls.values(), self.picture, *self._voices])
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
        for voice in self._voices:
            voice.said = self.alt

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
    return has_a_person(getattr(get_ipython(), "kernel", None))


def _message(error):
    """What went wrong, for the place of the picture: the course's own errors in words, others with their trace."""
    lines = [str(error)] if isinstance(error, CourseError) else traceback.format_exception(error)
    style = "color: #8B0000; background: white; white-space: pre-wrap; line-height: 1.3; padding: 8px"
    return f'<pre role="alert" style="{style}">{html.escape("".join(lines))}</pre>'
