"""Run a notebook in a fresh kernel, measure its time and peak memory, and take out what differs from run to run."""

import copy
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import nbclient
import nbformat
import psutil
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from course_lib.errors import CourseError

CELL_SECONDS = 240  # a cell that takes longer is stuck; nbval notices a dead kernel only then
ROOT = Path(__file__).resolve().parents[2]
RUNS = tempfile.TemporaryDirectory(prefix="course-runs-")


@dataclass(frozen=True)
class Measured:
    """What one run took.

    Attributes:
        seconds: from the start of the kernel to its end.
        peak: largest memory of the kernel and its children together, in bytes.
        processor: seconds of processor time, summed over the cores; what a busy machine leaves as it is.
    """

    seconds: float
    peak: int
    processor: float = 0.0

    def __str__(self) -> str:
        return f"{self.seconds:5.1f} s ({self.processor:.1f} of processor time), {self.peak / 1e9:4.2f} GB"


def environment() -> dict[str, str]:
    """Return the environment in which every lesson runs: quiet TensorFlow, and the phantoms even beside real data."""
    settings = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONHASHSEED": "0", "TQDM_MININTERVAL": "1"}
    settings.pop("COURSE_DATA", None)
    settings["COURSE_ENCODER"] = "small"  # the one that every machine has
    settings["COURSE_PROGRESS"] = "off"  # what a program solves is no learner's progress
    if (ROOT / "data" / "kaggle_3m").is_dir():
        settings["COURSE_DATA"] = str(ROOT / "data" / "phantoms" / "kaggle_3m")
    settings["COURSE_RUNS"] = tempfile.mkdtemp(dir=RUNS.name)  # lessons that train into a folder begin anew
    settings["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return settings


class Watch(threading.Thread):
    """Watches the kernels below a process: ``with Watch(os.getpid()) as watch: …``, then `watch.measured`."""

    def __init__(self, pid: int, every: float = 0.05):
        super().__init__(daemon=True)
        self.process, self.every, self.peak, self.processor = psutil.Process(pid), every, 0, 0.0
        self.over = threading.Event()
        self.measured = Measured(0.0, 0)

    def __enter__(self) -> "Watch":
        self.started_at = time.monotonic()
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()
        self.measured = Measured(time.monotonic() - self.started_at, self.peak, self.processor)

    def run(self) -> None:
        """Sample until the `with` block ends."""
        while not self.over.wait(self.every):
            try:
                peak, processor = self._now()
                self.peak, self.processor = max(self.peak, peak), max(self.processor, processor)
            except psutil.Error:  # a process ended while it was looked at
                continue

    def _now(self) -> tuple[int, float]:
        below = self.process.children(recursive=True)
        kernels = [child for child in below if any("ipykernel" in word for word in child.cmdline())]
        started = {kernel.pid for kernel in kernels}
        kernels = [kernel for kernel in kernels if kernel.ppid() not in started]  # else just forked, its pages shared
        family = {*kernels, *(child for kernel in kernels for child in kernel.children(recursive=True))}
        family = {child for child in family if child in kernels or child.pid not in started}
        together = sum(child.memory_info().rss for child in family)
        times = [child.cpu_times() for child in family]
        processor = sum(time.user + time.system for time in times)
        return max([together, *(_high_water(kernel.pid) for kernel in kernels)]), processor


def _high_water(pid: int) -> int:
    """Return the largest memory that a process ever had, in bytes, where the system says it (Linux), else 0."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def execute(notebook: nbformat.NotebookNode, folder: Path, name: str) -> tuple[nbformat.NotebookNode, Measured]:
    """Return an executed copy of a notebook, run in `folder`, and what the run took.

    Raises:
        CourseError: a cell raised, took too long, or the kernel died.
    """
    made = copy.deepcopy(notebook)
    settings = {"kernel_name": "python3", "timeout": CELL_SECONDS, "record_timing": False, "coalesce_streams": True}
    settings["extra_arguments"] = ["--log-level=40"]  # errors only: no word on how the kernel is connected
    resources = {"metadata": {"path": str(folder)}}
    client = nbclient.NotebookClient(made, resources=resources, store_widget_state=False, **settings)
    with Watch(os.getpid()) as watch:
        try:
            client.execute(env=environment())
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise CourseError(f"{name} does not run: {_plain(str(error)).strip()[-2000:]}") from error
    return scrubbed(made), watch.measured


def scrubbed(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy without what differs from run to run or machine to machine: addresses, paths, widgets' ids."""
    made = copy.deepcopy(notebook)
    made.metadata.pop("widgets", None)
    made.metadata.language_info = {"name": "python"}
    for cell in made.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
            for mime, text in output.get("data", {}).items():
                if isinstance(text, str) and not mime.startswith("image/"):
                    output.data[mime] = _same_everywhere(text)
            if "text" in output:
                output.text = _same_everywhere(output.text)
    return made


def _same_everywhere(text: str) -> str:
    text = text.replace(f"{ROOT}{os.sep}", "").replace(str(Path.home()), "~")
    return re.sub(r"\b0x[0-9a-f]{6,}\b", "0x0", text)


def _plain(text: str) -> str:
    """Take terminal colours out of a traceback."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def nbval(notebook: Path, strict: bool, sanitise: Path) -> tuple[subprocess.CompletedProcess, Measured]:
    """Run nbval over one notebook file: errors only, or, if `strict`, every output against the one in the file."""
    kind = ["--nbval", f"--nbval-sanitize-with={sanitise}"] if strict else ["--nbval-lax"]
    options = [*kind, "--nbval-current-env", f"--nbval-cell-timeout={CELL_SECONDS}"]
    own = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", "-p", "no:randomly", "-c", os.devnull]
    command = [sys.executable, "-m", "pytest", *own, *options, f"--rootdir={notebook.parent}", str(notebook)]
    with (
        subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=notebook.parent
        ) as process,
        Watch(process.pid) as watch,
    ):
        said, _ = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, _plain(said)), watch.measured
