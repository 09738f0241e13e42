"""Build the learner's copies and the executed solutions from notebooks/source, or compare them with it.

python tools/build_notebooks.py                 # everything
python tools/build_notebooks.py --only 02       # one lesson
python tools/build_notebooks.py --learner       # learner's copies only: nothing is executed
python tools/build_notebooks.py --learner --only 02 --into DIR    # into another folder, as `course reset` does
python tools/build_notebooks.py --check         # write nothing; fail if a notebook does not match its source
"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from course_lib.errors import CourseError
from course_lib.storage import write_atomically
from tools.notebook_build.beginning import with_beginning, with_web_links
from tools.notebook_build.execute import ROOT, Measured, execute
from tools.notebook_build.source import Lesson, find_lessons, for_solutions_folder, learners_copy, read_source, to_text

NOTEBOOKS = ROOT / "notebooks"
MEASURED = ROOT / "build" / "notebooks.json"  # seconds and peak memory of the last builds; they differ by machine


def learner_text(lesson: Lesson) -> str:
    """Return the learner's copy of a lesson, as the text of its file."""
    return to_text(learners_copy(with_web_links(with_beginning(read_source(lesson.source)))))


def build_learner(lesson: Lesson) -> None:
    """Write the learner's copy of a lesson."""
    with write_atomically(lesson.learner) as file:
        file.write(learner_text(lesson))


def build_solution(lesson: Lesson) -> Measured:
    """Execute a lesson with its solutions in the folder where it will lie, write it, and return what it took."""
    lesson.solution.parent.mkdir(parents=True, exist_ok=True)
    notebook = for_solutions_folder(with_beginning(read_source(lesson.source)))
    made, measured = execute(notebook, lesson.solution.parent, lesson.name)
    with write_atomically(lesson.solution) as file:
        file.write(to_text(made))
    return measured


def disagreements(lesson: Lesson) -> list[str]:
    """Return how the two notebooks of a lesson differ from its source, without executing anything."""
    solved = with_beginning(read_source(lesson.source))
    found = []
    if not lesson.learner.is_file():
        found.append(f"{lesson.learner.name} is missing")
    elif lesson.learner.read_text(encoding="utf-8") != learner_text(lesson):
        found.append(f"{lesson.learner.name} differs from its source")
    if not lesson.solution.is_file():
        return [*found, f"solutions/{lesson.solution.name} is missing"]
    kept = nbformat.read(lesson.solution, as_version=4)
    code = [cell for cell in kept.cells if cell.cell_type == "code"]
    if any(cell.execution_count is None and cell.source.strip() for cell in code):
        found.append(f"solutions/{lesson.solution.name} was not executed to its end")
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    if to_text(kept) != to_text(for_solutions_folder(solved)):
        found.append(f"solutions/{lesson.solution.name} differs from its source")
    return found


def keep_measured(measured: dict[str, Measured]) -> None:
    """Add what was measured to the table of earlier builds."""
    table = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.is_file() else {}
    for name, figures in measured.items():
        table[name] = {
            "seconds": round(figures.seconds, 1),
            "processor_seconds": round(figures.processor, 1),
            "peak_gb": round(figures.peak / 1e9, 2),
        }
    MEASURED.parent.mkdir(exist_ok=True)
    with write_atomically(MEASURED) as file:
        file.write(json.dumps(table, indent=1, sort_keys=True) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its status: 0, or 1 if a notebook disagrees with its source or does not run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NN", help="lessons whose names start so")
    parser.add_argument("--learner", action="store_true", help="the learner's copies only")
    parser.add_argument("--into", type=Path, metavar="DIR", help="with --learner: the folder to write them to")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="lessons executed at once (default 1)")
    parser.add_argument("--notebooks", type=Path, default=NOTEBOOKS, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        lessons = find_lessons(options.notebooks.resolve(), options.only)
        if options.check:
            return _compare(lessons)
        if options.into and not options.learner:
            raise CourseError("--into goes with --learner.")
        for lesson in lessons:
            if options.into:
                lesson = replace(lesson, learner=options.into / lesson.learner.name)
            build_learner(lesson)
            print(f"{lesson.name}: learner's copy")
        return 0 if options.learner else _execute_all(lessons, options.jobs)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1


def _compare(lessons: list[Lesson]) -> int:
    found = [fault for lesson in lessons for fault in disagreements(lesson)]
    print("\n".join(found) or f"{len(lessons)} lessons match their sources")
    if found:
        print("Build them again: make notebooks", file=sys.stderr)
    return 1 if found else 0


def _execute_all(lessons: list[Lesson], jobs: int) -> int:
    failed = 0
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        running = {lesson: pool.submit(build_solution, lesson) for lesson in lessons}
        for lesson, result in running.items():
            try:
                measured = result.result()
            except CourseError as error:
                failed += 1
                print(error, file=sys.stderr)
            else:
                if lesson.source.is_relative_to(NOTEBOOKS):
                    keep_measured({lesson.name: measured})
                print(f"{lesson.name}: solution, {measured}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
