"""The lessons as notebooks: they match their sources, give nothing away, run, stay within budget, can be read aloud.

The first half proves on throwaway lessons that the build works and that each fault is found; the second half holds
every lesson to it. Those that run notebooks are marked `notebooks`.
"""

import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
import pytest

from course_lib.errors import CourseError
from tools import build_notebooks
from tools.notebook_build import faults
from tools.notebook_build.execute import ROOT, Measured, environment, execute, nbval, scrubbed
from tools.notebook_build.slices import exercise_names, run_slice, slice_of
from tools.notebook_build.source import (
    find_lessons,
    for_solutions_folder,
    learners_copy,
    read_source,
    solution_blocks,
    to_text,
    without_solution,
)

NOTEBOOKS = ROOT / "notebooks"
SANITISE = Path(__file__).with_name("nbval_sanitize.cfg")
SECONDS, GIGABYTES = 90, 1.5  # what a lesson may take in the fast preset

LESSON = '''# %% [markdown]
# # 99 · A throwaway lesson
#
# ![A dot](../data/dot.png)
#
# ## Look

# %% tags=["setup"]
from course_lib.check import check, hint

# %%
offset = 1
offset

# %% exercise="add_offset"
def add_offset(number):
    """The number, one larger."""
    ### BEGIN SOLUTION
    shifted_by_one = number + 1
    return shifted_by_one
    ### END SOLUTION


# %%
check("add_offset", add_offset)

# %% exercise="how_many"
### BEGIN SOLUTION
how_many = len("four") + 3 * offset
### END SOLUTION

# %%
check("how_many", how_many)

# %% [markdown] tags=["solution"]
# Whoever wrote seven was right.
'''


PICTURE_SHOWN = '<img src="data:image/png;base64,{}==" alt="A dot">\n'
PICTURE = """print('<img src="data:image/png;base64,{}==" alt="A dot">')"""


def over_budget(measured: Measured) -> list[str]:
    """Return in which ways a run took more than a lesson may.

    On a busy machine the clock says little. Then processor time is asked, for two cores of which training uses one and
    a half on average.
    """
    seconds = min(measured.seconds, measured.processor / 1.5 or measured.seconds)
    found = [f"{seconds:.0f} s, at most {SECONDS}"] if seconds > SECONDS else []
    return found + ([f"{measured.peak / 1e9:.2f} GB, at most {GIGABYTES}"] if measured.peak > GIGABYTES * 1e9 else [])


@pytest.fixture
def lesson(tmp_path):
    """A function that writes the throwaway lesson, changed, and returns where its three files lie."""

    def write(old="", new="", text=LESSON):
        assert old in text
        folder = tmp_path / "notebooks"
        (folder / "source").mkdir(parents=True, exist_ok=True)
        (folder / "solutions").mkdir(exist_ok=True)
        (folder / "source" / "99_throwaway.py").write_text(text.replace(old, new))
        return find_lessons(folder)[0]

    return write


def cell(source, **metadata):
    """A lesson of one code cell."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    made.cells[0].metadata.update(metadata)
    return made


# ---- the build


def test_a_learners_copy_keeps_the_task_and_stubs_the_solution(lesson):
    made = learners_copy(read_source(lesson().source))
    code = [cell.source for cell in made.cells if cell.cell_type == "code"]
    assert code[2] == (
        'def add_offset(number):\n    """The number, one larger."""\n    raise NotImplementedError("your turn")'
    )
    assert code[4] == "how_many = ...  # your turn"
    assert "seven" not in to_text(made)


def test_ids_and_metadata_are_stable_and_name_the_exercise(lesson):
    before = read_source(lesson().source)
    after = read_source(lesson("offset = 1\noffset", "offset = 1\nprint(offset)").source)
    changed = [a.id != b.id for a, b in zip(before.cells, after.cells, strict=True)]
    assert changed == [False, False, True, *[False] * (len(changed) - 3)]
    assert [a.id for a in learners_copy(before).cells] == [b.id for b in before.cells][:-1]
    named = {cell.id: cell.metadata["course"]["exercise"] for cell in before.cells if "course" in cell.metadata}
    assert named == {"exercise-add_offset": "add_offset", "exercise-how_many": "how_many"}
    assert exercise_names(before) == ["add_offset", "how_many"]
    assert before.metadata.kernelspec.name == "python3"


def test_equal_cells_get_different_ids(lesson):
    made = read_source(lesson("offset = 1\noffset", "pass\n\n# %%\npass").source)
    assert len({cell.id for cell in made.cells}) == len(made.cells)
    nbformat.validate(made)


@pytest.mark.parametrize(
    ("block", "stub"),
    [
        ("a = 1\nb = 2", "a = ...  # your turn\nb = ...  # your turn"),
        ("a, b = 1, 2", "a = ...  # your turn\nb = ...  # your turn"),
        ("_helper = 3\na: int = _helper", "a = ...  # your turn"),
        ("a = 1\na += 1", "a = ...  # your turn"),
    ],
)
def test_a_value_becomes_an_ellipsis_for_each_name(block, stub):
    assert without_solution(f"### BEGIN SOLUTION\n{block}\n### END SOLUTION") == stub


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("    ### END SOLUTION\n\n\n", "\n\n", "do not pair"),
        ("### BEGIN SOLUTION\nhow", "### begin solution\nhow", "is no marker"),
        ("### BEGIN SOLUTION\nhow", "#### BEGIN SOLUTION\nhow", "is no marker"),
        ('# %% exercise="how_many"', "# %%", "names no exercise"),
        ("# ## Look", "# ### BEGIN SOLUTION\n# x\n# ### END SOLUTION", "text cell"),
    ],
)
def test_bad_markers_are_refused_with_the_place(lesson, old, new, names):
    with pytest.raises(CourseError, match=rf"99_throwaway\.py, cell \d+.*{names}"):
        read_source(lesson(old, new).source)


@pytest.mark.parametrize("block", ["print(3)", "def f():\n    return 3"])
def test_a_block_that_leaves_nothing_to_fill_in_is_refused(block):
    with pytest.raises(CourseError):
        without_solution(f"### BEGIN SOLUTION\n{block}\n### END SOLUTION")


def test_links_lead_to_the_same_place_from_both_folders(lesson):
    text = "# [data](../data/a.png) [next](02_next.ipynb) [web](https://x.org) [here](#look) <img src='b.png' alt='b'>"
    made = for_solutions_folder(read_source(lesson("# ![A dot](../data/dot.png)", text).source))
    for link in ("(../../data/a.png)", "(02_next.ipynb)", "(https://x.org)", "(#look)", "src='../b.png'"):
        assert link in made.cells[0].source


def test_naming_a_lesson_that_does_not_exist_is_an_error(lesson, capsys):
    folder = lesson().source.parents[1]
    assert build_notebooks.main(["--notebooks", str(folder), "--only", "42"]) == 1
    assert "No lesson starts with '42'" in capsys.readouterr().err


@pytest.mark.notebooks
def test_build_then_check_agree_until_something_changes(lesson, capsys):
    made = lesson()
    folder = ["--notebooks", str(made.source.parents[1])]
    assert build_notebooks.main([*folder, "--check"]) == 1
    assert build_notebooks.main(folder) == 0
    assert build_notebooks.main([*folder, "--check"]) == 0
    solution = nbformat.read(made.solution, as_version=4)
    shown = next(cell for cell in solution.cells if cell.source.startswith("offset"))
    assert shown.outputs[0].data["text/plain"] == "1"
    for changed, reason in [(made.learner, "differs"), (made.solution, "differs"), (made.source, "differs")]:
        kept = changed.read_text()
        changed.write_text(kept.replace("one larger", "one too large"))
        assert build_notebooks.main([*folder, "--check"]) == 1
        assert reason in capsys.readouterr().out
        changed.write_text(kept)
    assert build_notebooks.main([*folder, "--check"]) == 0


def test_building_the_learners_copy_twice_gives_the_same_bytes(lesson):
    made = lesson()
    folder = ["--notebooks", str(made.source.parents[1]), "--learner"]
    build_notebooks.main(folder)
    first = made.learner.read_bytes()
    build_notebooks.main(folder)
    assert made.learner.read_bytes() == first
    assert first.endswith(b"}\n")


@pytest.mark.notebooks
def test_a_solution_that_raises_is_not_written_and_named(lesson, capsys):
    made = lesson("offset = 1\n", "offset = 1 / 0\n")
    assert build_notebooks.main(["--notebooks", str(made.source.parents[1])]) == 1
    assert re.search(r"99_throwaway does not run:.*ZeroDivisionError", capsys.readouterr().err, re.S)
    assert not made.solution.exists()


def test_what_differs_from_run_to_run_is_scrubbed():
    made = cell("x")
    made.cells[0].metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    data = {"text/plain": f"<Model at 0x7f3ab1c2d3e0 in {ROOT}/data>", "application/vnd.jupyter.widget-view+json": {}}
    made.cells[0].outputs = [nbformat.v4.new_output("display_data", data)]
    clean = scrubbed(made).cells[0]
    assert clean.outputs[0].data == {"text/plain": "<Model at 0x0 in data>"}
    assert clean.metadata == {}


# ---- each fault is found


def test_a_faultless_lesson_has_no_fault(lesson):
    solved = read_source(lesson().source)
    assert faults.leaks(learners_copy(solved), solved) == []
    for look in (faults.without_alt_text, faults.noise, faults.long_cells, faults.skipped_headings):
        assert look(solved) == []


def leak_a_line(made):
    made.cells[2].source = "# shifted_by_one = number + 1"


def leak_in_metadata(made):
    made.metadata["notes"] = "how_many = len(\"four\") + 3 * offset"  # fmt: skip


def leak_in_a_text(made):
    made.cells[0].source += "\nWhoever wrote seven was right.\n"


def leak_a_marker(made):
    made.cells[2].source += "\n### begin solution"


def leak_an_output(made):
    made.cells[2].outputs = [nbformat.v4.new_output("stream", text="7")]


def leak_the_whole(made):
    made.cells = [*made.cells, nbformat.v4.new_code_cell("x", metadata={"tags": ["solution"]})]


@pytest.mark.parametrize(
    "leak", [leak_a_line, leak_in_metadata, leak_in_a_text, leak_a_marker, leak_an_output, leak_the_whole]
)
def test_a_leaked_solution_is_found(lesson, leak):
    solved = read_source(lesson().source)
    made = learners_copy(solved)
    leak(made)
    assert len(faults.leaks(made, solved)) == 1


@pytest.mark.parametrize(
    ("mime", "content", "metadata", "number"),
    [
        ("image/png", "iVBOR", {}, 1),
        ("image/png", "iVBOR", {"image/png": {"alt": " "}}, 1),
        ("image/png", "iVBOR", {"image/png": {"alt": "A slice."}}, 0),
        ("image/svg+xml", "<svg/>", {}, 1),
        ("text/html", "<img src='a.png'>", {}, 1),
        ("text/html", "<img alt='' src='a.png'>", {}, 1),
        ("text/html", "<p><img src='a.png' alt='A slice.'></p>", {}, 0),
    ],
)
def test_a_figure_without_alt_text_is_found(mime, content, metadata, number):
    made = cell("draw()")
    made.cells[0].outputs = [nbformat.v4.new_output("display_data", {mime: content}, metadata=metadata)]
    assert len(faults.without_alt_text(made)) == number


@pytest.mark.parametrize("picture", ["![](../data/dot.png)", "<img src='../data/dot.png'>"])
def test_a_picture_in_a_text_without_alt_text_is_found(lesson, picture):
    solved = read_source(lesson("![A dot](../data/dot.png)", picture).source)
    assert len(faults.without_alt_text(solved)) == 1


def test_a_long_cell_is_found_but_comments_setup_and_exercises_have_room():
    ten, more = "\n".join(["x = 1"] * 10), "\n".join(["x = 1"] * 11)
    assert faults.long_cells(cell(ten + "\n\n# a remark\n")) == []
    assert len(faults.long_cells(cell(more))) == 1
    assert faults.long_cells(cell(more, tags=["setup"])) == []
    assert faults.long_cells(cell(more, course={"exercise": "x"})) == []
    assert len(faults.long_cells(cell("\n".join(["x = 1"] * 26), course={"exercise": "x"}))) == 1
    assert len(faults.long_cells(cell("x = [\n" + "1,\n" * 10 + "]"))) == 1


@pytest.mark.parametrize(
    ("headings", "number"),
    [(["# A", "## B", "### C", "## D"], 0), (["# A", "### C"], 1), (["## B"], 1), (["# A", "# A"], 1), (["text"], 1)],
)
def test_headings_that_skip_a_level_are_found(headings, number):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text) for text in headings])
    assert len(faults.skipped_headings(made)) == number


def test_a_link_to_nowhere_is_found(lesson, tmp_path):
    solved = read_source(lesson().source)
    assert faults.broken_links(solved, tmp_path / "notebooks") == ["cell 0: ../data/dot.png"]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dot.png").touch()
    assert faults.broken_links(solved, tmp_path / "notebooks") == []


def test_what_is_over_budget_is_found():
    assert over_budget(Measured(89, int(1.4e9))) == []
    assert len(over_budget(Measured(91, int(1.6e9)))) == 2
    assert over_budget(Measured(150, int(1.4e9), processor=130)) == []
    assert len(over_budget(Measured(150, int(1.4e9), processor=140))) == 1


def test_one_exercise_can_be_run_alone(lesson):
    made = read_source(lesson("offset = 1\noffset", "offset = 1\n\n# %%\nraise SystemExit").source)
    assert run_slice(slice_of(made, "how_many"), "how_many", lambda name, answer: answer) == 7
    assert run_slice(slice_of(made, "add_offset"), "add_offset", lambda name, answer: answer(4)) == 5


@pytest.mark.notebooks
def test_time_and_memory_are_those_of_the_kernel(tmp_path):
    _, idle = execute(cell("pass"), tmp_path, "idle")
    greedy = "import time\nblock = bytearray(400_000_000)\ndel block\ntime.sleep(1.5)"
    made, busy = execute(cell(greedy), tmp_path, "greedy")
    assert 0 < busy.processor < 60
    assert busy.seconds >= 1.5  # a bound from below alone: how fast a kernel starts is the machine's affair
    assert 350e6 < busy.peak - idle.peak < 500e6
    assert made.cells[0].execution_count == 1


@pytest.mark.notebooks
def test_of_two_runs_at_once_each_is_measured_by_itself(tmp_path):
    wait = "import pathlib, time\nwhile not pathlib.Path('{}').exists():\n    time.sleep(0.05)\n"
    greedy = "block = bytearray(400_000_000)\nopen('held', 'w').close()\n" + wait.format("looked")
    modest = wait.format("held") + "time.sleep(1)\nopen('looked', 'w').close()"  # both are there for a second
    with ProcessPoolExecutor(max_workers=2) as pool:  # as two workers of pytest, or of a build
        runs = [pool.submit(execute, cell(source), tmp_path, "one of two") for source in (greedy, modest)]
        large, small = (run.result()[1] for run in runs)
    assert large.peak - small.peak > 350e6


@pytest.mark.notebooks
def test_stderr_is_found_in_an_executed_notebook(tmp_path):
    made, _ = execute(cell("import sys\nprint('a warning', file=sys.stderr)"), tmp_path, "noisy")
    assert faults.noise(made) == ["cell 0 writes to stderr: a warning"]


@pytest.mark.notebooks
@pytest.mark.parametrize(
    ("source", "output", "strict", "passes"),
    [
        (PICTURE.format("B"), PICTURE_SHOWN.format("A"), True, True),
        (PICTURE.format("A").replace("A dot", "A line"), PICTURE_SHOWN.format("A"), True, False),
        ("print(6 * 7)", "42\n", True, True),
        ("print(6 * 7)", "43\n", True, False),
        ("print(6 * 7)", "43\n", False, True),
        ("1 / 0", "", False, False),
        ("import time; print(f'took {time.time():.2f} s')", "took 3.21 s\n", True, True),
    ],
    ids=[
        "other bytes",
        "other alt text",
        "same output",
        "other output",
        "other output, lax",
        "an error",
        "another duration",
    ],
)
def test_nbval_compares_solutions_and_runs_learners_copies(tmp_path, source, output, strict, passes):
    made = cell(source)
    made.cells[0].execution_count = 1
    made.cells[0].outputs = [nbformat.v4.new_output("stream", text=output)] if output else []
    nbformat.write(made, tmp_path / "small.ipynb")
    process, measured = nbval(tmp_path / "small.ipynb", strict, SANITISE)
    assert (process.returncode == 0) == passes, process.stdout
    assert measured.peak > 20e6


# ---- every lesson

LESSONS = find_lessons(NOTEBOOKS)
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])


def test_there_are_lessons_and_no_notebook_without_a_source():
    assert LESSONS
    named = {lesson.name for lesson in LESSONS}
    assert {path.stem for path in [*NOTEBOOKS.glob("[0-9]*.ipynb"), *NOTEBOOKS.glob("solutions/*.ipynb")]} == named


@every_lesson
def test_both_notebooks_match_their_source(lesson):
    assert build_notebooks.disagreements(lesson) == []


@every_lesson
def test_no_solution_leaks_into_the_learners_copy(lesson):
    solved = read_source(lesson.source)
    assert any(solution_blocks(cell.source) for cell in solved.cells)
    assert faults.leaks(nbformat.read(lesson.learner, as_version=4), solved) == []


@every_lesson
def test_every_figure_and_picture_has_alt_text(lesson):
    solution = nbformat.read(lesson.solution, as_version=4)
    shown = [output.get("data", {}) for cell in solution.cells for output in cell.get("outputs", [])]
    assert any("<img" in data.get("text/html", "") or any("image/" in mime for mime in data) for data in shown)
    assert faults.without_alt_text(solution) == []


@every_lesson
def test_a_lesson_reads_well(lesson):
    solved = read_source(lesson.source)
    assert faults.long_cells(solved) == []
    assert faults.skipped_headings(solved) == []
    assert faults.broken_links(solved, lesson.learner.parent) == []


@every_lesson
def test_the_solution_ran_without_noise(lesson):
    assert faults.noise(nbformat.read(lesson.solution, as_version=4)) == []


@pytest.fixture(scope="session")
def phantoms_made():
    """Make the data once, so that no lesson's time depends on which one ran first."""
    command = "from course_lib import data; data.find_data()"
    subprocess.run([sys.executable, "-c", command], check=True, env=environment(), cwd=NOTEBOOKS)


@pytest.mark.notebooks
@every_lesson
def test_an_untouched_learners_copy_runs_within_budget(lesson, phantoms_made):
    process, measured = nbval(lesson.learner, strict=False, sanitise=SANITISE)
    print(f"{lesson.name}: {measured}")
    assert process.returncode == 0, process.stdout[-4000:]
    assert over_budget(measured) == []


@pytest.mark.notebooks
@every_lesson
def test_a_fresh_run_gives_the_solutions_outputs(lesson, phantoms_made):
    process, measured = nbval(lesson.solution, strict=True, sanitise=SANITISE)
    print(f"{lesson.name}, solution: {measured}")
    assert process.returncode == 0, process.stdout[-4000:]
    assert over_budget(measured) == []
