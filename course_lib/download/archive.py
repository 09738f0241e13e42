"""Unpacking the archive: the outer of its two copies only, each file's checksum checked, then the whole counted."""

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from course_lib.download.space import ensure_room, writing
from course_lib.errors import DataError

FOLDER = "kaggle_3m"
_BLOCK = 4096  # bytes that a file is rounded up to on most disks
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class Counts(NamedTuple):
    """What a whole set of scans holds.

    Attributes:
        patients: folders of patients.
        slices: slices, each with its mask.
        with_tumor: slices whose mask is not empty.
    """

    patients: int
    slices: int
    with_tumor: int

    def __str__(self) -> str:
        return f"{self.patients} patients, {self.slices:,} slices, {self.with_tumor:,} of them with tumour"


PUBLISHED = Counts(patients=110, slices=3929, with_tumor=1373)


def count(folder: Path, progress: bool | None = None) -> Counts:
    """Reads every scan of a folder and counts; raises DataError at the first that is not as it should be."""
    from course_lib.data import index_scans

    scans = index_scans(folder, progress)
    return Counts(scans["patient"].nunique(), len(scans), int((scans["tumor_pixels"] > 0).sum()))


def unpack(archive: Path, into: Path, show: bool) -> None:
    """Unpacks the archive's outer ``kaggle_3m`` as the new folder `into`; what lay there is removed first.

    Args:
        archive: the zip file; removed if it is damaged or unfit, so that the next run downloads it again.
        into: gets the patients' folders and ``data.csv``.
        show: whether to show a progress bar.

    Raises:
        DataError: the archive is damaged, or holds a file that would land outside `into`.
        StorageError: the disk is full; `into` is removed.
    """
    if into.exists():
        shutil.rmtree(into)
    try:
        with zipfile.ZipFile(archive) as content:
            _write_all(content, _outer_copy(content.infolist(), archive), into, show)
    except _DAMAGED as error:
        archive.unlink()
        shutil.rmtree(into, ignore_errors=True)
        problem = f"The archive is damaged ({error}) and was removed; nothing of it is used"
        raise DataError(f"{problem}. Run this again: it is downloaded anew.") from error
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise


def _write_all(content: zipfile.ZipFile, members: list[zipfile.ZipInfo], into: Path, show: bool) -> None:
    from tqdm.auto import tqdm

    size = sum(member.file_size for member in members)
    room = size + _BLOCK * len(members)
    ensure_room(into.parent, room, "unpacking")
    with (
        writing(into.parent, room, "unpacking"),
        tqdm(total=size, desc="Unpacking", unit="B", unit_scale=True, disable=not show) as bar,
    ):
        for member in members:
            target = into.joinpath(*PurePosixPath(member.filename).parts[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            with content.open(member) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file)  # reading to the end checks the member's checksum
            bar.update(member.file_size)


def _outer_copy(members: list[zipfile.ZipInfo], archive: Path) -> list[zipfile.ZipInfo]:
    """The files below the archive's outer ``kaggle_3m``; DataError if any member is unsafe, or there are none."""
    strange = next((member for member in members if _leads_out(member)), None)
    if strange is not None:
        archive.unlink()
        problem = f"The archive holds {strange.filename!r}, which would land outside its folder or is a link"
        raise DataError(f"{problem}. It is not the published one: nothing was unpacked, and it was removed.")
    outer = [member for member in members if member.filename.startswith(f"{FOLDER}/") and not member.is_dir()]
    if not outer:
        archive.unlink()
        problem = f"The archive has no folder {FOLDER}, so it is not the published one, and was removed"
        raise DataError(f"{problem}. See the data set's page for what has changed.")
    return outer


def _leads_out(member: zipfile.ZipInfo) -> bool:
    name = member.filename
    odd = name.startswith("/") or "\\" in name or ":" in name or ".." in PurePosixPath(name).parts
    return odd or stat.S_ISLNK(member.external_attr >> 16)
