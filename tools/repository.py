"""Where the course is published, and the links that open a lesson elsewhere: all from pyproject.toml.

The address is `Repository` in `[project.urls]`, the tag is "v" and the version. Badges, the lessons' first cell, the
site and the README ask here, so that moving the course means changing one line.
"""

import functools
import tomllib
from pathlib import Path
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parents[1]


@functools.cache
def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def address() -> str:
    """Return where the repository lies, without a slash at its end: "https://github.com/owner/name"."""
    return _project()["urls"]["Repository"].rstrip("/")


def tag() -> str:
    """Return the tag that this version is published under.

    >>> tag().startswith("v")
    True
    """
    return f"v{_project()['version']}"


def owner_and_name() -> str:
    """Return the repository's owner and name as GitHub writes them: "owner/name"."""
    return urlsplit(address()).path.strip("/")


def colab_link(name: str) -> str:
    """Return the address that opens a lesson's learner's copy at the tag in Colab.

    Args:
        name: the lesson's name without its ending, such as "06_train".

    >>> colab_link("06_train").split("/")[2:4]
    ['colab.research.google.com', 'github']
    """
    return f"https://colab.research.google.com/github/{owner_and_name()}/blob/{tag()}/{notebook(name)}"


def kaggle_link(name: str) -> str:
    """Return the address that opens a lesson's learner's copy at the tag in a new Kaggle notebook."""
    return f"https://kaggle.com/kernels/welcome?src={address()}/blob/{tag()}/{notebook(name)}"


def binder_link(name: str) -> str:
    """Return the address that opens a lesson's learner's copy at the tag in JupyterLab on Binder."""
    path = quote(f"lab/tree/{notebook(name)}", safe="")
    return f"https://mybinder.org/v2/gh/{owner_and_name()}/{tag()}?urlpath={path}"


def github_link(path: str) -> str:
    """Return the page of a file of the repository at the tag; `path` is counted from the repository's root."""
    return f"{address()}/blob/{tag()}/{path}"


def notebook(name: str) -> str:
    """Return where the learner's copy of a lesson lies in the repository.

    >>> notebook("06_train")
    'notebooks/06_train.ipynb'
    """
    return f"notebooks/{name}.ipynb"
