"""Run every learner's copy as Colab would: its versions, a notebook alone in an empty folder, the course not there yet.

python tools/colab.py                  # every lesson; builds .venv-colab first
python tools/colab.py --only 06        # one lesson, as somebody who begins there
python tools/colab.py --fresh          # every lesson on a machine never used before, not the first alone: slower
python tools/colab.py --keep DIR       # keep the executed notebooks

The lesson's own first cell fetches the course, from a bare repository made of the working tree: git is told to go there
in place of the published address, by its own settings in the environment. Nothing else can be reached, apart from a
folder of wheels that stands in for the package index. Fails if a cell fails, if a package that was there before has
changed afterwards, or if the first cell, where the course cannot be fetched, says anything but what to do.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbclient
import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from course_lib.errors import CourseError
from tools import repository
from tools.colab_machine import Colab, publish
from tools.notebook_build.beginning import begin_code, with_beginning
from tools.notebook_build.execute import Watch
from tools.notebook_build.source import Lesson, find_lessons, learners_copy, read_source

ROOT = repository.ROOT
CELL_SECONDS = 1800  # whether a lesson runs is asked here, on machines however busy; how fast it is, in make test
CHANGED_BY_DESIGN = {"tumor-segmentation-course"}


@dataclass(frozen=True)
class Result:
    """How one lesson went.

    Attributes:
        seconds: from the start of the kernel to its end.
        first_figure: from the start of the kernel to the first picture; None where there was none.
        peak: largest memory of the kernel and its children, in bytes.
        fault: "", or what failed.
    """

    seconds: float
    first_figure: float | None
    peak: int
    fault: str = ""

    def __str__(self) -> str:
        figure = "no figure" if self.first_figure is None else f"first figure after {self.first_figure:.0f} s"
        said = f"{self.seconds:5.0f} s, {figure}, {self.peak / 1e9:.2f} GB"
        return f"{said}: FAILED\n{self.fault}" if self.fault else said


def run_lesson(lesson: Lesson, colab: Colab, environment: dict[str, str], keep: Path | None = None) -> Result:
    """Run a lesson's learner's copy alone in an empty folder; put it into `keep` with what it showed."""
    before = colab.packages()
    notebook = learners_copy(with_beginning(read_source(lesson.source)))
    with tempfile.TemporaryDirectory(prefix="colab-") as made:
        result = _execute(notebook, colab, environment, Path(made))
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, keep / lesson.learner.name)
    after = colab.packages()
    changed = [name for name in before if before[name] != after.get(name) and name not in CHANGED_BY_DESIGN]
    if changed and not result.fault:
        fault = f"packages that Colab has were changed: {', '.join(changed)}"
        return Result(result.seconds, result.first_figure, result.peak, fault)
    return result


def without_network(colab: Colab) -> str:
    """Return what is wrong with what the first cell says on Colab where the course cannot be fetched; "" if nothing."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(begin_code())])
    with tempfile.TemporaryDirectory(prefix="colab-") as made:
        _execute(notebook, colab, colab.environment(Path(made), Path(made, "nothing")), Path(made))
    outputs = notebook.cells[0].outputs
    said = "".join(output.get("text", "") + "".join(output.get("traceback", [])) for output in outputs)
    wanted = "The course cannot be fetched." in said and "Traceback" not in said
    return "" if wanted else f"without a network the first cell says:\n{said[-3000:]}"


def _execute(notebook: nbformat.NotebookNode, colab: Colab, environment: dict[str, str], folder: Path) -> Result:
    figures: list[float] = []
    started = time.monotonic()

    def look(cell, **_):
        if cell.cell_type == "code" and any(map(_is_picture, cell.outputs)):
            figures.append(time.monotonic() - started)

    resources = {"metadata": {"path": str(folder)}}
    settings = {"kernel_name": colab.kernel, "timeout": CELL_SECONDS, "startup_timeout": 120}
    client = nbclient.NotebookClient(notebook, resources=resources, **settings)
    client.on_cell_executed = look
    fault = ""
    with Watch(os.getpid()) as watch:
        try:
            client.execute(env=environment, stderr=subprocess.DEVNULL)  # the cells' own stderr is in the notebook
        except (nbclient.exceptions.CellControlSignal, nbclient.exceptions.DeadKernelError) as error:
            fault = str(error).strip()[-3000:]
    return Result(watch.measured.seconds, figures[0] if figures else None, watch.measured.peak, fault)


def _is_picture(output: nbformat.NotebookNode) -> bool:
    data = output.get("data", {})
    return "image/png" in data or "<img" in data.get("text/html", "")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its status: 0, or 1 if a lesson fails there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NN", help="lessons whose names start so")
    parser.add_argument("--python", help="the Python to take (default: 3.13, else what there is)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the executed notebooks there")
    parser.add_argument("--fresh", action="store_true", help="every lesson on a machine never used before")
    options = parser.parse_args(arguments)
    failed = []
    try:
        lessons = find_lessons(ROOT / "notebooks", options.only)
        colab = Colab.build(ROOT / ".venv-colab", options.python)
        with tempfile.TemporaryDirectory(prefix="published-") as folder:
            source = publish(Path(folder, "course.git"))
            colab.forget_course()
            fault = without_network(colab)
            failed += [fault] if fault else []
            for number, lesson in enumerate(lessons):
                if number == 0 or options.fresh:
                    colab.forget_course()  # so the lesson's first cell has to fetch it
                    home = Path(tempfile.mkdtemp(dir=folder))
                result = run_lesson(lesson, colab, colab.environment(home, source), options.keep)
                failed += [lesson.name] if result.fault else []
                print(f"{lesson.name}: {result}", flush=True)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"failed: {', '.join(failed)}" if failed else f"{len(lessons)} lessons run on {colab}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
