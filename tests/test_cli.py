"""The command line as its user meets it: in a process of its own."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from course_lib import cli
from course_lib.commands import doctor, lab
from course_lib.errors import CourseError, DataError


def course(*words, cwd=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", "course_lib.cli", *words],
        capture_output=True, text=True, errors="replace", cwd=cwd, env={**os.environ, **environment},
    )  # fmt: skip


def test_without_a_command_the_help_is_shown_and_the_status_says_wrong_usage():
    done = course()
    assert done.returncode == 2
    assert all(name in done.stdout for name in cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself_with_an_example(name):
    done = course(name, "--help")
    assert done.returncode == 0
    assert f"course {name}" in done.stdout.split("examples:")[1]


def test_help_does_not_wait_for_tensorflow():
    program = "import sys; from course_lib import cli; cli.build_parser(); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_an_error_of_the_course_is_one_sentence_without_a_trace(tmp_path):
    done = course("data", "--check", str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert "nowhere" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_an_unexpected_error_is_not_dressed_up_as_the_users_fault(monkeypatch):
    def fail(options):
        raise ZeroDivisionError

    monkeypatch.setattr(doctor, "run", fail)
    with pytest.raises(ZeroDivisionError):
        cli.main(["doctor"])


def test_interrupting_ends_with_the_shells_status_for_it(monkeypatch, capsys):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "run", interrupt)
    assert cli.main(["doctor"]) == 130
    assert "interrupted" in capsys.readouterr().err


class TestDoctor:
    def test_a_good_machine_gets_status_zero(self, capsys):
        assert cli.main(["doctor", "--no-gpu"]) == 0
        report = capsys.readouterr().out
        assert "✗" not in report
        assert "tensorflow" in report

    @pytest.mark.parametrize(
        ("version", "state"), [((3, 10, 2), "lack"), ((3, 11, 0), "ok"), ((3, 13, 9), "ok"), ((3, 14, 0), "lack")]
    )
    def test_it_knows_which_pythons_have_tensorflow(self, version, state):
        assert doctor.python_finding(version).state == state

    def test_packages_missing_and_too_old_are_named_and_mended_by_one_command(self, monkeypatch):
        versions = {"there": "2.20.0rc1", "older": "2.9", "gone": ""}
        monkeypatch.setattr(doctor, "installed_version", versions.get)
        finding = doctor.packages_finding({"there": "2.20", "older": "2.20", "gone": "1"})
        assert finding.state == "lack"
        assert finding.found == "older 2.9 is older than 2.20, no gone"
        assert finding.remedy.endswith('-m pip install "older>=2.20" "gone>=1"')

    def test_it_asks_for_the_packages_of_pyproject_with_their_bounds(self):
        needed = doctor.needed_packages()
        assert needed["tensorflow"] == "2.20"
        assert needed["ipywidgets"] == "7.7"
        assert "pytest" not in needed

    @pytest.mark.parametrize("missing", ["numpy", "pandas", "psutil", "PIL", "requests", "jupyter_client"])
    def test_a_missing_package_does_not_keep_it_from_looking_at_all_else(self, missing):
        program = (
            f"import sys; sys.modules['{missing}'] = None; from course_lib import cli; cli.main(['doctor', '--no-gpu'])"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert "Traceback" not in done.stderr
        assert "Kaggle login" in done.stdout

    def test_a_course_that_is_not_installed_in_this_python(self, monkeypatch):
        monkeypatch.setattr(doctor.host.packages, "installed_course", lambda: "")
        finding = doctor.installation_finding()
        assert finding.state == "lack"
        assert finding.remedy.startswith(f'"{sys.executable}" -m pip install --editable')

    def test_a_command_of_another_environment_is_told_from_this_one(self, monkeypatch, tmp_path):
        (tmp_path / "course").write_text("#!/bin/sh\n")
        (tmp_path / "course").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        finding = doctor.installation_finding()
        assert finding.state == "note"
        assert str(tmp_path / "course") in finding.found

    def test_a_course_that_cannot_be_written_to(self, monkeypatch):
        monkeypatch.setattr(doctor.host.start, "writable", lambda folder: False)
        assert "read-only" in doctor.installation_finding().found

    def test_a_kernel_that_the_user_registered_for_another_python_is_found(self, monkeypatch, tmp_path):
        assert doctor.kernel_finding().state == "ok"
        spec = tmp_path / "kernels" / "python3" / "kernel.json"
        spec.parent.mkdir(parents=True)
        spec.write_text(json.dumps({"argv": ["/opt/old/bin/python", "-m", "ipykernel"], "display_name": "Old"}))
        monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
        finding = doctor.kernel_finding()
        assert finding.state == "lack"
        assert "/opt/old/bin/python" in finding.found
        assert finding.remedy.split()[1:5] == ["-m", "jupyter", "kernelspec", "remove"]

    def test_a_proxy_is_named_without_its_password(self, monkeypatch):
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert doctor.proxy_finding() is None
        monkeypatch.setenv("HTTPS_PROXY", "http://ada:secret@proxy.example:3128")
        finding = doctor.proxy_finding()
        assert "proxy.example:3128" in finding.found
        assert "secret" not in finding.found + finding.remedy
        monkeypatch.setenv("HTTPS_PROXY", "proxy.example")
        assert doctor.proxy_finding().state == "lack"

    @pytest.mark.parametrize(
        ("total", "free", "state", "word"),
        [(16e9, 9e9, "ok", "9.0 GB free of 16.0"), (16e9, 1e9, "note", "close other"), (1e9, 9e8, "note", "2 GB")],
    )
    def test_memory_is_what_the_container_grants(self, monkeypatch, total, free, state, word):
        machine = doctor.host.Machine("Binder", "", 2, 64, int(total), int(free))
        monkeypatch.setattr(doctor.host, "look", lambda: machine)
        finding = doctor.memory_finding()
        assert finding.state == state
        assert word in finding.found + finding.remedy
        assert doctor.processor_finding().found.startswith("2 of 64 cores")

    @pytest.mark.parametrize(
        ("system", "git", "sandbox"),
        [
            ("Linux", "sudo apt install git", "sudo apt install bubblewrap"),
            ("Darwin", "brew install git", "brew install podman"),
            ("Windows", "winget install Git.Git", "wsl --install"),
        ],
    )
    def test_git_and_a_sandbox_are_worth_a_note_with_the_command_that_brings_them(
        self, monkeypatch, system, git, sandbox
    ):
        monkeypatch.setattr(doctor.platform, "system", lambda: system)
        monkeypatch.setattr(doctor.shutil, "which", lambda name: "/bin/apt" if name == "apt" else None)
        assert (doctor.git_finding().state, doctor.git_finding().remedy) == ("note", git)
        assert (doctor.sandbox_finding().state, doctor.sandbox_finding().remedy) == ("note", sandbox)
        assert "instructors" in doctor.sandbox_finding().found

    @pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
    def test_a_console_that_lacks_its_marks_gets_the_report_all_the_same(self, encoding):
        done = course("doctor", "--no-gpu", PYTHONIOENCODING=encoding)
        assert done.returncode == 0, done.stderr
        assert " ok  " in done.stdout

    def test_data_that_are_named_but_not_there_are_a_lack(self, monkeypatch, tmp_path):
        monkeypatch.setenv("COURSE_DATA", str(tmp_path / "gone"))
        finding = doctor.data_finding()
        assert finding.state == "lack"
        assert "gone" in finding.remedy

    def test_a_kaggle_login_is_found_in_the_environment_and_in_its_file(self, monkeypatch, tmp_path):
        monkeypatch.setenv("HOME", str(tmp_path))
        for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN", "KAGGLE_CONFIG_DIR"):
            monkeypatch.delenv(name, raising=False)
        assert doctor.kaggle_finding().state == "note"
        (tmp_path / ".kaggle").mkdir()
        (tmp_path / ".kaggle" / "kaggle.json").write_text('{"username": "ada", "key": "key"}')
        assert doctor.kaggle_finding().state == "ok"
        monkeypatch.setenv("HOME", str(tmp_path / "other"))
        monkeypatch.setenv("KAGGLE_USERNAME", "ada")
        monkeypatch.setenv("KAGGLE_KEY", "key")
        assert doctor.kaggle_finding().state == "ok"


class TestLab:
    def test_the_course_is_found_from_a_folder_inside_it(self, tmp_path):
        (tmp_path / "notebooks").mkdir()
        (tmp_path / "notebooks" / "01_x.ipynb").touch()
        (tmp_path / "runs" / "deep").mkdir(parents=True)
        assert lab.find_course(tmp_path / "runs" / "deep") == tmp_path

    def test_a_lesson_that_is_not_there_is_answered_with_those_that_are(self, tmp_path):
        (tmp_path / "notebooks").mkdir()
        (tmp_path / "notebooks" / "01_x.ipynb").touch()
        (tmp_path / "notebooks" / "02_y.ipynb").touch()
        assert lab.find_lesson(tmp_path, 2).name == "02_y.ipynb"
        with pytest.raises(CourseError, match="1, 2"):
            lab.find_lesson(tmp_path, 9)


def test_course_errors_share_one_base_so_that_the_command_line_catches_them_all():
    assert issubclass(DataError, CourseError)


@pytest.mark.slow
class TestServedLesson:
    """`course lab`, started as a learner would start it, and asked over HTTP."""

    def test_lesson_one_is_served_with_data_in_place(self, tmp_path, free_port):
        options = ["--no-browser", f"--port={free_port}", "--IdentityProvider.token=secret"]
        process = subprocess.Popen(
            [sys.executable, "-m", "course_lib.cli", "lab", "--", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path)},
        )
        try:
            lesson = f"http://127.0.0.1:{free_port}/api/contents/notebooks/01_meet_the_scans.ipynb?token=secret"
            served = json.loads(answer_within(60, lesson))
        finally:
            process.terminate()
            output = process.communicate(timeout=20)[0]
        assert served["type"] == "notebook"
        assert "lab/tree/notebooks/01_meet_the_scans.ipynb" in output
        assert "Scans: " in output


def answer_within(seconds, address):
    """What a server answers, as soon as it does."""
    until = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(address, timeout=5).read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
