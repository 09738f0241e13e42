"""Figures show what their arrays hold, carry a description, stay small, and leave nothing open behind them."""

import base64
import io
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from course_lib import plots
from course_lib.errors import ArgumentError
from course_lib.plots import style

mpl.use("Agg")


@pytest.fixture
def displayed(monkeypatch):
    """What cells would show: a list of display data."""
    shown = []
    monkeypatch.setattr("course_lib.plots.output.display", lambda data, raw: shown.append(data))
    return shown


class Pictures(HTMLParser):
    """Collects the attributes of every <img>."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append(dict(attributes))


def slices(count=6, size=48, seed=0):
    """Round heads on black with a bright lesion: images (count, size, size, 3), masks (count, size, size, 1)."""
    y, x = np.mgrid[:size, :size] / size
    head = (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.16
    lesion = (x - 0.6) ** 2 + (y - 0.4) ** 2 < 0.01
    noise = np.random.default_rng(seed).integers(0, 40, (count, size, size, 3))
    images = np.where(head[..., None], 80 + noise, 0) + 60 * lesion[..., None]
    masks = np.zeros((count, size, size, 1), np.uint8)
    masks[1 : count - 1, lesion] = 1
    return images.astype(np.uint8), masks


def every_plot():
    """Name to a call that draws it on `ax`."""
    images, masks = slices()
    guess = np.roll(masks, 3, axis=2)
    history = {"epoch": [1, 2, 3], "loss": [0.9, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.7], "val_dice": [0.2, 0.5, 0.4]}
    names, areas, places = list("aaabbb"), [0, 5, 9, 0, 100, 80], list("xxxyyy")
    table = pd.DataFrame({"patient": list("abc"), "institution": ["CS", "DU", "DU"], "dice": [0.9, 0.4, 0.7]})
    return {
        "contour": lambda ax: plots.contour(images[2], masks[2], guess[2], ax=ax),
        "overlay": lambda ax: plots.overlay(images[2], masks[2], ax=ax),
        "error_map": lambda ax: plots.error_map(images[2], masks[2], guess[2], ax=ax),
        "sequences": lambda ax: plots.sequences(images[2], masks[2], ax=ax),
        "slice_grid": lambda ax: plots.slice_grid(images, masks, guess, titles=list("abcdef"), columns=4, ax=ax),
        "patient_strip": lambda ax: plots.patient_strip(images, masks, "all", columns=4, ax=ax),
        "mask_counts": lambda ax: plots.mask_counts(areas, places, ax=ax),
        "area_by_patient": lambda ax: plots.area_by_patient(names, areas, places, ax=ax),
        "patient_scores": lambda ax: plots.patient_scores(table, interval=(0.5, 0.8), ax=ax),
        "curves": lambda ax: plots.curves(history, ax=ax),
    }


PLOTS = sorted(every_plot())


# every figure


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_draws_on_the_axes_it_is_given_and_returns_them(name):
    figure, ax = plt.subplots()
    assert every_plot()[name](ax) is ax
    figure.canvas.draw()


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_makes_one_figure_where_it_is_given_none_and_shows_nothing_itself(name, displayed):
    ax = every_plot()[name](None)
    assert plt.get_fignums() == [ax.figure.number]
    assert displayed == []


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_leaves_the_readers_own_style_as_it_was(name):
    before = dict(mpl.rcParams)
    every_plot()[name](None)
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", PLOTS)
def test_a_shown_figure_carries_its_description_and_is_closed(name, displayed):
    plots.show(every_plot()[name](None), alt='What "this" shows: 3 < 4 & more.')
    (picture,) = Pictures(displayed[0]["text/html"]).found
    assert picture["alt"] == 'What "this" shows: 3 < 4 & more.'
    assert displayed[0]["text/plain"] == 'Figure: What "this" shows: 3 < 4 & more.'
    assert plt.get_fignums() == []


# showing


def decoded(display_data):
    source = Pictures(display_data["text/html"]).found[0]["src"]
    kind, data = re.fullmatch(r"data:image/(png|webp);base64,([A-Za-z0-9+/=]+)", source).groups()
    return kind, base64.b64decode(data)


def test_a_chart_is_shown_as_png_of_its_very_pixels(displayed):
    figure, ax = plt.subplots(figsize=(4, 2), dpi=100)
    ax.plot([1, 2], [1, 2], color="red", linewidth=6)
    plots.show(figure, alt="A line.")
    kind, data = decoded(displayed[0])
    assert kind == "png"
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    assert picture.size == (400, 200)
    assert (np.asarray(picture) == (255, 0, 0)).all(axis=-1).sum() > 500


def test_even_a_figure_full_of_noise_stays_below_a_hundred_kilobytes(displayed):
    noise = np.random.default_rng(0).integers(0, 256, (24, 64, 64, 3), dtype=np.uint8)
    plots.show(plots.patient_strip(noise), alt="Noise.")
    _, data = decoded(displayed[0])
    assert 0 < len(data) <= 100_000
    Image.open(io.BytesIO(data)).verify()


@pytest.mark.parametrize("alt", ["", "   ", "\n", None, 3])
def test_a_figure_without_a_description_is_refused_with_an_example(alt, displayed):
    figure, _ = plt.subplots()
    with pytest.raises(ArgumentError, match="alt="):
        plots.show(figure, alt=alt)
    assert displayed == []


def test_a_description_attached_to_the_axes_is_shown(displayed):
    _, ax = plt.subplots()
    assert plots.alt_text(ax, "Nothing\n  yet.") is ax
    plots.show(ax)
    assert displayed[0]["text/plain"] == "Figure: Nothing yet."
    with pytest.raises(ArgumentError):
        plots.alt_text(ax, " ")


def test_arrays_of_axes_can_be_shown_and_other_things_cannot(displayed):
    figure, axes = plt.subplots(2, 2)
    plots.show(axes, alt="Four empty axes.")
    assert len(displayed) == 1
    assert not plt.fignum_exists(figure.number)
    for thing in ("picture", 3, None, []):
        with pytest.raises(ArgumentError, match="Show a figure or axes"):
            plots.show(thing, alt="Something.")


# slices


def test_the_outline_follows_the_edges_of_the_pixels():
    mask = np.zeros((5, 6), bool)
    mask[1:3, 2:5] = True  # 2 × 3 pixels: corners from (1.5, 0.5) to (4.5, 2.5), 10 edges of one pixel
    (line,) = style.outlines(mask)
    assert (line.min(axis=0).tolist(), line.max(axis=0).tolist()) == ([1.5, 0.5], [4.5, 2.5])
    assert len(line) == 10 + 1
    assert (line[0] == line[-1]).all()


@settings(max_examples=100, deadline=None)
@given(arrays(bool, (6, 7)))
def test_outlines_are_closed_and_enclose_exactly_the_mask(mask):
    lines = style.outlines(mask)
    padded = np.pad(mask, 1)
    edges = sum((np.diff(padded, axis=axis) != 0).sum() for axis in (0, 1))
    assert sum(len(line) - 1 for line in lines) == edges
    area = 0.0
    for line in lines:
        assert (line[0] == line[-1]).all()
        x, y = line.T
        area += 0.5 * np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])  # holes run the other way round and subtract
    assert area == mask.sum()


def drawn_color(ax, x, y):
    """The colour at a place of the picture, as red, green, blue from 0 to 1."""
    ax.figure.canvas.draw()
    column, row = ax.transData.transform((x, y))
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())
    return pixels[pixels.shape[0] - 1 - int(row), int(column), :3] / 255


def hue_of(color):
    return mpl.colors.rgb_to_hsv(color)[0]


def test_hits_misses_and_false_alarms_have_their_colours_in_their_places():
    truth, guess = np.zeros((2, 40, 40), bool)
    truth[10:30, 5:20] = True
    guess[10:30, 12:35] = True
    ax = plots.error_map(np.full((40, 40, 3), 90, np.uint8), truth, guess)
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["hit: 53 % of the tumour", "miss: 47 % of the tumour", "false alarm: 65 % of the guess"]
    names = ("hit", "miss", "false alarm")
    patches = dict(zip(names, ax.get_legend().get_patches(), strict=True))
    for name, (x, y) in zip(names, ((15, 15), (8, 15), (30, 15)), strict=True):
        expected = hue_of(to_rgb(patches[name].get_facecolor()[:3]))
        around = [hue_of(drawn_color(ax, x + dx, y + dy)) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        assert np.median(around) == pytest.approx(expected, abs=0.06), name
    assert drawn_color(ax, 2, 35).std() < 0.01  # elsewhere the scan stays grey


def test_errors_can_be_told_apart_without_colour():
    images, masks = slices()
    ax = plots.error_map(images[2], masks[2], np.roll(masks[2], 4, axis=0))
    hatches = [patch.get_hatch() for patch in ax.get_legend().get_patches()]
    assert len(set(hatches)) == 3
    luminance = [
        np.dot(to_rgb(patch.get_facecolor()[:3]), (0.2126, 0.7152, 0.0722)) for patch in ax.get_legend().get_patches()
    ]
    assert min(abs(a - b) for k, a in enumerate(luminance) for b in luminance[:k]) > 0.1


def test_an_error_map_without_tumour_or_without_guess_says_so():
    empty, lesion = np.zeros((20, 20), bool), np.eye(20, dtype=bool)
    without_tumor = plots.error_map(np.zeros((20, 20, 3)), empty, lesion).get_legend()
    assert [text.get_text() for text in without_tumor.get_texts()] == [
        "hit: there is no tumour", "miss: there is no tumour", "false alarm: 100 % of the guess",
    ]  # fmt: skip
    without_guess = plots.error_map(np.zeros((20, 20, 3)), lesion, empty).get_legend()
    assert without_guess.get_texts()[2].get_text() == "nothing guessed"


def test_probabilities_get_a_scale_and_masks_do_not():
    images, masks = slices()
    graded = plots.overlay(images[2], masks[2] * np.float32(0.7))
    assert any("probability" in axes.get_ylabel() for axes in graded.figure.axes)
    assert len(plots.overlay(images[2], masks[2]).figure.axes) == 1


def test_expert_and_network_are_told_apart_by_line_and_by_name():
    images, masks = slices()
    ax = plots.contour(images[2], masks[2], np.roll(masks[2], 2, axis=0))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["expert", "network"]
    solid, dashed = (lines.get_linestyle()[0][1] for lines in ax.collections)
    assert solid is None
    assert dashed is not None


def test_the_chosen_sequence_is_the_one_that_is_shown():
    image = np.zeros((8, 8, 3), np.uint8)
    for channel, name in enumerate(plots.SEQUENCES):
        image[channel, :, channel] = 200
        shown = plots.contour(image, np.zeros((8, 8)), sequence=name).images[0].get_array()
        assert np.flatnonzero(shown.sum(axis=1)).tolist() == [channel]


def test_a_dim_scan_is_brightened_and_an_empty_one_stays_black():
    dim = np.zeros((20, 20, 3), np.uint8)
    dim[5:15, 5:15] = 30
    assert plots.grey(dim).max() == 1
    assert plots.grey(np.zeros((4, 4, 3))).max() == 0


def test_slices_of_a_grid_lie_row_by_row():
    images = np.zeros((5, 10, 10, 3), np.uint8)
    for number in range(5):
        images[number, :, :, 1] = 50
        images[number, 2 * number : 2 * number + 2, :, 1] = 250
    canvas = plots.slice_grid(images, columns=2).images[0].get_array()
    tile = canvas.shape[1] // 2 + 1  # with the gap
    for number in range(5):
        top, left = number // 2 * (10 + tile - 10), number % 2 * tile
        assert canvas[top : top + 10, left + 4].argmax() == 2 * number


def test_a_patient_is_cut_to_the_head_and_numbered():
    images, masks = slices(count=7, size=64)
    ax = plots.patient_strip(images, masks, columns=4, numbers=range(11, 18))
    assert [text.get_text() for text in ax.texts] == [str(n) for n in range(11, 18)]
    assert ax.images[0].get_array().shape[1] < 4 * 64
    three = plots.patient_strip(images, masks, "all", columns=4)
    assert [text.get_text() for text in three.texts if not text.get_text().isdigit()] == [
        "pre 1", "FLAIR", "post", "pre 5", "FLAIR", "post",
    ]  # fmt: skip


def test_the_blend_has_the_images_pixels_and_colours_the_tumour_alone():
    images, masks = slices()
    blended = plots.blend(images[2], masks[2])
    assert (blended.shape, blended.dtype) == (images[2].shape, np.uint8)
    colored = blended.max(axis=-1) != blended.min(axis=-1)
    assert (colored == (masks[2][..., 0] > 0)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda i, m: plots.contour(i[0], m[0, :20]), "size of the picture"),
        (lambda i, m: plots.contour(i[2], m[2] * 0.5), "threshold"),
        (lambda i, m: plots.contour(i[0], m[0], sequence="T2"), "pre, FLAIR, post"),
        (lambda i, m: plots.overlay(i[0], m[0] - 0.5), "between 0 and 1"),
        (lambda i, m: plots.error_map(i[0], m[0], m[0, :9]), "guess"),
        (lambda i, m: plots.slice_grid(i[:0]), "one slice at least"),
        (lambda i, m: plots.slice_grid(i, m[:2]), "6 pictures and 2 masks"),
        (lambda i, m: plots.slice_grid(i, titles=["a"]), "6 pictures and 1 titles"),
        (lambda i, m: plots.patient_strip(i[0]), "slice, height, width, 3"),
        (lambda i, m: plots.sequences(i), "height, width, 3"),
        (lambda i, m: plots.mask_counts([]), "tumour pixels"),
        (lambda i, m: plots.area_by_patient(["a"], [0]), "no area"),
        (lambda i, m: plots.curves({"epoch": [1]}), "column loss"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_a_reason(call, message):
    with pytest.raises(ArgumentError, match=message):
        call(*slices())


# charts


def test_bars_count_the_slices_with_and_without_tumour():
    ax = plots.mask_counts([0, 0, 0, 12, 0, 7, 0, 0], groups=list("aaaaabbb"))
    without, with_tumor = (([bar.get_width() for bar in group]) for group in ax.containers)
    assert (without, with_tumor) == ([4, 2], [1, 1])
    texts = {text.get_text() for text in ax.texts}
    assert {"4 (80%)", "1 (20%)", "2 (67%)", "1 (33%)"} <= texts


def test_patients_are_ordered_by_their_median_area():
    ax = plots.area_by_patient(list("aaabbbcc"), [900, 1000, 0, 10, 30, 20, 100, 300])
    medians = ax.get_lines()[0].get_ydata()
    assert list(medians) == [20, 200, 950]


def test_curves_mark_the_best_epoch_and_the_steps_of_the_learning_rate():
    history = pd.DataFrame(
        {
            "epoch": range(1, 9),
            "loss": np.linspace(0.9, 0.2, 8),
            "val_loss": [0.9, 0.7, 0.6, 0.5, 0.55, 0.6, 0.6, 0.7],
            "val_dice": [0.1, 0.3, 0.5, 0.6, 0.65, 0.72, 0.7, 0.71],
            "learning_rate": [1e-3] * 5 + [2e-4] * 3,
        }
    )
    ax = plots.curves(history)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "best epoch 6: Dice 0.720" in labels
    assert [text.get_text() for text in ax.texts] == ["2e-04"]
    assert ax.texts[0].xy[0] == 6
    without_dice = plots.curves(history.drop(columns="val_dice"))
    assert "best epoch 4: loss 0.500" in [text.get_text() for text in without_dice.get_legend().get_texts()]


def test_curves_draw_no_step_where_the_rate_falls_smoothly():
    rate = 0.5 * (1 + np.cos(np.linspace(0, np.pi * 0.8, 30)))
    ax = plots.curves({"loss": np.linspace(1, 0, 30), "learning_rate": rate})
    assert len(ax.texts) == 0


# the network


@pytest.fixture(scope="module")
def keras_models():
    return pytest.importorskip("course_lib.models")


def test_the_diagram_reads_the_u_from_the_model(keras_models):
    model = keras_models.unet((32, 32, 3), filters=(4, 8, 16))
    blocks = plots.network_blocks(model)
    assert [block.size for block in blocks] == [(32, 32), (16, 16), (8, 8), (16, 16), (32, 32)]
    assert [block.inside for block in blocks] == [4, 8, 16, 8, 4]
    assert [block.skips for block in blocks] == [(), (), (), (1,), (0,)]
    assert [block.convolutions for block in blocks] == [2, 2, 2, 2, 3]
    texts = [text.get_text() for text in plots.network_diagram(model).texts]
    assert {"4", "8", "16", "4 → 1", "32 × 32", "16 × 16", "8 × 8"} <= set(texts)


def test_skips_that_were_not_built_are_not_drawn(keras_models):
    with_skips, without = (keras_models.unet((16, 16, 3), filters=(4, 8), skips=skips) for skips in (True, False))
    arrows = [
        sum(isinstance(patch, mpl.patches.FancyArrowPatch) for patch in plots.network_diagram(model).patches)
        for model in (with_skips, without)
    ]
    assert arrows == [3, 2]  # down, up, and the skip


def test_the_vgg19_unet_is_drawn_with_its_five_levels(keras_models):
    model = keras_models.vgg19_unet((32, 32, 3), weights=None, width=0.1)
    blocks = plots.network_blocks(model)
    assert [block.convolutions for block in blocks] == [2, 2, 4, 4, 4, 2, 2, 2, 3]
    assert [block.skips for block in blocks] == [(), (), (), (), (), (3,), (2,), (1,), (0,)]


def test_what_is_no_image_network_is_refused(keras_models):
    with pytest.raises(ArgumentError, match="functional Keras model"):
        plots.network_diagram("unet")
    with pytest.raises(ArgumentError, match="fixed input_shape"):
        plots.network_diagram(keras_models.unet((None, None, 3), filters=(4, 8)))


# as a whole


def test_plots_load_without_tensorflow():
    code = "import sys, course_lib.plots; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.real
def test_figures_of_real_patients_stay_small(displayed):
    if "COURSE_DATA" not in os.environ:
        pytest.skip("COURSE_DATA names no folder of real patients")
    from course_lib import data

    scans = data.index_scans(Path(os.environ["COURSE_DATA"]))
    one = scans[scans["patient"] == scans["patient"].iloc[0]]
    images, masks = data.load_slices(one, 256)
    largest = int(masks.sum(axis=(1, 2, 3)).argmax())
    for ax in (
        plots.contour(images[largest], masks[largest]),
        plots.sequences(images[largest], masks[largest]),
        plots.patient_strip(images, masks, "all"),
        plots.slice_grid(images[:12], masks[:12]),
    ):
        assert isinstance(ax.figure, Figure)
        plots.show(ax, alt="A patient.")
    assert max(len(decoded(shown)[1]) for shown in displayed) <= 100_000
