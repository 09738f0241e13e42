"""What is read out while a widget is used. What a screen reader finds there is tested in test_browser_access.py."""

import sys
import types

import numpy as np
import pytest

from course_lib import widgets
from course_lib.widgets.voice import Voice


@pytest.fixture
def explorer():
    probability = np.linspace(0, 1, 64).reshape(8, 8)
    return widgets.threshold_explorer(probability, probability > 0.5)


def voice_of(explorer):
    (voice,) = [child for child in explorer._box.children if isinstance(child, Voice)]
    return voice


def test_nothing_is_said_before_a_control_moves(explorer):
    assert voice_of(explorer).said == ""


def test_after_a_move_the_new_picture_is_described_aloud(explorer):
    explorer.controls["threshold"].value = 0.8
    assert voice_of(explorer).said == explorer.alt
    assert "at the threshold 0.80" in explorer.alt


def test_what_went_wrong_while_drawing_is_said_too(explorer):
    explorer._draw = lambda threshold: [][0]
    explorer.controls["threshold"].value = 0.8
    assert voice_of(explorer).said == "Something went wrong: list index out of range"


def test_the_score_of_an_outline_is_said():
    truth = np.zeros((16, 16), bool)
    truth[4:12, 4:12] = True
    board = widgets.outline_board(np.full((16, 16, 3), 90, np.uint8), truth, truth)
    board.canvas.points = [[4, 4], [11, 4], [11, 11], [4, 11]]
    board.canvas.closed = True
    assert board._voice.said == board.alt
    assert "Dice with the expert: the network 1.00" in board.alt


def test_on_colab_an_explorer_is_made_of_ipywidgets_own_parts_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    browser = widgets.patient_browser(np.full((2, 8, 8, 3), 90, np.uint8))
    assert {type(child).__module__.split(".")[0] for child in browser._box.children} == {"ipywidgets"}
