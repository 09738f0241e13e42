"""begin.py, the way in without make: it builds a tiny project like this one, and meets what stops a learner.

The tiny project needs no package index: its build backend is a file beside it, and it has no dependencies.
"""

import ast
import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import begin

ROOT = Path(__file__).resolve().parents[1]
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tiny"
version = "1"
{dependencies}
[project.optional-dependencies]
dev = []
"""
BACKEND = '''\
"""Writes a wheel that puts this folder on Python's path."""
import os, zipfile

METADATA = "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\nProvides-Extra: dev\\n{requires}"
FILES = {
    "tiny.pth": os.getcwd(),
    "tiny-1.dist-info/METADATA": METADATA,
    "tiny-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: tiny\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}

def build_editable(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(os.path.join(folder, "tiny-1-py3-none-any.whl"), "w") as wheel:
        for name, text in FILES.items():
            wheel.writestr(name, text)
        wheel.writestr("tiny-1.dist-info/RECORD", "".join(f"{name},,\\n" for name in FILES))
    return "tiny-1-py3-none-any.whl"

build_wheel = build_editable
'''
COMMAND = """\
import sys
print("course", sys.argv[1:], "in a venv:", sys.prefix != sys.base_prefix)
sys.exit(3 if "fail" in sys.argv else 0)
"""
NO_INDEX = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}


def make_project(folder, requires=""):
    """Write a project that begin.py can set up, with its own copy of begin.py, and return its folder."""
    (folder / "course_lib").mkdir(parents=True)
    shutil.copy(ROOT / "begin.py", folder)
    (folder / "constraints.txt").write_text("six==1.17.0\n")
    dependencies = f'dependencies = ["{requires}"]' if requires else ""
    (folder / "pyproject.toml").write_text(PROJECT.format(dependencies=dependencies))
    line = f"Requires-Dist: {requires}\\n" if requires else ""
    (folder / "backend.py").write_text(BACKEND.replace("{requires}", line))
    (folder / "course_lib" / "__init__.py").touch()
    (folder / "course_lib" / "cli.py").write_text(COMMAND)
    return folder


def start(folder, *words, python=sys.executable, **environment):
    """Run a project's begin.py; what it says on stderr comes after what it prints."""
    return subprocess.run(
        [python, "begin.py", *words],
        cwd=folder,
        env={**os.environ, **NO_INDEX, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A tiny project that is set up."""
    folder = make_project(tmp_path_factory.mktemp("begin") / "tiny course")
    done = start(folder, "setup")
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("Building ")
    return folder


def last_line(done):
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.slow
class TestATinyProject:
    def test_what_is_built_is_used_by_the_command_that_follows(self, project):
        done = start(project, "lab", "--lesson", "3", "--", "--no-browser")
        assert done.returncode == 0
        assert last_line(done) == "course ['lab', '--lesson', '3', '--', '--no-browser'] in a venv: True"

    def test_jupyterlabs_options_reach_it_where_the_course_has_none(self, project):
        done = start(project, "lab", "--", "--no-browser")
        assert last_line(done) == "course ['lab', '--', '--no-browser'] in a venv: True"

    def test_without_a_command_the_lab_is_opened(self, project):
        assert last_line(start(project)) == "course ['lab'] in a venv: True"

    def test_the_courses_own_commands_are_reached_without_looking_for_the_environments_folder(self, project):
        assert last_line(start(project, "course", "doctor", "--no-gpu")).startswith("course ['doctor', '--no-gpu']")

    def test_the_status_of_the_command_is_passed_on(self, project):
        assert start(project, "lab", "fail").returncode == 3

    def test_nothing_happens_where_all_is_up_to_date(self, project):
        before = begin_files(project)
        done = start(project, "setup")
        assert (done.returncode, done.stdout) == (0, "")
        assert begin_files(project) == before

    def test_changed_dependencies_are_installed_and_then_all_is_up_to_date(self, project):
        good = (project / "constraints.txt").read_text()
        (project / "constraints.txt").write_text(good + "# another pin\n")
        assert start(project, "setup").stdout.startswith("Building ")
        assert start(project, "setup").stdout == ""

    def test_one_that_was_broken_off_is_built_anew(self, project):
        (project / ".venv" / ".installed").unlink()
        (project / ".venv" / ".installing").touch()
        (project / ".venv" / "half").touch()
        assert start(project, "setup").returncode == 0
        assert not (project / ".venv" / "half").exists()
        assert start(project, "setup").stdout == ""


def begin_files(folder):
    return {path: path.stat().st_mtime_ns for path in (folder / ".venv").iterdir()}


@pytest.fixture(scope="module")
def needy(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("begin") / "needy", requires="surely-not-there==1")


@pytest.mark.slow
class TestWithoutAnIndex:
    """A project that needs a package."""

    def test_no_connection_is_said_and_the_environment_is_not_taken_for_whole(self, needy):
        gone = {"PIP_NO_INDEX": "", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1", "no_proxy": "*"}
        done = start(needy, "lab", **gone)
        assert done.returncode == 1
        assert last_line(done).startswith("The package index cannot be reached.")
        assert not (needy / ".venv" / ".installed").exists()
        assert "course [" not in done.stdout

    def test_a_proxy_that_does_not_answer_is_said(self, needy):
        proxy = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9")
        index = {"PIP_NO_INDEX": "", "PIP_INDEX_URL": "https://index.invalid/simple", "PIP_RETRIES": "1"}
        done = start(needy, "setup", **proxy, **index, no_proxy="", NO_PROXY="")
        assert done.returncode == 1
        assert "Set HTTPS_PROXY" in last_line(done)

    def test_a_package_that_is_not_made_for_this_system_is_named(self, needy):
        done = start(needy, "setup")
        assert done.returncode == 1
        assert last_line(done).startswith("The package index has no surely-not-there==1 for this Python")


class TestWhatIsInTheWay:
    """Each thing that may be in the way, on a project that is not built."""

    @pytest.fixture
    def here(self, tmp_path, monkeypatch):
        folder = make_project(tmp_path / "course")
        for name, path in {"ROOT": "", "VENV": ".venv", "STAMP": ".venv/.installed"}.items():
            monkeypatch.setattr(begin, name, folder / path)
        monkeypatch.setattr(begin, "STARTED", folder / ".venv/.installing")
        monkeypatch.setattr(begin, "PYTHON", folder / ".venv/bin/python")
        return folder

    def test_a_full_disk_is_found_before_anything_is_built(self, here, monkeypatch, capsys):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**11, 10**11, 1_200_000_000))
        assert begin.main(["setup"]) == 1
        assert "1.2 GB free" in capsys.readouterr().err
        assert not (here / ".venv").exists()

    def test_a_folder_that_cannot_be_written_to(self, here, monkeypatch, capsys):
        def refuse(**_):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        monkeypatch.setattr(begin.tempfile, "TemporaryFile", refuse)
        assert begin.main(["setup"]) == 1
        assert "copy the course to a folder of your own" in capsys.readouterr().err

    def test_a_folder_of_that_name_which_is_something_else_is_left_alone(self, here, capsys):
        (here / ".venv").mkdir()
        (here / ".venv" / "thesis.txt").write_text("years of work")
        assert begin.main(["setup"]) == 1
        assert "Rename it" in capsys.readouterr().err
        assert (here / ".venv" / "thesis.txt").read_text() == "years of work"

    @pytest.mark.parametrize(("folder", "anew"), [("here", False), ("elsewhere", True)])
    def test_a_course_that_was_moved_is_built_anew_since_its_programs_name_the_old_folder(
        self, here, monkeypatch, folder, anew
    ):
        built = []
        monkeypatch.setattr(begin, "make_venv", lambda: built.append("venv"))
        monkeypatch.setattr(begin, "install", lambda: built.append("packages"))
        monkeypatch.setattr(begin, "is_sound", lambda python: True)
        (here / ".venv").mkdir()
        (here / ".venv" / "pyvenv.cfg").touch()
        where = here if folder == "here" else here.with_name(folder)
        (here / ".venv" / ".installed").write_text(f"what was installed before\n{where}\n")
        begin.set_up()
        assert built == (["venv", "packages"] if anew else ["packages"])

    @pytest.mark.parametrize(
        ("system", "machine", "remedy"),
        [("Darwin", "x86_64", "Colab or Binder"), ("Darwin", "arm64", None), ("Windows", "AMD64", None)],
    )
    def test_a_kind_of_computer_without_tensorflow_is_told_where_else_to_go(
        self, here, monkeypatch, system, machine, remedy
    ):
        monkeypatch.setattr(begin.platform, "system", lambda: system)
        monkeypatch.setattr(begin.platform, "machine", lambda: machine)
        if remedy is None:
            begin.check_machine()
        else:
            with pytest.raises(begin.Problem, match=remedy):
                begin.check_machine()

    def test_a_python_of_32_bits(self, here, monkeypatch):
        monkeypatch.setattr(begin.sys, "maxsize", 2**31 - 1)
        with pytest.raises(begin.Problem, match="64"):
            begin.check_machine()


class TestWhichPython:
    """The one it is started with where that suits, else one on the PATH."""

    @pytest.mark.parametrize(("version", "word"), [((3, 10, 2), "old"), ((3, 14, 0), "new")])
    def test_one_that_does_not_suit_gets_a_sentence(self, monkeypatch, capsys, version, word):
        class Version(tuple):
            major, minor, micro = version

        monkeypatch.setattr(begin.sys, "version_info", Version((*version, "final", 0)))
        monkeypatch.setattr(begin, "quietly", lambda command: subprocess.CompletedProcess(command, 1, ""))
        assert begin.main(["setup"]) == 1
        said = capsys.readouterr().err
        assert f"too {word}" in said
        assert "Install Python 3.11, 3.12 or 3.13" in said

    def test_another_on_the_path_is_taken(self, monkeypatch):
        def answer(command):
            suits = "python3.12" in command[0]
            return subprocess.CompletedProcess(command, not suits, "/usr/bin/python3.12\n")

        monkeypatch.setattr(begin, "quietly", answer)
        monkeypatch.setattr(begin.shutil, "which", lambda name: name)
        assert begin.find_python() == "/usr/bin/python3.12"

    def test_one_without_venv_is_told_which_package_brings_it(self, monkeypatch):
        monkeypatch.setattr(begin, "quietly", lambda command: subprocess.CompletedProcess(command, 1, ""))
        with pytest.raises(begin.Problem, match="apt install python3-venv"):
            begin.find_python()

    def test_it_suits_the_versions_that_the_course_says_it_needs(self):
        wanted = f">={begin.OLDEST[0]}.{begin.OLDEST[1]},<{begin.TOO_NEW[0]}.{begin.TOO_NEW[1]}"
        assert f'requires-python = "{wanted}"' in (ROOT / "pyproject.toml").read_text()

    def test_an_old_python_can_read_the_file_far_enough_to_say_so(self):
        tree = ast.parse((ROOT / "begin.py").read_text(), feature_version=(3, 6))
        notes = [node.annotation for node in ast.walk(tree) if isinstance(node, ast.arg)]
        notes += [node.returns for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        assert not [ast.unparse(note) for note in notes if isinstance(note, ast.Subscript | ast.BinOp)]


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)'", "Connect to the"),
        ("getaddrinfo failed\nERROR: No matching distribution found for setuptools>=77", "Connect to the"),
        ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy'))", "HTTPS_PROXY"),
        ("SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", "PIP_CERT"),
        ("ERROR: No matching distribution found for tensorflow>=2.20 (from tiny)", "tensorflow>=2.20"),
        ("PermissionError: [WinError 5] Access is denied: 'C:\\\\course\\\\.venv\\\\x.dll'", "Close JupyterLab"),
        (
            "HINT: This error might have occurred since this system does not have Windows Long Path support",
            "C:\\course",
        ),
        ("something else altogether", "see above"),
    ],
)
def test_what_pip_says_becomes_a_next_step(said, remedy):
    assert remedy in begin.explain(said)


def test_words_after_a_command_that_takes_none_are_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        begin.main(["test", "-k", "something"])
    assert ended.value.code == 2
    assert "takes no further words" in capsys.readouterr().err


def test_make_and_begin_offer_the_same_commands():
    """And make runs begin.py for each of them, so that what they do is written once."""
    makefile = (ROOT / "Makefile").read_text()
    for name in begin.STEPS.keys() - {"course"}:  # make takes no words after a target
        assert re.search(rf"^{name}:.*\n(\t.*\n)*\t@\$\(PYTHON\) begin\.py {name}\b", makefile, re.MULTILINE), name


def test_the_help_shows_every_command():
    done = subprocess.run([sys.executable, ROOT / "begin.py", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert all(re.search(rf"^  {name} ", done.stdout, re.MULTILINE) for name in begin.STEPS)
