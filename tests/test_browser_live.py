"""Curves that are drawn while a network trains, and the bar above them, in a real JupyterLab."""

import browser
import pytest

pytestmark = pytest.mark.browser

CODE = """\
import numpy as np
from course_lib import models, training

images = np.random.default_rng(0).integers(30, 200, (16, 16, 16, 3), dtype=np.uint8)
masks = np.zeros((16, 16, 16, 1), np.uint8)
masks[:, 4:10, 4:10] = 1
model = models.unet((16, 16, 3), filters=(4, 8))
patients = np.repeat(["a", "b"], 8)
"""
TRAIN = "_ = training.fit_arrays(model, images, masks, epochs=4, validation=(images, masks, patients), live=True)"
KEEP_DESCRIPTIONS = """() => {
    window.courseSeen = [];
    setInterval(() => {
        const alt = document.querySelector('.jp-OutputArea img')?.alt;
        if (alt && window.courseSeen.at(-1) !== alt) window.courseSeen.push(alt);
    }, 20);
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page on which a training with live curves has come to its end; it has kept the descriptions that it showed."""
    browser.skip_without_browser()
    folder = tmp_path_factory.mktemp("lab") / "lessons"
    folder.mkdir()
    (folder / "live.ipynb").write_text(browser.notebook(CODE, TRAIN))
    with browser.start_lab(folder, seconds=120) as lab, browser.open_page() as page:
        browser.open_notebook(page, lab, "live.ipynb")
        page.evaluate(KEEP_DESCRIPTIONS)
        browser.run_all(page)
        page.wait_for_selector('.jp-OutputArea img[alt*="epoch 4 of 4"]')
        yield page


def test_the_curves_change_in_place_while_training_goes_on(page):
    seen = page.evaluate("() => window.courseSeen")
    assert len(seen) >= 2
    assert page.locator(".jp-OutputArea img").count() == 1


def test_the_bar_stays_above_the_curves_on_one_line(page):
    bar = page.locator(".jp-OutputArea .widget-hbox, .jp-OutputArea .jupyter-widgets.widget-hbox").first
    assert "Epoch 4/4" in bar.inner_text().replace("\u2007", " ")  # the bar keeps its words apart by figure spaces
    assert bar.bounding_box()["height"] < 40
    assert bar.bounding_box()["y"] < page.locator(".jp-OutputArea img").bounding_box()["y"]


def test_the_console_stays_free_of_errors(page):
    assert browser.errors(page) == []
