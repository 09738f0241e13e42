"""Controls over the figures of `plots`: browse patients, move a threshold, outline a lesion.

Each widget is a plain function that draws one state (`draw_slice`, `draw_threshold`) with controls around it, made of
what ipywidgets 7.7 and 8 have in common. Where nobody can move a slider, as in a notebook that a program runs from
beginning to end, the cell shows the widget's first state as a described picture instead: what `still()` shows.
"""

from course_lib.widgets.explorer import Explorer, somebody_is_there
from course_lib.widgets.losses import draw_tversky, preferred_mask, tversky_explorer
from course_lib.widgets.outline import draw_attempts, example_outline, outline_board, score_attempts
from course_lib.widgets.patients import draw_slice, patient_browser
from course_lib.widgets.threshold import draw_threshold, threshold_explorer

__all__ = [
    "Explorer",
    "draw_attempts",
    "draw_slice",
    "draw_threshold",
    "draw_tversky",
    "example_outline",
    "outline_board",
    "patient_browser",
    "preferred_mask",
    "score_attempts",
    "somebody_is_there",
    "threshold_explorer",
    "tversky_explorer",
]
