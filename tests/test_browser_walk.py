"""Lesson 1 as a learner goes through it: the learner's copy in a real JupyterLab, by hand, from opening to progress."""

import re
import shutil

import browser
import pytest
from lessons import NOTEBOOKS

from course_lib import phantoms

pytestmark = pytest.mark.browser

LESSON = "01_meet_the_scans.ipynb"
WRONG = "def largest_slice(masks):\n    return int(masks.argmax())"
RIGHT = "def largest_slice(masks):\n    return int((masks > 0).sum(axis=(1, 2)).argmax())"
ELSEWHERE = re.compile(r"https?://(?!127\.0\.0\.1)")  # badges; a test does not ask other sites for them
EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
CONTENT = ".jp-Notebook .jp-Cell-outputWrapper, .jp-Notebook .jp-MarkdownOutput"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page on which the learner's copy of lesson 1 was opened, with few and small phantoms, and not yet run."""
    browser.skip_without_browser()
    folder = tmp_path_factory.mktemp("lab") / "lessons"
    folder.mkdir()
    shutil.copy(NOTEBOOKS / LESSON, folder)
    data = phantoms.make_phantoms(tmp_path_factory.mktemp("data"), patients=24, size=64, progress=False)
    settings = {
        "COURSE_DATA": str(data),
        "COURSE_PROGRESS": str(tmp_path_factory.mktemp("progress")),
        "COURSE_WIDGETS": "",
    }
    with browser.start_lab(folder, settings, seconds=120) as lab, browser.open_page() as opened:
        opened.route(ELSEWHERE, lambda route: route.fulfill(content_type="image/svg+xml", body=EMPTY))
        browser.open_notebook(opened, lab, LESSON)
        yield opened


def test_a_learner_walks_through_lesson_1(page):
    page.get_by_role("heading", name="1 · Meet the scans").wait_for()
    browser.photograph(page, "walk-1-opened")

    browser.run_all(page)  # nothing raises although nothing is solved
    assert "Not attempted: largest_slice" in checked(page)
    browser.photograph(page, "walk-2-run")

    move_the_slider(page)
    browser.photograph(page, "walk-3-slider")

    answer(page, WRONG)
    said = checked(page, "Not yet")
    assert "This looks like: position of the largest pixel." in said
    assert "Expected 3, got 6." in said
    browser.photograph(page, "walk-4-wrong")

    hinted = retype(page, code_cell(page, '# hint("largest_slice")'), 'hint("largest_slice")')
    hinted.get_by_text("Hint 1 of 3").wait_for()
    assert "one number a slice" in hinted.inner_text()
    browser.photograph(page, "walk-5-hint")

    answer(page, RIGHT)
    assert "Masks drawn with 255 count like masks drawn with 1." in checked(page, "Right")
    browser.photograph(page, "walk-6-right")

    shown = look_at_progress(page)
    assert "solved: largest_slice (2 attempts, 1 hint)" in shown
    assert "Next:" in shown
    browser.photograph(page, "walk-7-progress")
    assert browser.errors(page) == []


def test_what_lesson_1_shows_shuts_nobody_out(page):
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    assert page.locator(".jp-OutputArea img").count() > 8
    assert browser.shut_out(page, CONTENT) == []


def code_cell(page, text):
    return page.locator(".jp-CodeCell").filter(has=page.locator(".jp-InputArea", has_text=text)).first


def checked(page, verdict="Not attempted"):
    """What the card below the check of exercise 1 says, once it gives this verdict."""
    card = code_cell(page, 'check("largest_slice", largest_slice)').locator("[role=status]")
    card.filter(has_text=verdict).wait_for()
    return card.inner_text()


def move_the_slider(page):
    """By keyboard alone: another slice, and its description says so."""
    cell = code_cell(page, "widgets.patient_browser(scans)")
    cell.scroll_into_view_if_needed()
    slider, picture = cell.get_by_role("slider", name="slice"), cell.locator("img").first
    before, number = picture.get_attribute("src"), int(slider.get_attribute("aria-valuetext"))
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => [...document.querySelectorAll('.jupyter-widgets img')].every(image => image.src !== before)",
        arg=before,
    )
    assert f"Slice {number + 1} of" in cell.locator("img").first.get_attribute("alt")


def retype(page, cell, code):
    """Put other code into a cell, as by pasting, and run it; the cell, told by where it is."""
    place = page.locator(".jp-Cell").nth(cell.evaluate("cell => [...cell.parentElement.children].indexOf(cell)"))
    place.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")
    return place


def answer(page, code):
    """Answer exercise 1, run it, and run the check that stands below it."""
    retype(page, code_cell(page, "def largest_slice(masks):"), code)
    page.keyboard.press("Shift+Enter")


def look_at_progress(page):
    """Show the progress in a new cell below; what it says."""
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("from course_lib import progress\nprogress.show(1)")
    page.keyboard.press("Shift+Enter")
    card = code_cell(page, "progress.show(1)").get_by_role("group", name="Your progress")
    card.wait_for()
    return card.inner_text()
