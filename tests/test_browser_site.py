"""The site in a real browser: search, launch links, folds by keyboard, phone, zoom, dark mode, axe-core."""

from urllib.parse import urlsplit

import browser
import pytest
import website

from tools import repository
from tools.site_build.extension import pages_address

pytestmark = pytest.mark.browser
LESSON = "lessons/05_tversky_losses.html"
PAGES = [
    "index.html",
    LESSON,
    "lessons/10_capstone.html",
    "reference/data.html",
    "reference/commands.html",
    "results/index.html",
    "instructors.html",
    "glossary.html",
]
AXE_PAGES = ["index.html", LESSON, "reference/data.html", "results/index.html"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of the built site, served below the repository's name as GitHub serves it."""
    browser.skip_without_browser()
    out, _ = website.build_site(tmp_path_factory.mktemp("built"))
    with website.serve(out, urlsplit(pages_address()).path) as address:
        yield address


def visit(page, address):
    """Open a page of the site and wait until it has loaded; refuse whatever asks another host."""
    page.foreign = []
    page.on("request", lambda asked: page.foreign.append(asked.url) if "127.0.0.1" not in asked.url else None)
    page.goto(address)
    page.wait_for_load_state("networkidle")


def photograph(page, what, name):
    browser.photograph(page, f"site-{what}-{name.replace('/', '-').removesuffix('.html')}")


def test_search_finds_tversky_in_its_lesson_and_in_the_library(site):
    with browser.open_page() as page:
        visit(page, site)
        page.keyboard.press("Control+k")
        page.keyboard.type("Tversky")
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li a")
        page.wait_for_function("() => /found \\d+ page/.test(document.querySelector('#search-results').innerText)")
        found = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.pathname)")
        browser.photograph(page, "site-search")
        assert any(path.endswith(LESSON) for path in found)
        assert any(path.endswith("reference/losses.html") for path in found)
        assert page.foreign == []


def test_a_lesson_offers_colab_kaggle_and_binder_at_its_top(site):
    with browser.open_page() as page:
        visit(page, site + LESSON)
        links = page.get_by_role("navigation", name="Open this lesson elsewhere").get_by_role("link")
        offered = {link.inner_text(): link.get_attribute("href") for link in links.all()}
        assert offered["Colab"] == repository.colab_link("05_tversky_losses")
        assert offered["Kaggle"] == repository.kaggle_link("05_tversky_losses")
        assert offered["Binder"] == repository.binder_link("05_tversky_losses")
        assert links.first.bounding_box()["y"] < 400  # seen without scrolling
        browser.photograph(page, "site-lesson")


def test_hints_and_solution_unfold_and_fold_by_keyboard_alone(site):
    with browser.open_page() as page:
        visit(page, site + LESSON)
        hint, solution = page.locator("details.hint").first, page.locator("details.solution").first
        code = solution.locator("pre")
        assert not code.is_visible()
        hint.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert hint.locator("p").first.is_visible()
        assert not hint.locator("details p").first.is_visible()  # the second hint waits to be asked for
        page.keyboard.press("Tab")  # to the second hint
        page.keyboard.press("Tab")  # to the solution
        page.keyboard.press("Space")
        assert code.is_visible()
        assert "hits = (truth * guess).sum" in code.inner_text()
        solution.scroll_into_view_if_needed()
        browser.photograph(page, "site-unfolded")
        page.keyboard.press("Space")
        assert not code.is_visible()


def test_no_page_scrolls_sideways_on_a_phone_or_zoomed(site):
    """A window of 1280 pixels shows 640 at 200 % and 320 at 400 %."""
    with browser.open_page(390, 844) as page:
        for name in PAGES:
            visit(page, site + name)
            for what, width in {"phone": 390, "zoom-200": 640, "zoom-400": 320}.items():
                page.set_viewport_size({"width": width, "height": 844})
                if name in AXE_PAGES:
                    photograph(page, what, name)
                across = page.evaluate("() => document.documentElement.scrollWidth")
                assert across <= width, f"{name} is {across} pixels wide in a window of {width}"
            page.evaluate("() => document.querySelectorAll('details').forEach(fold => (fold.open = true))")
            assert page.evaluate("() => document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_by_day_or_night_with_everything_unfolded(site, scheme):
    """Contrast, names of links and buttons, order of headings, keyboard."""
    with browser.open_page() as page:
        page.emulate_media(color_scheme=scheme)
        for name in AXE_PAGES:
            visit(page, site + name)
            photograph(page, scheme, name)
            background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, background[4:-1].split(","))) < 200) == (scheme == "dark")
            page.evaluate("() => document.querySelectorAll('details').forEach(fold => (fold.open = true))")
            page.wait_for_timeout(300)
            assert browser.errors(page) == []  # before axe, which asks for style sheets again, at wrong places
            assert browser.shut_out(page, "html") == [], name
            page.course_errors.clear()
        assert page.foreign == []


def test_an_address_that_is_not_there_shows_a_way_back(site):
    with browser.open_page() as page:
        page.goto(f"{site}lessons/deep/gone.html")
        assert page.locator("h1").inner_text().startswith("This page is not here")
        assert page.evaluate("() => document.styleSheets.length") >= 3  # it found its looks
        browser.photograph(page, "site-404")
        page.locator("article").get_by_role("link", name="lessons").click()
        page.wait_for_load_state("networkidle")
        assert page.locator("h1").inner_text().startswith("Lessons")
