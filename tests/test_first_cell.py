"""The first cell of every lesson: it fetches the course where it is not, does no harm twice, and explains failures."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.check import exercises
from course_lib.grading.answers import cells_for
from tools import repository
from tools.notebook_build.beginning import begin_code, launch_line, with_beginning, with_web_links
from tools.notebook_build.faults import without_alt_text
from tools.notebook_build.slices import exercise_names, slice_of
from tools.notebook_build.source import find_lessons, learners_copy, read_source, to_text

ROOT = Path(__file__).parents[1]
LESSONS = find_lessons(ROOT / "notebooks")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A bare repository with what the cell needs of the course, as published at its tag."""
    folder = tmp_path_factory.mktemp("published")
    work, bare = folder / "work", folder / "course.git"
    shutil.copytree(
        ROOT / "course_lib" / "host", work / "course_lib" / "host", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copyfile(ROOT / "course_lib" / "__init__.py", work / "course_lib" / "__init__.py")
    me = [
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@example.org",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "tag.gpgsign=false",
    ]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"], ["tag", repository.tag()]):
        subprocess.run(["git", *me, *command], cwd=work, check=True)
    subprocess.run(["git", "clone", "-q", "--bare", work, bare], check=True)
    return bare


@pytest.fixture
def run(tmp_path, published):
    """A function that runs the cell in a fresh Python without the course and without any other package."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)

    def once(code=None, source=published, **settings):
        redirect = {"GIT_CONFIG_KEY_0": f"url.file://{source}.insteadOf", "GIT_CONFIG_VALUE_0": repository.address()}
        environ = {"PATH": os.environ["PATH"], "HOME": str(home), "USERPROFILE": str(home), "GIT_CONFIG_COUNT": "1"}
        code = (code or begin_code()) + "\nprint('from', Path(host.__file__).resolve())"
        return subprocess.run(
            [sys.executable, "-S", "-c", "import sys; from pathlib import Path\n" + code],
            env={**environ, **redirect, **settings},
            cwd=home,
            capture_output=True,
            text=True,
        )

    once.home = home
    return once


def test_where_the_course_is_not_the_cell_fetches_it_and_a_second_time_does_not(run):
    first = run()
    folder = run.home / f"tumor-segmentation-course-{repository.tag()}"
    assert first.returncode == 0, first.stderr
    assert f"from {folder.resolve()}" in first.stdout
    assert first.stderr == ""
    again = run(source="/nowhere")  # nothing to fetch from any more
    assert again.returncode == 0, again.stderr
    assert again.stdout == first.stdout


def test_the_same_cell_twice_in_one_session_is_quick_and_says_the_same(run):
    said = run(begin_code() + "\n" + begin_code()).stdout.splitlines()
    assert said[:-1] == 2 * said[: len(said) // 2]


@pytest.mark.parametrize("reason", ["no network", "no git", "an old git", "no such tag"])
def test_where_it_cannot_be_fetched_a_sentence_says_what_to_do_and_nothing_is_left_behind(
    run, tmp_path, published, reason
):
    settings, code = {}, begin_code()
    if reason in ("no git", "an old git"):
        (tmp_path / "bin").mkdir()
        settings["PATH"] = f"{tmp_path / 'bin'}"
    if reason == "an old git":
        (tmp_path / "bin" / "git").write_text("#!/bin/sh\necho \"error: unknown option 'branch'\" >&2\nexit 129\n")
        (tmp_path / "bin" / "git").chmod(0o755)
    if reason == "no such tag":
        code = code.replace(f"--branch {repository.tag()}", "--branch v99.9")
    failed = run(code, source="/nowhere" if reason == "no network" else published, **settings)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert re.search(r"cannot be fetched\. On Kaggle: Settings → Internet on.*HTTPS_PROXY.*run this", failed.stderr)
    assert list(run.home.iterdir()) == []
    assert run().returncode == 0  # and once the reason is gone, the same cell works


@pytest.mark.parametrize(
    "form",
    ["course", "course/tumor-segmentation-course", "datasets/me/course", "datasets/me/course/tumor-segmentation"],
)
def test_on_kaggle_without_internet_the_course_attached_as_an_input_is_taken(run, tmp_path, form):
    attached = tmp_path / "input" / form
    shutil.copytree(ROOT / "course_lib" / "host", attached / "course_lib" / "host")
    shutil.copyfile(ROOT / "course_lib" / "__init__.py", attached / "course_lib" / "__init__.py")
    code = begin_code()
    assert code.count("/kaggle/input") == 1
    done = run(code.replace("/kaggle/input", str(tmp_path / "input")), source="/nowhere")
    assert done.returncode == 0, done.stderr
    assert f"from {attached.resolve()}" in done.stdout
    assert list(run.home.iterdir()) == []


def test_a_notebook_in_the_course_whose_kernel_is_another_python_takes_the_course_around_it(run, tmp_path):
    shutil.copytree(ROOT / "course_lib" / "host", tmp_path / "course_lib" / "host")
    shutil.copyfile(ROOT / "course_lib" / "__init__.py", tmp_path / "course_lib" / "__init__.py")
    done = run(source="/nowhere")
    assert f"from {tmp_path.resolve()}" in done.stdout
    assert re.search(r"lacks tensorflow, .*Choose the kernel of the course's \.venv", done.stdout)
    assert list(run.home.iterdir()) == []


def test_the_cell_is_short_enough_to_be_read():
    lines = [line for line in begin_code().splitlines() if line.strip()]
    assert lines[0].startswith("# @title Run this first")  # all that Colab shows of it
    assert len(lines) <= 18
    assert max(map(len, begin_code().splitlines())) <= 120


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])
def test_every_lesson_begins_with_its_launch_line_and_with_the_cell_before_its_imports(lesson):
    made = with_beginning(read_source(lesson.source))
    nbformat.validate(made)
    tags = [cell.metadata.get("tags", []) for cell in made.cells]
    assert tags[0] == ["launch"]
    first_code = next(n for n, cell in enumerate(made.cells) if cell.cell_type == "code")
    assert tags[first_code] == ["begin", "nbval-ignore-output"]
    assert "setup" in tags[first_code + 1]
    assert [made.cells[0].id, made.cells[first_code].id] == ["launch", "begin"]
    assert without_alt_text(made) == []


def test_the_links_open_this_lesson_at_the_tag_of_this_version():
    links = re.findall(r"\]\((https://[^)]+)\)(?= |$)", launch_line("06_train"))
    owner, tag = repository.owner_and_name(), repository.tag()
    assert links == [
        f"https://colab.research.google.com/github/{owner}/blob/{tag}/notebooks/06_train.ipynb",
        f"https://kaggle.com/kernels/welcome?src=https://github.com/{owner}/blob/{tag}/notebooks/06_train.ipynb",
        f"https://mybinder.org/v2/gh/{owner}/{tag}?urlpath=lab%2Ftree%2Fnotebooks%2F06_train.ipynb",
    ]


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])
def test_a_copy_that_is_opened_alone_leads_everywhere_without_the_files_beside_it(lesson):
    copy = nbformat.read(lesson.learner, as_version=4)
    text = "\n".join(cell.source for cell in copy.cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    for link in links:
        if link.startswith(repository.github_link("")):
            assert (ROOT / link.removeprefix(repository.github_link(""))).exists(), link
        elif not link.startswith(("http", "#")):
            assert repository.colab_link(Path(link).stem) in links, link
            assert repository.kaggle_link(Path(link).stem) in links, link


def test_links_to_documents_are_turned_to_the_web_and_those_to_lessons_are_joined_by_the_webs():
    notebook = nbformat.v4.new_notebook()
    document, lesson, others = "[a](../data/README.md#login)", "[b](02_next.ipynb)", "[c](https://x.org) [d](#here)"
    code = f"f = [a](../b)  # {lesson}"
    notebook.cells = [nbformat.v4.new_markdown_cell(f"{document} {lesson} {others}"), nbformat.v4.new_code_cell(code)]
    text, made_code = (cell.source for cell in with_web_links(notebook).cells)
    web = [repository.colab_link("02_next"), repository.kaggle_link("02_next")]
    assert text == (
        f"[a]({repository.github_link('data/README.md#login')}) "
        f"{lesson} ([on Colab]({web[0]}), [on Kaggle]({web[1]})) {others}"
    )
    assert made_code == code


def test_the_repository_is_named_in_no_second_place():
    import course_lib

    assert repository.tag() == f"v{course_lib.__version__}"
    assert repository.address() not in "".join(path.read_text() for path in (ROOT / "course_lib").rglob("*.py"))


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])
def test_grading_and_slices_never_run_the_fetching(lesson):
    solved = with_beginning(read_source(lesson.source))
    released, handed_in = learners_copy(solved), json.loads(to_text(solved))
    chosen = cells_for(handed_in, json.loads(to_text(released)), exercises(lesson.number))
    assert (chosen.blank, chosen.flags) == ([], [])
    assert not [cell for cell in chosen.cells if "fetch" in cell and "kaggle/input" in cell]
    for name in exercise_names(solved):
        assert "begin" not in [cell.id for cell in slice_of(solved, name)]
