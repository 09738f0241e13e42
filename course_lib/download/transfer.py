"""Bringing the archive over: streamed to a file, gone on with where it was cut, whole before it gets its name."""

import json
import os
import re
import time
from pathlib import Path

import requests

from course_lib.download import service
from course_lib.download.space import amount, ensure_room, writing
from course_lib.errors import DownloadError
from course_lib.storage import write_atomically

CHUNK = 1 << 16  # bytes; what a cut connection may lose at most
TRIES = 3  # in a row without a new byte, once the download has begun
PAUSE = 2.0  # seconds before the second try, twice that before the third


class _CutError(Exception):
    """The connection ended before the archive did."""


def download(work: Path, target: Path, room: int, show: bool) -> Path:
    """Brings the archive into the folder `work`, going on with what lies there.

    Args:
        work: folder for the archive and the notes on it; kept until all is done.
        target: the folder that the patients will lie in, for messages.
        room: bytes that must be free beside the archive, for unpacking.
        show: whether to show a progress bar.

    Returns:
        The archive, as long as the server said it is. An archive that came whole before is not asked for again.

    Raises:
        DownloadError: Kaggle cannot be reached, refuses, or breaks off again and again.
        StorageError: the disk is full.
    """
    whole, part = work / "archive.zip", work / "archive.zip.part"
    if whole.exists():
        print(f"The archive came before ({amount(whole.stat().st_size)}): not downloaded again.")
        return whole
    at_first, tries = _size(part), 0
    while True:
        before = _size(part)
        try:
            if not before or before != _noted(part).get("size"):  # else it was stopped just before it got its name
                _bring_rest(part, target, room, show)
            os.replace(part, whole)
            return whole
        except (_CutError, requests.RequestException) as error:
            response = getattr(error, "response", None)
            if response is not None and response.status_code == 416 and before:  # no archive has so many bytes
                part.unlink()
                continue
            never_begun = isinstance(error, requests.RequestException) and _size(part) == at_first
            if response is not None or never_begun:
                raise service.explain(error, target) from error
            tries = 1 if _size(part) > before else tries + 1
            if tries >= TRIES:
                raise DownloadError(_broke_off(part)) from error
            print(f"The connection broke at {amount(_size(part))}; trying again.")
            time.sleep(PAUSE * tries)


def _bring_rest(part: Path, target: Path, room: int, show: bool) -> None:
    """One request for what `part` lacks; it ends whole, or _CutError or a RequestException says that it did not."""
    from tqdm.auto import tqdm

    start = _size(part)
    with service.open_archive(start, _noted(part).get("validator")) as response:
        service.check_is_archive(response, target)
        if response.status_code != 206 or not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            start = 0
        total = _total(response, start)
        ensure_room(part.parent, (total or 0) - start + room, "the archive with what is in it")
        _note(part, start, total, response)
        if start:
            print(f"Going on from {amount(start)}" + (f" of {amount(total)}." if total else "."))
        with (
            writing(part.parent, (total or 0) - start + room, "the archive with what is in it"),
            open(part, "ab" if start else "wb") as file,
            tqdm(total=total, initial=start, desc="Downloading", unit="B", unit_scale=True, disable=not show) as bar,
        ):
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
    if total is not None and _size(part) != total:
        raise _CutError


def _total(response: requests.Response, start: int) -> int | None:
    """How long the whole archive is, where the server says so; bytes."""
    if start:
        found = re.fullmatch(r"bytes \d+-\d+/(\d+)", response.headers["Content-Range"])
        return int(found[1]) if found else None
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None


def _note(part: Path, start: int, total: int | None, response: requests.Response) -> None:
    """Notes which archive the bytes in `part` are of, so that none of another is ever appended."""
    if not start:
        part.unlink(missing_ok=True)  # first, so that old bytes never lie beside a new note
    validator = response.headers.get("ETag") or response.headers.get("Last-Modified")
    with write_atomically(_note_of(part)) as file:
        json.dump({"validator": validator, "size": total}, file)


def _noted(part: Path) -> dict:
    try:
        note = json.loads(_note_of(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _note_of(part: Path) -> Path:
    return part.with_name("archive.json")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _broke_off(part: Path) -> str:
    total = _noted(part).get("size")
    far = f"{amount(_size(part))} of {amount(total)}" if total else amount(_size(part))
    return f"The connection broke {TRIES} times in a row; {far} are here. Run this again: it goes on from there."
