"""What must hold so that the course works on Windows, as far as another system can tell."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import course_lib
from course_lib.commands import lab
from course_lib.errors import CourseError
from course_lib.grading import launch

ROOT = Path(__file__).resolve().parents[1]
NOT_ON_WINDOWS = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "readline", "syslog", "curses"}
MODULES = sorted(module.name for module in pkgutil.walk_packages(course_lib.__path__, "course_lib."))

# Only what course_lib itself imports is refused: its packages have their own ways on Windows.
IMPORT_ALL = f"""
import builtins, importlib, sys

real = builtins.__import__

def without(name, globals=None, locals=None, fromlist=(), level=0):
    if (globals or {{}}).get("__name__", "").startswith("course_lib") and name.split(".")[0] in {NOT_ON_WINDOWS!r}:
        raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
    return real(name, globals, locals, fromlist, level)

builtins.__import__ = without
for name in sys.argv[1:]:
    importlib.import_module(name)
print(len(sys.argv[1:]))
"""


def test_every_module_can_be_imported_without_what_windows_lacks():
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL, *MODULES], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) == len(MODULES) > 150


def test_the_test_above_notices_a_module_that_windows_lacks():
    program = IMPORT_ALL.replace("for name in", "exec('import fcntl', {'__name__': 'course_lib.x'})\nfor name in")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "No module named 'fcntl'" in done.stderr


def test_grading_on_windows_names_its_sandboxes_and_where_it_can_be_done(monkeypatch):
    monkeypatch.setattr(launch, "WINDOWS", True)
    for kind in launch.KINDS:
        with pytest.raises(CourseError, match=r"bubblewrap.*docker or podman.*WSL"):
            launch.check_kind(kind, "an-image")


class TestLabWhereNoProcessTakesAnothersPlace:
    """`os.execv` on Windows starts the program beside the shell and ends at once; so the course waits for it."""

    @pytest.fixture
    def windows(self, monkeypatch):
        monkeypatch.setattr(lab, "os", type("Windows", (), {"name": "nt"}))

    def test_the_programs_status_is_passed_on(self, windows):
        assert lab.become([sys.executable, "-c", "raise SystemExit(3)"]) == 3

    def test_an_interrupt_is_left_to_the_program(self, windows, monkeypatch):
        answers = iter([KeyboardInterrupt, KeyboardInterrupt, 0])

        class Asks:
            def wait(self):
                answer = next(answers)
                if answer is KeyboardInterrupt:
                    raise answer
                return answer

        monkeypatch.setattr(lab.subprocess, "Popen", lambda command: Asks())
        assert lab.become(["jupyter"]) == 0


def test_texts_are_read_and_written_in_utf_8_whatever_the_system_prefers():
    """Python itself warns where a file is opened in the system's own encoding; here the warning is an error."""
    program = (
        "import contextlib, io, pathlib, tempfile, warnings\n"
        "warnings.filterwarnings('error', category=EncodingWarning, module=r'course_lib\\.')\n"
        "from course_lib import cli, data, phantoms\n"
        "folder = pathlib.Path(tempfile.mkdtemp())\n"
        "root = phantoms.make_phantoms(folder, patients=1, size=32)\n"
        "scans = data.index_scans(root); data.clinical_table(root); data.index_scans(root)\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    assert cli.main(['data', '--check', str(root)]) == 0\n"
        "    cli.main(['doctor', '--no-gpu'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-c", program], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_no_file_of_the_course_has_a_name_that_windows_refuses():
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout, so what is tracked cannot be listed")
    names = listing.stdout.splitlines()
    devices = {"con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(10))}
    for name in names:
        for part in Path(name).parts:
            assert not set(part) & set('<>:"|?*\\'), name
            assert part.split(".")[0].lower() not in devices, name
            assert part[-1] not in ". ", name
    assert len({name.lower() for name in names}) == len(names), "two names differ by capitals alone"
    assert max(map(len, names)) <= 120, "with a folder of 140 characters before it, Windows' limit is reached"
