"""``course doctor``: what this machine has and lacks, and the one command that mends each lack."""

import argparse
import importlib.metadata
import os
import platform
import re
import shutil
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from course_lib import host

OLDEST, TOO_NEW = (3, 11), (3, 14)
WANTED_MEMORY = 2e9  # bytes: a lesson's kernel at 1.5 GB with JupyterLab beside it
WANTED_DISK = 2e9  # bytes: the data set unpacked, 1.03 GB, and its archive beside it until all is checked
SHOWN = ("tensorflow", "keras", "numpy", "jupyterlab")  # versions that people ask for first


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
        description="Look at Python, packages, the installation, processor, GPU, memory, disk, network settings, data "
        "and the Kaggle login; name for each lack the command that mends it. Exit status 1 if something will fail.",
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


def findings(look_for_gpu: bool = True) -> Iterator[Finding]:
    """Yield a Finding for each thing looked at, quick ones first; what cannot be looked at is a lack itself."""
    looks = [
        ("Python", python_finding),
        ("packages", packages_finding),
        ("installation", installation_finding),
        ("kernel", kernel_finding),
        ("processor", processor_finding),
        ("memory", memory_finding),
        ("disk", disk_finding),
        ("proxy", proxy_finding),
        ("git", git_finding),
        ("sandbox", sandbox_finding),
        ("data", data_finding),
        ("Kaggle login", kaggle_finding),
        *([("GPU", gpu_finding)] if look_for_gpu else []),
    ]
    for subject, look in looks:
        found = looked_at(subject, look)
        if found is not None:
            yield found


def looked_at(subject: str, look: Callable[[], Finding | None]) -> Finding | None:
    """Return what a look finds; a package that it needs and that is not there ends this one look only."""
    try:
        return look()
    except ImportError as error:
        return Finding("lack", subject, f"cannot be looked at: {error}", "mend the packages first")


def python_finding(version: tuple[int, ...] | None = None) -> Finding:
    """Is this a Python that TensorFlow has packages for?"""
    version = sys.version_info[:3] if version is None else version
    found = f"{'.'.join(map(str, version))} in {sys.prefix}"
    if OLDEST <= version[:2] < TOO_NEW:
        return Finding("ok", "Python", found)
    return Finding("lack", "Python", found, "install Python 3.12, then in the course's folder: python3.12 begin.py")


def packages_finding(needed: dict[str, str] | None = None) -> Finding:
    """Are the packages there, and as new as pyproject.toml asks? Imports none of them.

    Args:
        needed: the oldest version that will do, by package; those of pyproject.toml if None.
    """
    needed = needed_packages() if needed is None else needed
    there = {name: installed_version(name) for name in needed}
    bad = [name for name in needed if not new_enough(there[name], needed[name])]
    if not bad:
        versions = ", ".join(f"{name} {there[name]}" for name in SHOWN if there.get(name))
        return Finding("ok", "packages", f"all {len(needed)}; {versions}")
    words = [f"{name} {there[name]} is older than {needed[name]}" if there[name] else f"no {name}" for name in bad]
    asked = " ".join(f'"{name}>={needed[name]}"' for name in bad)
    return Finding("lack", "packages", ", ".join(words), f'"{sys.executable}" -m pip install {asked}')


def needed_packages() -> dict[str, str]:
    """Return the course's packages and the oldest version of each: of pyproject.toml, or of the installed course."""
    file = course_folder() / "pyproject.toml"
    if file.is_file():
        asked = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"]
    else:
        asked = [line for line in importlib.metadata.requires(host.packages.COURSE) or [] if "extra ==" not in line]
    pairs = [re.match(r"([\w.-]+)\s*>=\s*([\d.]+)", line) for line in asked]
    needed = {pair[1]: pair[2] for pair in pairs if pair}
    if host.look().throwaway:
        needed.pop("jupyterlab", None)  # Colab and Kaggle bring their own page
    return needed


def installed_version(name: str) -> str:
    """Return the version of a package, "" where it is missing or half removed."""
    try:
        return importlib.metadata.version(name) or ""
    except (importlib.metadata.PackageNotFoundError, KeyError):
        return ""


def new_enough(version: str, oldest: str) -> bool:
    """Whether a version is not older than another, counted by its numbers.

    >>> new_enough("2.9.1", "2.20"), new_enough("2.20.0rc1", "2.20"), new_enough("", "1")
    (False, True, False)
    """
    mine, theirs = ([int(part) for part in re.findall(r"\d+", text)[:3]] for text in (version, oldest))
    return bool(mine) and mine + [0] * 3 >= theirs


def installation_finding() -> Finding:
    """Is the course installed in this Python, is it this copy, may it be written to, and does ``course`` start it?"""
    folder = course_folder()
    if not host.packages.installed_course():
        remedy = f'"{sys.executable}" -m pip install --editable "{folder}"'
        return Finding("lack", "installation", f"the course is not installed in {sys.prefix}", remedy)
    if not host.start.writable(folder):
        return Finding(
            "note",
            "installation",
            f"{folder} is read-only: lessons write elsewhere and say where",
            "copy the course to a folder of your own",
        )
    other = shutil.which("course")
    if other and not same_folder(Path(other).parent, Path(sysconfig.get_path("scripts"))):
        return Finding(
            "note",
            "installation",
            f"the command `course` of your shell is {other}, of another Python than this one",
            f'"{sys.executable}" -m course_lib.cli, or activate the environment in {sys.prefix}',
        )
    return Finding("ok", "installation", f"{folder}, installed in this Python")


def kernel_finding() -> Finding:
    """Would JupyterLab start notebooks with this Python, or with one that somebody once registered for the user?"""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        remedy = f'"{sys.executable}" -m ipykernel install --sys-prefix'
        return Finding("lack", "kernel", "JupyterLab knows no kernel python3", remedy)
    program = shutil.which(spec.argv[0]) or spec.argv[0]
    # A bare "python" is replaced by the Python that JupyterLab itself runs on.
    if spec.argv[0].startswith("python") or same_folder(Path(program).parent, Path(sys.executable).parent):
        return Finding("ok", "kernel", f"notebooks run on {sys.executable}")
    remedy = f'"{sys.executable}" -m jupyter kernelspec remove python3      (the course has its own below it)'
    return Finding("lack", "kernel", f"notebooks would run on {program}, as {spec.resource_dir} says", remedy)


def processor_finding() -> Finding:
    """Cores that may be used, and whether bfloat16 is worth using."""
    from course_lib.training.policy import processor_flags

    machine = host.look()
    fast = {"avx512_bf16", "amx_bf16"} & processor_flags()
    kind = "bfloat16 (the fast preset uses it)" if fast else "no bfloat16 (float32 is used)"
    cores = f"{machine.cores} of {machine.all_cores}" if machine.cores < machine.all_cores else machine.cores
    return Finding("ok", "processor", f"{cores} cores, {platform.machine()}, {kind}")


def memory_finding() -> Finding:
    """Memory that is free, within what a container grants."""
    machine = host.look()
    free, total = machine.free, machine.memory
    if not free:  # only Linux says it in files
        import psutil

        free, total = psutil.virtual_memory().available, psutil.virtual_memory().total
    found = f"{free / 1e9:.1f} GB free of {total / 1e9:.1f}"
    if free >= WANTED_MEMORY:
        return Finding("ok", "memory", found)
    remedy = "close other programs and kernels: a lesson needs up to 1.5 GB, JupyterLab 0.3"
    if total < WANTED_MEMORY:
        remedy = "too little for every lesson: open the course on Colab, or give this container 2 GB"
    return Finding("note", "memory", found, remedy)


def disk_finding() -> Finding:
    """Free space where the course would write."""
    free = shutil.disk_usage(Path.cwd()).free
    remedy = "" if free >= WANTED_DISK else "free some space: the real data set and a run need 2 GB"
    return Finding("note" if remedy else "ok", "disk", f"{free / 1e9:.1f} GB free in {Path.cwd()}", remedy)


def proxy_finding() -> Finding | None:
    """Which proxy downloads go through; nothing where there is none."""
    name = next((name for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy") if os.environ.get(name)), "")
    if not name:
        return None
    where = urlsplit(os.environ[name])  # it may hold a password, which a report that is sent on must not show
    if not where.hostname:
        return Finding("lack", "proxy", f"{name} is no address", f"set {name} to http://host:port, or unset it")
    return Finding("ok", "proxy", f"{name} sends downloads through {where.hostname}:{where.port or 80}")


def git_finding() -> Finding:
    """Is git there? A run's record names the commit, and an update is one command."""
    found = shutil.which("git")
    if found:
        return Finding("ok", "git", found)
    return Finding("note", "git", "none: records of runs will not name the course's commit", how_to_install("git"))


def sandbox_finding() -> Finding:
    """What would keep submissions apart; for instructors only."""
    if platform.system() == "Windows":
        return Finding(
            "note", "sandbox", "none on Windows; for instructors: `course grade` runs in WSL", "wsl --install"
        )
    found = next((name for name in ("bwrap", "docker", "podman") if shutil.which(name)), None)
    if found:
        return Finding("ok", "sandbox", f"{found}, for `course grade`")
    kind = "podman" if platform.system() == "Darwin" else "bubblewrap"
    return Finding("note", "sandbox", "none; only instructors need one, for `course grade`", how_to_install(kind))


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

    pip = f'"{sys.executable}" -m pip install'
    try:
        tf = load_tensorflow()
    except ImportError as error:
        return Finding("lack", "GPU", f"TensorFlow does not start: {error}", f"{pip} --force-reinstall tensorflow")
    gpus = [device.name for device in tf.config.list_physical_devices("GPU")]
    if gpus:
        return Finding("ok", "GPU", ", ".join(gpus))
    if there := host.look().gpu:
        return Finding("note", "GPU", f"{there}, which TensorFlow does not use", f'{pip} "tensorflow[and-cuda]"')
    return Finding(
        "note", "GPU", "none: the fast preset is made for this", "for the full preset use Colab or Kaggle with a GPU"
    )


def course_folder() -> Path:
    """Return the folder that holds course_lib, notebooks and data."""
    return host.packages.HOME


def same_folder(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder."""
    return one.resolve() == other.resolve()


def how_to_install(package: str) -> str:
    """Return the command that installs a program on this system."""
    if platform.system() == "Windows":
        return {"git": "winget install Git.Git"}.get(package, f"winget install {package}")
    if platform.system() == "Darwin":
        return f"brew install {package}"
    tools = {"apt": "apt install", "dnf": "dnf install", "pacman": "pacman -S", "zypper": "zypper install"}
    found = next((words for tool, words in tools.items() if shutil.which(tool)), "apt install")
    return f"sudo {found} {package}"
