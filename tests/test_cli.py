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
        capture_output=True, text=True, cwd=cwd, env={**os.environ, **environment},
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

    def test_a_missing_package_comes_with_the_command_that_installs_it(self):
        finding = doctor.package_finding("surely-not-installed", "nothing")
        assert finding.state == "lack"
        assert "pip install surely-not-installed" in finding.remedy

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
