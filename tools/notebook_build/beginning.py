"""What a lesson needs to be opened alone: a line that opens it elsewhere, a cell that fetches the course, web links.

All are put in when a notebook is built, so that no source repeats them, and neither grading nor a test of a lesson's
cells ever runs the fetching.
"""

import copy
import posixpath
import re

import nbformat

from course_lib.errors import CourseError
from tools import repository
from tools.notebook_build.faults import SETUP_TAG
from tools.notebook_build.source import DOCUMENT_LINK

LAUNCH_TAG, BEGIN_TAG = "launch", "begin"
IGNORED_TAG = "nbval-ignore-output"  # what the cell says depends on the machine

BADGES = {
    "Open in Colab": ("https://colab.research.google.com/assets/colab-badge.svg", repository.colab_link),
    "Open in Kaggle": ("https://kaggle.com/static/images/open-in-kaggle.svg", repository.kaggle_link),
    "Open in Binder": ("https://mybinder.org/badge_logo.svg", repository.binder_link),
}

LESSON_LINK = re.compile(r"\[[^\]]+\]\((\d\d_\w+)\.ipynb\)")  # to another lesson, whose name it finds

# The course may lie around the notebook, whose kernel is another Python, or beside it, as in a class's release. Else it
# goes to the user's own folder, and not to a temporary one where anybody could have put another. Kaggle mounts what is
# attached in one of two forms, and unpacks it with or without a folder around it. `from None`: without it Colab's
# IPython 7.34 shows, in place of the sentence, the trace of an error of its own.
CELL = """\
# @title Run this first: where the course is not there yet, as on Colab and Kaggle, it is fetched
try:
    from course_lib import host
except ImportError:
    import glob, os, sys

    places = ["..", "course", *(f"/kaggle/input/{{form}}" for form in ("*", "*/*", "*/*/*", "datasets/*/*/*"))]
    found = [path for place in places for path in glob.glob(f"{{place}}/course_lib/host")]
    home = os.path.expanduser("~/tumor-segmentation-course-{tag}")
    folder = os.path.abspath(f"{{found[0]}}/../..") if found else home
    address = "{address}"
    fetch = f'git -c advice.detachedHead=false clone -q --depth 1 --branch {tag} {{address}} "{{folder}}"'
    if not os.path.exists(f"{{folder}}/course_lib/host") and os.system(fetch):
        raise SystemExit("The course cannot be fetched. On Kaggle: Settings → Internet on, or attach the course as an "
                         "input. Elsewhere: it takes a network and git; behind a proxy, HTTPS_PROXY. Then run this "
                         "cell again.") from None
    sys.path.insert(0, folder)
    from course_lib import host
host.begin()"""


def launch_line(name: str) -> str:
    """Return the badges that open a lesson's learner's copy elsewhere, as Markdown."""
    return " ".join(f"[![{text}]({picture})]({link(name)})" for text, (picture, link) in BADGES.items())


def begin_code() -> str:
    """Return the code of a lesson's first cell."""
    return CELL.format(tag=repository.tag(), address=repository.address())


def with_beginning(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy of a lesson with the launch line on top and the first cell before the cell tagged "setup".

    Raises:
        CourseError: no cell is tagged "setup".
    """
    made = copy.deepcopy(notebook)
    name = made.metadata["course"]["lesson"]
    setup = [n for n, cell in enumerate(made.cells) if SETUP_TAG in cell.metadata.get("tags", [])]
    if not setup:
        raise CourseError(f'{name}: no cell is tagged {SETUP_TAG!r}. Tag the one with the imports: # %% tags=["setup"]')
    begin = nbformat.v4.new_code_cell(begin_code(), id=BEGIN_TAG)
    begin.metadata["tags"] = [BEGIN_TAG, IGNORED_TAG]
    begin.metadata["cellView"] = "form"  # Colab shows the title and folds the code away
    launch = nbformat.v4.new_markdown_cell(launch_line(name), id=LAUNCH_TAG)
    launch.metadata["tags"] = [LAUNCH_TAG]
    made.cells[setup[0] : setup[0]] = [begin]
    made.cells[:0] = [launch]
    return made


def with_web_links(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy of a lesson whose text links to the repository's documents on the web, at the tag.

    On Colab and Kaggle the notebook is opened without the folders around it, and without the other lessons. Links to
    these stay, since they are what works offline; after each come those that open the lesson there.
    """
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = DOCUMENT_LINK.sub(_on_the_web, cell.source)
            cell.source = LESSON_LINK.sub(_also_on_the_web, cell.source)
    return made


def _on_the_web(link) -> str:
    path = posixpath.normpath(f"notebooks/{link[2]}")
    return link[1] + repository.github_link(path)


def _also_on_the_web(link) -> str:
    name = link[1]
    return f"{link[0]} ([on Colab]({repository.colab_link(name)}), [on Kaggle]({repository.kaggle_link(name)}))"
