"""Who asks Kaggle: each place where a login may lie, what is said where there is none, and no key is ever shown."""

import json
import subprocess
import sys
import types

import pytest
from downloads import clean, seen
from kaggle_server import KEY, TOKEN, USER

from course_lib.download import find_login
from course_lib.errors import DownloadError

pytest_plugins = ["downloads"]


class TestLogin:
    def put(self, tmp_path, place, content):
        file = tmp_path / "home" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        return str(file)

    def test_a_token_in_the_environment(self, kaggle, get, monkeypatch, capsys):
        monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
        assert get().is_dir()
        assert "KAGGLE_API_TOKEN" in capsys.readouterr().out

    def test_a_user_name_and_key_in_the_environment(self, kaggle, get, login, capsys):
        assert get().is_dir()
        assert "KAGGLE_USERNAME and KAGGLE_KEY" in capsys.readouterr().out

    @pytest.mark.parametrize("name", ["access_token", "access_token.txt"])
    def test_a_token_in_its_file(self, kaggle, get, tmp_path, capsys, name):
        file = self.put(tmp_path, f".kaggle/{name}", TOKEN + "\n")
        assert get().is_dir()
        assert file in capsys.readouterr().out

    def test_a_kaggle_json(self, kaggle, get, tmp_path, capsys):
        file = self.put(tmp_path, ".kaggle/kaggle.json", json.dumps({"username": USER, "key": KEY}))
        assert get().is_dir()
        assert file in capsys.readouterr().out

    def test_a_public_data_set_needs_none(self, kaggle, get, tmp_path):
        kaggle.public = True
        get()
        assert seen(tmp_path)

    def test_without_one_the_steps_to_a_token_are_told_and_the_way_by_hand(self, kaggle, get, tmp_path):
        with pytest.raises(DownloadError) as caught:
            get()
        said = str(caught.value)
        assert "https://www.kaggle.com/settings/api" in said
        assert "Generate New Token" in said
        assert str(tmp_path / "home" / ".kaggle" / "access_token") in said
        assert f"course data --check {tmp_path / 'data' / 'kaggle_3m'}" in said
        assert not any((tmp_path / "data").iterdir())

    def test_a_kaggle_json_that_holds_no_key_is_named(self, kaggle, get, tmp_path):
        file = self.put(tmp_path, ".kaggle/kaggle.json", "{}")
        with pytest.raises(DownloadError, match="holds no username and key") as caught:
            get()
        assert str(caught.value).startswith(file)

    @pytest.mark.parametrize(
        "wrong", [{"KAGGLE_API_TOKEN": "old"}, {"KAGGLE_USERNAME": USER, "KAGGLE_KEY": "old"}], ids=["token", "key"]
    )
    def test_a_wrong_one_is_told_with_its_place(self, kaggle, get, monkeypatch, tmp_path, wrong):
        for name, value in wrong.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(DownloadError, match="does not take the login") as caught:
            get()
        assert all(name in str(caught.value) for name in wrong)
        assert "Generate New Token" in str(caught.value)
        assert seen(tmp_path) is None

    def test_what_is_said_never_holds_the_key_however_talkative_the_package_is(self, kaggle, get, monkeypatch, capsys):
        from kaggle.api.kaggle_api_extended import KaggleApi

        monkeypatch.setattr(KaggleApi, "args", ["--local", "--verbose"])
        monkeypatch.setenv("KAGGLE_API_TOKEN", "very-secret")
        with pytest.raises(DownloadError) as caught:
            get()
        printed = capsys.readouterr()
        assert "very-secret" not in str(caught.value) + printed.out + printed.err


class TestColab:
    @pytest.fixture
    def secrets(self, monkeypatch):
        """Colab's Secrets, as its kernel offers them."""
        held = {}
        userdata = types.ModuleType("google.colab.userdata")
        for name in ("SecretNotFoundError", "NotebookAccessError", "TimeoutException"):
            setattr(userdata, name, type(name, (Exception,), {}))

        def get(name):
            if name not in held:
                raise userdata.SecretNotFoundError(name)
            return held[name]

        userdata.get = get
        colab = types.ModuleType("google.colab")
        colab.userdata = userdata
        monkeypatch.setitem(sys.modules, "google.colab", colab)
        monkeypatch.setitem(sys.modules, "google.colab.userdata", userdata)
        # What `fetch` puts into the environment goes again after the test.
        for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"):
            monkeypatch.setenv(name, "")
        return held

    @pytest.mark.parametrize(
        "held", [{"KAGGLE_API_TOKEN": TOKEN}, {"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY}], ids=["token", "key"]
    )
    def test_secrets_are_a_login(self, kaggle, secrets, get, tmp_path, held, capsys):
        secrets.update(held)
        get()
        assert seen(tmp_path)
        assert "lost with the runtime" in capsys.readouterr().out

    def test_without_secrets_it_says_where_they_go(self, kaggle, secrets, get):
        with pytest.raises(DownloadError, match="open Secrets") as caught:
            get()
        assert "from course_lib.download import fetch" in str(caught.value)


def test_the_login_is_found_without_importing_the_package():
    program = "import sys; from course_lib.download import find_login; find_login(); sys.exit('kaggle' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_a_lost_login_is_none(monkeypatch, tmp_path):
    clean(monkeypatch, tmp_path / "home")
    assert find_login() is None
