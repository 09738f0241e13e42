"""The real data set's download, against a server on this machine that answers as Kaggle does."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO

import numpy as np
import pytest
from downloads import CUT, files, seen
from kaggle_server import KEY, TOKEN, USER
from PIL import Image

from course_lib.data import index_scans
from course_lib.download import fetch
from course_lib.errors import DataError, DownloadError

pytest_plugins = ["downloads"]


class TestSuccess:
    def test_the_outer_copy_is_there_once_and_whole_and_nothing_else_is_left(
        self, kaggle, login, get, scans, tmp_path, expected, capsys
    ):
        folder = get()
        assert folder == tmp_path / "data" / "kaggle_3m" == seen(tmp_path)
        assert files(folder) == files(scans)
        assert [path.name for path in (tmp_path / "data").iterdir()] == ["kaggle_3m"]
        said = capsys.readouterr().out
        assert f"as published: {expected}" in said
        assert "CC BY-NC-SA" in said

    def test_bars_show_the_download_the_unpacking_and_the_check(self, kaggle, login, get, capsys):
        get(progress=True)
        bars = capsys.readouterr().err
        assert all(f"{work}: 100%" in bars for work in ("Downloading", "Unpacking"))
        assert "Checking slices" in bars

    def test_without_progress_there_are_no_bars(self, kaggle, login, get, capsys):
        get(progress=False)
        assert "%" not in capsys.readouterr().err

    def test_the_folder_itself_may_be_named_in_place_of_the_one_that_gets_it(self, kaggle, login, expected, tmp_path):
        folder = fetch(tmp_path / "kaggle_3m", False, expected=expected, kaggle_input=tmp_path)
        assert folder == tmp_path / "kaggle_3m"

    def test_the_storage_does_not_learn_the_login(self, kaggle, login, get):
        get()
        assert "Authorization" not in kaggle.asked[0]

    def test_a_whole_folder_is_left_as_it_is_and_nothing_is_asked(self, kaggle, get, scans, tmp_path, capsys):
        shutil.copytree(scans, tmp_path / "data" / "kaggle_3m")
        assert get() == tmp_path / "data" / "kaggle_3m"
        assert kaggle.asked == []
        assert "Nothing to download" in capsys.readouterr().out

    def test_an_empty_folder_is_no_hindrance(self, kaggle, login, get, tmp_path):
        (tmp_path / "data" / "kaggle_3m").mkdir(parents=True)
        get()
        assert seen(tmp_path)


def test_on_kaggle_nothing_is_downloaded(kaggle, get, scans, tmp_path, capsys):
    mounted = shutil.copytree(scans, tmp_path / "input" / "lgg-mri-segmentation" / "kaggle_3m")
    assert get() == mounted
    assert kaggle.asked == []
    assert str(mounted) in capsys.readouterr().out


def test_a_named_folder_that_is_still_to_come_does_not_stop_its_own_download(kaggle, login, get, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data" / "kaggle_3m"))
    assert get() == tmp_path / "data" / "kaggle_3m"


class TestRefusals:
    @pytest.mark.parametrize(
        ("refusal", "says"),
        [
            ((403, "User must accept the terms of the license"), "press Download there and accept"),
            ((403, "Permission denied"), "does not take the login"),
            ((404, "Not found"), "moved or withdrawn"),
            ((429, "Too many requests"), "Run this again in 90 seconds"),
            ((503, "Service unavailable"), "status 503"),
        ],
        ids=["consent", "forbidden", "not found", "too many", "trouble"],
    )
    def test_each_is_a_sentence_with_the_next_step(self, kaggle, login, get, tmp_path, refusal, says):
        kaggle.refusal, kaggle.headers = refusal, {"Retry-After": "90"}
        with pytest.raises(DownloadError, match=says):
            get()
        assert seen(tmp_path) is None

    def test_a_refusal_after_a_cut_keeps_what_has_come(self, kaggle, login, get, tmp_path):
        kaggle.cuts = [CUT, 0, 0]
        with pytest.raises(DownloadError):
            get()
        kaggle.refusal = (503, "Service unavailable")
        with pytest.raises(DownloadError, match="status 503"):
            get()
        kaggle.refusal = None
        get()
        assert kaggle.asked[-1]["Range"] == f"bytes={CUT}-"
        assert seen(tmp_path)

    def test_a_web_page_is_not_taken_for_the_archive(self, kaggle, login, get, tmp_path):
        kaggle.page = "<html>Welcome to the hotel's network</html>"
        with pytest.raises(DownloadError, match="web page came in place"):
            get()
        assert seen(tmp_path) is None

    def test_a_proxy_that_is_down_is_named(self, kaggle, login, get, monkeypatch):
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # the discard port: nobody answers there
        with pytest.raises(DownloadError, match="proxy does not let"):
            get()

    def test_no_network_is_told(self, kaggle, login, get, monkeypatch):
        from kagglesdk import kaggle_env

        monkeypatch.delenv("http_proxy")
        monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.LOCAL, "http://127.0.0.1:9")
        with pytest.raises(DownloadError, match="cannot be reached"):
            get()


class TestAFolderInPart:
    def test_is_left_alone_with_what_it_lacks_and_the_way_on(self, kaggle, login, get, scans, tmp_path, expected):
        folder = shutil.copytree(scans, tmp_path / "data" / "kaggle_3m")
        shutil.rmtree(next(folder.glob("PHANTOM_*")))
        before = files(folder)
        with pytest.raises(DataError, match="it holds 2 patients") as caught:
            get()
        assert f"the whole has {expected}" in str(caught.value)
        assert "--out" in str(caught.value)
        assert files(folder) == before
        assert kaggle.asked == []

    def test_with_a_damaged_scan_names_it(self, kaggle, login, get, scans, tmp_path):
        folder = shutil.copytree(scans, tmp_path / "data" / "kaggle_3m")
        scan = next(folder.glob("*/*_3.tif"))
        scan.write_bytes(scan.read_bytes()[:50])
        with pytest.raises(DataError, match=scan.name):
            get()
        assert kaggle.asked == []


def test_a_package_that_is_missing_comes_with_the_command_that_installs_it(kaggle, login, get, monkeypatch):
    monkeypatch.setitem(sys.modules, "kaggle.api.kaggle_api_extended", None)
    with pytest.raises(DownloadError, match="pip install --upgrade kaggle six"):
        get()


class TestTheCommand:
    def run(self, kaggle, tmp_path, *words, **environment):
        kept = {name: os.environ[name] for name in ("PATH", "COURSE_CACHE") if name in os.environ}
        home = tmp_path / "nobody"
        home.mkdir(exist_ok=True)
        return subprocess.run(
            [sys.executable, "-m", "course_lib.cli", "data", "--kaggle", "--out", str(tmp_path / "out"), *words],
            capture_output=True, text=True, env={**kept, "HOME": str(home), **kaggle.environment, **environment},
        )  # fmt: skip

    @pytest.mark.slow
    def test_brings_the_set_of_the_published_size(self, kaggle, tmp_path):
        kaggle.archive = archive_of_published_size()
        done = self.run(kaggle, tmp_path, KAGGLE_API_TOKEN=TOKEN)
        assert done.returncode == 0, done.stderr
        assert "Downloading: 100%" in done.stderr
        assert "110 patients, 3,929 slices, 1,373 of them with tumour" in done.stdout
        assert f"COURSE_DATA={tmp_path / 'out' / 'kaggle_3m'}" in done.stdout
        assert len(index_scans(tmp_path / "out")) == 3929

    def test_without_a_login_says_what_to_do_without_a_trace(self, kaggle, tmp_path):
        done = self.run(kaggle, tmp_path)
        assert done.returncode == 1
        assert "Generate New Token" in done.stderr
        assert "Traceback" not in done.stderr
        assert not any((tmp_path / "out").iterdir())

    def test_takes_the_login_in_the_folder_that_the_package_reads(self, kaggle, tmp_path):
        (tmp_path / "settings").mkdir()
        (tmp_path / "settings" / "kaggle.json").write_text(json.dumps({"username": USER, "key": KEY}))
        done = self.run(kaggle, tmp_path, KAGGLE_CONFIG_DIR=str(tmp_path / "settings"))
        assert str(tmp_path / "settings" / "kaggle.json") in done.stdout
        assert "not the data set as published" in done.stderr  # it came, but is the small one
        assert not (tmp_path / "out" / "kaggle_3m").exists()


def archive_of_published_size() -> bytes:
    """An archive with the published numbers of patients, slices and tumours, of tiny scans that are all alike."""

    def tiff(pixels) -> bytes:
        content = BytesIO()
        Image.fromarray(pixels).save(content, "TIFF")
        return content.getvalue()

    grey = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    lesion = np.zeros((8, 8), np.uint8)
    lesion[2:4, 2:4] = 255
    image, healthy, ill = tiff(grey), tiff(np.zeros_like(lesion)), tiff(lesion)
    slices, tumors = [35] * 109 + [114], [12] * 109 + [65]
    assert (sum(slices), sum(tumors)) == (3929, 1373)
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        for patient in range(110):
            name = f"TCGA_CS_{patient:04d}_20000101"
            for number in range(slices[patient]):
                stem = f"kaggle_3m/{name}/{name}_{number + 1}"
                opened.writestr(f"{stem}.tif", image)
                opened.writestr(f"{stem}_mask.tif", ill if number < tumors[patient] else healthy)
    return content.getvalue()
