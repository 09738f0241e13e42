"""The site: what a page is made of, and that the built one has everything, leads everywhere, and asks nobody."""

import base64
import doctest
import importlib
import io
import itertools
import re

import nbformat
import pytest
import website
from PIL import Image
from website import ROOT

from course_lib.errors import CourseError
from tools import build_site, repository
from tools.notebook_build.source import find_lessons, solution_blocks
from tools.site_build import extension, lessons, links, reference
from tools.site_build.figures import Album
from tools.site_build.links import Links

LESSONS = find_lessons(ROOT / "notebooks")
NAMES = [lesson.name for lesson in LESSONS]


# --- links -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def book():
    return Links({"data/README.md": "data/index.md", "notebooks/06_train.ipynb": "lessons/06_train.ipynb"})


def test_a_link_to_a_document_that_is_a_page_leads_to_the_page(book):
    text = "see [data](../data/README.md#layout) and [training](06_train.ipynb)"
    made = book.rewritten(text, "notebooks/05.ipynb", "lessons/05.ipynb")
    assert made == "see [data](../data/index.md#layout) and [training](06_train.ipynb)"


def test_a_link_to_any_other_file_leads_to_the_repository_at_the_tag(book):
    made = book.rewritten("[what it needs](../pyproject.toml)", "data/README.md", "data/index.md")
    assert made == f"[what it needs]({repository.address()}/blob/{repository.tag()}/pyproject.toml)"


def test_a_link_to_nothing_stops_the_build_and_names_both_ends(book):
    with pytest.raises(CourseError, match=r"data/README\.md leads to data/gone\.md"):
        book.rewritten("[gone](gone.md)", "data/README.md", "data/index.md")


def test_addresses_elsewhere_places_on_the_page_and_code_stay_as_they_are(book):
    text = "[a](https://example.org/x.md) [b](#here) `[c](gone.md)`\n\n```\n[d](gone.md)\n```\n"
    assert book.rewritten(text, "data/README.md", "data/index.md") == text


def test_a_picture_of_the_repository_comes_along(book, tmp_path):
    made = book.rewritten("![scans](images/glance.png)", "data/README.md", "data/index.md")
    book.copy_pictures(tmp_path)
    assert made == "![scans](../files/data/images/glance.png)"
    assert (tmp_path / "files/data/images/glance.png").read_bytes() == (ROOT / "data/images/glance.png").read_bytes()


# --- figures ---------------------------------------------------------------------------------------------------------


def output(**data):
    return nbformat.v4.new_output("display_data", {kind.replace("_", "/"): value for kind, value in data.items()})


def pixels(width, height):
    stream = io.BytesIO()
    Image.new("RGB", (width, height)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_a_picture_moves_into_a_file_and_keeps_its_description(tmp_path):
    shown = output(text_html=f'<img src="data:image/png;base64,{pixels(4, 3)}" alt="A tumour &gt; 3 px" style="x">')
    Album(tmp_path, "../figures", "05").without_pictures(shown)
    image = website.BeautifulSoup(shown.data["text/html"], "html.parser").img
    assert image["alt"] == "A tumour > 3 px"
    assert image["src"] == "../figures/05-01.png"
    assert (image["width"], image["height"]) == ("4", "3")  # so that the page does not jump when it arrives
    assert Image.open(tmp_path / "05-01.png").size == (4, 3)


def test_a_bare_picture_takes_its_description_from_the_outputs_metadata(tmp_path):
    shown = output(image_png=pixels(2, 2))
    shown.metadata["image/png"] = {"alt": "Two masks"}
    Album(tmp_path, "f", "05").without_pictures(shown)
    assert 'alt="Two masks"' in shown.data["text/html"]
    assert "image/png" not in shown.data


def test_a_picture_without_a_description_stops_the_build(tmp_path):
    shown = output(text_html=f'<img src="data:image/png;base64,{pixels(2, 2)}" alt="">')
    with pytest.raises(CourseError, match="05: picture 1 has no alt text"):
        Album(tmp_path, "f", "05").without_pictures(shown)


# --- exercises -------------------------------------------------------------------------------------------------------

SOLVED = '''def soft_counts(truth, guess):
    """Counts."""
    ### BEGIN SOLUTION
    secret_of_the_count = truth * guess
    return secret_of_the_count
    ### END SOLUTION'''


def test_an_exercise_lies_open_and_its_hints_and_solution_are_folded():
    cells = lessons.folded(nbformat.v4.new_code_cell(SOLVED), "soft_counts")
    stub, hints, opened, solution, closed = [cell.source for cell in cells]
    assert stub.endswith('raise NotImplementedError("your turn")')
    assert "secret" not in stub + hints
    assert opened.startswith("<details")
    assert "<summary>Solution" in opened
    assert "open" not in opened.split(">")[0]
    assert "secret_of_the_count" in solution
    assert "###" not in solution
    assert closed == "</details>"


def test_each_hint_lies_within_the_one_before():
    hints = website.BeautifulSoup(lessons._hints(["look", "count `a < b`", "divide"], "x"), "html.parser")
    first = hints.details
    assert [first.p.text, first.details.p.text, first.details.details.p.text] == ["look", "count a < b", "divide"]
    assert first.summary.text.startswith("Hint 1 of 3")


def test_an_answer_in_words_is_called_one_answer_and_a_prediction_a_guess():
    def label(name):
        cell = nbformat.v4.new_code_cell(f"### BEGIN SOLUTION\n{name} = 1\n### END SOLUTION")
        return re.search("<summary>(.*?):", lessons.folded(cell, name)[2].source)[1]

    assert label("worth_of_a_miss") == "One answer"
    assert label("head_percent") == "Our guess"


def test_an_exercise_that_no_bank_knows_stops_the_build():
    with pytest.raises(CourseError, match="no_such_exercise"):
        lessons.folded(nbformat.v4.new_code_cell("x = 1"), "no_such_exercise")


def test_what_only_a_notebook_needs_is_left_out():
    begin, launch = nbformat.v4.new_code_cell("host.begin()"), nbformat.v4.new_markdown_cell("[![Colab](a)](b)")
    begin.metadata["tags"], launch.metadata["tags"] = ["begin"], ["launch"]
    asked = nbformat.v4.new_code_cell('# hint("soft_counts")')
    far = nbformat.v4.new_code_cell("from course_lib import progress\n\nprogress.show(5)")
    assert all(lessons._only_in_notebooks(cell) for cell in (begin, launch, asked, far))
    kept = nbformat.v4.new_code_cell("from course_lib import data, progress\nscans = 1")
    assert not lessons._only_in_notebooks(kept)


def test_a_lesson_without_its_question_is_not_listed_as_if_it_had_one():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# 5 · Losses\n\nNo question.")])
    with pytest.raises(CourseError, match="question in bold"):
        lessons.summary(notebook)


# --- reference, formulas ---------------------------------------------------------------------------------------------


def test_every_module_that_a_lesson_imports_has_a_page():
    imported = set()
    for lesson in LESSONS:
        text = lesson.source.read_text(encoding="utf-8")
        imported |= {
            name.strip()
            for found in re.findall(r"^from course_lib import (.+)$", text, re.M)
            for name in found.split(",")
        }
        imported |= set(re.findall(r"^from course_lib\.(\w+) import", text, re.M))
    documented = {module for modules in reference.MODULES.values() for module in modules}
    assert imported - {"backend"} <= documented  # backend is Keras itself


@pytest.mark.slow
@pytest.mark.parametrize("page", reference.MODULES)
def test_every_public_name_of_a_module_has_an_entry_on_its_page(page):
    text = reference.module_page(page)
    for name in reference.MODULES[page]:
        for public in reference.public_names(importlib.import_module(f"course_lib.{name}")):
            assert re.search(rf"^\.\. (auto\w+|py:data):: {public}$", text, re.M), public


def test_a_fraction_of_two_digits_is_one_over_the_other():
    made = website.BeautifulSoup(extension.mathml(r"\tfrac12\,m", block=True), "html.parser")
    assert [part.text for part in made.mfrac.find_all("mn")] == ["1", "2"]


@pytest.mark.parametrize("module", [extension, links, reference, repository], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


def test_a_folder_that_holds_something_else_is_not_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(CourseError, match="holds something else than a site"):
        build_site.build(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


# --- the built site --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return website.build_site(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def pages(built):
    """Every page by its path in the site, parsed."""
    out, _ = built
    return {path.relative_to(out).as_posix(): website.read_page(path) for path in sorted(out.rglob("*.html"))}


@pytest.mark.slow
class TestTheBuiltSite:
    def test_it_is_built_without_a_warning_and_without_a_network(self, built):
        out, said = built  # the build fails on a warning, and every proxy led nowhere
        assert "WARNING" not in said
        assert (out / "index.html").is_file()

    def test_it_has_every_lesson_every_module_the_guide_and_the_results(self, pages):
        wanted = {f"lessons/{name}.html" for name in NAMES} | {f"reference/{name}.html" for name in reference.MODULES}
        wanted |= {"index.html", "instructors.html", "results/index.html", "data/index.html", "data/model.html"}
        wanted |= {"glossary.html", "licences.html", "404.html", "search.html", "reference/commands.html"}
        assert wanted <= set(pages)

    def test_no_link_leads_nowhere(self, built, pages):
        out, _ = built
        ids = {page: {tag["id"] for tag in tree.find_all(id=True)} for page, tree in pages.items()}
        broken = []
        for page, tree in pages.items():
            for tag in tree.find_all(["a", "link", "img", "script", "source"]):
                address = tag.get("href") or tag.get("src") or tag.get("srcset") or ""
                if re.match(r"[a-z]+:|//", address) or not address:
                    continue
                path, _, place = address.partition("#")
                file = (out / page).parent / path.partition("?")[0] if path else out / page
                target = file.resolve().relative_to(out.resolve()).as_posix()
                target += "/index.html" if file.is_dir() else ""
                if not file.exists() or (place and target in ids and place not in ids[target] | {""}):
                    broken.append(f"{page}: {address}")
        assert broken == []

    def test_nothing_on_a_page_comes_from_another_host(self, built, pages):
        fetched = []
        for page, tree in pages.items():
            for tag in tree.find_all(["script", "img", "iframe", "source", "video", "audio", "object", "embed"]):
                fetched += [(page, tag.get(name)) for name in ("src", "data", "srcset") if tag.get(name)]
            for tag in tree.find_all("link"):
                if set(tag.get("rel", [])) - {"canonical", "author", "next", "prev", "search", "index"}:
                    fetched.append((page, tag["href"]))
            fetched += [
                (page, url) for style in tree.find_all("style") for url in re.findall(r"url\(|@import", style.text)
            ]
        for sheet in built[0].rglob("*.css"):
            fetched += [
                (sheet.name, url) for url in re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')]+)", sheet.read_text())
            ]
        assert [(page, address) for page, address in fetched if re.match(r"(https?:)?//", address)] == []

    def test_every_picture_is_described_and_every_figure_of_a_lesson_is_there(self, pages):
        for page, tree in pages.items():
            for image in tree.find_all("img"):
                assert image.get("alt") or image.find_parent(class_="navbar-brand"), f"{page}: {image}"
        for lesson in LESSONS:
            shown = lesson.solution.read_text(encoding="utf-8").count("data:image/")
            article = pages[f"lessons/{lesson.name}.html"].article
            assert len(article.find_all("img")) == shown > 0

    def test_every_lesson_opens_on_colab_kaggle_and_binder_at_the_tag(self, pages):
        for name in NAMES:
            found = [link["href"] for link in pages[f"lessons/{name}.html"].select("article a.launch")]
            assert found == [repository.colab_link(name), repository.kaggle_link(name), repository.binder_link(name)]

    def test_the_badges_and_the_first_cell_of_the_notebooks_are_not_on_the_pages(self, pages):
        for name in NAMES:
            text = pages[f"lessons/{name}.html"].article.text
            assert not re.search(r"host\.begin\(|# hint\(|progress\.show\(|without its #", text), name

    def test_every_exercise_shows_its_stub_and_nowhere_its_solution_unless_unfolded(self, pages):
        for lesson in LESSONS:
            tree = website.BeautifulSoup(str(pages[f"lessons/{lesson.name}.html"].article), "html.parser")
            notebook = nbformat.read(lesson.solution, as_version=4)
            exercises = [cell for cell in notebook.cells if "exercise" in cell.metadata.get("course", {})]
            folds = tree.select("details.solution")
            assert len(folds) == len(exercises) >= 3
            assert len(tree.select("details.hint details.hint details.hint")) == len(exercises)
            assert not tree.select("details[open]")
            for fold, cell in zip(folds, exercises, strict=True):
                lines = [line.strip() for block in solution_blocks(cell.source) for line in block if line.strip()]
                assert all(line in fold.text for line in lines)
                fold.extract()
            for cell in exercises:
                told = [
                    line.strip() for block in solution_blocks(cell.source) for line in block if len(line.strip()) > 25
                ]
                assert [line for line in told if line in tree.text] == []

    def test_headings_are_in_order_on_every_page(self, pages):
        for page, tree in pages.items():
            levels = [int(tag.name[1]) for tag in (tree.article or tree).find_all(re.compile("^h[1-6]$"))]
            assert levels[:1] == [1] or page in ("genindex.html", "py-modindex.html", "search.html"), page
            assert levels.count(1) <= 1, page
            assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), page

    def test_formulas_are_mathml(self, pages):
        assert len(pages["lessons/05_tversky_losses.html"].article.find_all("math", display="block")) >= 2

    def test_names_in_docstrings_lead_to_their_entries(self, pages):
        found = pages["reference/data.html"].select('article p a[href="#course_lib.data.augment_batch"]')
        assert found

    def test_no_page_tells_where_it_was_built(self, built):
        out, _ = built
        told = [path.name for path in out.rglob("*.html") if str(ROOT) in path.read_text(encoding="utf-8")]
        assert told == []

    def test_it_is_small_enough(self, built):
        assert sum(file.stat().st_size for file in built[0].rglob("*") if file.is_file()) <= 30e6
