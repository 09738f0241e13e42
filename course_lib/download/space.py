"""Room on the disk: enough before the work begins, and a plain sentence where it runs out."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from course_lib.errors import StorageError

_KEPT = "then run this again: what was downloaded is kept"


def ensure_room(folder: Path, wanted: int, purpose: str) -> None:
    """Raises StorageError where the disk that holds `folder` has fewer than `wanted` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise StorageError(
            f"Too little room on the disk of {folder.parent}: {purpose} needs {amount(wanted)} free, there are "
            f"{amount(free)}. Free {amount(wanted - free)}, or choose another disk with --out, {_KEPT}."
        )


@contextmanager
def writing(folder: Path, wanted: int, purpose: str) -> Iterator[None]:
    """Turns a failed write into a StorageError that says how much room is needed (`wanted`, bytes)."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"The disk of {folder.parent} is full: {purpose} needs {amount(wanted)} free. "
                f"Free that much, or choose another disk with --out, {_KEPT}."
            ) from error
        if error.errno is None or isinstance(error, requests.RequestException):  # the network's, not the disk's
            raise
        reason = f"Cannot write in {folder.parent} ({error.strerror})"
        raise StorageError(f"{reason}. Choose a folder that you can write to with --out.") from error


def amount(size: int) -> str:
    """Bytes as people read them.

    >>> amount(1_031_000_000), amount(714_240_000), amount(52_000)
    ('1.03 GB', '714.2 MB', '52 kB')
    """
    if size >= 1e9:
        return f"{size / 1e9:.2f} GB"
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
