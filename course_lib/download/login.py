"""Where a login for Kaggle may lie, and how to get one."""

import json
import os
import sys
from pathlib import Path

from course_lib.host.machine import COLAB, place

OWNER, NAME = "mateuszbuda", "lgg-mri-segmentation"
PAGE = f"https://www.kaggle.com/datasets/{OWNER}/{NAME}"
TOKENS_PAGE = "https://www.kaggle.com/settings/api"

_NO_LOGIN = """\
Kaggle wants a login for this download, and none was found. To get one:
  1. Sign in at https://www.kaggle.com (an account is free).
  2. Open {tokens} and press "Generate New Token"; copy the token.
  3. {save}
  4. Run this again.
A kaggle.json (the same page calls it a legacy API key) works too: put it into {folder}.

Without any login on this machine, by hand:
  1. Sign in at {page} and download the archive.
  2. Unpack it so that the patients lie in {target}
     (the archive holds the folder kaggle_3m twice; the outer one is enough).
  3. Check it: course data --check {target}"""

_SAVE = """\
Save it as the only line of {file},
     or set the environment variable KAGGLE_API_TOKEN to it."""

_SAVE_ON_COLAB = """\
In Colab, open Secrets (the key at the left), add KAGGLE_API_TOKEN with the token, allow this notebook
     to use it, and run in a cell, not after an exclamation mark:
         from course_lib.download import fetch
         fetch()"""


def find_login() -> str | None:
    """Says where the kaggle package will find a login, without importing it; None where there is none.

    The places are the package's own, in its order: an access token, a user name with a key, and what
    ``kaggle auth login`` leaves.
    """
    if os.environ.get("KAGGLE_API_TOKEN"):
        return "the environment variable KAGGLE_API_TOKEN"
    home = Path("~/.kaggle").expanduser()
    for name in ("access_token", "access_token.txt"):
        if _text(home / name).strip():
            return str(home / name)
    from_environment = {"username": os.environ.get("KAGGLE_USERNAME"), "key": os.environ.get("KAGGLE_KEY")}
    if all(from_environment.values()):
        return "the environment variables KAGGLE_USERNAME and KAGGLE_KEY"
    # The package falls back to ~/.kaggle even where its folder of settings is another.
    for file in (config_folder() / "kaggle.json", home / "kaggle.json"):
        if all(from_environment[name] or _fields(file).get(name) for name in from_environment):
            return str(file)
    if _fields(home / "credentials.json").get("refresh_token"):
        return str(home / "credentials.json")
    return None


def config_folder() -> Path:
    """The folder where the kaggle package looks for ``kaggle.json``."""
    named = os.environ.get("KAGGLE_CONFIG_DIR")
    if named:
        return Path(named)
    home = Path("~/.kaggle").expanduser()
    if home.exists() or not sys.platform.startswith("linux"):
        return home
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()) / "kaggle"


def no_login(target: Path) -> str:
    """What to do without a login; `target` is the folder that the patients should lie in."""
    save = _SAVE_ON_COLAB if on_colab() else _SAVE.format(file=Path("~/.kaggle/access_token").expanduser())
    text = _NO_LOGIN.format(tokens=TOKENS_PAGE, page=PAGE, save=save, folder=config_folder(), target=target)
    file = config_folder() / "kaggle.json"
    if file.exists():
        return f"{file} is there, but holds no username and key. {text}"
    return text


def on_colab() -> bool:
    """Whether this is a Colab runtime: its kernel, or a command started from it."""
    return place(os.environ) == COLAB


def take_colab_secrets() -> None:
    """Puts a login from Colab's Secrets, where there is one, into this process's environment for the package to find.

    Only the notebook's own kernel can ask for secrets; a command after an exclamation mark cannot.
    """
    if "google.colab" not in sys.modules:
        return
    from google.colab import userdata

    refused = (userdata.SecretNotFoundError, userdata.NotebookAccessError, userdata.TimeoutException)
    for names in (["KAGGLE_API_TOKEN"], ["KAGGLE_USERNAME", "KAGGLE_KEY"]):
        try:
            secrets = {name: (userdata.get(name) or "").strip() for name in names}
        except refused:
            continue
        if all(secrets.values()):
            os.environ.update(secrets)
            return


def _fields(file: Path) -> dict:
    try:
        fields = json.loads(_text(file))
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
