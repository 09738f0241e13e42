"""Every file below a folder or in a zip, zips inside included, read without writing anything and without trust.

Links are not followed, nothing is unpacked to disk, and no file is read beyond the size of a notebook.
"""

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course_lib.errors import DataError
from course_lib.grading.notebook import AT_MOST

DEEPEST = 20  # folders within folders
ZIPS = 3  # zips within zips
ENTRIES = 50_000  # files that one zip may list
UNPACKED = 200_000_000  # bytes that are read, all together, of a zip within the folder or within a zip
NOTEBOOKS = (".ipynb", ".ipynb.txt", ".ipynb.json")  # some browsers add the last endings
_LEFT_OUT = {"__macosx", "__pycache__", "thumbs.db", "desktop.ini"}
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True)
class Found:
    """One file.

    Attributes:
        parts: names from the place on, folders and zips first; the last is the file's own.
        content: its bytes where it is called a notebook, else None.
        problem: why it could not be read, or what is wrong with its path; "" if nothing is.
        escapes: whether a zip gave it a path that leads out of the folder.
    """

    parts: tuple[str, ...]
    content: bytes | None = None
    problem: str = ""
    escapes: bool = False


def find_files(place: str | os.PathLike) -> Iterator[Found]:
    """Yield every file of a folder or zip that is not hidden, one after the other.

    Raises:
        DataError: there is no such place, or it is a zip that cannot be opened.
    """
    place = Path(place)
    if place.is_dir():
        yield from _of_folder(place, ())
    elif not place.is_file():
        raise DataError(f"{place}: there is no such folder or zip. Give the folder that holds what was handed in.")
    elif _is_notebook(place.name):
        yield _of_file(place, (place.name,))
    else:
        try:
            archive = zipfile.ZipFile(place)
        except _UNREADABLE as error:
            raise DataError(f"{place}: is neither a folder nor a zip that can be opened ({error}).") from None
        with archive:
            yield from _of_zip(archive, (), None)


def _is_notebook(name: str) -> bool:
    return name.casefold().endswith(NOTEBOOKS)


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name.casefold() in _LEFT_OUT


def _of_folder(folder: Path, parts: tuple[str, ...]) -> Iterator[Found]:
    if len(parts) > DEEPEST:
        yield Found(parts, problem=f"more than {DEEPEST} folders lie within each other")
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        if not parts:
            raise DataError(f"{folder}: this folder cannot be read ({error.strerror}).") from None
        yield Found(parts, problem=f"its folder cannot be read ({error.strerror})")
        return
    for entry in entries:
        here = (*parts, entry.name)
        if _is_hidden(entry.name):
            continue
        if entry.is_symlink():
            yield Found(here, problem="it is a link, which is not followed")
        elif entry.is_dir(follow_symlinks=False):
            yield from _of_folder(Path(entry.path), here)
        elif entry.name.casefold().endswith(".zip"):
            yield from _of_inner_zip(Path(entry.path), here)
        else:
            yield _of_file(Path(entry.path), here)


def _of_file(path: Path, parts: tuple[str, ...]) -> Found:
    if not _is_notebook(path.name):
        return Found(parts)
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would keep us waiting for ever
            return Found(parts, problem="it is no plain file")
        if status.st_size > AT_MOST:
            return Found(parts, problem=_too_large(status.st_size))
        with open(path, "rb") as file:
            return Found(parts, file.read(AT_MOST + 1))
    except OSError as error:
        return Found(parts, problem=f"it cannot be read ({error.strerror})")


def _of_inner_zip(source: Path | io.BytesIO, parts: tuple[str, ...], within: int = 0) -> Iterator[Found]:
    if within >= ZIPS:
        yield Found(parts, problem=f"more than {ZIPS} zips lie within each other")
        return
    try:
        if isinstance(source, Path) and not stat.S_ISREG(source.lstat().st_mode):
            yield Found(parts, problem="it is no plain file")
            return
        archive = zipfile.ZipFile(source)
    except _UNREADABLE as error:
        yield Found(parts, problem=f"the zip cannot be opened ({str(error)[:80]})")
        return
    with archive:
        yield from _of_zip(archive, parts, UNPACKED, within)


def _of_zip(archive: zipfile.ZipFile, parts: tuple[str, ...], room: int | None, within: int = 0) -> Iterator[Found]:
    """Yield the files of a zip; `room`: how many bytes may be read of it, None for as many as it has."""
    if len(archive.infolist()) > ENTRIES:
        yield Found(parts or (Path(archive.filename or "zip").name,), problem=f"it lists more than {ENTRIES:,} files")
        return
    for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
        names = [name for name in entry.filename.replace("\\", "/").split("/") if name not in ("", ".")]
        if not names or entry.is_dir() or any(_is_hidden(name) and name != ".." for name in names):
            continue
        if _leads_out(entry.filename):
            inside = "/".join(name for name in names if name != "..") or "nameless"
            yield Found((*parts, inside), problem=f"the zip gives it the path {entry.filename[:100]!r}", escapes=True)
            continue
        here = (*parts, *names)
        is_zip = here[-1].casefold().endswith(".zip")
        if stat.S_ISLNK(entry.external_attr >> 16):
            yield Found(here, problem="it is a link, which is not followed")
        elif len(names) > DEEPEST:
            yield Found((*parts, *names[:DEEPEST]), problem=f"more than {DEEPEST} folders lie within each other")
        elif not is_zip and not _is_notebook(here[-1]):
            yield Found(here)
        else:
            found = _unpacked(archive, entry, here, UNPACKED if is_zip else AT_MOST, room)
            room = None if room is None else room - len(found.content or b"")
            if is_zip and not found.problem:
                yield from _of_inner_zip(io.BytesIO(found.content), here, within + 1)
            else:
                yield found


def _leads_out(name: str) -> bool:
    plain = name.replace("\\", "/")
    return plain.startswith("/") or plain[1:2] == ":" or ".." in plain.split("/")


def _unpacked(archive, entry: zipfile.ZipInfo, parts: tuple[str, ...], most: int, room: int | None) -> Found:
    """Read one entry, never more of it than allowed, whatever size the zip claims that it has."""
    if entry.flag_bits & 1:
        return Found(parts, problem="it is encrypted; ask for it without a password")
    if entry.file_size > most:
        return Found(parts, problem=_too_large(entry.file_size))
    allowed = most if room is None else min(most, room)
    try:
        with archive.open(entry) as file:
            content = file.read(max(allowed, 0) + 1)
    except _UNREADABLE as error:
        return Found(parts, problem=f"the zip is damaged here ({str(error)[:80]})")
    if len(content) > allowed:
        return Found(parts, problem=f"it unpacks to more than the {UNPACKED // 1_000_000} MB allowed for a zip")
    return Found(parts, content)


def _too_large(size: int) -> str:
    return f"it has {size / 1e6:,.0f} MB; notebooks of more than {AT_MOST // 1_000_000} MB are not read"
