"""What a learner sees: widgets and figures in a real JupyterLab, driven by a real browser."""

import json

import browser
import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib import plots

pytestmark = pytest.mark.browser

CODE = """\
import numpy as np
from course_lib import plots, widgets

images = np.random.default_rng(0).integers(30, 200, (5, 48, 48, 3), dtype=np.uint8)
masks = np.zeros((5, 48, 48, 1), np.uint8)
masks[2, 10:30, 10:30] = 1
"""
THRESHOLD = """\
import numpy as np
from course_lib import widgets

y, x = np.mgrid[:48, :48]
distance = np.hypot(y - 24, x - 24)
widgets.threshold_explorer(np.clip(1.5 - distance / 14, 0, 1), distance < 14)
"""
CELLS = (
    CODE,
    "plots.show(plots.contour(images[2], masks[2]), alt='A square \"tumour\".')",
    "widgets.patient_browser(images, masks)",
)


def saved_notebook():
    """A notebook that comes from elsewhere, with the output of a figure in it."""
    ax = plots.contour(np.full((16, 16), 90), np.eye(16))
    html = plots.picture_html(ax, "A diagonal.")
    plt.close(ax.figure)
    made = json.loads(browser.notebook("1"))
    data = {"text/html": html, "text/plain": "Figure: A diagonal."}
    made["cells"][0]["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": data}]
    return json.dumps(made)


@pytest.fixture(scope="module")
def lab_and_page(tmp_path_factory):
    """A JupyterLab, and a page on which a notebook with a figure and a widget was opened and run."""
    browser.skip_without_browser()
    folder = tmp_path_factory.mktemp("lab") / "lessons"
    folder.mkdir()
    (folder / "widget.ipynb").write_text(browser.notebook(*CELLS))
    (folder / "saved.ipynb").write_text(saved_notebook())
    (folder / "threshold.ipynb").write_text(browser.notebook(THRESHOLD))
    with browser.start_lab(folder, {"COURSE_WIDGETS": ""}) as lab, browser.open_page() as page:
        browser.open_notebook(page, lab, "widget.ipynb")
        browser.run_all(page)
        yield lab, page


@pytest.fixture
def lab_page(lab_and_page):
    return lab_and_page[1]


def widget_picture(page):
    return page.locator(".jupyter-widgets img").first


def wait_for_other_picture(page, source):
    page.wait_for_function(
        "source => document.querySelector('.jupyter-widgets img').getAttribute('src') !== source", arg=source
    )


def test_a_shown_figure_has_its_alt_text_in_jupyterlab(lab_page):
    picture = lab_page.locator(".jp-Cell:nth-child(2) .jp-OutputArea-output img").first
    assert picture.get_attribute("alt") == 'A square "tumour".'
    assert picture.evaluate("image => image.naturalWidth") > 300


def test_the_slider_moves_the_picture_by_keyboard(lab_page):
    lab_page.wait_for_selector(".jupyter-widgets img")
    picture = widget_picture(lab_page)
    assert picture.get_attribute("alt").startswith("Slice 3 of 5, FLAIR: the tumour covers 400 pixels")
    before = picture.get_attribute("src")
    lab_page.locator(".jupyter-widgets .noUi-handle").first.focus()
    lab_page.keyboard.press("ArrowRight")
    wait_for_other_picture(lab_page, before)
    assert widget_picture(lab_page).get_attribute("alt").startswith("Slice 4 of 5, FLAIR: no tumour on this slice")
    lab_page.keyboard.press("ArrowLeft")
    lab_page.wait_for_function("() => document.querySelector('.jupyter-widgets img').alt.startsWith('Slice 3')")
    assert widget_picture(lab_page).get_attribute("src") == before


def test_all_controls_are_reached_with_the_tab_key_and_buttons_work(lab_page):
    lab_page.wait_for_selector(".jupyter-widgets img")
    lab_page.locator(".jupyter-widgets .noUi-handle").first.focus()
    reached = []
    for _ in range(6):
        lab_page.keyboard.press("Tab")
        reached.append(lab_page.evaluate("() => document.activeElement.innerText || document.activeElement.type"))
    assert [name for name in reached if name in ("pre", "FLAIR", "post", "all three", "checkbox")] == [
        "pre", "FLAIR", "post", "all three", "checkbox",
    ]  # fmt: skip
    before = widget_picture(lab_page).get_attribute("src")
    lab_page.get_by_role("button", name="all three").click()
    wait_for_other_picture(lab_page, before)
    assert "side by side" in widget_picture(lab_page).get_attribute("alt")


def test_the_pages_console_stays_free_of_errors(lab_page):
    assert browser.errors(lab_page) == []


def test_a_saved_figure_keeps_its_alt_text_where_the_notebook_is_not_trusted(lab_and_page):
    lab, page = lab_and_page
    fresh = page.context.new_page()
    browser.open_notebook(fresh, lab, "saved.ipynb", kernel=False)
    picture = fresh.locator(".jp-OutputArea-output img").first
    picture.wait_for()
    assert picture.get_attribute("alt") == "A diagonal."
    assert picture.evaluate("image => image.naturalWidth") > 300
    fresh.close()


def test_the_threshold_moves_the_error_map_and_its_scores(lab_and_page):
    lab, page = lab_and_page
    fresh, said = page.context.new_page(), []
    fresh.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    browser.open_notebook(fresh, lab, "threshold.ipynb")
    browser.run_all(fresh)
    fresh.wait_for_selector(".jupyter-widgets img")
    before = widget_picture(fresh).get_attribute("src")
    assert "at the threshold 0.50: Dice 1.00" in widget_picture(fresh).get_attribute("alt")
    fresh.locator(".jupyter-widgets .noUi-handle").first.focus()
    for _ in range(3):
        fresh.keyboard.press("ArrowRight")
    fresh.wait_for_function("() => document.querySelector('.jupyter-widgets img').alt.includes('threshold 0.56')")
    assert widget_picture(fresh).get_attribute("src") != before
    assert "recall 1.00" not in widget_picture(fresh).get_attribute("alt")
    assert said == []
    fresh.close()
