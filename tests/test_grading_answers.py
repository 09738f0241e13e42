"""What of a submission is run: the answers and what they need, however it was rearranged, and nothing else."""

import ast
import random
import time

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.check import exercises
from course_lib.check.exercise import Exercise, Property, case
from course_lib.grading import slices
from course_lib.grading.answers import MOST, cells_for
from tools.notebook_build.execute import ROOT
from tools.notebook_build.source import find_lessons

LESSONS = find_lessons(ROOT / "notebooks")
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])

SETUP = "import numpy as np\n\nfrom course_lib import losses, masks\nfrom course_lib.check import check, hint"
STUB_AREA = 'def area(mask):\n    """Pixels of a mask."""\n    raise NotImplementedError("your turn")'
STUB_SHARE = 'def share(mask):\n    """Its share."""\n    raise NotImplementedError("your turn")'
AREA = 'def area(mask):\n    """Pixels of a mask."""\n    return int(np.sum(mask))'
SHARE = "def share(mask):\n    return area(mask) / mask.size"
RELEASED = [
    ("setup", SETUP),
    ("", "picture = np.ones((4, 4))\nfactor = 3"),
    ("area", STUB_AREA),
    ("", 'check("area", area)'),
    ("share", STUB_SHARE),
    ("guess", "guess = ...  # your turn"),
    ("", "model = object()\nprint('end')"),
]
NAMES = ["area", "share", "guess"]


def notebook(cells, metadata=True):
    """A notebook of code cells, given as (tag or exercise, source) or as sources alone."""
    made = nbformat.v4.new_notebook()
    for tag, source in (cell if isinstance(cell, tuple) else ("", cell) for cell in cells):
        extra = {"tags": ["setup"]} if tag == "setup" else {"course": {"exercise": tag}} if tag else {}
        made.cells.append(nbformat.v4.new_code_cell(source, metadata=extra if metadata else {}))
    return made


def handed_in(**answers):
    """The released cells with these answers instead of the stubs."""
    return [(tag, answers.get(tag, source)) for tag, source in RELEASED]


def chosen(cells, names=NAMES, released=RELEASED, metadata=True):
    return cells_for(notebook(cells, metadata), notebook(released), names)


def run(made):
    """Run what was chosen, in one namespace, a cell that raises stopping only itself."""
    space = {}
    for code in made.cells:
        try:
            exec(compile(code, "<cell>", "exec"), space)
        except Exception as error:
            space.setdefault("raised", []).append(error)
    return space


ANSWERED = handed_in(area=AREA, share=SHARE, guess="guess = 40 + 2")


def is_right(made):
    import numpy as np

    space = run(made)
    return space["area"](np.eye(4)) == 4 and space["share"](np.eye(4)) == 0.25 and space["guess"] == 42


# ---- what is kept


def test_only_the_answers_and_what_they_need_are_kept_on_their_own_lines():
    made = chosen(ANSWERED)
    assert made.cells == ["import numpy as np", AREA, SHARE, "guess = 40 + 2"]
    assert made.numbers == [0, 3, 5, 6]
    assert (made.flags, made.blank) == ([], [])


def test_a_plot_a_training_or_an_error_beside_an_answer_is_left_out():
    noisy = f"1 / 0\nmodel.fit(forever)\n{AREA}\n\narea(picture)\nplots.show(area)\ncheck('area', area)"
    made = chosen(handed_in(area=noisy))
    assert made.cells[1].split("\n")[2:] == AREA.split("\n")
    assert set(made.cells[1].split("\n")[:2]) == {""}
    assert run(made)["area"]([1, 1]) == 2


def test_needed_helpers_are_kept_wherever_they_stand():
    answer = "def area(mask):\n    return total(mask) * factor"
    made = chosen([*handed_in(area=answer), "def total(mask):\n    return np.sum(mask)"], ["area"])
    assert run(made)["area"]([1, 1]) == 6
    assert "picture" not in "".join(made.cells)


def test_a_local_name_does_not_drag_in_a_cell_that_binds_the_same_name():
    answer = "def area(mask):\n    model = [pixel for pixel in mask]\n    return len(model)"
    made = chosen(handed_in(area=answer), ["area"])
    assert made.cells == [answer]


def test_what_changes_an_object_that_an_answer_needs_is_kept():
    helper = "known = {}\nknown['two'] = 2\nsizes = []\nsizes.append(1)\nbest = 1\nbest += 1"
    helper += "\nfor n in range(3):\n    sizes.append(n)"
    answer = "def area(mask):\n    return known['two'], sizes, best"
    assert run(chosen([helper, *handed_in(area=answer)], ["area"]))["area"](0) == (2, [1, 0, 1, 2], 2)


def test_a_call_of_a_module_that_an_answer_uses_is_not_kept():
    made = chosen([SETUP, "np.save('everything.npy', picture)", *handed_in(area=AREA)], ["area"])
    assert "save" not in "".join(made.cells)


def test_settings_of_the_process_that_an_answer_may_rely_on_are_kept():
    made = chosen([*handed_in(area=AREA), "import sys\nsys.setrecursionlimit(5000)\nsys.stdout.write('x')"], ["area"])
    assert made.cells[-1] == "import sys\nsys.setrecursionlimit(5000)"


def test_an_answer_may_be_a_lambda_a_class_an_import_or_stand_in_a_condition():
    for answer in (
        "area = lambda mask: int(np.sum(mask))",
        "class area:\n    def __new__(cls, mask):\n        return int(np.sum(mask))",
        "from numpy import count_nonzero as area",
        "if True:\n    def area(mask):\n        return int(np.sum(mask))",
        "try:\n    import missing_package\nexcept ImportError:\n    area = np.count_nonzero",
        "area, other = np.count_nonzero, 3",
        "x = 1; area = np.count_nonzero",
        "@np.vectorize\ndef one(x): return x\narea = lambda mask: int(one(mask).sum())",
    ):
        assert run(chosen(handed_in(area=answer), ["area"]))["area"]([1, 1]) == 2, answer


def test_of_several_answers_the_last_one_counts():
    first, second = "def area(mask):\n    return 1", "def area(mask):\n    return 2"
    assert run(chosen([first, second]))["area"](0) == 2
    assert run(chosen([*handed_in(area=first), second]))["area"](0) == 2
    assert run(chosen([first, *handed_in()], ["area"]))["area"](0) == 1  # the stub below it is nobody's answer


def test_an_answer_built_on_an_earlier_one_gets_that_too():
    again = "first = area\ndef area(mask):\n    return first(mask) + 1"
    assert run(chosen([*handed_in(area=AREA), again], ["area"]))["area"]([1, 1]) == 3
    wrapped = "def add(f):\n    return lambda mask: f(mask) + 1\narea = add(area)"
    assert run(chosen([*handed_in(area=AREA), wrapped], ["area"]))["area"]([1, 1]) == 3


def test_asked_for_one_exercise_it_keeps_only_that_one():
    assert chosen(ANSWERED, ["guess"]).cells == ["guess = 40 + 2"]


# ---- whatever was done to the notebook


def test_lost_metadata_change_nothing():
    assert chosen(ANSWERED, metadata=False) == chosen(ANSWERED)


@given(st.permutations(ANSWERED))
@settings(max_examples=60, deadline=None)
def test_cells_in_any_order_give_the_same_answers(cells):
    assert is_right(chosen(cells))


@given(st.lists(st.sampled_from([cell for cell in ANSWERED if cell[0] not in ("area", "share", "guess")])))
@settings(max_examples=60, deadline=None)
def test_any_cells_of_the_lesson_may_be_deleted_or_doubled(others):
    cells = [*others, *(cell for cell in ANSWERED if cell[0] in ("area", "share", "guess"))]
    assert is_right(chosen(cells))


def test_a_value_that_needs_a_cell_further_down_is_run_after_it():
    made = chosen(["guess = 2 * base", "base = 21"], ["guess"])
    assert run(made)["guess"] == 42
    assert run(chosen(["guess = 2 * factor"], ["guess"]))["guess"] == 6  # the lesson's own, deleted here


def test_values_that_need_each_other_do_not_stop_it():
    made = chosen(["guess = other", "other = guess"], ["guess"])
    assert len(made.cells) == 2
    assert "raised" in run(made)


def test_the_setup_is_the_lessons_own_and_what_a_student_adds_comes_after_it():
    answer = "def area(mask):\n    return math.floor(np.sum(mask))"
    without_numpy = [("setup", "import math"), ("area", answer)]
    made = chosen(without_numpy, ["area"])
    assert run(made)["area"]([1, 1]) == 2
    assert made.cells == ["import numpy as np", "import math", answer]


def test_a_cell_put_together_from_the_whole_notebook_still_works():
    assert is_right(chosen(["\n\n".join(source for _, source in ANSWERED)]))


def test_an_answer_in_a_notebook_of_an_older_release_is_found():
    old = [("setup", "import numpy as np"), ("", "factor = 4"), ("area", STUB_AREA.replace("Pixels", "Dots")), SHARE]
    made = chosen([*old, "def area(mask):\n    return np.size(mask) * factor"])
    assert run(made)["area"]([1]) == 4
    assert made.blank == ["guess"]
    assert chosen(old, ["area"]).blank == ["area"]


# ---- blank


@pytest.mark.parametrize(
    "cell",
    [
        STUB_AREA,
        STUB_AREA.replace("Pixels of a mask", "Another text"),
        "def area(mask):\n    rng = np.random.default_rng(0)\n    raise NotImplementedError('your turn')",
        "def area(mask): ...",
        "def area(mask):\n    '''Text.'''\n    pass",
        "area = ...",
        "area = None",
        "area = '  '",
        "area: int = ...",
        "other = 3",
        "# def area(mask): return 3",
        "x = 'def area(mask): return 3'",
        "",
    ],
)
def test_what_nobody_worked_on_is_blank(cell):
    made = chosen([cell], ["area"])
    assert (made.cells, made.blank) == ([], ["area"])


@pytest.mark.parametrize(
    "cell",
    [
        "area = 0",
        "area = False",
        "def area(mask):\n    raise ValueError",
        "def area(mask):\n    return NotImplementedError",
        "def area(mask):\n    if not mask:\n        return 0\n    raise NotImplementedError",
    ],
)
def test_a_wrong_answer_is_not_blank(cell):
    assert chosen([cell], ["area"]).blank == []


def test_a_later_cell_of_the_lesson_that_binds_the_name_is_nobodys_answer():
    released = [*RELEASED, "area = np.count_nonzero"]
    assert chosen(released, ["area"], released).blank == ["area"]
    assert run(chosen([*handed_in(area=AREA), released[-1]], ["area"], released))["area"]([2]) == 2


def test_an_answer_under_another_name_is_blank_and_the_name_is_said():
    made = chosen(handed_in(area=AREA.replace("def area", "def surface")), ["area"])
    assert (made.blank, made.flags) == (["area"], ["area: its cell defines surface instead"])


def test_a_stub_on_a_line_with_something_else_is_blank():
    assert chosen(["area = ...; print(area)"], ["area"]).blank == ["area"]
    assert chosen(["x = area = ...; y = 3"], ["area"]).blank == ["area"]
    assert chosen(["x = ...; area = 3"], ["area"]).blank == []


def test_an_answer_below_the_line_that_gives_up_is_said():
    made = chosen([STUB_AREA + "\n    return 3"], ["area"])
    assert made.blank == []
    assert made.flags == ["area: `raise NotImplementedError` still stands before the answer"]


# ---- what is no Python


@pytest.mark.parametrize(
    "code",
    [
        "%%time\ndef area(mask):\n    return 5",
        "%matplotlib inline\n!pip install x\ndef area(mask):\n    return 5",
        "files = !ls\nx = %pwd\nnp.sum?\n?np.sum\narea = lambda mask: 5",
        "%time area = lambda mask: 5",
        "def area(mask):\n    %timeit 3\n    return 5",
        "area = lambda mask: (11\n    % 6)",
        'text = """\n%not a command\n!nor this\n"""\narea = lambda mask: 5',
        "def area(mask):\r\n    return 5\r\n",
        "def area(mask):\n    ### BEGIN SOLUTION\n    return 5\n    ### END SOLUTION",
    ],
)
def test_notebook_commands_markers_and_line_ends_do_no_harm(code):
    assert run(chosen([code], ["area"]))["area"](0) == 5


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%writefile x.py", "%%javascript"])
def test_a_cell_in_another_language_binds_nothing(magic):
    assert chosen([f"{magic}\narea = 3"], ["area"]).blank == ["area"]


def test_a_cell_that_does_not_parse_is_named_and_the_others_stay():
    made = chosen([*ANSWERED, "for x in y print(x)"])
    assert is_right(made)
    assert [flag for flag in made.flags if flag.startswith("cell 8: is no Python:") and "(line 1)" in flag]


def test_an_answer_that_does_not_parse_is_handed_on_as_wrong_not_blank():
    made = chosen(handed_in(area="def area(mask:\n    return 3", guess="guess = 42"), ["area", "guess"])
    space = run(made)
    assert made.blank == []
    assert isinstance(space["raised"][0], SyntaxError)
    assert space["guess"] == 42
    assert run(chosen([AREA, "def area(mask:\n return"], ["area"]))["area"]([1]) == 1  # an earlier one that ran


HOSTILE = {
    "brackets": "(" * 100_000,
    "signs": "-" * 200_000 + "1",
    "attributes": "x" + ".y" * 50_000,
    "additions": "x = " + "1+" * 30_000 + "1",
    "null byte": "area = 3\x00",
    "surrogate": "area = '\ud800'",
    "digits": "x = " + "9" * 20_000,
    "long": "#" * 2_000_000,
    "nested functions": "\n".join(" " * n + f"def f{n}():" for n in range(150)) + "\n" + " " * 150 + "pass",
    "global": "def f():\n    x = 1\n    global x",
    "indent": "  area = 3\n def",
    "empty strings": "f'{' * 100",
}


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE)
def test_code_that_breaks_parsers_costs_only_its_own_cell(code):
    assert is_right(chosen([code, *ANSWERED, code]))


def test_a_notebook_of_very_many_statements_is_cut_and_said_and_does_not_take_for_ever():
    started = time.process_time()
    made = chosen([AREA, "n = 0\n" + "n += 1\n" * 20_000, "guess = n"])
    assert time.process_time() - started < 20
    assert any(f"{MOST:,} statements" in flag for flag in made.flags)
    assert run(made)["area"]([1]) == 1


@given(st.lists(st.text(alphabet="areaguess =():\n.%!?'\"#[]defimport12", max_size=60), max_size=5))
@settings(max_examples=200, deadline=None)
def test_whatever_the_cells_hold_nothing_is_raised(cells):
    chosen(cells)


# ---- flags

TASK = "area: count. You may call `masks.largest_part`."
FLAGGED = {
    "def area(m):\n    return losses.area(m)": "calls losses.area",
    "area = losses.area": "calls losses.area",
    "import course_lib\narea = course_lib.losses.area": "calls losses.area",
    "from course_lib.losses import area": "calls losses.area",
    "from course_lib.losses import area as a\ndef area(m):\n    return a(m)": "calls losses.area",
    "def area(m):\n    from course_lib import losses as other\n    return other.area(m)": "calls losses.area",
    "def helper(m):\n    return losses.area(m)\ndef area(m):\n    return helper(m)": "calls losses.area",
    "def area(m):\n    return losses._counted(m)": "calls losses._counted",
    "def area(m):\n    return 1 - losses.tversky_loss(m, m)": "uses losses.tversky_loss",
    "def area(m):\n    return getattr(losses, 'ar' + 'ea')(m)": "calls getattr on course_lib.losses",
    "from course_lib.check.banks import find_exercise as f\ndef area(m):\n    return f(m)": "reads course_lib.check",
    "import course_lib.check.judging\ndef area(m):\n    return course_lib.check.judging": "reads course_lib.check",
    "def area(m):\n    import inspect\n    return inspect.stack()": "uses inspect",
    "import gc, ctypes\ndef area(m):\n    return gc.get_objects()": "uses gc",
    "import os\ndef area(m):\n    return os.environ['X']": "uses os.environ",
    "import os as o\ndef area(m):\n    o._exit(0)\n    return 1": "uses os._exit",
    "import sys\ndef area(m):\n    return sys.modules['x']": "uses sys.modules",
    "def area(m):\n    return eval('1')": "calls eval",
    "def area(m):\n    return open('/etc/passwd').read()": "calls open",
    "def area(m):\n    return area.__globals__": "reads __globals__",
    "np.sum = lambda x: 3\ndef area(m):\n    return np.sum(m)": "changes numpy.sum",
}


@pytest.mark.parametrize(("code", "flag"), FLAGGED.items(), ids=FLAGGED.values())
def test_what_a_person_should_look_at_is_flagged_with_its_exercise(code, flag):
    made = Exercise("area", 1, "", reference=_counted, properties=[Property("It counts.", [case(1)])])
    assert f"area: {flag}" in chosen([*handed_in(), code], [made]).flags


def _counted(mask):
    return 3


def test_what_the_task_names_and_what_the_lesson_itself_does_is_not_flagged():
    released = [*RELEASED[:2], f"# {TASK}", ("area", STUB_AREA), "shown = losses.area(picture)", "import inspect"]
    answer = "def area(mask):\n    return masks.largest_part(mask).sum() + np.sum(shown)"
    assert chosen([*released, answer], ["area"], released).flags == []


def test_what_no_answer_uses_is_not_flagged():
    assert chosen([*ANSWERED, "import subprocess\nlosses.area(3)\nopen('x')"]).flags == []


# ---- every lesson


@every_lesson
def test_a_learners_copy_is_blank_and_its_solution_is_whole_and_clean(lesson):
    released, solved = (nbformat.read(path, as_version=4) for path in (lesson.learner, lesson.solution))
    asked = exercises(lesson.number)
    untouched = cells_for(released, released, asked)
    assert (untouched.cells, untouched.flags, untouched.blank) == ([], [], [one.name for one in asked])
    made = cells_for(solved, released, asked)
    assert (made.flags, made.blank) == ([], [])
    bound = {node.name for code in made.cells for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}
    assert {one.name for one in asked if one.kind == "function"} <= bound


@every_lesson
def test_a_solution_shuffled_without_metadata_gives_the_same_code(lesson):
    released, solved = (nbformat.read(path, as_version=4) for path in (lesson.learner, lesson.solution))
    asked = exercises(lesson.number)
    wanted = cells_for(solved, released, asked)
    for cell in solved.cells:
        cell.metadata = nbformat.NotebookNode()
    random.Random(lesson.number).shuffle(solved.cells)
    made = cells_for(solved, released, asked)
    lines = sorted(line for code in made.cells for line in code.split("\n") if line.strip())
    assert lines == sorted(line for code in wanted.cells for line in code.split("\n") if line.strip())


# ---- the analysis


@pytest.mark.parametrize(
    ("code", "bound", "read"),
    [
        ("def f(x, y=z):\n    w = x\n    return w + v", {"f"}, {"z", "v"}),
        ("total = [x for x in rows if x > low]", {"total"}, {"rows", "low"}),
        ("total = [x + y for x in rows for y in x if y]; last = (n := 3)", {"total", "last", "n"}, {"rows"}),
        ("x = [x for x in x]", {"x"}, {"x"}),
        ("big = {k: v for k, v in sorted(t) if (best := v)}", {"big", "best"}, {"t"}),
        ("table.loc[3, 'a'] = value", {"table"}, {"table", "value"}),
        ("import a.b.c, d as e\nfrom f import g as h", {"a", "e", "h"}, set()),
        ("class A(B):\n    size = C\n    def m(self):\n        return D", {"A"}, {"B", "C", "D"}),
        ("with open(p) as file:\n    text = file.read()", {"file", "text"}, {"p", "file"}),
        ("@wrap\ndef f():\n    global n\n    n = 1", {"f"}, {"wrap"}),
        ("%time y = g(1)", {"y"}, {"g"}),
    ],
)
def test_names_of_a_cell_follow_pythons_scopes(code, bound, read):
    assert slices.names(code) == (bound, read)


@given(
    st.lists(st.sampled_from(["x = 1", "def f():\n    return x", "y = x; z = y", "@g\ndef h(): pass", "'''a\nb'''"]))
)
def test_statements_cover_every_line_of_code_once(parts):
    code = "\n".join(parts)
    lines = [line for part in slices.statements(code) for line in range(part.first, part.last + 1)]
    assert lines == list(range(1, len(code.split("\n")) + 1)) or not parts
