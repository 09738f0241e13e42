"""Galleries show every slice from the same distance, a patient whole, and a report's figure all that it must say."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from course_lib import masks, plots
from course_lib.errors import ArgumentError
from course_lib.plots.gallery import near

mpl.use("Agg")


@pytest.fixture
def patient():
    """Five slices of 40 pixels, the tumour on three, the guess moved by two pixels: images, truths, guesses."""
    images = np.random.default_rng(0).integers(30, 200, (5, 40, 40, 3), dtype=np.uint8)
    truths = np.zeros((5, 40, 40), bool)
    for number in (1, 2, 3):
        truths[number, 10 : 14 + 2 * number, 12:20] = True
    return images, truths, np.roll(truths, 2, axis=2)


def texts(figure):
    """Everything that is written in a figure."""
    return " ".join(text.get_text() for text in figure.findobj(mpl.text.Text))


# views


def test_every_square_holds_its_masks_has_one_side_and_lies_in_the_picture():
    small, large = np.zeros((2, 40, 50), bool)
    small[0:3, 47:50] = True
    large[5:25, 10:20] = True
    (left, top, side), (_, _, same) = near([[small], [large]], margin=2)
    assert side == same == 24
    assert left + side <= 50
    assert left <= 47
    assert top == 0


def test_without_any_tumour_all_is_seen():
    assert near([[np.zeros((30, 30), bool)]]) == [(0, 0, 30)]


# galleries


def test_a_gallery_has_a_column_a_slice_and_a_row_a_network(patient):
    images, truths, guesses = patient
    axes = plots.error_gallery(images, truths, {"first": guesses, "second": truths}, titles=list("abcde"))
    assert axes.shape == (3, 5)
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["the expert's", "first", "second"]
    assert [ax.get_title() for ax in axes[0]] == list("abcde")
    legend = {text.get_text() for text in axes[0, 0].figure.legends[0].get_texts()}
    assert legend == {"hit", "miss", "false alarm"}


def test_slices_are_seen_from_one_distance_below_and_whole_above(patient):
    axes = plots.error_gallery(*patient)
    widths = {round(float(np.ptp(ax.get_xlim())), 3) for ax in axes[1]}
    assert len(widths) == 1 or widths == {40.0}
    assert all(np.ptp(ax.get_xlim()) == 40 for ax in axes[0])


def test_texts_for_another_number_of_slices_are_refused(patient):
    images, truths, guesses = patient
    for wrong in ((images[:0], truths[:0], guesses[:0]), (images, truths[:2], guesses)):
        with pytest.raises(ArgumentError, match="slice"):
            plots.error_gallery(*wrong)
    with pytest.raises(ArgumentError, match="slice"):
        plots.error_gallery(images, truths, guesses, titles=["one"])


def test_the_bars_of_a_patient_are_as_high_as_hits_misses_and_false_alarms(patient):
    images, truths, guesses = patient
    bars = plots.patient_errors(images, truths, guesses, numbers=[7, 8, 9, 10, 11])[1]
    codes = masks.error_codes(truths, guesses)
    drawn = [[patch.get_height() for patch in kind] for kind in bars.containers]
    assert drawn == [[(codes[k] == code).sum() for k in range(5)] for code in (1, 2, 3)]
    assert [patch.get_x() + patch.get_width() / 2 for patch in bars.containers[0]] == [7, 8, 9, 10, 11]


def test_every_slice_of_the_patient_carries_its_number(patient):
    strip = plots.patient_errors(*patient, numbers=[7, 8, 9, 10, 11])[0]
    assert [text.get_text() for text in strip.texts] == ["7", "8", "9", "10", "11"]


def test_a_patient_with_fewer_masks_than_slices_is_refused(patient):
    images, truths, guesses = patient
    with pytest.raises(ArgumentError, match="as many masks"):
        plots.patient_errors(images, truths[:3], guesses)


# thresholds and pixels


def test_rings_stand_at_the_highest_best_threshold_and_nowhere_for_a_tumour_never_found():
    dice = np.array([[0.2, 0.7, 0.5], [0.6, 0.6, 0.1], [0.0, 0.0, 0.0]])
    ax = plots.dice_by_threshold([0.2, 0.5, 0.8], dice, marked={"never found": 2})
    (rings,) = [line for line in ax.lines if line.get_label() == "a patient's best threshold"]
    assert rings.get_xdata().tolist() == [0.5, 0.5]
    assert rings.get_ydata().tolist() == [0.7, 0.6]
    assert "never found" in texts(ax.figure)


def test_dice_that_does_not_fit_the_thresholds_is_refused():
    with pytest.raises(ArgumentError, match="3 thresholds"):
        plots.dice_by_threshold([0.2, 0.5, 0.8], np.zeros((4, 2)))


def test_medians_by_size_are_those_of_the_slices_of_that_size():
    table = pd.DataFrame({"area": [10, 400, 20, 300], "a_pixel": [0.5, 0.9, 0.7, 0.8]})
    ax = plots.pixel_costs(table, groups=2)
    (points,) = [container.lines[0] for container in ax.containers]
    assert points.get_ydata() == pytest.approx([0.6, 0.85])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["10–20", "300–400"]
    assert "a pixel" in texts(ax.figure)


def test_a_table_without_area_is_refused():
    with pytest.raises(ArgumentError, match="area"):
        plots.pixel_costs(pd.DataFrame({"moved": [1.0] * 4}))


# the report


def report(patient, **changes):
    images, truths, guesses = patient
    about = {"patient": "TCGA_XX_0001", "number": 17, "threshold": 0.35, "network": "U-Net"} | changes
    return plots.report_figure(images[2], truths[2], guesses[2], **about)


def test_the_report_says_whose_slice_which_sequence_network_threshold_scale_and_whose_line(patient):
    said = texts(report(patient)[0].figure)
    told = ("TCGA_XX_0001", "slice 17", "FLAIR", "U-Net", "threshold 0.35", "20 px", "no spacing in millimetres")
    for needed in (*told, "expert", "network", "hit", "miss", "false alarm"):
        assert needed in said, needed


def test_the_reports_scores_are_those_of_the_slice_and_its_bar_has_its_length(patient):
    axes = report(patient, bar=10)
    assert "Dice 0.75" in texts(axes[0].figure)  # moved by 2 of 8 columns
    assert [patch.get_width() for patch in axes[0].patches if patch.get_facecolor() == (1, 1, 1, 1)] == [10]


def test_a_report_without_a_guess_has_no_distance(patient):
    images, truths, _ = patient
    axes = plots.report_figure(images[2], truths[2], np.zeros((40, 40), bool), "P", 1, 0.5, "U-Net")
    assert "no distance" in texts(axes[0].figure)


def test_nothing_in_the_report_overlaps(patient):
    figure = report(patient)[0].figure
    figure.canvas.draw()
    title, legend = figure._suptitle.get_window_extent(), figure.legends[0].get_window_extent()
    panels = [ax.get_tightbbox() for ax in figure.axes]
    assert all(panel.y1 <= title.y0 + 1 and panel.y0 >= legend.y1 - 1 for panel in panels)
    assert legend.x0 >= 0
    assert legend.x1 <= figure.bbox.width


def test_a_saved_figure_is_fit_for_print_and_described(patient, tmp_path):
    png, pdf = plots.save_figure(report(patient), tmp_path / "new" / "figure.png", alt="A lesion and its errors.")
    assert (png.name, pdf.name) == ("figure.png", "figure.pdf")
    with Image.open(png) as picture:
        assert picture.info["dpi"][0] == pytest.approx(300, abs=0.5)
        assert picture.width >= 7 * 300
        assert picture.info["Description"] == "A lesion and its errors."
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF")
    assert b"A lesion and its errors." in content
    assert len(list(tmp_path.glob("new/*"))) == 2  # no draft is left behind


def test_other_endings_and_figures_without_description_are_refused(patient, tmp_path):
    axes = report(patient)
    with pytest.raises(ArgumentError, match=r"\.png and \.pdf"):
        plots.save_figure(axes, tmp_path / "figure.jpg", alt="Something.")
    with pytest.raises(ArgumentError, match="description"):
        plots.save_figure(axes, tmp_path / "figure", alt=" ")
    assert list(tmp_path.iterdir()) == []
