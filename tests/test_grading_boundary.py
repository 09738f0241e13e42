"""The sandbox holds: what a submission can see, do and leave behind, and what its neighbours' marks suffer from it.

The tests marked as needing bubblewrap start real sandboxes and run hostile code in them.
"""

import os
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from course_lib.errors import CourseError
from course_lib.grading import launch, seccomp
from course_lib.grading.boundary import open_boundary
from course_lib.grading.model import DIED, MISSING, MISSING_VALUE, NOT_TRIED, Answer, Call, Job, Limits, Row, Submission
from course_lib.grading.wire import decode, encode, outcome


def _why_not() -> str:
    try:
        launch.check_kind("bubblewrap", "")
    except CourseError as error:
        return str(error)
    return ""


WHY_NOT = _why_not()
bubblewrap = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "bubblewrap works")
RIGHT = "def double(x):\n    return 2 * x\n"
CALL = Call("double", "double", [encode(np.arange(3.0))])
BRIEF = Limits(seconds=12, call_seconds=1.5)


@pytest.fixture(scope="module")
def sandbox():
    with open_boundary("bubblewrap") as boundary:
        yield boundary


def job(*cells, calls=(CALL,), values=(), limits=BRIEF, name="one"):
    return Job(name, [textwrap.dedent(cell) for cell in cells], list(calls), list(values), limits)


def value_of(boundary, source, **options):
    """Run a cell inside that binds `found`, and return that value as plain data."""
    answer = boundary.grade(job(source, calls=(), values=("found",), **options))
    assert answer.cell_errors == []
    return decode(answer.values["found"])


def is_right(outcomes) -> list[bool]:
    """For each outcome of CALL whether it is what a right answer gives."""
    outputs = [outcome(each).output for each in outcomes]
    return [isinstance(output, np.ndarray) and output.tolist() == [0, 2, 4] for output in outputs]


def test_whatever_goes_from_part_to_part_survives_json(tmp_path):
    submission = Submission("a.ipynb", "Ada", tmp_path / "a.ipynb", b'{"\xff')
    assert Submission.from_dict(submission.to_dict()) == submission
    for thing in (job(RIGHT, values=("guess",)), Answer("crash", "it ended"), Row("a", "Ada", scores={"double": 0.5})):
        assert type(thing).from_dict(thing.to_dict()) == thing


@bubblewrap
class TestOrdinaryWork:
    def test_cells_run_in_order_and_calls_and_values_come_back(self, sandbox):
        answer = sandbox.grade(
            job("import numpy as np\nfactor = 2", "def double(x): return factor * x", values=["factor"])
        )
        assert (answer.status, answer.detail, answer.cell_errors) == ("ok", "", [])
        assert is_right(answer.outcomes) == [True]
        assert answer.values == {"factor": 2}

    def test_keywords_functions_and_changed_inputs_arrive(self, sandbox):
        source = "def apply(network, x, times=1):\n    x[0] = 9\n    print('working')\n    return times * network(x)"
        call = Call("apply", "apply", [encode(_sum, strict=True), encode(np.ones(3))], {"times": 3})
        found = outcome(sandbox.grade(job(source, calls=[call])).outcomes[0])
        assert (float(found.output), found.printed, found.changed) == (33.0, "working\n", "argument 2")

    def test_each_call_gets_inputs_that_the_call_before_has_not_spoilt(self, sandbox):
        answer = sandbox.grade(job("def double(x):\n    x *= 2\n    return x", calls=[CALL, CALL]))
        assert is_right(answer.outcomes) == [True, True]

    def test_an_error_names_itself_and_its_line_and_the_rest_goes_on(self, sandbox):
        source = "def double(x):\n    if x[0] == 0:\n        return y\n    return 2 * x"
        more = Call("double", "double", [encode(np.ones(1))])
        answer = sandbox.grade(job("1 / 0", source, calls=[CALL, more]))
        assert answer.status == "ok"
        assert answer.cell_errors == [[0, "ZeroDivisionError: division by zero"]]
        first, second = map(outcome, answer.outcomes)
        assert first.error == "NameError"
        assert "line 3: `return y`" in first.message
        assert second.output == 2

    def test_a_cell_that_is_no_python_is_a_cell_error(self, sandbox):
        answer = sandbox.grade(job("def double(x:", RIGHT))
        assert answer.cell_errors[0][1].startswith("SyntaxError")
        assert is_right(answer.outcomes) == [True]

    def test_a_stub_counts_as_not_attempted_and_a_missing_name_as_missing(self, sandbox):
        stub = 'def double(x):\n    """Twice x."""\n    ...'
        calls = [CALL, Call("triple", "triple", [1]), Call("half", "half", [1])]
        answer = sandbox.grade(job(stub, "half = 0.5", calls=calls, values=["guess"]))
        assert [each["error"] for each in answer.outcomes] == ["NotImplementedError", MISSING, MISSING]
        assert answer.values == {"guess": MISSING_VALUE}

    def test_lessons_checks_hints_and_figures_do_no_harm(self, sandbox):
        source = """
            from course_lib.check import check, hint
            import matplotlib.pyplot as plt
            check("double", double); hint("double")
            plt.imshow([[1]]); plt.show(); display(plt.gcf())
        """
        answer = sandbox.grade(job(RIGHT, source))
        assert (answer.cell_errors, answer.printed) == ([], "")

    def test_what_cells_print_is_kept_but_cut(self, sandbox):
        answer = sandbox.grade(job("print('see ' + 'x' * 10**6)"))
        assert answer.printed.startswith("see x")
        assert len(answer.printed) < 3000

    def test_a_view_is_taken_inside(self, sandbox):
        call = Call("double", "double", [2], view="course_lib.storage:__name__.__class__")
        assert outcome(sandbox.grade(job(RIGHT, calls=[call])).outcomes[0]).error
        call = Call("double", "double", [2], view="builtins:str")
        assert outcome(sandbox.grade(job(RIGHT, calls=[call])).outcomes[0]).output == "4"


def _sum(x):
    return np.sum(x)


@bubblewrap
class TestWhatItSees:
    def test_no_network(self, sandbox):
        with socket.create_server(("127.0.0.1", 0)) as server:
            found = value_of(
                sandbox,
                f"""
                import socket
                found = []
                for address in [("127.0.0.1", {server.getsockname()[1]}), ("1.1.1.1", 53)]:
                    try:
                        socket.create_connection(address, timeout=1)
                    except OSError as error:
                        found.append(type(error).__name__)
                """,
            )
        assert len(found) == 2

    def test_nothing_of_the_disk_but_what_python_needs(self, sandbox, tmp_path):
        secret = tmp_path / "solution.txt"
        secret.write_text("42")
        repository = launch.PACKAGE.parent
        shown = launch.find_places().trees
        outer = ["/home", "/var", "/sys", "/run", "/mnt", "/boot", "/srv"]
        outer = [place for place in outer if not any(tree.is_relative_to(place) for tree in shown)]
        found = value_of(
            sandbox,
            f"""
            import os
            from pathlib import Path
            asked = [{str(secret)!r}, {str(repository / "notebooks")!r}, {str(repository / ".git")!r},
                     {str(repository / "instructor")!r}, {str(repository / "tests")!r}, "/etc/shadow", "/etc/passwd",
                     {str(Path.home() / ".bashrc")!r}, *{outer!r}]
            found = [path for path in asked if os.path.exists(path)]
            """,
        )
        assert found == []

    def test_no_bank_of_answers(self, sandbox):
        found = value_of(
            sandbox,
            """
            import importlib
            found = []
            for lesson in range(1, 11):
                try:
                    found.append(importlib.import_module(f"course_lib.check.lesson{lesson:02d}").EXERCISES)
                except (ImportError, AttributeError, OSError):
                    pass
            """,
        )
        assert found == []

    def test_the_library_is_the_only_course_lib_there(self, sandbox):
        source = "import course_lib\nfound = [course_lib.__file__, *course_lib.__path__]"
        assert {str(Path(path).parts[1]) for path in value_of(sandbox, source)} == {"course"}

    def test_no_environment_of_the_graders(self, sandbox, monkeypatch):
        monkeypatch.setenv("GRADING_SECRET", "42")
        source = "import os\nfound = [dict(os.environ), open('/proc/self/environ').read()]"
        variables, raw = value_of(sandbox, source)
        assert "GRADING_SECRET" not in str(variables) + raw
        assert set(variables) <= {*launch.environment(False), "PWD", "LC_CTYPE"}

    def test_no_process_but_its_own(self, sandbox):
        source = "import os\nfound = sorted(int(name) for name in os.listdir('/proc') if name.isdigit())"
        assert len(value_of(sandbox, source)) == 2

    def test_nothing_can_be_written_but_the_scratch_folder(self, sandbox):
        places = ["/", "/usr", "/course", "/dev", "/dev/shm", "/proc/sys/kernel", sys.prefix, "/course/course_lib"]
        found = value_of(
            sandbox,
            f"""
            import os
            scratch, found = os.getcwd(), []
            for place in sorted({{*{places!r}, "/tmp", scratch}}):
                try:
                    open(place + "/note", "w").write("for the next one")
                    found.append(place)
                except OSError:
                    pass
            found = [scratch, found]
            """,
        )
        scratch, writable = found
        assert writable == [scratch]

    def test_nothing_is_left_for_the_next_submission(self, sandbox):
        sandbox.open()
        starts = sandbox.starts
        leave = """
            import os, pathlib, subprocess
            deep = pathlib.Path("a/b"); deep.mkdir(parents=True); (deep / "note").write_text("solution")
            os.symlink("/usr", "usr"); os.symlink("/usr", "a/usr"); os.chmod(deep, 0); os.chmod("a", 0)
            subprocess.Popen(["sleep", "60"], start_new_session=True)
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    while True: pass
                os._exit(0)
        """
        assert sandbox.grade(job(leave)).cell_errors == []
        source = "import os\nfound = [os.listdir(), sum(name.isdigit() for name in os.listdir('/proc')) == 2]"
        assert value_of(sandbox, source) == [[], True]
        assert sandbox.starts == starts

    def test_memory_of_the_submission_before_is_out_of_reach(self, sandbox):
        word = "".join(reversed("droWterceSyrevA"))
        call = Call("double", "double", [word])
        sandbox.grade(job(f"a = {word!r}", RIGHT, calls=[call, call]))
        found = value_of(
            sandbox,
            """
            import re
            word, own = b"".join([b"AveryS", b"ecret"]), b"".join([b"Its", b"Own", b"Word"])
            found = [0, 0]
            with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory:
                for line in maps:
                    low, high, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (....)", line).groups()
                    if rights.startswith("rw"):
                        memory.seek(int(low, 16))
                        try:
                            part = memory.read(int(high, 16) - int(low, 16))
                            found[0] += part.count(word + b"Word")
                            found[1] += part.count(own)
                        except OSError:
                            pass
            """,
        )
        assert found[0] == 0
        assert found[1] > 0


@bubblewrap
class TestWhatItBreaks:
    def marks_after(self, sandbox, *cells, limits=BRIEF, extra=RIGHT, **options):
        """Grade hostile cells beside a right answer; return the answer, and check that the next job is untouched."""
        answer = sandbox.grade(job(*cells, extra, limits=limits, **options))
        assert is_right(sandbox.grade(job(RIGHT)).outcomes) == [True]
        return answer

    @pytest.mark.parametrize(
        "way", ["import sys; sys.exit(0)", "raise KeyboardInterrupt", "exit()", "raise SystemExit"]
    )
    def test_an_exit_in_a_cell_is_an_error_of_that_cell(self, sandbox, way):
        answer = self.marks_after(sandbox, way)
        assert answer.status == "ok"
        assert [number for number, _ in answer.cell_errors] == [0]
        assert is_right(answer.outcomes) == [True]

    @pytest.mark.parametrize("way", ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.abort()", "ctypes.string_at(0)"])
    def test_a_cell_that_ends_the_process_costs_only_itself(self, sandbox, way):
        answer = self.marks_after(sandbox, f"import os, ctypes\n{way}")
        assert (answer.status, answer.detail) == ("crash", "cell 1: its process ended")
        assert answer.cell_errors == [[0, "cell 1: its process ended"]]
        assert is_right(answer.outcomes) == [True]

    def test_a_call_that_ends_the_process_costs_only_its_exercise(self, sandbox):
        bad = Call("bad", "bad", [1])
        answer = self.marks_after(sandbox, "import os\ndef bad(x): os._exit(0)", calls=[CALL, bad, bad, CALL])
        assert answer.status == "crash"
        assert is_right(answer.outcomes) == [True, False, False, True]
        assert [each["error"] for each in answer.outcomes] == ["", DIED, NOT_TRIED, ""]

    @pytest.mark.parametrize(
        "loop",
        [
            "while True: pass",
            "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        ],
    )
    def test_an_endless_loop_costs_its_exercise_and_its_time(self, sandbox, loop):
        bad = Call("bad", "bad", [1])
        began = time.monotonic()
        answer = self.marks_after(sandbox, f"def bad(x):\n    {loop}", calls=[bad, bad, CALL])
        assert answer.status == "timeout"
        assert "`bad`" in answer.detail
        assert [each["error"] for each in answer.outcomes] == ["TimeUp", "TimeUp", ""]
        assert is_right(answer.outcomes)[2]
        assert time.monotonic() - began < 11

    def test_a_loop_in_a_cell_costs_that_cell(self, sandbox):
        answer = self.marks_after(sandbox, "while True: pass")
        assert answer.status == "timeout"
        assert is_right(answer.outcomes) == [True]

    def test_all_of_it_together_has_a_limit_too(self, sandbox):
        limits = Limits(seconds=1.5, call_seconds=1)
        answer = self.marks_after(sandbox, *["while True: pass"] * 20, limits=limits)
        assert answer.status == "timeout"
        assert answer.outcomes[0]["error"] in ("TimeUp", NOT_TRIED)

    def test_a_fork_bomb_is_stopped(self, sandbox):
        bomb = "import os\nfor _ in range(60):\n    if os.fork() == 0:\n        import time; time.sleep(30)\n"
        answer = self.marks_after(sandbox, bomb + "import time; time.sleep(1)", limits=Limits(12, 3, processes=20))
        assert (answer.status, answer.detail) == ("crash", "cell 1: it started more than 20 processes")
        assert is_right(answer.outcomes) == [True]

    @pytest.mark.parametrize("then", ["time.sleep(20)", "exec('while True: pass')"])
    def test_processes_that_multiply_are_stopped_while_they_are_few(self, sandbox, then):
        began = time.monotonic()
        answer = self.marks_after(sandbox, f"import os, time\nfor _ in range(9): os.fork()\n{then}")
        assert (answer.status, answer.detail) == ("crash", "cell 1: it started more than 64 processes")
        assert is_right(answer.outcomes) == [True]
        assert time.monotonic() - began < 12

    def test_memory_beyond_the_limit_ends_the_cell_that_took_it(self, sandbox):
        hog = "import numpy as np, time\nkept = [np.ones(10_000_000) for _ in range(9)]\ntime.sleep(1)"
        answer = self.marks_after(sandbox, hog, limits=Limits(12, 3, memory=300e6))
        assert (answer.status, answer.detail) == ("out of memory", "cell 1: it used more than 300 MB")
        assert is_right(answer.outcomes) == [True]

    def test_memory_split_among_children_counts_together(self, sandbox):
        hog = (
            "import os, time, numpy as np\nfor _ in range(4):\n    if os.fork() == 0:\n"
            "        kept = np.ones(15_000_000); time.sleep(30)\ntime.sleep(2)"
        )
        assert self.marks_after(sandbox, hog, limits=Limits(12, 4, memory=300e6)).status == "out of memory"

    @pytest.mark.parametrize("size", ["10**9", "10**6"])
    def test_the_disk_cannot_be_filled(self, sandbox, size):
        fill = f"""
            found = 0
            for number in range(200):
                try:
                    with open(str(number), "wb") as file:
                        file.write(bytes({size}))
                    found += {size}
                except OSError as error:
                    break
        """
        answer = self.marks_after(sandbox, fill, values=["found"])
        assert answer.values["found"] <= 64e6

    def test_a_flood_of_prints_is_no_trouble(self, sandbox):
        flood = (
            "import os, sys\nfor _ in range(100):\n    print('x' * 10**6); os.write(1, b'y' * 10**6); os.write(2, b'z')"
        )
        answer = self.marks_after(sandbox, flood)
        assert answer.status == "ok"
        assert len(answer.printed) < 3000

    def test_an_answer_too_large_costs_only_its_exercise(self, sandbox):
        big = "import numpy as np\ndef big(x): return np.zeros(10**7)"
        answer = self.marks_after(sandbox, big, calls=[Call("big", "big", [1]), CALL])
        assert is_right(answer.outcomes) == [False, True]
        assert "larger than what may be returned" in answer.outcomes[0]["message"]

    def test_results_made_up_on_every_file_descriptor_change_nothing(self, sandbox):
        forge = """
            import json, os
            fake = json.dumps({"step": 3, "output": [0.0], "error": "", "message": "", "printed": "", "changed": ""})
            for fd in range(256):
                ends = [b"E\\0\\0\\0\\0", b"R\\0\\0\\0\\0", b"\\xff" * 40 + b"\\n", b'{"step": 3}\\n']
                for frame in [fake.encode() + b"\\n", *ends]:
                    try:
                        os.write(fd, frame)
                    except OSError:
                        pass
            print(fake)
        """
        bad = Call("bad", "bad", [1])
        answer = self.marks_after(sandbox, forge, calls=[bad, CALL])
        assert is_right(answer.outcomes)[1:] == [True]

    def test_replies_nested_without_end_or_in_broken_text_do_no_harm_outside(self, sandbox):
        forge = """
            import os
            def deep(x):
                for step in range(9):
                    os.write(4, b'{"step": %d, "output": %s1%s}\\n' % (step, b"[" * 800, b"]" * 800))
                raise ValueError("\\ud800" * 3)
        """
        answer = self.marks_after(sandbox, forge, calls=[Call("deep", "deep", [1]), CALL])
        assert answer.outcomes[0]["message"].startswith("???")
        assert is_right(answer.outcomes)[1]

    def test_replies_without_end_are_cut_off(self, sandbox):
        flood = "import os\nwhile True: os.write(4, b'x' * 65536)"
        answer = self.marks_after(sandbox, flood, limits=Limits(12, 5, output=3e6))
        assert answer.detail == "cell 1: it returned more than 3 MB"
        assert is_right(answer.outcomes) == [True]

    @pytest.mark.parametrize(
        "way", ["os.kill(-1, 9)", "os.kill(os.getppid(), 9)", "os.kill(os.getppid(), 19)", "os.kill(1, 2)"]
    )
    def test_killing_everything_around_it_has_no_effect(self, sandbox, way):
        sandbox.open()
        starts = sandbox.starts
        answer = self.marks_after(sandbox, f"import os, time\n{way}\ntime.sleep(0.2)")
        assert answer.status == "ok"
        assert is_right(answer.outcomes) == [True]
        assert sandbox.starts == starts

    def test_the_parent_cannot_be_read_traced_or_written(self, sandbox):
        found = value_of(
            sandbox,
            """
            import ctypes, os
            found, parent = [], os.getppid()
            for path in (f"/proc/{parent}/mem", f"/proc/{parent}/fd/0", f"/proc/{parent}/environ", "/proc/1/mem",
                         f"/proc/{parent}/cwd"):
                for mode in os.O_RDONLY, os.O_RDWR:
                    try:
                        os.open(path, mode)
                        found.append(path)
                    except OSError:
                        pass
            libc = ctypes.CDLL(None)
            found += ["traced"] * (libc.ptrace(16, parent, 0, 0) == 0)
            found += ["new user"] * (libc.unshare(0x10000000) == 0)
            found += ["shared memory"] * (libc.shmget(5, 4096, 0o1600) != -1)
            """,
        )
        assert found == []

    def test_numpy_and_the_library_patched_by_one_are_whole_for_the_next(self, sandbox):
        patch = """
            import numpy as np, builtins
            import course_lib.check.running as running, course_lib.grading.wire as wire
            np.add = np.multiply = np.ndarray = lambda *_: 42
            wire.encode = running.call = lambda *_, **__: None
            builtins.len = lambda _: 0
        """
        self.marks_after(sandbox, patch)

    @pytest.mark.parametrize(
        "body",
        [
            "def __eq__(self, other): return True\n    def __bool__(self): return True",
            "def __array__(self, *_, **__): import os; os._exit(0)",
            "def __array__(self, *_, **__): raise SystemExit",
            "def __array__(self, *_, **__):\n        while True: pass",
            "def __reduce__(self): import os; return os.system, ('touch pwned',)",
            "__class__ = property(lambda self: float)\n    def __float__(self): return 1.0",
            "def __getattribute__(self, name): raise KeyboardInterrupt\n    def __repr__(self): raise SystemExit",
        ],
    )
    def test_objects_that_cheat_arrive_as_nothing_that_equals_an_answer(self, sandbox, body):
        evil = f"class Evil:\n    {body}\ndef evil(x): return Evil()\nbound = Evil()"
        calls = [Call("evil", "evil", [1.0]), CALL]
        answer = self.marks_after(sandbox, evil, calls=calls, values=["bound"])
        found = outcome(answer.outcomes[0])
        assert found.error or type(found.output).__name__ == "Evil"
        assert not isinstance(found.output, (float, np.ndarray, bool))
        assert is_right(answer.outcomes)[1]
        decode(answer.values["bound"])

    def test_subclasses_that_cheat_arrive_as_what_they_hold(self, sandbox):
        evil = "class Evil(float):\n    def __eq__(self, other): return True\ndef evil(x): return Evil(3)"
        found = outcome(self.marks_after(sandbox, evil, calls=[Call("evil", "evil", [1.0])]).outcomes[0])
        assert type(found.output) is float
        assert found.output == 3.0

    def test_inputs_of_calls_to_come_are_not_to_be_found(self, sandbox):
        spy = """
            import gc
            def spy(x):
                seen = [text for text in gc.get_objects() if isinstance(text, dict) and "inputs" in text]
                return str([each["inputs"] for each in seen])
        """
        word = "later" + "on"
        answer = self.marks_after(sandbox, spy, calls=[Call("spy", "spy", ["now"]), Call("spy", "spy", [word])])
        assert word not in outcome(answer.outcomes[0]).output


@bubblewrap
@pytest.mark.slow
def test_tensorflow_works_after_the_fork_in_one_submission_after_the_other():
    source = """
        import keras, numpy as np, tensorflow as tf
        from course_lib import losses
        model = keras.Sequential([keras.layers.Input((8, 8, 3)), keras.layers.Conv2D(1, 3, padding="same")])
        model.compile("adam", losses.TverskyLoss())
        model.fit(np.zeros((4, 8, 8, 3)), np.zeros((4, 8, 8, 1)), verbose=0)
        def double(x): return tf.constant(x) * 2
    """
    with open_boundary("bubblewrap", tensorflow=True) as boundary:
        for _ in range(2):
            answer = boundary.grade(job(source, limits=Limits()))
            assert (answer.status, answer.cell_errors) == ("ok", [])
            assert is_right(answer.outcomes) == [True]
        assert boundary.starts == 1


@bubblewrap
def test_a_folder_of_scans_can_be_shown_to_the_submissions(tmp_path):
    (tmp_path / "scan.tif").write_bytes(b"pixels")
    source = "import os\nfolder = os.environ['COURSE_DATA']\nfound = [os.listdir(folder), os.access(folder, os.W_OK)]"
    with open_boundary("bubblewrap", data=tmp_path) as boundary:
        assert value_of(boundary, source) == [["scan.tif"], False]


@bubblewrap
def test_a_closed_boundary_leaves_no_process_behind():
    with open_boundary("bubblewrap") as boundary:
        boundary.grade(job("import subprocess\nsubprocess.Popen(['sleep', '987'])"))
        boundary.open()
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "sleep 987" not in listed


def test_a_plain_process_says_loudly_what_it_is_and_grades_the_same(capfd):
    with open_boundary("process") as boundary:
        assert "keep it apart" in capfd.readouterr().err
        answer = boundary.grade(job("import os\nos._exit(1)", RIGHT, "open('note', 'w').write('x')"))
        assert answer.status == "crash"
        assert is_right(answer.outcomes) == [True]
        assert value_of(boundary, "import os\nfound = os.listdir()") == []
        scratch = boundary._scratch
    assert not os.path.exists(scratch)


def test_a_plain_process_has_none_of_the_graders_environment(monkeypatch):
    monkeypatch.setenv("GRADING_SECRET", "42")
    with open_boundary("process") as boundary:
        assert "GRADING_SECRET" not in value_of(boundary, "import os\nfound = dict(os.environ)")


def test_where_a_sandbox_is_missing_the_message_names_the_package_and_the_other_ways(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(CourseError, match=r"apt install bubblewrap.*docker or podman.*process"):
        open_boundary("bubblewrap")
    with pytest.raises(CourseError, match="bubblewrap"):
        open_boundary("podman")
    with pytest.raises(CourseError, match="choose one of bubblewrap, docker, podman, process"):
        open_boundary("jail")


def test_where_bubblewrap_may_not_make_a_sandbox_the_message_says_how_to_allow_it(monkeypatch, tmp_path):
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(CourseError, match=r"No permissions.*user namespaces|No permissions.*User namespaces"):
        open_boundary("bubblewrap")


def test_containers_need_an_image(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(CourseError, match="--image"):
        open_boundary("docker")


def test_a_container_gets_no_network_no_rights_and_little_memory(tmp_path):
    places = launch.find_places(tmp_path)
    start = launch.container_start("podman", "course:1", "grading-1", places, Limits(), tensorflow=True)
    line = " ".join(start.command)
    for part in (
        "podman run --rm --interactive",
        "--network none",
        "--read-only",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--user 65534:65534",
        "--memory 3500000000 --memory-swap 3500000000",
        "--tmpfs /tmp:rw,nosuid,nodev,size=64000000",
        f"--volume {launch.PACKAGE}:/course/course_lib:ro",
        f"--volume {tmp_path}:/course/data:ro",
        "--tmpfs /course/course_lib/check/lesson05:ro",
        "course:1 python3 -s -P /course/course_lib/grading/inside.py --scratch /tmp --alone --tensorflow",
    ):
        assert part in line
    assert start.stop == ["podman", "kill", "grading-1"]
    mounted = [
        part.split(":")[0]
        for option, part in zip(start.command, start.command[1:], strict=False)
        if option == "--volume"
    ]
    assert str(launch.PACKAGE.parent) not in mounted


def test_python_installed_around_the_home_folder_is_not_shown_whole(monkeypatch):
    monkeypatch.setattr(sys, "base_prefix", str(Path.home().parent))
    with pytest.raises(CourseError, match="virtual environment"):
        launch.find_places()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_of_calls_is_sound(machine):
    rules = seccomp.rules(machine)
    steps = [np.frombuffer(rules[place : place + 8], "<u2,u1,u1,<u4")[0].tolist() for place in range(0, len(rules), 8)]
    assert len(steps) < 4096
    for place, (code, if_true, if_false, _) in enumerate(steps):
        assert code in (0x20, 0x15, 0x35, 0x45, 0x06)
        if code in (0x15, 0x35, 0x45):
            assert place + 1 + max(if_true, if_false) < len(steps)
    assert steps[-1] == (0x06, 0, 0, 0x7FFF0000)
    assert seccomp.rules("riscv64") is None
