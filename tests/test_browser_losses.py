"""The explorer of Tversky losses in a real JupyterLab: every slider is moved, the picture follows."""

import browser
import pytest

pytestmark = pytest.mark.browser

CODE = """\
import numpy as np
from scipy.ndimage import gaussian_filter
from course_lib import widgets

y, x = np.mgrid[:48, :48]
truth = (np.hypot(y - 24, x - 22) < 10).astype(float)
image = np.repeat((60 + 120 * truth)[..., None], 3, axis=-1)
widgets.tversky_explorer(image, truth, gaussian_filter(truth, 3))
"""
SLIDERS = ("a miss", "a false alarm", "exponent")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page on which the explorer is open in JupyterLab."""
    browser.skip_without_browser()
    folder = tmp_path_factory.mktemp("lab") / "lessons"
    folder.mkdir()
    (folder / "losses.ipynb").write_text(browser.notebook(CODE))
    with browser.start_lab(folder, {"COURSE_WIDGETS": ""}) as lab, browser.open_page() as opened:
        browser.open_notebook(opened, lab, "losses.ipynb")
        browser.run_all(opened)
        opened.wait_for_selector(".jupyter-widgets img")
        yield opened


@pytest.mark.parametrize("name", SLIDERS)
def test_every_slider_moves_the_picture_and_its_description_by_keyboard(page, name):
    picture = page.locator(".jupyter-widgets img").first
    before, described = picture.get_attribute("src"), picture.get_attribute("alt")
    slider = page.locator(".widget-slider", has=page.get_by_text(name, exact=True))
    slider.locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "src => document.querySelector('.jupyter-widgets img').getAttribute('src') !== src", arg=before
    )
    now = page.locator(".jupyter-widgets img").first.get_attribute("alt")
    assert now != described
    assert "the preferred mask takes all pixels above" in now


def test_the_console_stays_free_of_errors(page):
    assert browser.errors(page) == []
