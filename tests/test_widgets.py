"""Moving a control changes the picture; errors are seen; without anybody there, a described picture stands in."""

import base64
import re
import subprocess
import sys

import ipywidgets
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from course_lib import widgets
from course_lib.errors import ArgumentError, DataError

mpl.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    plt.close("all")  # what another test may have left
    yield
    assert plt.get_fignums() == []


@pytest.fixture
def displayed(monkeypatch):
    """What cells would show: a list of display data."""
    shown = []
    monkeypatch.setattr("course_lib.widgets.explorer.display", lambda data, raw: shown.append(data))
    return shown


@pytest.fixture
def volume():
    """Four slices of 24 pixels, the tumour growing from slice 2 on: images and masks."""
    images = np.random.default_rng(0).integers(30, 200, (4, 24, 24, 3), dtype=np.uint8)
    masks = np.zeros((4, 24, 24, 1), np.uint8)
    for number in (1, 2, 3):
        masks[number, 4 : 6 + 3 * number, 4:10] = 1
    return images, masks


@pytest.fixture
def scans(tmp_path):
    """Two patients on disk, of three and of two slices, as rows of the index."""
    rows = []
    for patient, count in (("TCGA_CS_1001_19990101", 3), ("TCGA_DU_1002_19990101", 2)):
        for number in range(1, count + 1):
            image, mask = tmp_path / f"{patient}_{number}.tif", tmp_path / f"{patient}_{number}_mask.tif"
            Image.fromarray(np.full((32, 32, 3), 40 * number, np.uint8)).save(image)
            tumor = np.zeros((32, 32), np.uint8)
            tumor[: 8 * (number == 2), :8] = 255
            Image.fromarray(tumor).save(mask)
            rows.append((patient, patient.split("_")[1], number, str(image), str(mask), 64 * (number == 2)))
    return pd.DataFrame(rows, columns=["patient", "institution", "slice", "image", "mask", "tumor_pixels"])


def picture_of(explorer):
    """The bytes of the picture that a widget shows."""
    return base64.b64decode(re.search(r'src="data:image/\w+;base64,([^"]+)"', explorer.picture.value)[1])


# the patient browser


def test_the_browser_begins_at_the_slice_with_the_largest_tumour(volume):
    browser = widgets.patient_browser(*volume)
    assert browser.controls["slice"].value == 4
    assert browser.controls["slice"].max == 4
    assert "the tumour covers 66 pixels, outlined" in browser.alt


@pytest.mark.parametrize(
    ("control", "value"), [("slice", 2), ("sequence", "pre"), ("sequence", "all three"), ("outline", False)]
)
def test_moving_any_control_changes_the_picture_and_its_description(volume, control, value):
    browser = widgets.patient_browser(*volume)
    before = picture_of(browser), browser.alt
    browser.controls[control].value = value
    assert picture_of(browser) != before[0]
    assert browser.alt != before[1]
    assert f'alt="{browser.alt}"' in browser.picture.value


def test_moving_a_control_back_brings_the_picture_back(volume):
    browser = widgets.patient_browser(*volume)
    before = picture_of(browser)
    browser.controls["slice"].value = 1
    assert "no tumour on this slice" in browser.alt
    browser.controls["slice"].value = 4
    assert picture_of(browser) == before


def test_choosing_a_patient_sets_the_slices_to_those_it_has(scans):
    browser = widgets.patient_browser(scans, size=32)
    assert (browser.controls["slice"].max, browser.controls["slice"].value) == (3, 2)
    browser.controls["slice"].value = 3
    browser.controls["patient"].value = "TCGA_DU_1002_19990101"
    assert (browser.controls["slice"].max, browser.controls["slice"].value) == (2, 2)
    assert browser.alt.startswith("Slice 2 of 2 of TCGA_DU_1002_19990101, FLAIR: the tumour covers 64 pixels")


def test_rows_in_any_order_are_browsed_in_the_order_of_their_numbers(scans):
    straight, mixed = (widgets.patient_browser(rows, size=32) for rows in (scans, scans.iloc[::-1]))
    mixed.controls["patient"].value = straight.controls["patient"].value
    for number in (1, 3):
        straight.controls["slice"].value = mixed.controls["slice"].value = number
        assert picture_of(straight) == picture_of(mixed)


def test_a_file_that_has_become_unreadable_is_named_in_the_place_of_the_picture(scans):
    browser = widgets.patient_browser(scans, size=32)
    broken = scans[scans["institution"] == "DU"]["image"].iloc[0]
    with open(broken, "wb") as file:
        file.write(b"no TIFF")
    browser.controls["patient"].value = "TCGA_DU_1002_19990101"
    assert 'role="alert"' in browser.picture.value
    assert broken in browser.picture.value
    browser.controls["patient"].value = "TCGA_CS_1001_19990101"
    assert "<img" in browser.picture.value


def test_an_unforeseen_error_shows_its_trace_and_cannot_inject_html(volume):
    def draw(level):
        if level > 1:
            plt.figure()
            raise RuntimeError("<b>bold</b>")
        return plt.subplots()[1], "An empty axes."

    explorer = widgets.Explorer(draw, {"level": ipywidgets.IntSlider(value=1, min=1, max=2)})
    explorer.controls["level"].value = 2
    assert "RuntimeError" in explorer.picture.value
    assert "in draw" in explorer.picture.value
    assert "<b>" not in explorer.picture.value


def test_an_error_of_the_first_drawing_reaches_the_cell(scans):
    with open(scans["mask"].iloc[0], "wb") as file:
        file.write(b"")
    with pytest.raises(DataError, match=r"_1_mask\.tif"):
        widgets.patient_browser(scans, size=32)


def test_images_that_do_not_fit_are_refused(volume, scans):
    images, masks = volume
    for wrong in ((images[0], masks[0]), (images, masks[:2]), (images[:0], masks[:0])):
        with pytest.raises(ArgumentError, match="shape"):
            widgets.patient_browser(*wrong)
    with pytest.raises(ArgumentError, match="empty"):
        widgets.patient_browser(scans.iloc[:0])


# the threshold explorer


def test_a_higher_threshold_trades_false_alarms_for_misses():
    truth = np.zeros((24, 24), np.uint8)
    truth[8:16, 8:16] = 1
    y, x = np.mgrid[:24, :24]
    probability = np.clip(1.2 - np.hypot(y - 11.5, x - 11.5) / 10, 0, 1)
    explorer = widgets.threshold_explorer(probability, truth)
    said = {}
    for threshold in (0.1, 0.9):
        explorer.controls["threshold"].value = threshold
        said[threshold] = {
            name: float(value) for name, value in re.findall(r"(precision|recall) (\d\.\d+)", explorer.alt)
        }
    assert said[0.1]["recall"] == 1 > said[0.9]["recall"]
    assert said[0.9]["precision"] == 1 > said[0.1]["precision"]


def test_probabilities_of_another_size_than_the_mask_are_refused():
    with pytest.raises(ArgumentError, match="one size"):
        widgets.threshold_explorer(np.zeros((8, 8)), np.zeros((9, 9)))


# showing


def test_where_somebody_is_there_the_controls_are_shown_with_the_picture_to_fall_back_on(
    volume, displayed, monkeypatch
):
    monkeypatch.setenv("COURSE_WIDGETS", "live")
    browser = widgets.patient_browser(*volume)
    browser._ipython_display_()
    (shown,) = displayed
    assert shown["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert f'alt="{browser.alt}"' in shown["text/html"]
    assert shown["text/plain"] == f"Figure: {browser.alt}"


def test_where_nobody_is_there_a_described_picture_alone_is_shown(volume, displayed, monkeypatch):
    monkeypatch.delenv("COURSE_WIDGETS", raising=False)
    browser = widgets.patient_browser(*volume)
    browser._ipython_display_()
    browser.controls["slice"].value = 2
    browser.still()
    assert [set(shown) for shown in displayed] == [{"text/html", "text/plain"}] * 2
    assert "Slice 4 of 4" in displayed[0]["text/html"]
    assert "Slice 2 of 4" in displayed[1]["text/plain"]


class Kernel:
    """A kernel whose front end says whether somebody can type."""

    def __init__(self, answers):
        self.answers = answers

    def get_parent(self, channel):
        return {"content": {"allow_stdin": self.answers}}


@pytest.mark.parametrize("answers", [True, False])
def test_somebody_is_there_when_the_front_end_takes_input(monkeypatch, answers):
    monkeypatch.delenv("COURSE_WIDGETS", raising=False)
    shell = type("Shell", (), {"kernel": Kernel(answers)})()
    monkeypatch.setattr("course_lib.widgets.explorer.get_ipython", lambda: shell)
    assert widgets.somebody_is_there() is answers


@pytest.mark.slow
def test_an_executed_notebook_holds_the_picture_and_no_widget(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    code = (
        "import numpy as np\nfrom course_lib import widgets\n"
        "widgets.patient_browser(np.full((3, 16, 16, 3), 90, np.uint8), np.zeros((3, 16, 16), np.uint8))"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=tmp_path)
    (output,) = (output for output in notebook.cells[0].outputs if output.output_type == "display_data")
    assert set(output["data"]) == {"text/html", "text/plain"}
    assert 'alt="Slice 1 of 3' in output["data"]["text/html"]


def test_every_control_says_what_it_is_for(volume, scans):
    """On Colab the words beside a control are all that says it; elsewhere they are read out too."""
    probability = np.linspace(0, 1, 64).reshape(8, 8)
    for explorer in (
        widgets.patient_browser(scans, size=32),
        widgets.threshold_explorer(probability, probability > 0.5),
        widgets.tversky_explorer(np.zeros((8, 8, 3), np.uint8), probability > 0.5, probability),
    ):
        assert all(control.description.strip() for control in explorer.controls.values())


def test_widgets_load_without_tensorflow():
    code = "import sys, course_lib.widgets; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
