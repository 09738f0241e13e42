"""The real data set's download, against a server on this machine that answers as Kaggle does."""

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import types
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from kaggle_server import KEY, TOKEN, USER, Kaggle, archive_of, running
from PIL import Image

from course_lib.data import index_scans
from course_lib.data.find import locate_data
from course_lib.download import PUBLISHED, Counts, archive, dataset, fetch, find_login, service, space, transfer
from course_lib.errors import DataError, DownloadError, StorageError
from course_lib.phantoms import make_phantoms

CUT = 40 * 1024  # bytes, a whole number of the chunks that the tests read by


@pytest.fixture(scope="module")
def scans(tmp_path_factory) -> Path:
    """A folder as the archive holds it, of three patients."""
    folder = make_phantoms(tmp_path_factory.mktemp("scans"), patients=3, size=32)
    (folder / "phantoms.json").unlink()
    return folder


@pytest.fixture(scope="module")
def expected(scans) -> Counts:
    table = index_scans(scans)
    return Counts(3, len(table), int((table["tumor_pixels"] > 0).sum()))


@pytest.fixture(scope="module")
def published(scans) -> bytes:
    """The archive as Kaggle serves it: the folder twice."""
    return archive_of(scans)


@pytest.fixture
def kaggle(tmp_path, monkeypatch, published):
    """The server, and a user with an empty home and no login whose kaggle package asks it."""
    clean(monkeypatch, tmp_path / "home")
    monkeypatch.setattr(transfer, "CHUNK", 1024)
    monkeypatch.setattr(transfer, "PAUSE", 0)
    with running(Kaggle(published)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        # The package reads where it should ask once, when it is first imported; another test may have done that.
        from kaggle.api.kaggle_api_extended import KaggleApi

        monkeypatch.setattr(KaggleApi, "args", ["--local"])
        yield server


@pytest.fixture
def login(monkeypatch):
    monkeypatch.setenv("KAGGLE_USERNAME", USER)
    monkeypatch.setenv("KAGGLE_KEY", KEY)


@pytest.fixture
def get(tmp_path, expected):
    """Fetches into the test's own folder."""

    def get(**settings) -> Path:
        settings = {"expected": expected, "kaggle_input": tmp_path / "input", "progress": False} | settings
        return fetch(tmp_path / "data", **settings)

    return get


def clean(monkeypatch, home: Path) -> None:
    home.mkdir()
    for name in list(os.environ):
        if name.startswith(("KAGGLE_", "COLAB_", "COURSE_DATA")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))


def seen(tmp_path):
    """What lessons would find: the folder of scans, or None."""
    found = locate_data(kaggle_input=tmp_path / "input", home=tmp_path)
    return found and found.folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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


class TestACutConnection:
    def test_goes_on_by_itself_and_fetches_no_byte_twice(self, kaggle, login, get, scans, capsys):
        kaggle.cuts = [CUT]
        assert files(get()) == files(scans)
        assert "Range" not in kaggle.asked[0]
        assert kaggle.asked[1]["Range"] == f"bytes={CUT}-"
        assert sum(kaggle.sent) == len(kaggle.archive)
        assert "going on" in capsys.readouterr().out.lower()

    def test_that_falls_silent_is_given_up_and_gone_on_with(self, kaggle, login, get, scans, monkeypatch):
        monkeypatch.setattr(service, "_TIMEOUT", (5, 0.2))
        kaggle.cuts, kaggle.silent = [CUT], threading.Event()
        try:
            assert files(get()) == files(scans)
        finally:
            kaggle.silent.set()
        assert kaggle.asked[1]["Range"] == f"bytes={CUT}-"

    def test_that_stays_away_ends_with_how_far_it_got_and_the_next_run_goes_on(
        self, kaggle, login, get, scans, tmp_path
    ):
        kaggle.cuts = [CUT, 0, 0]
        with pytest.raises(DownloadError, match=r"41 kB of .* are here. Run this again"):
            get()
        assert seen(tmp_path) is None
        assert files(get()) == files(scans)
        assert kaggle.asked[-1]["Range"] == f"bytes={CUT}-"
        assert sum(kaggle.sent) == len(kaggle.archive)

    def test_starts_anew_where_the_server_serves_no_parts(self, kaggle, login, get, scans):
        kaggle.ranges, kaggle.cuts = False, [CUT]
        assert files(get()) == files(scans)
        assert kaggle.sent == [CUT, len(kaggle.archive)]

    def test_goes_on_where_the_server_names_no_version(self, kaggle, login, get, scans):
        kaggle.etag, kaggle.cuts = None, [CUT]
        assert files(get()) == files(scans)
        assert sum(kaggle.sent) == len(kaggle.archive)

    def test_starts_anew_where_the_archive_has_changed_since(self, kaggle, login, get, tmp_path, scans):
        kaggle.cuts = [CUT, 0, 0]
        with pytest.raises(DownloadError):
            get()
        kaggle.archive, kaggle.etag = archive_of(scans, more={"kaggle_3m/NEWS": b"a second edition"}), '"v2"'
        assert (get() / "NEWS").read_bytes() == b"a second edition"

    def test_leftovers_longer_than_the_archive_are_thrown_away(self, kaggle, login, get, scans, tmp_path):
        part = tmp_path / "data" / "kaggle_3m.part" / "archive.zip.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(bytes(len(kaggle.archive) + 10))
        assert files(get()) == files(scans)


def damaged_within(content: bytes) -> bytes:
    """The archive with a byte of a scan's packed pixels changed: its directory is right, a checksum is not."""
    with zipfile.ZipFile(BytesIO(content)) as opened:
        member = next(member for member in opened.infolist() if member.filename.endswith("_1.tif"))
    place = member.header_offset + 30 + len(member.filename) + member.compress_size // 2
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


class TestAnUnfitArchive:
    @pytest.mark.parametrize(
        "spoil", [damaged_within, lambda content: content[:-1000], lambda content: b""], ids=["a byte", "end", "empty"]
    )
    def test_damage_is_told_and_the_next_run_downloads_anew(self, kaggle, login, get, scans, tmp_path, spoil):
        whole, kaggle.archive = kaggle.archive, spoil(kaggle.archive)
        with pytest.raises(DataError, match=r"damaged .* Run this again"):
            get()
        assert seen(tmp_path) is None
        assert not any((tmp_path / "data").iterdir())
        kaggle.archive = whole
        assert files(get()) == files(scans)

    def test_other_counts_than_the_published_are_told_and_nothing_is_put_in_place(
        self, kaggle, login, get, expected, tmp_path
    ):
        with pytest.raises(DataError, match="not the data set as published") as caught:
            get(expected=PUBLISHED)
        assert str(expected) in str(caught.value)
        assert "110 patients, 3,929 slices, 1,373 of them with tumour" in str(caught.value)
        assert seen(tmp_path) is None

    def test_a_scan_that_is_none_is_told(self, kaggle, login, get, scans, expected, tmp_path):
        name = next(scans.glob("*/*_1.tif")).relative_to(scans.parent).as_posix()
        kaggle.archive = archive_of(scans, more={name: b"no picture"})
        with pytest.raises(DataError, match="it is not a TIFF image"):
            get()
        assert seen(tmp_path) is None

    @pytest.mark.parametrize("name", ["kaggle_3m/../../../evil.txt", "/evil.txt", "kaggle_3m/..\\evil.txt", "C:/evil"])
    def test_a_file_that_would_land_elsewhere_refuses_all_of_it(self, kaggle, login, get, scans, tmp_path, name):
        kaggle.archive = archive_of(scans, more={name: b"evil"})
        with pytest.raises(DataError, match="outside its folder"):
            get()
        assert seen(tmp_path) is None
        assert not list(tmp_path.rglob("*evil*"))

    def test_a_link_refuses_all_of_it(self, kaggle, login, get, scans, tmp_path):
        link = zipfile.ZipInfo("kaggle_3m/link")
        link.external_attr = 0o120777 << 16
        content = BytesIO(kaggle.archive)
        with zipfile.ZipFile(content, "a") as opened:
            opened.writestr(link, "/etc")
        kaggle.archive = content.getvalue()
        with pytest.raises(DataError, match="is a link"):
            get()
        assert seen(tmp_path) is None

    def test_one_without_the_folder_is_told(self, kaggle, login, get, tmp_path):
        content = BytesIO()
        with zipfile.ZipFile(content, "w") as opened:
            opened.writestr("other/file.txt", "text")
        kaggle.archive = content.getvalue()
        with pytest.raises(DataError, match="no folder kaggle_3m"):
            get()
        assert seen(tmp_path) is None


class TestAFullDisk:
    def test_is_seen_before_a_byte_is_written(self, kaggle, login, get, monkeypatch, tmp_path, expected):
        monkeypatch.setattr(space.shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=1000))
        needed = space.amount(len(kaggle.archive) + dataset.BYTES_A_SLICE * expected.slices)
        with pytest.raises(StorageError, match=f"needs {needed} free, there are 1 kB") as caught:
            get()
        assert "--out" in str(caught.value)
        assert not any((tmp_path / "data").iterdir())

    def test_while_downloading_says_how_much_is_needed_and_the_next_run_goes_on(
        self, kaggle, login, expected, tmp_path, monkeypatch, scans
    ):
        small = tmp_path / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", small], capture_output=True).returncode:
            pytest.skip("may not mount a small disk here")
        try:
            with monkeypatch.context() as patch:
                patch.setattr(space.shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=10**12))
                with pytest.raises(StorageError, match=r"is full: .* needs .* free"):
                    fetch(small, False, expected=expected, kaggle_input=tmp_path / "input")
            assert locate_data(kaggle_input=tmp_path / "input", home=tmp_path) is None
            assert not (small / "kaggle_3m").exists()
            subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
            assert files(fetch(small, False, expected=expected, kaggle_input=tmp_path / "input")) == files(scans)
            assert "Range" in kaggle.asked[-1]
        finally:
            subprocess.run(["umount", small], check=True)

    def test_while_unpacking_keeps_the_archive(self, kaggle, login, get, monkeypatch, tmp_path, scans, expected):
        def fill(source, file):
            file.write(source.read(100))
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(archive.shutil, "copyfileobj", fill)
            with pytest.raises(StorageError, match=r"unpacking needs .* free"):
                get()
        assert seen(tmp_path) is None
        assert files(get()) == files(scans)
        assert len(kaggle.asked) == 1

    def test_a_folder_that_cannot_be_written_is_told(self, kaggle, login, expected, tmp_path):
        (tmp_path / "data").write_text("a file in the way")
        with pytest.raises(StorageError, match="data"):
            fetch(tmp_path / "data", False, expected=expected, kaggle_input=tmp_path / "input")


class TestAnInterruption:
    def test_of_the_download_says_that_what_has_come_is_kept(self, kaggle, login, get, monkeypatch, scans, capsys):
        def interrupt(seconds):
            raise KeyboardInterrupt

        kaggle.cuts = [CUT]
        with monkeypatch.context() as patch:
            patch.setattr(transfer.time, "sleep", interrupt)
            with pytest.raises(KeyboardInterrupt):
                get()
        assert "What was downloaded is kept" in capsys.readouterr().out
        assert files(get()) == files(scans)
        assert sum(kaggle.sent) == len(kaggle.archive)

    def test_of_the_unpacking_leaves_nothing_that_looks_whole(self, kaggle, login, get, monkeypatch, tmp_path, scans):
        calls = []

        def interrupt(source, file):
            calls.append(file.write(source.read()))
            if len(calls) == 60:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(archive.shutil, "copyfileobj", interrupt)
            with pytest.raises(KeyboardInterrupt):
                get()
        assert seen(tmp_path) is None
        assert files(get()) == files(scans)
        assert len(kaggle.asked) == 1

    def test_by_a_kill_leaves_nothing_of_its_draft_in_the_folder(self, kaggle, login, get, tmp_path, scans):
        draft = tmp_path / "data" / "kaggle_3m.part" / "unpacked"
        shutil.copytree(scans, draft)
        (draft / "TCGA_XX_0000_20000101").mkdir()
        assert seen(tmp_path) is None
        assert files(get()) == files(scans)
        assert not (tmp_path / "data" / "kaggle_3m" / "TCGA_XX_0000_20000101").exists()

    def test_two_at_once_do_not_write_into_each_other(self, kaggle, login, get, tmp_path):
        fcntl = pytest.importorskip("fcntl")
        work = tmp_path / "data" / "kaggle_3m.part"
        work.mkdir(parents=True)
        with open(work / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(StorageError, match="is running"):
                get()
        assert get().is_dir()


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


def test_the_login_is_found_without_importing_the_package():
    program = "import sys; from course_lib.download import find_login; find_login(); sys.exit('kaggle' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_a_lost_login_is_none(monkeypatch, tmp_path):
    clean(monkeypatch, tmp_path / "home")
    assert find_login() is None


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
