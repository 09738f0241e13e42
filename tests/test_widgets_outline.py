"""A drawn outline becomes a mask, is kept and scored; without anybody there, a computed example is shown as such."""

import subprocess
import sys
import types
from importlib.resources import files

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib import evaluation, masks, widgets
from course_lib.errors import ArgumentError

mpl.use("Agg")
SQUARE = [[10, 8], [19, 8], [19, 17], [10, 17]]


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    plt.close("all")
    yield
    assert plt.get_fignums() == []


@pytest.fixture
def lesion():
    """A slice of 32 pixels, a square lesion of 10 × 10, and a guess one pixel lower: image, truth, guess."""
    image = np.random.default_rng(0).integers(30, 90, (32, 32, 3), dtype=np.uint8)
    truth = np.zeros((32, 32), np.uint8)
    truth[8:18, 10:20] = 1
    return image, truth, np.roll(truth, 1, axis=0)


@pytest.fixture
def shown(monkeypatch):
    """What cells would show: a list of (data, metadata)."""
    displays = []
    monkeypatch.setattr(
        "course_lib.widgets.outline.display",
        lambda data, metadata=None, raw=False: displays.append((data, metadata or {})),
    )
    return displays


def draw(board, points):
    """What the page sends when an outline is drawn and closed, and when the next one is begun."""
    board.canvas.closed = False
    with board.canvas.hold_trait_notifications():
        board.canvas.points = points
        board.canvas.closed = True


# scores


def test_an_outline_along_the_experts_pixels_reaches_dice_1_and_distance_0(lesion):
    scores = widgets.score_attempts(*lesion[1:], [SQUARE])
    assert scores.loc["attempt 1", "Dice with the expert"] == 1
    assert scores.loc["attempt 1", "HD95 with the expert"] == 0
    assert scores.loc["attempt 1", "Dice with the network"] == pytest.approx(0.9)
    assert scores.loc["the network", "Dice with the expert"] == pytest.approx(0.9)


def test_each_attempt_is_compared_with_the_one_before(lesion):
    half = [[10, 8], [19, 8], [19, 12], [10, 12]]
    scores = widgets.score_attempts(*lesion[1:], [SQUARE, half, half])["Dice with the one before"]
    assert np.isnan(scores["attempt 1"])
    assert scores["attempt 2"] == pytest.approx(2 * 50 / 150)
    assert scores["attempt 3"] == 1


def test_an_outline_beside_the_lesion_scores_nothing_and_one_without_area_has_no_distance(lesion):
    scores = widgets.score_attempts(
        *lesion[1:], {"beside": [[25, 25], [30, 25], [30, 30]], "two points": [[1, 1], [5, 5]]}
    )
    assert scores["Dice with the expert"][:2].tolist() == [0, 0]
    assert np.isnan(scores.loc["two points", "HD95 with the expert"])


# pictures


def test_the_picture_names_every_outline_and_says_its_dice(lesion):
    axes, alt = widgets.draw_attempts(*lesion, [SQUARE, SQUARE[:3]])
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    plt.close(axes.figure)
    assert names == ["the expert", "the network", "attempt 1", "attempt 2"]
    assert "the network 0.90" in alt
    assert "attempt 1 1.00" in alt


def test_only_the_last_three_attempts_are_drawn(lesion):
    axes, alt = widgets.draw_attempts(*lesion, [SQUARE] * 5)
    plt.close(axes.figure)
    assert "attempt 2" not in alt
    assert "attempt 3" in alt
    assert "attempt 5" in alt


def test_the_example_is_near_the_expert_but_not_the_experts(lesion):
    example = masks.from_outline(widgets.example_outline(lesion[1]), (32, 32))
    assert 0.8 < evaluation.dice_score(lesion[1], example) < 1
    columns = np.nonzero(example)[1]
    assert columns.mean() > np.nonzero(lesion[1])[1].mean()


# the board


def test_closing_an_outline_keeps_scores_and_shows_it(lesion):
    board = widgets.outline_board(*lesion)
    assert "<img" not in board.result.value  # the expert's outline is not given away
    draw(board, SQUARE)
    assert board.attempts == [SQUARE]
    assert f'alt="{board.alt}"' in board.result.value
    assert "attempt 1" in board.result.value
    assert board.scores().loc["attempt 1", "Dice with the expert"] == 1


def test_a_second_attempt_is_scored_against_the_first(lesion):
    board = widgets.outline_board(*lesion)
    draw(board, SQUARE)
    first = board.result.value
    draw(board, [[10, 8], [19, 8], [19, 12], [10, 12]])
    assert len(board.attempts) == 2
    assert board.result.value != first
    assert board.scores().loc["attempt 2", "Dice with the one before"] == pytest.approx(2 * 50 / 150)


def test_an_outline_that_is_not_closed_is_no_attempt(lesion):
    board = widgets.outline_board(*lesion)
    board.canvas.points = SQUARE
    assert board.attempts == []


def test_points_that_make_no_sense_are_answered_in_words(lesion):
    board = widgets.outline_board(*lesion)
    draw(board, [["<b>", 1], [2, 2], [3, 3]])
    assert 'role="alert"' in board.result.value
    assert "<b>" not in board.result.value


def test_a_slice_without_tumour_and_masks_of_another_size_are_refused(lesion):
    image, truth, guess = lesion
    with pytest.raises(ArgumentError, match="no tumour"):
        widgets.outline_board(image, np.zeros_like(truth), guess)
    with pytest.raises(ArgumentError, match="guess"):
        widgets.outline_board(image, truth, guess[:16])


# showing


def test_without_anybody_there_an_example_is_shown_and_called_one(lesion, shown, monkeypatch):
    monkeypatch.setenv("COURSE_WIDGETS", "still")
    widgets.outline_board(*lesion)._ipython_display_()
    ((data, _),) = shown
    assert set(data) == {"text/html", "text/plain"}
    assert "example" in data["text/plain"]
    assert "attempt" not in data["text/html"]


def test_with_somebody_there_the_canvas_is_shown_and_nothing_is_given_away(lesion, shown, monkeypatch):
    monkeypatch.setenv("COURSE_WIDGETS", "live")
    board = widgets.outline_board(*lesion)
    board._ipython_display_()
    ((data, metadata),) = shown
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert "Dice" not in data["text/html"] + data["text/plain"]
    assert metadata == {}


def test_colab_is_told_which_manager_loads_the_canvas(lesion, shown, monkeypatch):
    colab = types.ModuleType("google.colab.output")
    colab.enable_custom_widget_manager = lambda: None
    colab._widgets = types.SimpleNamespace(_installed_url="https://example.org/manager.js")
    monkeypatch.setitem(sys.modules, "google.colab.output", colab)
    monkeypatch.setenv("COURSE_WIDGETS", "live")
    widgets.outline_board(*lesion)._ipython_display_()
    ((_, metadata),) = shown
    colab_says = metadata["application/vnd.jupyter.widget-view+json"]["colab"]
    assert colab_says == {"custom_widget_manager": {"url": "https://example.org/manager.js"}}


def test_the_canvas_brings_its_script_and_its_look_as_part_of_the_package(lesion):
    canvas = widgets.outline_board(*lesion).canvas
    for name, sent in (("outline.js", canvas._esm), ("outline.css", canvas._css)):
        assert files("course_lib.widgets").joinpath(name).read_text(encoding="utf-8") == str(sent)
    assert canvas.image.startswith("data:image/png;base64,")


WITHOUT_ANYWIDGET = """
import sys
sys.modules["anywidget"] = None  # as where it is not installed
import numpy as np
from course_lib import widgets
from course_lib.widgets import outline, voice
outline.somebody_is_there = lambda: True
shown = []
outline.display = lambda data, **_: shown.append(data)
truth = np.zeros((32, 32), np.uint8)
truth[8:18, 10:20] = 1
image = np.full((32, 32, 3), 60, np.uint8)
widgets.outline_board(image, truth, np.roll(truth, 1, axis=0))._ipython_display_()
print(voice.voices(), list(shown[0]), "example" in shown[0]["text/html"])
"""


def test_without_anywidget_an_example_is_drawn_and_a_sentence_says_how_to_draw_oneself():
    done = subprocess.run([sys.executable, "-c", WITHOUT_ANYWIDGET], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "pip install anywidget" in done.stdout
    assert done.stdout.splitlines()[-1] == "[] ['text/html', 'text/plain'] True"
