"""An archive that is damaged, is not the published one, or holds what it should not: all of it is refused."""

import zipfile
from io import BytesIO

import pytest
from downloads import files, seen
from kaggle_server import archive_of

from course_lib.download import PUBLISHED
from course_lib.errors import DataError

pytest_plugins = ["downloads"]


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
