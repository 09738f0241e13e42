"""How the program inside is started: by bubblewrap, in a container, or, asked for by name, as a plain process."""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

import course_lib
from course_lib.errors import CourseError
from course_lib.grading.model import Limits

KINDS = ("bubblewrap", "docker", "podman", "process")
PACKAGE = Path(course_lib.__file__).resolve().parent
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
SETTINGS = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives")
INSIDE = "/course/course_lib"  # where the library lies in the sandbox
DATA = "/course/data"  # and the scans, where there are any
WINDOWS = os.name == "nt"
NOBODY = "65534"
BASE_MEMORY = 2e9  # bytes that a container holds beside the submission: interpreter, libraries, TensorFlow


@dataclass(frozen=True)
class Places:
    """What of the disk is to be seen inside, read-only.

    Attributes:
        package: folder of course_lib.
        python: the interpreter to start.
        trees: folders and files that appear at their own path.
        hidden: folders (under `package` as seen inside, or in `trees`) that appear empty.
        hidden_files: files likewise.
        data: a folder of scans that the submissions may read, or None.
    """

    package: Path
    python: str
    trees: tuple[Path, ...] = ()
    hidden: tuple[str, ...] = ()
    hidden_files: tuple[str, ...] = ()
    data: Path | None = None


@dataclass(frozen=True)
class Start:
    """A command that starts the program inside, with its environment; `stop` is run to end it."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    stop: list[str] | None = None
    watched: bool = True  # whether its processes are to be seen from here


def find_places(data: Path | None = None) -> Places:
    """Return what this installation needs inside: interpreter, packages, library; but no bank of answers.

    Raises:
        CourseError: Python is installed in a place that cannot be shown without showing everything.
    """
    here = {sys.prefix, sys.base_prefix, *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))}
    roots = sorted({str(Path(path)) for path in here} | {str(Path(path).resolve()) for path in here})
    kept: list[Path] = []
    for root in map(Path, roots):
        if not any(root.is_relative_to(path) for path in [*kept, *map(Path, SYSTEM)]):
            kept.append(root)
    home = Path.home().resolve()
    for root in kept:
        if home.is_relative_to(root):
            raise CourseError(f"Python is installed in {root} itself: grade from a virtual environment (`make setup`).")
    banks = sorted((PACKAGE / "check").glob("lesson[0-9][0-9]*"))
    hidden = [f"{INSIDE}/check/{bank.name}" for bank in banks if bank.is_dir()]
    hidden += [str(PACKAGE)] * any(PACKAGE.is_relative_to(root) for root in [*kept, *map(Path, SYSTEM)])
    files = [f"{INSIDE}/check/{bank.name}" for bank in banks if bank.is_file()]
    return Places(PACKAGE, sys.executable, tuple(kept), tuple(hidden), tuple(files), data)


def environment(data: bool, scratch: str = "/tmp") -> dict[str, str]:
    """Return the whole environment of the program inside: nothing of this process's own."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": scratch,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "PYTHONHASHSEED": "0",  # the same marks in every run
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "COURSE_PROGRESS": "off",
        **({"COURSE_DATA": DATA} if data else {}),
    }


def program(python: str, package: str, tensorflow: bool, alone: bool = True, scratch: str = "/tmp") -> list[str]:
    """Return the command of the program inside, as it is seen there."""
    options = ["--scratch", scratch] + ["--alone"] * alone + ["--tensorflow"] * tensorflow
    return [python, "-s", "-P", f"{package}/grading/inside.py", *options]


def bubblewrap_start(places: Places, limits: Limits, tensorflow: bool, bwrap: str = "bwrap", more: tuple = ()) -> Start:
    """Return how bubblewrap starts the program: namespaces of its own, nobody's user, and little of the disk."""
    # Where the course itself lies below /tmp, that folder cannot be wiped after every submission: scratch is another.
    scratch = "/scratch" if any(tree.is_relative_to("/tmp") for tree in places.trees) else "/tmp"
    command = [bwrap, "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--as-pid-1", *more]
    command += ["--cap-drop", "ALL", "--uid", NOBODY, "--gid", NOBODY, "--hostname", "sandbox", "--clearenv"]
    for name, value in environment(places.data is not None, scratch).items():
        command += ["--setenv", name, value]
    for path in SYSTEM:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        else:
            command += ["--ro-bind-try", path, path]
    for path in SETTINGS:
        command += ["--ro-bind-try", path, path]
    command += ["--proc", "/proc", "--dev", "/dev"]
    command += ["--size", str(int(limits.disk)), "--tmpfs", scratch]
    for tree in places.trees:
        command += ["--ro-bind", str(tree), str(tree)]
    command += ["--ro-bind", str(places.package), INSIDE]
    for folder in places.hidden:
        command += ["--perms", "0555", "--tmpfs", folder, "--remount-ro", folder]
    for file in places.hidden_files:
        command += ["--ro-bind", "/dev/null", file]
    if places.data is not None:
        command += ["--ro-bind", str(places.data), DATA]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", scratch]
    command += ["--", *program(places.python, INSIDE, tensorflow, scratch=scratch)]
    return Start(command, {"PATH": os.environ.get("PATH", "")})


def more_options(bwrap: str, filter_fd: int | None) -> tuple[str, ...]:
    """Return what this version of bubblewrap can do beyond the least: no name spaces within, a filter of calls."""
    known = subprocess.run([bwrap, "--help"], capture_output=True, text=True, timeout=30, check=False)
    nested = ("--disable-userns",) * ("--disable-userns" in known.stdout + known.stderr)
    return nested if filter_fd is None else (*nested, "--seccomp", str(filter_fd))


def container_start(
    engine: str, image: str, name: str, places: Places, limits: Limits, tensorflow: bool, python: str = "python3"
) -> Start:
    """Return how docker or podman starts the program in a container of `image`, which holds Python and the packages."""
    memory = str(int(limits.memory + BASE_MEMORY))
    command = [engine, "run", "--rm", "--interactive", "--name", name, "--network", "none", "--read-only"]
    command += ["--tmpfs", f"/tmp:rw,nosuid,nodev,size={int(limits.disk)}", "--workdir", "/tmp"]
    command += ["--memory", memory, "--memory-swap", memory, "--pids-limit", str(limits.processes * 16 + 64)]
    command += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", f"{NOBODY}:{NOBODY}"]
    command += ["--hostname", "sandbox", "--ipc", "private", "--entrypoint", ""]
    for variable, value in environment(places.data is not None).items():
        command += ["--env", f"{variable}={value}"]
    command += ["--volume", f"{places.package}:{INSIDE}:ro"]
    kept_out = ",notmpcopyup" * (Path(engine).name == "podman")  # podman copies what lies below into a tmpfs
    for folder in places.hidden:
        if folder.startswith(INSIDE):
            command += ["--tmpfs", f"{folder}:ro,size=4096{kept_out}"]
    for file in places.hidden_files:
        command += ["--volume", f"/dev/null:{file}:ro"]
    if places.data is not None:
        command += ["--volume", f"{places.data}:{DATA}:ro"]
    return Start(
        [*command, image, *program(python, INSIDE, tensorflow)], dict(os.environ), [engine, "kill", name], False
    )


def process_start(places: Places, tensorflow: bool, scratch: Path) -> Start:
    """Return how a plain process is started: the same protocol and limits of time, and nothing else held back."""
    own = environment(False, str(scratch))
    if places.data is not None:
        own["COURSE_DATA"] = str(places.data)
    command = program(sys.executable, str(places.package), tensorflow, alone=False, scratch=str(scratch))
    return Start(command, own)


def check_kind(kind: str, image: str) -> str:
    """Return the path of the program that a kind of boundary needs ("" for a plain process).

    Raises:
        CourseError: no such kind; the program is not installed, or may not be used; no image is given; on Windows.
    """
    if WINDOWS:
        raise CourseError(
            "Grading needs a sandbox, bubblewrap or else docker or podman, which the course starts on Linux and macOS "
            "only: on Windows, install WSL (wsl --install) and run this command there."
        )
    if kind not in KINDS:
        raise CourseError(f"There is no boundary {kind!r}: choose one of {', '.join(KINDS)}.")
    if kind == "process":
        return ""
    found = shutil.which("bwrap" if kind == "bubblewrap" else kind)
    others = "docker or podman with --image" if kind == "bubblewrap" else "bubblewrap (Debian package bubblewrap)"
    if found is None:
        package = "the package bubblewrap (apt install bubblewrap)" if kind == "bubblewrap" else kind
        raise CourseError(
            f"Grading needs a sandbox, and {kind} is not installed here. Install {package}, or use {others}. A plain "
            "process, by the name `process`, holds nothing back: only for code that you would run yourself."
        )
    if kind != "bubblewrap":
        if not image:
            raise CourseError(f"{kind} needs --image: the name of an image with Python and the course's packages.")
        return found
    probe = [
        found,
        "--unshare-all",
        "--unshare-user",
        "--ro-bind",
        "/",
        "/",
        "--size",
        "4096",
        "--tmpfs",
        "/tmp",
        "true",
    ]
    tried = subprocess.run(probe, capture_output=True, text=True, timeout=30, check=False)
    if tried.returncode:
        raise CourseError(
            f"bubblewrap is installed but may not make a sandbox here ({tried.stderr.strip()[:200]}). User namespaces "
            f"must be allowed (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap); else use "
            f"{others}."
        )
    return found
