"""Remembers which folders of scans were read and found good, so that the next lesson need not read them again.

The notes are small files in the user's cache folder, or in the folder that the variable COURSE_CACHE names.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from course_lib.errors import StorageError
from course_lib.storage import write_atomically

# A file that changes twice within the tick of the file system's clock looks unchanged; what is this young (in
# nanoseconds) is not remembered yet.
_SETTLED = 2_000_000_000

Reading = tuple[int, int, int]


def folder_state(paths: Iterable[Path]) -> list[tuple[str, int, int, int]]:
    """Path, size and times of change of files, the ones that cannot be asked left out."""
    state = []
    for path in paths:
        with suppress(OSError):
            about = os.stat(path)
            state.append((str(path), about.st_size, about.st_mtime_ns, about.st_ctime_ns))
    return state


def recall(root: Path, state: list) -> list[Reading] | None:
    """What was remembered for this folder in this very state: (height, width, tumour pixels) of each slice; or None."""
    try:
        note = json.loads(_note(root).read_text(encoding="utf-8"))
        readings = [(int(height), int(width), int(pixels)) for height, width, pixels in note["readings"]]
        same = note["state"] == _digest(state) and 2 * len(readings) == len(state)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # none yet, or not a note of ours: reading the scans gives it anew
    return readings if same else None


def remember(root: Path, state: list, readings: list[Reading]) -> None:
    """Notes what was read; where nothing can be written, the next call reads the scans again."""
    newest = max((max(times) for _, _, *times in state), default=0)
    if state and time.time_ns() - newest > _SETTLED:
        with suppress(StorageError), write_atomically(_note(root)) as file:
            json.dump({"state": _digest(state), "readings": readings}, file)


def _note(root: Path) -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = os.environ.get("COURSE_CACHE") or Path(base) / "tumor-segmentation-course"
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    return Path(folder) / f"scans-{name}.json"


def _digest(state: list) -> str:
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()
