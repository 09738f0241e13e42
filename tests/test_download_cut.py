"""A download that is cut, stopped, or runs out of disk: nothing looks whole that is not, and the next run goes on."""

import errno
import os
import shutil
import subprocess
import threading
import types

import pytest
from downloads import CUT, files, seen
from kaggle_server import archive_of

from course_lib.data.find import locate_data
from course_lib.download import archive, dataset, fetch, service, space, transfer
from course_lib.errors import DownloadError, StorageError

pytest_plugins = ["downloads"]


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
