"""A stand-in for a Colab machine: a virtual environment of its versions, its marks, and no way out to the network."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.storage import write_atomically
from tools import repository

VERSIONS = repository.ROOT / "tests" / "colab" / "constraints.txt"
PIP = "24.1.2"  # Colab's
RELEASE = "release-colab_20260819-060122_RC00"
BUILD_TOOLS = ("setuptools>=77", "wheel")  # what pip fetches on Colab to build the course: from the index there
# The parts of google.colab that the course asks for; with them goes what says that this is no real one.
STAND_IN = {
    "__init__.py": '"""A stand-in for Colab\'s package, to try the course\'s lessons."""\n',
    "output.py": '"""Widgets."""\n\n\ndef enable_custom_widget_manager():\n    """Nobody looks."""\n',
    "userdata.py": '''"""Secrets: none."""


class SecretNotFoundError(Exception):
    """No such secret."""


class NotebookAccessError(Exception):
    """Not allowed."""


class TimeoutException(Exception):
    """Nobody answered."""


def get(name):
    """There is no secret."""
    raise SecretNotFoundError(name)
''',
}


@dataclass(frozen=True)
class Colab:
    """The machine.

    Attributes:
        folder: its virtual environment.
        kernel: the name under which Jupyter finds its kernel.
    """

    folder: Path
    kernel: str = "colab"

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    def __str__(self) -> str:
        found = self.packages()
        version = _output(self.python, "-c", "import platform; print(platform.python_version())")
        names = ("tensorflow", "keras", "numpy", "ipywidgets", "ipython")
        return f"Python {version}, " + ", ".join(f"{name} {found[name]}" for name in names)

    @classmethod
    def build(cls, folder: Path, python: str | None = None) -> "Colab":
        """Make the machine, or take the one there if it was made of the same versions.

        Raises:
            CourseError: there is no Python to make it of, or pip cannot have the versions.
        """
        made = cls(folder)
        stamp, wanted = folder / "made-of.txt", f"pip=={PIP}\n{VERSIONS.read_text(encoding='utf-8')}"
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _run(python or find_python(), "-m", "venv", folder)
            _run(made.python, "-m", "pip", "install", "--quiet", f"pip=={PIP}")
            exactly = ("--no-deps", "--only-binary", ":all:", "--requirement", VERSIONS)
            _run(made.python, "-m", "pip", "install", "--quiet", *exactly)
            _run(made.python, "-m", "pip", "download", "--quiet", "--dest", folder / "wheels", *BUILD_TOOLS)
            made._mark()
            with write_atomically(stamp) as file:
                file.write(wanted)
        made._register()
        return made

    def _mark(self) -> None:
        """Add the stand-in for google.colab, imported before anything else, as Colab's kernel does."""
        site = Path(_output(self.python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"))
        (site / "google" / "colab").mkdir(parents=True, exist_ok=True)
        for name, text in STAND_IN.items():
            (site / "google" / "colab" / name).write_text(text, encoding="utf-8")
        (site / "colab.pth").write_text("import google.colab\n", encoding="utf-8")

    def _register(self) -> None:
        _run(self.python, "-m", "ipykernel", "install", "--prefix", self.folder, "--name", self.kernel)
        shared = str(self.folder / "share" / "jupyter")
        if shared not in os.environ.get("JUPYTER_PATH", "").split(os.pathsep):
            os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [shared, os.environ.get("JUPYTER_PATH")]))

    def environment(self, home: Path, source: Path) -> dict[str, str]:
        """Return the environment of its kernels: Colab's marks, `source` in place of the published repository.

        Every address leads nowhere: the proxy that is named for all of them does not answer.
        """
        nowhere = "http://127.0.0.1:9"
        settings = {name: os.environ[name] for name in ("LANG", "LC_ALL") if name in os.environ}
        return settings | {
            "PATH": os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]]),
            "HOME": str(home),
            "COLAB_RELEASE_TAG": RELEASE,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.file://{source}.insteadOf",
            "GIT_CONFIG_VALUE_0": repository.address(),
            "GIT_TERMINAL_PROMPT": "0",
            "HTTP_PROXY": nowhere,
            "HTTPS_PROXY": nowhere,
            "NO_PROXY": "localhost,127.0.0.1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the kernel warns of its own debugger
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.folder / "wheels"),
        }

    def packages(self) -> dict[str, str]:
        """Return what pip says is there: versions, or where a package lies, by name."""
        lines = _output(self.python, "-m", "pip", "freeze", "--all").splitlines()
        pairs = [line.split("==") if "==" in line else line.split(" @ ") for line in lines if line[:1] not in "#-"]
        return {pair[0].lower(): pair[-1] for pair in pairs}

    def forget_course(self) -> None:
        """Take the course away again: every Colab session begins without it."""
        _run(self.python, "-m", "pip", "uninstall", "--quiet", "--yes", "tumor-segmentation-course")


def find_python() -> str:
    """Return a Python for the machine: 3.13 as on Colab where it can be had, else the nearest that the course knows."""
    for version in ("3.13", "3.12", "3.11"):
        installed = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
        for candidate in (shutil.which(f"python{version}"), *map(str, installed)):
            if candidate and subprocess.run([candidate, "-c", "import venv"], capture_output=True).returncode == 0:
                return candidate
    return sys.executable


def publish(bare: Path) -> Path:
    """Make a bare repository whose one commit, at the tag, is the working tree as it is, ignored files left out."""
    _run("git", "init", "--quiet", "--bare", bare)
    git = ("git", f"--git-dir={bare}", f"--work-tree={repository.ROOT}", "-c", "user.name=course")
    git += ("-c", "user.email=course@example.org", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false")
    _run(*git, "-c", "advice.addEmbeddedRepo=false", "add", "--all", ".", cwd=repository.ROOT)
    _run(*git, "commit", "--quiet", "--message", "The course as it is here")
    _run(*git, "tag", repository.tag())
    return bare


def _run(*command, cwd: Path | None = None) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=cwd)
    if done.returncode:
        words = " ".join(str(word) for word in command[:6])
        raise CourseError(f"{words} … failed: {(done.stderr or done.stdout).strip()[-1500:]}")


def _output(*command) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    return done.stdout.strip()
