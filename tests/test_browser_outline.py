"""A learner outlines a lesion in a real JupyterLab: with the mouse, with the keyboard, with the buttons."""

import re

import browser
import pytest

pytestmark = pytest.mark.browser

CELLS = (
    """\
import numpy as np
from course_lib import widgets

image = np.random.default_rng(0).integers(30, 90, (64, 64, 3), dtype=np.uint8)
truth = np.zeros((64, 64), np.uint8)
truth[20:40, 16:36] = 1
board = widgets.outline_board(image, truth, np.roll(truth, 2, axis=0))""",
    "board",
    "print('after')",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page on which a notebook with an outline board was opened and run."""
    browser.skip_without_browser()
    folder = tmp_path_factory.mktemp("lab") / "lessons"
    folder.mkdir()
    (folder / "outline.ipynb").write_text(browser.notebook(*CELLS))
    with browser.start_lab(folder, {"COURSE_WIDGETS": ""}) as lab, browser.open_page(height=1400) as opened:
        browser.open_notebook(opened, lab, "outline.ipynb")
        browser.run_all(opened)
        opened.wait_for_selector(".course-outline canvas")
        opened.locator(".course-outline canvas").scroll_into_view_if_needed()
        yield opened


@pytest.fixture
def canvas(page):
    """The canvas, cleared."""
    drawn = page.locator(".course-outline canvas")
    drawn.focus()
    page.keyboard.press("Escape")
    wait_for_status(page, "0 points")
    return drawn


def wait_for_status(page, begins):
    page.wait_for_function(
        "begins => document.querySelector('.course-outline [role=status]').innerText.startsWith(begins)", arg=begins
    )


def results(page):
    """The alt text and the table of the result as {row: [cells]}; (None, {}) before the first attempt."""
    picture = page.locator(".jupyter-widgets img")
    if picture.count() == 0:
        return None, {}
    rows = page.locator(".jupyter-widgets table tbody tr").all_inner_texts()
    return picture.first.get_attribute("alt"), {re.split(r"\t", row)[0]: re.split(r"\t", row)[1:] for row in rows}


def wait_for_other_result(page, before):
    page.wait_for_function(
        "before => { const img = document.querySelector('.jupyter-widgets img'); return img && img.alt !== before }",
        arg=before,
    )


def at(canvas, x, y):
    """Where a pixel of the slice lies on the page."""
    box = canvas.bounding_box()
    return box["x"] + (x + 0.5) / 64 * box["width"], box["y"] + (y + 0.5) / 64 * box["height"]


def test_a_line_drawn_in_one_go_with_the_mouse_is_closed_and_scored(page, canvas):
    before, _ = results(page)
    corners = [(16, 20), (35, 20), (35, 39), (16, 39), (16, 21)]
    page.mouse.move(*at(canvas, *corners[0]))
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*at(canvas, *corner), steps=12)
    page.mouse.up()
    wait_for_other_result(page, before)
    said, table = results(page)
    attempt = max(name for name in table if name.startswith("attempt"))
    assert float(table[attempt][0]) > 0.9
    assert f"{attempt} {table[attempt][0]}" in said
    assert float(table["the network"][0]) == 0.9


def test_clicks_set_points_and_a_click_on_the_first_closes(page, canvas):
    before, table = results(page)
    for number, corner in enumerate([(16, 20), (35, 20), (35, 39), (16, 39)], 1):
        page.mouse.click(*at(canvas, *corner))
        wait_for_status(page, f"{number} point")
    page.mouse.click(*at(canvas, 17, 21))
    wait_for_status(page, "Outline of 4 points closed")
    wait_for_other_result(page, before)
    assert len(results(page)[1]) == len(table) + (1 if table else 2)


def test_the_keyboard_alone_draws_an_outline_and_the_scores_change(page, canvas):
    before, table = results(page)

    def press(key, times=1):
        for _ in range(times):
            page.keyboard.press(key)

    press("Shift+ArrowLeft", 12)  # to the left upper corner of the slice
    press("Shift+ArrowUp", 12)
    press("Shift+ArrowRight", 3)
    press("ArrowRight")
    press("Shift+ArrowDown", 4)
    press("Space")  # column 16, row 20
    for way, key in (("Shift+ArrowRight", "Space"), ("Shift+ArrowDown", "Enter"), ("Shift+ArrowLeft", "Space")):
        press(way, 2)
        press(key)
    wait_for_status(page, "4 points")
    press("Space")
    wait_for_status(page, "5 points")
    press("Backspace")
    wait_for_status(page, "4 points")
    press("c")
    wait_for_status(page, "Outline of 4 points closed")
    wait_for_other_result(page, before)
    _, after = results(page)
    attempt = max(name for name in after if name.startswith("attempt"))
    assert attempt not in table
    assert float(after[attempt][0]) == pytest.approx(2 * 121 / 521, abs=0.006)  # 11 × 11 pixels of 20 × 20
    assert page.locator(".jp-Cell").count() == len(CELLS)  # the notebook kept its keys to itself


def test_arrow_keys_move_the_cross_by_one_pixel_and_stay_on_the_picture(page, canvas):
    def cross():
        said = page.locator(".course-outline [role=status]").inner_text()
        return [int(number) for number in re.search(r"column (\d+), row (\d+)", said).groups()]

    column, row = cross()
    for key, place in (
        ("ArrowDown", [column, row + 1]),
        ("ArrowRight", [column + 1, row + 1]),
        ("ArrowUp", [column + 1, row]),
        ("ArrowLeft", [column, row]),
    ):
        page.keyboard.press(key)
        assert cross() == place, key
        assert page.evaluate("() => document.activeElement.tagName") == "CANVAS", key


def test_buttons_do_what_keys_do(page, canvas):
    before, _ = results(page)
    close, undo, clear = (page.get_by_role("button", name=name) for name in ("Close (C)", "Undo", "Clear"))
    assert close.is_disabled()
    for corner in ((10, 10), (50, 12), (30, 50), (20, 40)):
        page.mouse.click(*at(canvas, *corner))
    undo.click()
    wait_for_status(page, "3 points")
    close.click()
    wait_for_status(page, "Outline of 3 points closed")
    wait_for_other_result(page, before)
    clear.click()
    wait_for_status(page, "0 points")


def test_the_canvas_is_reached_with_tab_and_says_what_it_is_and_how_it_works(page, canvas):
    assert canvas.get_attribute("aria-label").startswith("A FLAIR slice to outline the tumour on")
    told = page.locator(f"#{canvas.get_attribute('aria-describedby')}").inner_text()
    for word in ("Mouse", "finger", "Keyboard", "arrow keys", "Backspace", "closes"):
        assert word in told
    for corner in ((10, 10), (50, 12), (30, 50)):  # buttons that can do nothing are left out
        page.mouse.click(*at(canvas, *corner))
    wait_for_status(page, "3 points")
    page.get_by_role("button", name="Close (C)").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("() => document.activeElement.tagName") == "CANVAS"


def test_the_pages_console_stays_free_of_errors(page):
    assert browser.errors(page) == []
