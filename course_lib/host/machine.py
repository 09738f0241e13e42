"""What this machine is and how much of it may be used: place, GPU, cores, memory. Asks files, not TensorFlow."""

from __future__ import annotations  # so that an old Python, too, can read this and say what to do

import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

KAGGLE, COLAB, BINDER, OWN = "Kaggle", "Colab", "Binder", "your own computer"
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


class Machine(NamedTuple):
    """What `look` found.

    Attributes:
        place: "Kaggle", "Colab", "Binder" or "your own computer".
        gpu: the GPU's name, "" where there is none.
        cores: processor cores that may be used.
        all_cores: cores that the system reports, which in a container are the host's.
        memory: bytes that may be used; 0 where nothing says.
        free: bytes of them that are free now; 0 where nothing says.
    """

    place: str
    gpu: str
    cores: int
    all_cores: int
    memory: int
    free: int

    @property
    def throwaway(self) -> bool:
        """Whether the machine is made anew for each session, so that installing something there does no harm."""
        return self.place in (KAGGLE, COLAB)


def look(environ: Mapping[str, str] | None = None, root: Path = Path("/")) -> Machine:
    """Look at the machine.

    Args:
        environ: environment variables; those of this process by default.
        root: the folder in which ``proc``, ``sys`` and ``dev`` lie.
    """
    environ = os.environ if environ is None else environ
    all_cores = os.cpu_count() or 1
    memory, free = memory_to_use(environ, root)
    return Machine(place(environ), gpu(environ, root), cores_to_use(environ, root), all_cores, memory, free)


def place(environ: Mapping[str, str]) -> str:
    """Return where this is.

    Kaggle is asked for first: its image is made from Colab's, and carries Colab's marks.

    >>> place({"COLAB_RELEASE_TAG": "release-colab_20260819", "KAGGLE_KERNEL_RUN_TYPE": "Interactive"})
    'Kaggle'
    """
    if "KAGGLE_KERNEL_RUN_TYPE" in environ or "KAGGLE_URL_BASE" in environ:
        return KAGGLE
    if "COLAB_RELEASE_TAG" in environ or "google.colab" in sys.modules:
        return COLAB
    if "BINDER_SERVICE_HOST" in environ or "BINDER_LAUNCH_HOST" in environ:
        return BINDER
    return OWN


def gpu(environ: Mapping[str, str], root: Path = Path("/")) -> str:
    """Return the name of the first NVIDIA GPU, "a GPU" where only its device file is found, or ""."""
    if environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return ""
    tool = shutil.which("nvidia-smi", path=environ.get("PATH", os.defpath))
    if tool:
        try:
            said = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=False).stdout
        except (OSError, subprocess.TimeoutExpired):
            said = ""
        found = re.search(r"^GPU \d+: (.+?)(?: \(UUID|$)", said, re.M)
        if found:
            return found[1]
    return "a GPU" if any(root.glob("dev/nvidia[0-9]*")) else ""


def cores_to_use(environ: Mapping[str, str], root: Path = Path("/")) -> int:
    """Return how many cores may be used: of the system's, the affinity's, the container's and CPU_LIMIT the fewest."""
    bounds = [float(os.cpu_count() or 1)]
    if hasattr(os, "sched_getaffinity"):
        bounds.append(len(os.sched_getaffinity(0)))
    bounds += [_number(environ.get("CPU_LIMIT", ""))]
    for folder in _groups(root, "cpu"):
        quota, period = [*_read(folder / "cpu.max").split(), "", ""][:2]
        quota = quota or _read(folder / "cpu.cfs_quota_us")
        period = period or _read(folder / "cpu.cfs_period_us")
        if _number(quota) and _number(period):
            bounds.append(_number(quota) / _number(period))
    return max(1, math.ceil(min(bound for bound in bounds if bound > 0)))


def memory_to_use(environ: Mapping[str, str], root: Path = Path("/")) -> tuple[int, int]:
    """Return the bytes that may be used, and those of them that are free: what the system, container, MEM_LIMIT say."""
    info = {
        name: int(kilobytes) * 1024
        for name, kilobytes in re.findall(r"(\w+):\s+(\d+) kB", _read(root / "proc/meminfo"))
    }
    total, free = info.get("MemTotal", 0), info.get("MemAvailable", 0)
    limits = [(_bytes(environ.get("MEM_LIMIT", "")), 0)]
    for folder in _groups(root, "memory"):
        limit = _read(folder / "memory.max") or _read(folder / "memory.limit_in_bytes")
        used = _read(folder / "memory.current") or _read(folder / "memory.usage_in_bytes")
        # Files that the system may drop again count as used there; not here.
        cached = re.search(r"^(?:total_)?inactive_file (\d+)", _read(folder / "memory.stat"), re.M)
        limits.append((_bytes(limit), int(_number(used)) - int(cached[1] if cached else 0)))
    for limit, used in limits:
        if 0 < limit < (total or math.inf):
            total = limit
        if limit and free:
            free = min(free, max(0, limit - used))
    return int(total), int(free)


def limit_threads(machine: Machine, environ: dict | None = None) -> bool:
    """Have libraries start no more threads than there are cores to use; return whether that was needed and possible.

    What the user has set stays. After TensorFlow is loaded it is too late.
    """
    if machine.cores >= machine.all_cores or "tensorflow" in sys.modules:
        return False
    for name in THREADS:
        (os.environ if environ is None else environ).setdefault(name, str(machine.cores))
    return True


def _groups(root: Path, controller: str) -> list[Path]:
    """Return the folders that may hold limits of this process: its control group's, those above it, older systems'."""
    top = root / "sys/fs/cgroup"
    own = re.search(r"^0::/(.*)$", _read(root / "proc/self/cgroup"), re.M)
    group = top / own[1] if own and ".." not in own[1] else top
    above = [folder for folder in [group, *group.parents] if folder == top or top in folder.parents]
    return [*above, top / controller]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0


def _bytes(text: str) -> int:
    """Return a number of bytes: "2147483648", "2G"; 0 where there is no limit, as in "max".

    >>> _bytes("2G"), _bytes("512Mi"), _bytes("max")
    (2147483648, 536870912, 0)
    """
    found = re.fullmatch(r"([\d.]+)\s*([KMGT]?)i?B?", text.strip(), re.I)
    return int(_number(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ")) if found else 0
