"""Widgets, figures and cards for everybody: what axe-core and a screen reader find in a real JupyterLab.

Looked through are the outputs of cells, which are ours. JupyterLab's own menus and editors have faults too, which are
not ours to mend.
"""

import browser
import pytest

from course_lib.check.banks import find_exercise
from course_lib.check.judging import judge
from course_lib.grading import feedback
from course_lib.grading.model import Row

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
pytestmark = pytest.mark.browser

OURS = ".jp-Notebook .jp-Cell-outputWrapper"
CODE = """\
import numpy as np
from scipy.ndimage import gaussian_filter
from course_lib import data, models, plots, training, widgets
from course_lib.check import check, hint

y, x = np.mgrid[:64, :64]
truth = (np.hypot(y - 30, x - 26) < 12).astype(np.uint8)
image = np.repeat((50 + 110 * truth + 20 * (x > 32))[..., None], 3, axis=-1).astype(np.uint8)
probability = gaussian_filter(truth.astype(float), 4)
guess = np.roll(truth, 2, axis=0)"""
BROWSER = "widgets.patient_browser(data.index_scans('kaggle_3m'), size=64)"
THRESHOLD = "widgets.threshold_explorer(probability, truth, image)"
LOSSES = "widgets.tversky_explorer(image, truth, probability)"
OUTLINE = "widgets.outline_board(image, truth, guess)"
TRAIN = """\
images, masks = np.stack([image] * 4), np.stack([truth] * 4)[..., None]
model = models.unet((64, 64, 3), filters=(2, 2))
_ = training.fit_arrays(model, images, masks, epochs=1, validation=(images, masks, np.repeat("a", 4)), live=True)"""
CELLS = (
    CODE,
    BROWSER,
    THRESHOLD,
    LOSSES,
    OUTLINE,
    "plots.show(plots.error_map(image, truth, guess), alt='Hits, misses and false alarms.')",
    "check('largest_slice', lambda masks: int(np.argmax(masks)))",
    "check('largest_slice', lambda masks: int(np.argmax(np.count_nonzero(masks, axis=(1, 2)))))",
    "check('largest_slice')",
    "check('error_codes', lambda truth, guess: truth)",
    "check('no such exercise', 1)",
    "hint('largest_slice')",
    TRAIN,
)
RIGHT_EDGE = """cell => Math.max(0, ...[
    ...cell.querySelectorAll("img, [role=status], .course-voiced .jupyter-widgets")
].map(inner => inner.getBoundingClientRect().right))"""
STATUS = ".course-voice [role=status]"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page with every widget, a figure, cards of every kind and the curves of a training."""
    from conftest import write_tiny_folder

    browser.skip_without_browser()
    folder = tmp_path_factory.mktemp("lab") / "lessons"
    folder.mkdir()
    write_tiny_folder(folder, {"TCGA_CS_0001_20000101": 6, "TCGA_DU_0002_20000102": 3}, size=64, seed=0)
    (folder / "access.ipynb").write_text(browser.notebook(*CELLS))
    with browser.start_lab(folder, {"COURSE_WIDGETS": ""}, seconds=120) as lab, browser.open_page() as opened:
        browser.open_notebook(opened, lab, "access.ipynb")
        browser.run_all(opened)
        cell(opened, OUTLINE).scroll_into_view_if_needed()
        opened.wait_for_selector(".course-outline canvas")
        yield opened


def cell(page, source):
    return page.locator(".jp-CodeCell").nth(CELLS.index(source))


def settle(page, theme=""):
    """Put the theme on and wait until its colours are there."""
    name = f"JupyterLab {theme}"
    page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name })", name)
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_nothing_that_a_lesson_shows_shuts_anybody_out(page, theme):
    settle(page, theme)
    for number, source in enumerate(CELLS):
        cell(page, source).scroll_into_view_if_needed()
        if number % 4 == 1:
            browser.photograph(page, f"access-{theme.lower()}-{number:02d}")
    assert browser.shut_out(page, OURS) == []


def test_axe_would_see_a_slider_without_a_name(page):
    handle = page.locator("[role=slider]").first
    name = handle.get_attribute("aria-label")
    handle.evaluate("slider => slider.removeAttribute('aria-label')")
    assert any("aria-input-field-name" in fault for fault in browser.shut_out(page, OURS))
    handle.evaluate("(slider, name) => slider.setAttribute('aria-label', name)", name)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (BROWSER, ["slice"]),
        (THRESHOLD, ["threshold"]),
        (LOSSES, ["a miss", "a false alarm", "exponent"]),
    ],
)
def test_a_screen_reader_calls_every_slider_by_the_name_beside_it(page, source, names):
    sliders = cell(page, source).get_by_role("slider")
    assert [slider.get_attribute("aria-label") for slider in sliders.all()] == names
    for name in names:
        assert cell(page, source).get_by_role("textbox", name=f"{name}, as a number").count() == 1


def test_a_screen_reader_hears_which_sequence_is_chosen(page):
    sequences = cell(page, BROWSER).get_by_role("group", name="sequence")
    assert sequences.get_by_role("button", pressed=True).inner_text() == "FLAIR"
    sequences.get_by_role("button", name="post").focus()
    page.keyboard.press("Enter")
    sequences.get_by_role("button", name="post", pressed=True).wait_for()
    assert sequences.get_by_role("button", pressed=True).all_inner_texts() == ["post"]


def test_patient_and_outline_are_named_and_work_by_keyboard(page):
    ours = cell(page, BROWSER)
    ours.get_by_role("combobox", name="patient").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('.jupyter-widgets img').alt.includes('TCGA_DU_0002')")
    ours.get_by_role("checkbox", name="outline the tumour").focus()
    page.keyboard.press("Space")
    page.wait_for_function("() => !document.querySelector('.jupyter-widgets img').alt.includes('outlined')")


def test_what_the_picture_shows_now_is_read_out_when_a_slider_moves(page):
    ours = cell(page, THRESHOLD)
    ours.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    ours.locator(STATUS, has_text="at the threshold 0.52").wait_for(state="attached")
    assert ours.locator(STATUS).inner_text() == ours.locator("img").first.get_attribute("alt")
    box = ours.locator(STATUS).bounding_box()
    assert (
        box is None or box["width"] * box["height"] <= 4 or ours.locator(".course-voice").bounding_box()["width"] <= 2
    )


def test_the_score_of_an_outline_is_read_out(page):
    ours = cell(page, OUTLINE)
    ours.locator("canvas").focus()
    for key in ("Space", "Shift+ArrowRight", "Space", "Shift+ArrowDown", "Space", "c"):
        page.keyboard.press(key)
    ours.locator(STATUS, has_text="Dice with the expert: the network").wait_for(state="attached")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_at_twice_the_size_cards_and_widgets_stay_within_the_page(page, theme):
    settle(page, theme)
    size = page.viewport_size
    page.set_viewport_size({"width": size["width"] // 2, "height": size["height"] // 2})  # what zooming to 200 % leaves
    try:
        for source in CELLS[1:]:
            ours = cell(page, source).locator(".jp-Cell-outputWrapper")
            ours.scroll_into_view_if_needed()
            wider = ours.evaluate(RIGHT_EDGE)
            assert wider <= page.viewport_size["width"] + 1, source
        cell(page, CELLS[6]).scroll_into_view_if_needed()
        browser.photograph(page, f"access-{theme.lower()}-zoomed-card")
        cell(page, BROWSER).scroll_into_view_if_needed()
        browser.photograph(page, f"access-{theme.lower()}-zoomed-browser")
    finally:
        page.set_viewport_size(size)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_of_feedback_shuts_nobody_out(page, scheme):
    exercise = find_exercise("largest_slice")
    answers = {"wrong": lambda masks: int(masks.argmax()), "right": exercise.reference, "open": ...}
    results = {name: vars(judge(exercise, answer, {})) for name, answer in answers.items()}
    told = {"status": "noted", "text": "Comparing the sequences tells nothing."}
    row = Row("one", "A. Student", results=results | {"what_a_copy_costs": told})
    fresh = page.context.new_page()
    fresh.emulate_media(color_scheme=scheme)
    fresh.set_content(feedback.page(row, {"total": "0.5", "wrong": "0", "right": "1"}))
    assert fresh.get_by_text("position of the largest pixel").count() == 1
    browser.photograph(fresh, f"feedback-{scheme}")
    assert browser.shut_out(fresh, "body") == []
    fresh.close()


def test_the_console_stays_free_of_errors(page):
    assert browser.errors(page) == []
