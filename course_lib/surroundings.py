"""Where the course lies, and whether a person sits at this notebook: two questions that several rooms ask."""

import sys
from pathlib import Path
from typing import Any


def course_folder() -> Path:
    """The course's folder: its repository where that is found, from the library or from here, else the current one."""
    here = Path.cwd()
    for folder in (Path(__file__).resolve().parents[1], here, *here.parents):
        if (folder / "pyproject.toml").is_file() and (folder / "course_lib").is_dir():
            return folder
    return here


def running_kernel() -> Any | None:
    """The Jupyter kernel that this process is, or None; imports nothing that is not loaded yet."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None)


def has_a_person(kernel: Any | None) -> bool:
    """Whether a person may be typing in a kernel's notebook: False where a program runs it, and where there is none.

    Programs that run notebooks (nbconvert, nbclient, nbval) tell the kernel that nobody answers `input()`.
    """
    if kernel is None:
        return False
    try:
        return bool(kernel.get_parent("shell")["content"]["allow_stdin"])
    except (AttributeError, KeyError, TypeError):  # a kernel of another make: JupyterLite's, or an older one
        return True
