"""``course doctor``: what this machine has and lacks, and the one command that mends each lack."""

import argparse
import importlib.metadata
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGES = {  # distribution: what the course wants it for
    "tensorflow": "training",
    "keras": "models, losses",
    "jupyterlab": "lessons",
    "numpy": "arrays",
    "pandas": "tables",
    "matplotlib": "figures",
    "seaborn": "figures",
    "ipywidgets": "sliders",
    "kaggle": "the real data set",
    "nbval": "tests of the notebooks",
}
OLDEST, TOO_NEW = (3, 11), (3, 14)
WANTED_MEMORY = 2e9  # bytes: a lesson's kernel at 1.5 GB with JupyterLab beside it
WANTED_DISK = 2e9  # bytes: the data set unpacked, 1.03 GB, and its archive beside it until all is checked


@dataclass(frozen=True)
class Finding:
    """One line of the report: ``state`` is "ok", "note" (works without it) or "lack" (something will fail)."""

    state: str
    subject: str
    found: str
    remedy: str = ""


def add_parser(subparsers) -> None:
    """Add ``doctor`` to the command line."""
    parser = subparsers.add_parser(
        "doctor",
        help="what this machine has and lacks",
        description="Look at Python, packages, processor, GPU, memory, disk, data and the Kaggle login; "
        "name for each lack the command that mends it. Exit status 1 if something will fail.",
        epilog="examples:\n  course doctor\n  course doctor --no-gpu      quick: TensorFlow is not started",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--no-gpu", action="store_true", help="do not start TensorFlow to look for a GPU")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print every finding as it is made."""
    lacks = 0
    for finding in findings(look_for_gpu=not options.no_gpu):
        mark = {"ok": "✓ ok  ", "note": "· note", "lack": "✗ lack"}[finding.state]
        print(f"{mark}  {finding.subject:<13} {finding.found}")
        if finding.remedy:
            print(f"{'':<22}→ {finding.remedy}")
        lacks += finding.state == "lack"
    print("\nEverything that the lessons need is here." if not lacks else f"\n{lacks} to mend: see the arrows.")
    return 1 if lacks else 0


def findings(look_for_gpu: bool = True):
    """Yield a Finding for each thing looked at, quick ones first."""
    yield python_finding(sys.version_info[:3])
    yield from (package_finding(name, use) for name, use in PACKAGES.items())
    yield processor_finding()
    yield from memory_and_disk_findings()
    yield data_finding()
    yield kaggle_finding()
    if look_for_gpu:
        yield gpu_finding()


def python_finding(version: tuple[int, int, int]) -> Finding:
    """Is this a Python that TensorFlow has packages for?"""
    found = f"{'.'.join(map(str, version))} in {sys.prefix}"
    if OLDEST <= version[:2] < TOO_NEW:
        return Finding("ok", "Python", found)
    return Finding("lack", "Python", found, "install Python 3.11, 3.12 or 3.13, then: make setup PYTHON=python3.12")


def package_finding(name: str, use: str) -> Finding:
    """Is a package installed, without importing it?"""
    try:
        return Finding("ok", name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding("lack", name, f"not installed (for {use})", f"{sys.executable} -m pip install {name}")


def processor_finding() -> Finding:
    """Cores, and whether bfloat16 is worth using."""
    from course_lib.training.policy import processor_flags

    fast = {"avx512_bf16", "amx_bf16"} & processor_flags()
    kind = "bfloat16 (the fast preset uses it)" if fast else "no bfloat16 (float32 is used)"
    return Finding("ok", "processor", f"{os.cpu_count()} cores, {platform.machine()}, {kind}")


def memory_and_disk_findings():
    """Free memory and free space where the course would write."""
    import psutil

    free = psutil.virtual_memory().available
    remedy = "" if free >= WANTED_MEMORY else "close other programs and kernels: a lesson needs up to 1.5 GB"
    yield Finding("note" if remedy else "ok", "memory", f"{free / 1e9:.1f} GB free", remedy)
    free = shutil.disk_usage(Path.cwd()).free
    remedy = "" if free >= WANTED_DISK else "free some space: the real data set and a run need 2 GB"
    yield Finding("note" if remedy else "ok", "disk", f"{free / 1e9:.1f} GB free in {Path.cwd()}", remedy)


def data_finding() -> Finding:
    """Which data would the lessons use? Looks only; makes nothing."""
    from course_lib import data
    from course_lib.errors import DataError

    try:
        rung = data.locate_data()
    except DataError as error:
        return Finding("lack", "data", "not usable", str(error))
    if rung is None:
        return Finding("note", "data", "none yet: phantoms are made on first use", "course data --phantoms")
    return Finding("ok", "data", f"{rung.folder} ({rung.place})")


def kaggle_finding() -> Finding:
    """Is there a login for Kaggle? It is needed for the real data set only."""
    from course_lib.download.login import TOKENS_PAGE, find_login

    login = find_login()
    if login:
        return Finding("ok", "Kaggle login", login)
    remedy = f'only where Kaggle asks for one: {TOKENS_PAGE}, "Generate New Token", save as ~/.kaggle/access_token'
    return Finding("note", "Kaggle login", "none", remedy)


def gpu_finding() -> Finding:
    """Ask TensorFlow for its devices (takes some seconds)."""
    from course_lib.quiet import load_tensorflow

    try:
        tf = load_tensorflow()
    except ImportError as error:
        return Finding(
            "lack", "GPU", f"TensorFlow does not start: {error}", f"{sys.executable} -m pip install tensorflow"
        )
    gpus = [device.name for device in tf.config.list_physical_devices("GPU")]
    if gpus:
        return Finding("ok", "GPU", ", ".join(gpus))
    return Finding(
        "note", "GPU", "none: the fast preset is made for this", "for the full preset use Colab or Kaggle with a GPU"
    )
