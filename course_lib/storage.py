"""Writing files so that a crash, a kill or a full disk never leaves half a file behind.

Everything is written beside its destination and renamed when it is complete, so the destination holds either what it
held before or the whole new content.
"""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NoReturn

from course_lib.errors import StorageError

# What went wrong, and what the reader can do about it, by the operating system's error number.
_ADVICE = {
    errno.ENOSPC: ("the disk is full", "Free some space or choose a folder on another disk"),
    errno.EDQUOT: ("your disk quota is used up", "Free some space or choose a folder on another disk"),
    errno.EFBIG: ("the file would be larger than this system allows", "Choose a folder on another disk"),
    errno.EROFS: ("the disk is read-only", "Choose a folder that you can write to"),
    errno.EACCES: ("permission is denied", "Choose a folder that you can write to"),
    errno.EPERM: ("permission is denied", "Choose a folder that you can write to"),
    errno.ENOTDIR: ("part of its path is a file, not a folder", "Remove or rename that file, or choose another folder"),
    errno.EEXIST: ("part of its path is a file, not a folder", "Remove or rename that file, or choose another folder"),
    errno.EISDIR: ("there is a folder of that name", "Remove or rename it, or choose another name"),
    errno.ENOTEMPTY: ("there is a folder of that name which is not empty", "Remove or rename it"),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name"),
    errno.ELOOP: ("its path holds a link that points to itself", "Remove that link or choose another folder"),
    errno.EIO: ("the disk reports an error", "Check the disk or choose a folder on another one"),
}


@contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Gives a free name beside `path` to write a file or a folder to; renames it to `path` on success.

    The name ends as `path` does, for writers that go by the suffix (``.keras``, ``.weights.h5``, ``.png``). Missing
    parent folders are made. If the block raises, what it wrote is removed and `path` stays as it was.

    Raises:
        StorageError: the disk is full, read-only, or the path cannot be written; other errors pass unchanged.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_path(Path(folder) / "note.txt") as draft:
    ...         _ = draft.write_text("whole")
    ...     (Path(folder) / "note.txt").read_text()
    'whole'
    """
    path = Path(path)
    make_folder(path.parent)
    draft = path.with_name(f".part-{secrets.token_hex(4)}-{path.name}")
    try:
        yield draft
        if draft.is_file():
            _flush(draft)
        os.replace(draft, path)
    except OSError as error:
        _raise_explained(error, path, draft)
    finally:
        _remove(draft)


@contextmanager
def write_atomically(path: str | os.PathLike, mode: str = "w") -> Iterator[IO]:
    """Opens a file for writing that appears under `path` only once it is complete.

    Args:
        path: destination; missing parent folders are made.
        mode: ``"w"`` for text (UTF-8, line ends as given) or ``"wb"`` for bytes.

    Raises:
        ValueError: another mode.
        StorageError: the disk is full, read-only, or the path cannot be written.
    """
    if mode not in ("w", "wb"):
        raise ValueError(f'mode is "w" or "wb", got {mode!r}')
    text = {} if mode == "wb" else {"encoding": "utf-8", "newline": ""}
    with atomic_path(path) as draft, open(draft, mode, **text) as file:
        yield file


def make_folder(path: str | os.PathLike) -> Path:
    """Makes a folder and its parents where they are missing, and returns it.

    Raises:
        StorageError: it cannot be made.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _raise_explained(error, path, path)
    return path


def _raise_explained(error: OSError, path: Path, draft: Path) -> NoReturn:
    """Raises the StorageError for `error`, or `error` itself where it is unknown or about another file."""
    number = error.errno
    if number is None:  # h5py puts the number into its text only
        found = re.search(r"errno = (\d+)", str(error))
        number = int(found[1]) if found else None
    if number not in _ADVICE or not _concerns(error, path, draft):
        raise error
    problem, remedy = _ADVICE[number]
    advice = f"{remedy}, then run this again; nothing half-written is left."
    raise StorageError(f"Cannot write {path}: {problem}. {advice}") from error


def _concerns(error: OSError, path: Path, draft: Path) -> bool:
    """Whether an error names no file (a failed write), or the destination, its draft, or a folder around or in them."""
    if not isinstance(error.filename, str | os.PathLike):
        return True
    named = Path(error.filename)
    return named in (path, draft) or named in path.parents or draft in named.parents


def _flush(path: Path) -> None:
    """Makes the system write the file out, so that a network drive reports a full disk now and not after the rename."""
    with open(path, "rb+" if os.name == "nt" else "rb") as file:  # a draft may be a copy of a read-only file
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
