"""anywidget where it is installed, as the course asks for; without it (Kaggle without Internet) lessons still run."""

import importlib.util

from ipywidgets import DOMWidget

CAN_DRAW = importlib.util.find_spec("anywidget") is not None
if CAN_DRAW:
    from anywidget import AnyWidget
else:
    AnyWidget = DOMWidget  # has the attributes that the lessons' widgets add to it, and is never shown
