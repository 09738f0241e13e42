"""Which processes are below one: quick enough to be asked many times a second, also while they multiply."""

import contextlib
import os

import psutil


def descendants(root: int) -> list[int]:
    """Return the numbers of all processes below one, those nearest to it first.

    Orphans count where they fall to a reaper below `root`.
    """
    children: dict[int, list[int]] = {}
    for process, parent in _parents().items():
        children.setdefault(parent, []).append(process)
    found, level = [], [root]
    while level:
        level = [child for parent in level for child in children.get(parent, ())]
        found += level
    return found


def _parents() -> dict[int, int]:
    """Return for every process its parent; from /proc, else from psutil, which takes longer."""
    if not os.path.isdir("/proc/self"):
        return {process.pid: process.ppid() for process in psutil.process_iter()}
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat", "rb") as file:
                parents[int(name)] = int(file.read(4096).rpartition(b")")[2].split()[1])
    return parents
