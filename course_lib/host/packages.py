"""Which packages the lessons lack here, how to add just these, and whether a kernel holds an older course.

Adding never changes what is there: on Colab and Kaggle packages are built for each other, and one that is changed
below a running kernel breaks the session.
"""

from __future__ import annotations  # so that an old Python, too, can read this and say what to do

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import course_lib

if TYPE_CHECKING:
    from collections.abc import Iterable

COURSE = "tumor-segmentation-course"
HOME = Path(course_lib.__file__).resolve().parents[1]  # the folder that holds course_lib, notebooks and data
# As pyproject.toml names them, and as they are imported; without JupyterLab, which a kernel does not need.
NEEDED = {
    "tensorflow": "tensorflow",
    "keras": "keras",
    "numpy": "numpy",
    "scipy": "scipy",
    "pandas": "pandas",
    "pillow": "PIL",
    "matplotlib": "matplotlib",
    "seaborn": "seaborn",
    "ipywidgets": "ipywidgets",
    "tqdm": "tqdm",
    "psutil": "psutil",
    "kaggle": "kaggle",
    "six": "six",
}
# What lessons go on without, less well: name, as imported, what is then missing.
WISHED = {"anywidget": ("anywidget", "lesson 7's outline is drawn for you, and sliders have no spoken names")}
PIP_SECONDS = 300


def missing_packages() -> list[str]:
    """Return the packages, by the names that pip knows, that the lessons need and this Python does not have."""
    return [name for name, module in NEEDED.items() if importlib.util.find_spec(module) is None]


def missed_packages() -> list[str]:
    """Return the packages that this Python does not have and the lessons can do without."""
    return [name for name, (module, _) in WISHED.items() if importlib.util.find_spec(module) is None]


def install(packages: Iterable[str]) -> str:
    """Install packages, and nothing that changes a package that is there; return "" or why that failed, in a line.

    Every package that is there is held at its version; pip then adds what is missing, or gives up.
    """
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        held = Path(folder, "what-is-there.txt")
        held.write_text("".join(f"{name}=={version}\n" for name, version in installed().items()), encoding="utf-8")
        return pip("--constraint", str(held), *packages)


def install_course() -> str:
    """Make this copy of the course the installed one, without its dependencies: brings the command ``course``."""
    return pip("--no-deps", "--editable", str(HOME))


def pip(*arguments: str) -> str:
    """Run ``pip install`` and return "" or its last error."""
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--root-user-action=ignore")
    command = [sys.executable, "-m", "pip", "install", *quiet, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__}: {error}"
    if done.returncode == 0:
        importlib.invalidate_caches()
        return ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
    return errors[-1] if errors else f"pip ended with status {done.returncode}"


def installed() -> dict[str, str]:
    """Return the version of every package that is there; those whose metadata are damaged are left out."""
    found = {}
    for distribution in importlib.metadata.distributions():
        name, version = distribution.metadata["Name"], distribution.version
        if name and version:
            found.setdefault(name, version)  # the first on the path is the one in use
    return found


def installed_course() -> str:
    """Return the version of the course that is installed, "" where none is."""
    try:
        return importlib.metadata.version(COURSE)
    except importlib.metadata.PackageNotFoundError:
        return ""


def files_now() -> dict[str, tuple]:
    """Return time and size of each of the course's files that this process has loaded or may load."""
    state = {}
    for folder, _, names in os.walk(Path(course_lib.__file__).parent):
        for name in names:
            if name.endswith(".py"):
                try:
                    about = os.stat(os.path.join(folder, name))
                except OSError:
                    continue
                state[os.path.join(folder, name)] = (about.st_mtime_ns, about.st_size)
    return state


_AT_FIRST = files_now()


def stale() -> str:
    """Return in which way this kernel holds another course than the one on disk, "" where it does not."""
    now = files_now()
    loaded = {
        getattr(module, "__file__", None) for name, module in sys.modules.items() if name.startswith("course_lib")
    }
    if any(_AT_FIRST.get(path) != now.get(path) for path in loaded if path in _AT_FIRST):
        return "the course's files have changed since this kernel loaded them"
    version = installed_course()
    if version and version != course_lib.__version__:
        return f"this kernel holds the course's version {course_lib.__version__}, and {version} is installed"
    return ""
