"""Files appear whole or not at all, and a disk that refuses says so in the course's own words."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.errors import StorageError
from course_lib.storage import atomic_path, make_folder, write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_there_and_nothing_else(tmp_path):
    with write_atomically(tmp_path / "new" / "words.txt") as file:
        file.write("glioma – 1\n")
    with write_atomically(tmp_path / "new" / "bytes.bin", "wb") as file:
        file.write(b"\x00\xff")
    assert (tmp_path / "new" / "words.txt").read_bytes() == "glioma – 1\n".encode()
    assert (tmp_path / "new" / "bytes.bin").read_bytes() == b"\x00\xff"
    assert names(tmp_path / "new") == ["bytes.bin", "words.txt"]


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_a_stop_in_the_middle_leaves_the_old_file_and_no_draft(tmp_path, stop):
    path = tmp_path / "history.csv"
    path.write_text("old")
    with pytest.raises(stop), write_atomically(path) as file:  # noqa: PT012 - the stop comes between two writes
        file.write("half")
        file.flush()
        raise stop
    assert path.read_text() == "old"
    assert names(tmp_path) == ["history.csv"]


def test_the_old_file_stays_readable_while_the_new_one_is_written(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("old")
    with write_atomically(path) as file:
        file.write("new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_a_killed_process_leaves_the_old_file(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("old")
    program = (
        "import os, signal, sys\nfrom course_lib.storage import write_atomically\n"
        "with write_atomically(sys.argv[1]) as file:\n"
        "    file.write('half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], timeout=60)
    assert done.returncode == -9
    assert path.read_text() == "old"


@pytest.mark.parametrize("name", ["best.keras", "vgg.weights.h5", "figure.png"])
def test_the_draft_ends_as_the_file_does_and_lies_beside_it(tmp_path, name):
    with atomic_path(tmp_path / name) as draft:
        assert draft.parent == tmp_path
        assert draft.name.endswith(name)
        draft.write_bytes(b"1")
    assert names(tmp_path) == [name]


def test_a_whole_folder_appears_at_once(tmp_path):
    with atomic_path(tmp_path / "phantoms") as draft:
        (draft / "patient").mkdir(parents=True)
        assert not (tmp_path / "phantoms").exists()
    assert names(tmp_path / "phantoms") == ["patient"]


def test_a_folder_that_fails_halfway_is_removed(tmp_path):
    with pytest.raises(ZeroDivisionError), atomic_path(tmp_path / "phantoms") as draft:  # noqa: PT012
        (draft / "patient").mkdir(parents=True)
        raise ZeroDivisionError
    assert names(tmp_path) == []


def test_a_full_disk_is_reported_with_the_file_and_the_next_step(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "run" / "best.keras"
    path.parent.mkdir()
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full)  # where a network drive reports it
    with pytest.raises(StorageError, match=r"disk is full.*Free some space") as caught, write_atomically(path) as file:
        file.write("new")
    assert str(path) in str(caught.value)
    assert path.read_text() == "old"
    assert names(path.parent) == ["best.keras"]


def test_a_full_disk_that_h5py_reports_in_words_only_is_known(tmp_path):
    with pytest.raises(StorageError, match="disk is full"), atomic_path(tmp_path / "last.weights.h5"):
        raise OSError("Can't synchronously write data (file write failed: errno = 28, error message = 'No space left')")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_without_space_is_a_full_disk(tmp_path):
    with pytest.raises(StorageError, match="disk is full"), atomic_path(tmp_path / "x.bin") as draft:  # noqa: PT012
        draft.symlink_to("/dev/full")
        draft.write_bytes(b"1" * 100_000)
    assert names(tmp_path) == []


def test_a_file_beyond_the_allowed_size_keeps_the_old_one(tmp_path):
    path = tmp_path / "last.bin"
    path.write_bytes(b"old")
    program = (
        "import resource, signal, sys\nfrom course_lib.storage import write_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "with write_atomically(sys.argv[1], 'wb') as file:\n    file.write(b'1' * 100_000)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=60)
    assert "StorageError" in done.stderr.splitlines()[-1]
    assert str(path) in done.stderr.splitlines()[-1]
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["last.bin"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root and Windows may write anywhere")
def test_a_folder_without_the_right_to_write_is_reported(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StorageError, match="permission is denied"), write_atomically(tmp_path / "x.txt"):
            pass
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EROFS, "read-only"), (errno.EACCES, "permission is denied"), (errno.EDQUOT, "quota")]
)
def test_a_refusal_at_the_last_step_is_reported_and_leaves_no_draft(tmp_path, monkeypatch, number, words):
    def refuse(source, target):
        raise OSError(number, os.strerror(number), str(source), None, str(target))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StorageError, match=words), write_atomically(tmp_path / "x.txt") as file:
        file.write("new")
    assert names(tmp_path) == []


def test_a_file_in_place_of_a_folder_is_reported(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(StorageError, match="is a file, not a folder"), write_atomically(tmp_path / "runs" / "x.txt"):
        pass
    with pytest.raises(StorageError, match="is a file, not a folder"):
        make_folder(tmp_path / "runs")


def test_a_folder_in_place_of_the_file_is_reported_and_kept(tmp_path):
    (tmp_path / "x.txt" / "inside").mkdir(parents=True)
    with pytest.raises(StorageError, match="there is a folder of that name"), write_atomically(tmp_path / "x.txt"):
        pass
    assert names(tmp_path) == ["x.txt"]
    assert names(tmp_path / "x.txt") == ["inside"]


def test_an_error_about_another_file_passes_unchanged(tmp_path):
    with pytest.raises(PermissionError), write_atomically(tmp_path / "copy.txt"):
        raise PermissionError(errno.EACCES, "Permission denied", "/elsewhere/source.txt")
    assert names(tmp_path) == []


def test_appending_is_refused(tmp_path):
    with pytest.raises(ValueError, match='"w" or "wb"'), write_atomically(tmp_path / "x.txt", "a"):
        pass


def test_a_new_file_gets_the_usual_rights(tmp_path):
    (tmp_path / "plain").write_text("")
    with write_atomically(tmp_path / "ours"):
        pass
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode
