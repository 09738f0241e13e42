"""What a lesson's first cell does once the course is there: look, mend or explain, and say it in a few lines."""

from __future__ import annotations  # so that an old Python, too, can read this and say what to do

import os
import platform
import sys
import tempfile
from pathlib import Path

import course_lib
from course_lib.host import packages
from course_lib.host.machine import BINDER, COLAB, KAGGLE, Machine, limit_threads, look

OLDEST, TOO_NEW = (3, 11), (3, 14)
NEEDED_MEMORY = 1.5e9  # bytes: the most that a lesson's kernel takes in the fast preset
PRESETS = ("fast", "full")
GPU_THERE = {
    COLAB: "Runtime → Change runtime type → T4 GPU",
    KAGGLE: "Settings → Accelerator",
    BINDER: "Binder has none: open the lesson on Colab or Kaggle",
}
_machine: Machine | None = None


def begin() -> None:
    """Say where the lesson runs and what with, and mend or explain what would stop it. Running it again does no harm.

    Nothing here raises: what cannot be mended is explained in one sentence, and the lesson goes on as far as it can.
    """
    machine = look_once(again=True)
    said = [f"The course {course_lib.__version__} on {machine.place}: {describe(machine)}."]
    if limit_threads(machine):
        said[0] += f" Threads: {machine.cores}, not {machine.all_cores}."
    fit = OLDEST <= sys.version_info[:2] < TOO_NEW
    said += troubles(machine, fit)
    said += add_packages(machine) if fit else []
    if fit and not packages.missing_packages():  # what follows loads the rest of the course
        said += places_to_write(machine)
        said += what_it_uses(machine)
    print("\n".join(said))


def preset(name: str | None = None) -> str:
    """Return which recipe to train by: "full" where there are a GPU and real scans, else "fast".

    Args:
        name: "fast" or "full" to decide it yourself; so does the environment variable COURSE_PRESET.

    Raises:
        RecipeError: no preset has this name.

    >>> preset("fast")
    'fast'
    """
    named = (name or os.environ.get("COURSE_PRESET", "")).strip()
    if not named:
        return "full" if look_once().gpu and real_scans() else "fast"
    if named not in PRESETS:
        from course_lib.errors import RecipeError

        raise RecipeError(f"There is no preset {named!r}. Write host.preset('fast') or host.preset('full').")
    if named == "full" and not look_once().gpu:
        print(f"{no_gpu(look_once())} Without one, an epoch of the full preset takes over half an hour.")
    return named


def look_once(again: bool = False) -> Machine:
    """Return what `look` finds, asked once in a session: a GPU's tool may take a second."""
    global _machine
    if _machine is None or again:
        _machine = look()
    return _machine


def describe(machine: Machine) -> str:
    """Return GPU, cores and memory in words: "no GPU, 2 cores, 12.7 GB of memory"."""
    cores = "1 core" if machine.cores == 1 else f"{machine.cores} cores"
    memory = f", {machine.memory / 1e9:.1f} GB of memory" if machine.memory else ""
    return f"{machine.gpu or 'no GPU'}, {cores}{memory}"


def troubles(machine: Machine, fit: bool = True) -> list[str]:
    """Return a sentence for what only the user can mend: a Python that is not fit, memory, a stale kernel."""
    said = []
    version = platform.python_version()
    if not fit:
        said.append(f"✗ This is Python {version}; the lessons need 3.11, 3.12 or 3.13. Choose such a kernel, or make "
                    "one: make lab PYTHON=python3.12")  # fmt: skip
    if 0 < machine.free < NEEDED_MEMORY:
        said.append(f"✗ {machine.free / 1e9:.1f} GB of memory are free and a lesson takes up to {NEEDED_MEMORY / 1e9}: "
                    "shut down other notebooks' kernels (Kernel → Shut Down All Kernels).")  # fmt: skip
    changed = packages.stale()
    if changed:
        said.append(f"✗ Restart the kernel (Kernel or Runtime → Restart): {changed}. If this line stays: make setup")
    return said


def add_packages(machine: Machine) -> list[str]:
    """On Colab and Kaggle install the course and what it lacks there; elsewhere say what is missing."""
    missing, missed = packages.missing_packages(), packages.missed_packages()
    said = []
    if machine.throwaway and not packages.installed_course() and os.access(packages.HOME, os.W_OK):
        failed = packages.install_course()
        said += [f"· The command `course` is not installed ({failed}); the lessons do without it."] if failed else []
    if machine.throwaway:  # apart, so that what can be spared never stops what cannot
        failed = packages.install(missing) if missing else ""
        refused = packages.install(missed) if missed else ""
        added = [*([] if failed else missing), *([] if refused else missed)]
        said += [f"Installed: {', '.join(added)}. Nothing else was changed."] if added else []
        said += goes_on_without(missed, network_help(machine)) if refused else []
        if failed:
            lacks = f"Missing: {', '.join(missing)}, and pip could not add it ({failed})"
            said.append(f"✗ {lacks}. {network_help(machine)}")
        return said
    said += goes_on_without(missed, f'To have it: "{sys.executable}" -m pip install {" ".join(missed)}')
    if missing:
        said.append(f"✗ This Python lacks {', '.join(missing)}. Choose the kernel of the course's .venv, or run in a "
                    f'terminal: "{sys.executable}" -m pip install --editable "{packages.HOME}"')  # fmt: skip
    return said


def goes_on_without(missed: list[str], remedy: str) -> list[str]:
    """Return a line for each package that is missing and that lessons can do without: what that costs, and a remedy."""
    return [f"· Goes on without {name}: {packages.WISHED[name][1]}. {remedy}" for name in missed]


def network_help(machine: Machine) -> str:
    """Return what to do where the network cannot be reached."""
    if machine.place == KAGGLE:
        return "Switch Settings → Internet on, and run this cell again."
    proxy = next((name for name in ("HTTPS_PROXY", "https_proxy") if os.environ.get(name)), "")
    known = f"{proxy} is set: is it right?" if proxy else "Behind a proxy, set HTTPS_PROXY: %env HTTPS_PROXY=http://…"
    return f"Is there a network? {known} Then run this cell again."


def places_to_write(machine: Machine) -> list[str]:
    """Have scans and runs written elsewhere where the course's folder is read-only; return what is said of it."""
    from course_lib import data

    home = data.data_folder().parent
    if machine.place == KAGGLE:
        os.environ.setdefault("COURSE_RUNS", "/kaggle/working/runs")  # what Kaggle keeps of a session
    if writable(home):
        return []
    elsewhere = Path(Path.home() if writable(Path.home()) else tempfile.gettempdir(), "tumor-segmentation-course-files")
    os.environ.setdefault("COURSE_RUNS", str(elsewhere / "runs"))
    said = f"· The course's folder is read-only: runs go to {os.environ['COURSE_RUNS']}"
    if located() is None:
        from course_lib import phantoms

        os.environ["COURSE_DATA"] = str(phantoms.make_phantoms(elsewhere))
        said += f", synthetic patients to {elsewhere}"
    return [f"{said}."]


def what_it_uses(machine: Machine) -> list[str]:
    """Return the lines that say which scans and which preset the lesson will use."""
    from course_lib.errors import CourseError

    try:
        rung = located()
    except CourseError as error:
        return [f"✗ {error}"]
    scans = "synthetic patients, made on first use" if rung is None else rung.place
    chosen = preset()
    if os.environ.get("COURSE_PRESET"):
        why = "as COURSE_PRESET says"
    elif chosen == "full":
        why = "there are a GPU and real scans"
    else:
        why = "the full one is for a GPU and real scans"
    said = [f"Scans: {scans}.", f"Preset: {chosen}; {why}."]
    return said + ([f"✗ {no_gpu(machine)}"] if chosen == "full" and not machine.gpu else [])


def no_gpu(machine: Machine) -> str:
    """Return what to do for a GPU where there is none."""
    there = GPU_THERE.get(machine.place, "look whether nvidia-smi finds one, or open the lesson on Colab or Kaggle")
    return f"There is no GPU here ({there})."


def located():
    """Return the rung of the data ladder in use, None where phantoms would be made."""
    from course_lib import data

    return data.locate_data()


def real_scans() -> bool:
    """Whether the scans in use are of real patients: a folder of phantoms has a note of how they were made."""
    from course_lib.errors import DataError

    try:
        rung = located()
    except DataError:
        return False
    return rung is not None and not (rung.folder / "phantoms.json").is_file()


def writable(folder: Path) -> bool:
    """Whether a file can be made in a folder; a mount may say yes to rights and still be read-only."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
