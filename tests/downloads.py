"""What the tests of the download share: a small set, a server that has it, and a user who has nothing yet.

A test file has the fixtures by ``pytest_plugins = ["downloads"]``.
"""

import os
from pathlib import Path

import pytest
from kaggle_server import KEY, USER, Kaggle, archive_of, running

from course_lib.data import index_scans
from course_lib.data.find import locate_data
from course_lib.download import Counts, fetch, transfer
from course_lib.phantoms import make_phantoms

CUT = 40 * 1024  # bytes, a whole number of the chunks that the tests read by


@pytest.fixture(scope="session")
def scans(tmp_path_factory) -> Path:
    """A folder as the archive holds it, of three patients."""
    folder = make_phantoms(tmp_path_factory.mktemp("scans"), patients=3, size=32)
    (folder / "phantoms.json").unlink()
    return folder


@pytest.fixture(scope="session")
def expected(scans) -> Counts:
    table = index_scans(scans)
    return Counts(3, len(table), int((table["tumor_pixels"] > 0).sum()))


@pytest.fixture(scope="session")
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
