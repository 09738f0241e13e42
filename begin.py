"""Build the course's environment and use it, on Linux, macOS and Windows: ``python begin.py``.

Needs Python 3.11, 3.12 or 3.13 and nothing else: no make, no packages. `make setup`, `lab`, `test`, `check` and `site`
call it, so what builds the environment in .venv, and what each command runs there, is written here alone.
It parses on Python 3.6 too, so that an old one gets a sentence instead of a syntax error.
"""

import argparse
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / ".installed"  # written last: what was installed, and where
STARTED = VENV / ".installing"  # there while packages go in, and after that was broken off
OLDEST, TOO_NEW = (3, 11), (3, 14)
PYTHONS = (["python3.12"], ["python3.13"], ["python3.11"], ["py", "-3.12"], ["py", "-3.13"], ["py", "-3.11"])
ROOM = 5e9  # bytes: the environment takes 3.4, and pip keeps what it downloads beside it meanwhile

# What each command runs in the environment, one after the other, as `python -m`; it ends with the first that fails.
STEPS = {
    "setup": [],
    "lab": ["course_lib.cli lab"],
    "test": [
        "pytest -q --doctest-modules course_lib",
        "pytest -n 2 --dist loadscope -m 'not notebooks and not browser'",
        "pytest -n 2 --dist load --maxschedchunk 1 -m notebooks",
        "pytest -m browser",
    ],
    "check": [
        "ruff check .",
        "ruff format --check .",
        "pytest -n 2 --dist loadscope -q --doctest-modules tests course_lib"
        " -m 'not slow and not notebooks and not browser and not reference'",
    ],
    "site": ["tools.build_site"],
    "course": ["course_lib.cli"],
}
WITH_WORDS = ("lab", "course")  # what follows these on the command line is for the program that they start
HELP = """\
commands:
  lab      open JupyterLab on lesson 1 (what happens without a command)
  test     every test, every notebook
  check    lint and the quick tests
  site     build the web site into build/site
  setup    build .venv alone
  course   the course's own commands, such as `course doctor` and `course train`, in .venv

Each builds .venv first where it is missing or out of date: about two minutes, and a connection to the package index.

examples:
  python begin.py
  python begin.py lab --lesson 3
  python begin.py lab -- --no-browser --port 9999      what follows -- goes to JupyterLab
  python begin.py course doctor                        what this machine has and lacks
"""

# What pip says where something is in its way, and what to do about it. The first that fits is told.
BEFORE_INSTALLING = (  # found out before the first package goes in: the environment is as it was
    (
        r"ProxyError|Cannot connect to proxy|407 Proxy",
        "The proxy does not let pip through. Set HTTPS_PROXY to its address (http://user:password@host:port), or unset "
        "it where there is none; then run this again.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError",
        "The package index's certificate is not trusted here, as behind many companies' proxies. Set PIP_CERT to the "
        "file of certificates that your administrator names; then run this again.",
    ),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|getaddrinfo failed|Network is unreachable|"
        r"Connection refused|Connection reset|Temporary failure in name resolution|Name or service not known",
        "The package index cannot be reached. Connect to the Internet (behind a proxy, set HTTPS_PROXY to its "
        "address); then run this again: what has been downloaded is kept.",
    ),
    (
        r"No matching distribution found for (?P<what>[^\s(]+)",
        "The package index has no {what} for this Python and system ({python}, {system}). Use Python 3.11, 3.12 or "
        "3.13 of 64 bits on Linux, Windows, or a Mac with an Apple processor; or open the course on Colab or Binder.",
    ),
)
WHILE_INSTALLING = (
    (
        r"Errno 28|No space left|not enough space|Errno 122|quota exceeded",
        "The disk is full. Free 5 GB, or copy the course to another disk; then run this again.",
    ),
    (
        r"Windows Long Path|path too long|filename or extension is too long",
        "The course's folder lies too deep for Windows, which takes 260 characters for a path. Move it to C:\\course "
        "or so, or enable long paths; then run this again.",
    ),
    (
        r"Read-only file system|Permission denied|Access is denied|Errno 13|Errno 30|WinError 5\b",
        "{root} cannot be written to, or a program still uses it. Close JupyterLab, or copy the course to a folder of "
        "your own; then run this again.",
    ),
)


class Problem(Exception):  # noqa: N818 - it is the user's to mend, not a fault of this program
    """What is in the way and what to do about it, in a sentence or two."""


def main(words: list) -> int:  # Python 2 stops here: start this file with Python 3.11, 3.12 or 3.13
    """Run one command.

    Args:
        words: what follows ``begin.py`` on the command line.

    Returns:
        Exit status: that of the command's last step; 1 where the environment cannot be built; 130 interrupted.
    """
    parser = argparse.ArgumentParser(
        prog="begin.py",
        description="Brain-tumour segmentation with a VGG19-UNet: build the course's environment, then work in it.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", default="lab", choices=list(STEPS), metavar="COMMAND", help="see below")
    parser.add_argument("more", nargs=argparse.REMAINDER, metavar="...", help="for lab and course: their options")
    cut = words.index("--") if "--" in words else len(words)  # argparse takes a -- that comes first for its own
    options = parser.parse_args(words[:cut])
    options.more += words[cut:]
    if options.more and options.command not in WITH_WORDS:
        parser.error(f"{options.command} takes no further words")
    try:
        python = find_python()
        if python != sys.executable:
            print(f"Going on with {python}.", flush=True)
            return run([python, str(Path(__file__).resolve()), *words])
        set_up()
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        return run_steps(STEPS[options.command], options.more)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: run this again to go on.", file=sys.stderr)
        return 130


def find_python() -> str:
    """Return a Python that can build the environment: this one where it can, else one on the PATH.

    Raises:
        Problem: there is none.
    """
    named = [[sys.executable], *PYTHONS]
    for command in named:
        program = (
            f"import sys\nif not {OLDEST} <= sys.version_info[:2] < {TOO_NEW}: sys.exit(1)\n"
            "import ensurepip, venv\nprint(sys.executable)"
        )
        found = shutil.which(command[0]) and quietly([*command, "-c", program])
        if found and found.returncode == 0:
            return sys.executable if command[0] == sys.executable else found.stdout.strip()
    version = "{}.{}.{}".format(*sys.version_info[:3])
    if OLDEST <= sys.version_info[:2] < TOO_NEW:
        raise Problem(f"Python {version} is here without venv. On Debian or Ubuntu: apt install python3-venv")
    kind = "old" if sys.version_info[:2] < OLDEST else "new, since TensorFlow has no packages for it yet"
    raise Problem(
        f"Python {version} is too {kind}, and no other was found. Install Python 3.11, 3.12 or 3.13 "
        "(https://www.python.org/downloads), then run this file with it: python3.12 begin.py"
    )


def set_up() -> None:
    """Build .venv and install the course and its packages into it; nothing happens where that is done.

    Raises:
        Problem: it cannot be built; what is left of it is not taken for whole by the next call.
    """
    wanted = state()
    if PYTHON.exists() and read(STAMP) == wanted:
        return
    check_machine()
    if VENV.exists() and not (VENV / "pyvenv.cfg").exists() and any(VENV.iterdir()):
        raise Problem(f"{VENV} is in the way: it is no Python environment. Rename it, then run this again.")
    print(f"Building {VENV} with Python {platform.python_version()}: about two minutes the first time", flush=True)
    moved = bool(read(STAMP)) and read(STAMP).splitlines()[-1] != str(ROOT)
    if moved or STARTED.exists() or not is_sound(PYTHON):
        make_venv()
    try:
        STAMP.unlink() if STAMP.exists() else None
        STARTED.touch()
        install()
        STARTED.unlink()
        STAMP.write_text(wanted, encoding="utf-8")
    except OSError as error:
        raise Problem(explain(str(error))) from error


def state() -> str:
    """Return what is to be installed, as a digest, and the folder that it is installed for."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return f"{digest.hexdigest()}\n{ROOT}\n"


def check_machine() -> None:
    """Look for what would stop the building half-way.

    Raises:
        Problem: no room, no right to write, or a kind of computer that TensorFlow has no packages for.
    """
    if sys.maxsize < 2**32:
        raise Problem(f"{sys.executable} is a Python of 32 bits, and TensorFlow needs 64: install that one.")
    if (platform.system(), platform.machine()) == ("Darwin", "x86_64"):
        raise Problem(
            "TensorFlow has no packages for Macs with an Intel processor any more: open the course on Colab or "
            "Binder. On a Mac with an Apple processor, install a Python made for it (arm64)."
        )
    try:
        with tempfile.TemporaryFile(dir=str(ROOT)):
            pass
    except OSError as error:
        raise Problem(explain(str(error))) from error
    free = shutil.disk_usage(str(ROOT)).free
    if free < ROOM and not PYTHON.exists():
        raise Problem(
            f"The environment needs {ROOM / 1e9:.0f} GB, and the disk of {ROOT} has {free / 1e9:.1f} GB free. Free "
            "some, or copy the course to another disk; then run this again."
        )


def make_venv() -> None:
    """Make an empty environment, in place of a damaged one.

    Raises:
        Problem: it cannot be made; nothing is left of it.
    """
    made = quietly([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if made.returncode:
        shutil.rmtree(str(VENV), ignore_errors=True)
        raise Problem(explain(made.stdout))


def is_sound(python: Path) -> bool:
    """Whether an environment's Python starts, is of a version that suits, and has its pip."""
    program = f"import sys, pip; sys.exit(not {OLDEST} <= sys.version_info[:2] < {TOO_NEW})"
    return python.exists() and quietly([str(python), "-c", program]).returncode == 0


def install() -> None:
    """Install the course, for work on it, with the versions that it was tested with.

    Raises:
        Problem: pip fails.
    """
    asked = ["--constraint", "constraints.txt", "--editable", ".[dev]"]
    done = quietly([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *asked])
    if done.returncode:
        if any(re.search(pattern, done.stdout) for pattern, _ in BEFORE_INSTALLING):
            STARTED.unlink()
        raise Problem(explain(done.stdout))


def explain(said: str) -> str:
    """Return what to do about an error that pip, venv or the system reports: a sentence or two, or its end if unknown.

    >>> explain("OSError: [Errno 28] No space left on device").split(".")[0]
    'The disk is full'
    """
    for pattern, sentence in WHILE_INSTALLING[:1] + BEFORE_INSTALLING + WHILE_INSTALLING[1:]:
        found = re.search(pattern, said, re.IGNORECASE)
        if found:
            facts = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
            return sentence.format(root=ROOT, **facts, **found.groupdict())
    return f"{said.strip()[-2000:]}\n\nThe environment could not be built: see above. Mend that and run this again."


def run_steps(steps: list, more: list) -> int:
    """Run a command's steps in the environment until one fails; return its exit status, else 0."""
    for step in steps:
        status = run([str(PYTHON), "-m", *shlex.split(step), *more], last=step is steps[-1])
        if status:
            return status
    return 0


def run(command: list, last: bool = True) -> int:
    """Run a program in the course's folder, with this one's input and output, and return its exit status.

    The last one takes this process's place where the system can do that, so that signals reach it.
    """
    os.chdir(str(ROOT))
    sys.stdout.flush()
    if last and os.name != "nt":
        os.execv(command[0], command)
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the program got it too, and decides (JupyterLab asks first)
            continue


def quietly(command: list) -> subprocess.CompletedProcess:
    """Run a program in the course's folder and keep what it says, errors included, in `stdout`."""
    kept = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "cwd": str(ROOT), "universal_newlines": True}
    return subprocess.run(command, check=False, errors="replace", **kept)


def read(path: Path) -> str:
    """Return the text of a file, "" where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
