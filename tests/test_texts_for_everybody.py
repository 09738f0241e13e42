"""Texts that everybody can find their way in: pictures described, headings in order, links that say where they lead."""

import re
from pathlib import Path

import nbformat
import pytest

from tools.notebook_build import faults
from tools.notebook_build.source import read_source

ROOT = Path(__file__).parents[1]
FOLDERS = (".", "data", "data/*", "docs", "docs/lessons", "instructor", "results")
PAGES = sorted({path for folder in FOLDERS for path in ROOT.glob(f"{folder}/*.md") if "kaggle_3m" not in path.parts})
LESSONS = sorted((ROOT / "notebooks" / "source").glob("*.py"))
SAYS_NOTHING = re.compile(r"(click )?(here|this|there|link|more|read more|page|site|https?://\S+)\.?", re.I)


def names(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def as_notebook(path):
    """A lesson, or a page as a notebook of one text cell."""
    if path.suffix == ".py":
        return read_source(path)
    text = re.sub(r"^---\n.*?\n---\n", "", path.read_text(), flags=re.S)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])


def texts(path):
    """The text cells of a lesson or page, code left out."""
    cells = [cell.source for cell in as_notebook(path).cells if cell.cell_type == "markdown"]
    return [re.sub(r"```.*?```|`[^`\n]*`", "code", text, flags=re.S) for text in cells]


def links(text):
    """Texts of the links, those around pictures left out."""
    return re.findall(r"(?<!!)\[([^\]\[!]+)\]\([^)]+\)", text)


everywhere = pytest.mark.parametrize("path", [*LESSONS, *PAGES], ids=names([*LESSONS, *PAGES]))


@everywhere
def test_links_say_where_they_lead(path):
    assert [said for text in texts(path) for said in links(text) if SAYS_NOTHING.fullmatch(said.strip("* "))] == []


@everywhere
def test_every_picture_is_described(path):
    assert faults.without_alt_text(as_notebook(path)) == []


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_no_level_of_headings_is_skipped(path):
    assert faults.skipped_headings(as_notebook(path)) == []


@everywhere
def test_tables_of_values_have_a_header_row(path):
    """A table whose header is empty is a list of terms, its first column bold: two columns, no more."""
    for text in texts(path):
        for header in re.findall(r"^(\|.*\|)\n\|[\s:|-]+\|$", text, re.M):
            columns = [cell.strip() for cell in header.strip("|").split("|")]
            assert len(columns) == 2 or sum(bool(cell) for cell in columns) >= len(columns) - 1, header


def test_a_vague_link_would_be_found():
    said = ("here", "https://a.org/b", "lesson 2, count the masks")
    assert [bool(SAYS_NOTHING.fullmatch(each)) for each in said] == [True, True, False]
