"""Figures for everybody: colours that colour-blind readers tell apart, letters that stand out, never colour alone."""

import colours
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.lines import Line2D

from course_lib import plots, widgets
from course_lib.plots import network, scans, scores, style
from course_lib.widgets import outline

mpl.use("Agg")

SIGHTS = tuple(colours.SIGHTS)
AT_A_GLANCE = 10  # CIEDE2000: ten times what is just noticeable with both side by side
# Colours that lie beside or over each other in one figure.
TOGETHER = {
    "hits, misses and false alarms": [color for _, color, _ in scans.ERRORS],
    "the expert's and the network's outline": [style.TRUTH, style.GUESS],
    "outlines of one's own": [style.TRUTH, style.GUESS, *(color for color, _ in outline.LOOKS)],
    "lines, institutions and models": style.PALETTE,
    "slices with and without tumour": [style.ORANGE, style.GREY],
    "histograms": [style.ORANGE, style.BLUE, style.GREEN, style.PURPLE],
    "the blocks of a U-Net": [style.BLUE, network.BOTTOM, network.UPWARDS],
    "a slice split and a patient split": [color for color, _, _ in scores.LEAK_SPLITS.values()],
    "a step's loss and the mean of steps": [style.GREY, style.BLUE],
    "loss and Dice": [style.BLUE, style.VERMILION],
}
# CIELAB pairs and their distance, from table 1 of Sharma, Wu & Dalal 2005.
SHARMA = (
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, -1, 2), (50, 0, 0), 2.3669),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
)


@pytest.mark.parametrize(("one", "other", "published"), SHARMA)
def test_the_measure_of_distance_is_the_published_one(one, other, published):
    assert colours.ciede2000(one, other) == pytest.approx(published, abs=1e-4)
    assert colours.ciede2000(other, one) == pytest.approx(published, abs=1e-4)


@pytest.mark.parametrize("sight", SIGHTS)
def test_grey_looks_grey_with_every_kind_of_sight(sight):
    assert colours.lab("#808080", sight) == pytest.approx([53.585, 0, 0], abs=0.05)


def test_the_simulation_confuses_what_the_colour_blind_confuse():
    def apart(one, other, sight):
        return colours.ciede2000(colours.lab(one, sight), colours.lab(other, sight))

    red, green, teal, blue = "#C00000", "#5A6B00", "#008C8C", "#0080B0"
    for sight in ("protanopia", "deuteranopia"):
        assert apart(red, green, sight) < apart(red, green, "all colours") / 2
    assert apart(teal, blue, "tritanopia") < apart(teal, blue, "all colours") / 2


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("name", TOGETHER)
def test_colours_of_one_figure_are_told_apart_with_every_kind_of_sight(name, sight):
    distance, one, other = colours.closest(TOGETHER[name], sight)
    assert distance > AT_A_GLANCE, f"{one} and {other}"


def test_lines_stand_out_from_a_white_page():
    assert {color: round(colours.contrast(color, "white"), 2) for color in style.PALETTE
            if colours.contrast(color, "white") < 3} == {}  # fmt: skip


def test_outlines_stand_out_from_their_dark_rim():
    for color in (style.TRUTH, style.GUESS, *(color for color, _ in outline.LOOKS)):
        assert colours.contrast(color, "black") > 4.5


def test_contrast_is_as_wcag_has_it():
    assert colours.contrast("black", "white") == pytest.approx(21)
    assert colours.contrast("#767676", "white") == pytest.approx(4.54, abs=0.01)  # the palest grey for letters


HISTORY = pd.DataFrame(
    {
        "epoch": range(1, 7),
        "loss": [0.9, 0.7, 0.6, 0.55, 0.5, 0.45],
        "val_loss": [0.95, 0.8, 0.7, 0.72, 0.71, 0.73],
        "val_dice": [0.1, 0.3, 0.4, 0.5, 0.45, 0.44],
        "learning_rate": [1e-3, 1e-3, 1e-3, 1e-3, 1e-4, 1e-4],
    }
)
RELIABILITY = pd.DataFrame(
    {"low": [0.0, 0.5], "high": [0.5, 1.0], "count": [90, 30], "probability": [0.2, 0.7], "share": [0.1, 0.6]}
)
PATIENTS = pd.DataFrame({"institution": list("ABCABC"), "dice": [0.3, 0.5, 0.6, 0.7, 0.8, 0.9]})
TRUTH = np.zeros((24, 24), bool)
TRUTH[6:16, 6:16] = True
IMAGE = np.full((24, 24, 3), 90, np.uint8)
SQUARE = [[6, 6], [15, 6], [15, 15], [6, 15]]
FIGURES = {
    "curves": lambda: plots.curves(HISTORY),
    "curves with the restored epoch": lambda: plots.curves(HISTORY, restored=4),
    "side by side": lambda: plots.side_by_side({"one": HISTORY, "other": HISTORY}),
    "steered": lambda: plots.steered(HISTORY, patience=2, stopped=6, restored=3),
    "rate range": lambda: plots.rate_range(
        pd.DataFrame({"learning_rate": np.logspace(-5, 0, 9), "loss": np.linspace(1, 0.3, 9)}), chosen=1e-2
    ),
    "reliability": lambda: plots.reliability({"as it is": RELIABILITY, "corrected": RELIABILITY}),
    "conditions": lambda: plots.paired_scores(pd.DataFrame({"whole": [0.7, 0.8], "without FLAIR": [0.2, 0.3]})),
    "patients": lambda: plots.patient_scores(PATIENTS, interval=(0.5, 0.7)),
    "thresholds": lambda: widgets.draw_threshold(np.where(TRUTH, 0.8, 0.1), TRUTH, IMAGE)[0],
    "errors": lambda: plots.error_map(IMAGE, TRUTH, np.roll(TRUTH, 3, axis=0)),
    "attempts": lambda: widgets.draw_attempts(IMAGE, TRUTH, TRUTH, [SQUARE, SQUARE, SQUARE])[0],
    "outlines": lambda: plots.contour(IMAGE, TRUTH, np.roll(TRUTH, 3, axis=0)),
    "fields of view": lambda: plots.nested_fields(IMAGE, {"VGG19": [3, 6, 9, 12, 15]}, list("abcde")),
    "losses": lambda: plots.loss_lines(np.arange(3), {name: np.arange(3) for name in "abcd"}, "x"),
    "counts": lambda: plots.slices_by_patient(list("aabb"), [0, 5, 5, 5]),
    "histogram": lambda: plots.histogram({name: np.arange(9) for name in "abcd"}, x="brightness"),
}


def drawn(name):
    """The figure of this name, laid out."""
    target = FIGURES[name]()
    figure = np.ravel(target)[0].figure
    figure.canvas.draw()
    return figure


@pytest.mark.parametrize("name", FIGURES)
def test_letters_on_white_are_readable(name):
    pale = {}
    for text in drawn(name).findobj(mpl.text.Text):
        rim = any("black" in str(vars(effect)) for effect in text.get_path_effects())
        if text.get_text() and text.get_visible() and not rim:
            pale[text.get_text()] = colours.contrast(text.get_color(), "white")
    assert pale
    assert {said: round(ratio, 2) for said, ratio in pale.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("name", ["outlines", "attempts", "fields of view"])
def test_lines_of_a_legend_have_the_dark_rim_that_they_have_over_the_scan(name):
    (legend,) = [ax.get_legend() for ax in drawn(name).axes if ax.get_legend()]
    for handle in legend.legend_handles:
        assert [effect._gc["foreground"] for effect in handle.get_path_effects()] == ["black"]


def look(handle):
    """What a legend's handle looks like without its colour."""
    if isinstance(handle, Line2D):
        hollow = str(handle.get_markerfacecolor()) == "white"
        return (
            "line",
            str(handle._unscaled_dash_pattern),
            str(handle.get_marker()),
            handle.get_linestyle() == "None",
            hollow,
        )
    if hasattr(handle, "get_linestyles"):  # outlines, scattered points
        paths = tuple(len(path.vertices) for path in handle.get_paths()) if hasattr(handle, "get_sizes") else ()
        return "many", str(handle.get_linestyles()), paths
    return "area", handle.get_hatch(), handle.get_alpha(), str(handle._unscaled_dash_pattern)


@pytest.mark.parametrize("name", FIGURES)
def test_colour_is_never_the_only_thing_that_tells_two_entries_of_a_legend_apart(name):
    figure = drawn(name)
    legends = [*figure.legends, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]
    for legend in legends:
        looks = [look(handle) for handle in legend.legend_handles]
        assert len(set(looks)) == len(looks), [text.get_text() for text in legend.get_texts()]
