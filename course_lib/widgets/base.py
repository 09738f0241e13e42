"""anywidget where it can be had, as the course asks for; without it (Kaggle without Internet) lessons still run."""

from ipywidgets import DOMWidget

try:
    from anywidget import AnyWidget
except ImportError:  # missing, or installed only in part
    AnyWidget = DOMWidget  # has the attributes that the lessons' widgets add to it, and is never shown

CAN_DRAW = AnyWidget is not DOMWidget
