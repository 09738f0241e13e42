"""Mark a whole class: in parallel, resumably, and the same whatever the order or the number of workers."""

import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

from course_lib.errors import CourseError, DataError
from course_lib.grading.boundary import open_boundary
from course_lib.grading.key import find_secret, instructor_folder, load_key
from course_lib.grading.marking import fingerprint_of_task, mark, plan, unreadable
from course_lib.grading.marks import check_marks, read_marks, write_marks
from course_lib.grading.model import CRASH, Answer, Job, Limits, Row, Submission
from course_lib.grading.notebook import cells_of
from course_lib.grading.store import ROWS_SUFFIX, Store
from course_lib.grading.submissions import collect

HEAVY = re.compile(r"course_lib\.backend|tensorflow|keras|course_lib import [^\n]*\b(models|losses|training|explain)\b")
SECRET_SUFFIX = ".secret"
BESIDE_TENSORFLOW = 6e8  # bytes for a submission: the sandbox itself holds 0.8 GB then, and a worker has 1.5 GB


def grade(
    place,
    out,
    *,
    released: Path | None = None,
    graded: Path | None = None,
    secret: Path | None = None,
    kind: str = "bubblewrap",
    image: str = "",
    workers: int | None = None,
    scheduler: str | None = None,
    limits: dict[str, float] | None = None,
    progress: bool = True,
) -> list[Row]:
    """Mark every submission of a folder or zip and write the marks.

    Rows that an earlier call wrote, of submissions that have not changed since, are used again; marks that a person
    wrote into the CSV for answers in words are kept.

    Args:
        place: folder or zip of what students handed in.
        out: the CSV of marks; beside it go a folder of rows and the secret.
        released: the learner's copy that was handed out (.ipynb); None finds the lesson among the course's own by what
            most submissions are.
        graded: a graded set whose exercises were released with the lesson.
        secret: file with the secret that hidden inputs are drawn from; made beside `out` if None.
        kind: of the sandbox: "bubblewrap", "docker", "podman" or "process".
        image: of the container, for docker and podman: one with Python and the course's packages.
        workers: submissions marked at the same time; None takes the number of cores.
        scheduler: address of a Dask scheduler to hand the jobs to instead.
        limits: what one submission may use, where it differs from `Limits`: {"seconds": 20.0}.
        progress: show a bar with an estimate of what is left.

    Returns:
        A row a submission, in the order of their names.

    Raises:
        DataError: there is nothing to mark, or no lesson fits.
        CourseError: no sandbox can be opened, or the key cannot be used.
        StorageError: the marks cannot be written.
    """
    out = Path(out)
    earlier = read_marks(out)  # before any work: a table that cannot be read is better known now
    lesson = Path(released) if released else find_released(_collected(place))
    notebook = _read_released(lesson)
    submissions = _collected(place, notebook)  # where somebody handed in several lessons, this one
    heavy = needs_tensorflow(notebook)
    limits = Limits(**{"memory": BESIDE_TENSORFLOW if heavy else Limits.memory, **(limits or {})})
    key = load_key([lesson_number(lesson)], graded, find_secret(Path(secret or out.with_suffix(SECRET_SUFFIX))))
    check_marks(earlier, key, out)
    store = Store(out.with_suffix(ROWS_SUFFIX), fingerprint_of_task(notebook, key, limits))
    rows, waiting = {}, {}
    for one in submissions:
        row = store.find(one) if one.notebook is not None else unreadable(one, key)
        if row is None:
            waiting[one.name] = one
        else:
            rows[one.name] = store.keep(one, row, earlier.get(one.name, {}))
    plans = {name: plan(one, notebook, key, limits) for name, one in waiting.items()}
    jobs = [job for job, _ in plans.values()]
    sandbox = {"kind": kind, "image": image, "tensorflow": heavy}
    for name, answer in _shown(_answers(jobs, sandbox, workers, scheduler), len(jobs), progress):
        row = mark(waiting[name], answer, key, plans[name][1])
        rows[name] = row if answer.ours else store.keep(waiting[name], row, earlier.get(name, {}))
    return write_marks([rows[one.name] for one in submissions], out, key, kept=earlier)


def _collected(place, notebook: bytes | None = None) -> list[Submission]:
    found = collect(place, notebook)
    if not found:
        raise DataError(f"{place}: holds no notebook. Give the folder or zip that your students' notebooks lie in.")
    return found


def _read_released(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Give the notebook that you handed out.") from error


def find_released(submissions: list[Submission]) -> Path:
    """The learner's copy among the course's own notebooks that most submissions are, by the cells that they share.

    Raises:
        DataError: none fits any submission.
    """
    folder = instructor_folder().parent / "notebooks"
    known = {path: _lines(path.read_bytes()) for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    votes: Counter = Counter()
    for one in submissions:
        lines = _lines(one.notebook) if one.notebook else set()
        shared = {path: len(lines & theirs) / max(1, len(theirs)) for path, theirs in known.items()}
        best = max(shared, key=shared.get, default=None)
        if best is not None and shared[best] > 0.1:
            votes[best] += 1
    if not votes:
        raise DataError(
            "No lesson of the course fits these notebooks. Name the one that you handed out: --released LESSON.ipynb"
        )
    return max(sorted(votes), key=votes.__getitem__)


def lesson_number(path: Path) -> int:
    """The number that a lesson's file name begins with.

    >>> lesson_number(Path("05_tversky_losses.ipynb"))
    5
    """
    found = re.match(r"(\d\d)_", path.name)
    if not found:
        raise DataError(f"{path}: the name of a lesson begins with its number, as 05_tversky_losses.ipynb does.")
    return int(found[1])


def _lines(notebook: bytes) -> set[str]:
    """The code lines of a notebook that say something."""
    code = (cell["source"] for cell in cells_of(notebook) if cell["cell_type"] == "code")
    return {line.strip() for source in code for line in source.splitlines() if len(line.strip()) > 12}


def needs_tensorflow(notebook: bytes) -> bool:
    """Whether the lesson's cells start TensorFlow; the sandbox then starts it once, for all submissions."""
    return any(HEAVY.search(cell["source"]) for cell in cells_of(notebook) if cell["cell_type"] == "code")


def _answers(jobs, sandbox, workers, scheduler) -> Iterator[tuple[str, Answer]]:
    """Yield (name, answer) as they come, from threads here or from a Dask cluster."""
    if not jobs:
        return
    if scheduler:
        from course_lib.grading.cluster import answers_from

        yield from answers_from(scheduler, jobs, sandbox)
        return
    count = min(len(jobs), workers or os.cpu_count() or 1)
    with ExitStack() as stack, ThreadPoolExecutor(count) as pool:
        run = _own_sandbox(stack, sandbox)
        pending = {pool.submit(run, job): job.submission for job in jobs}
        try:
            for done in as_completed(pending):
                yield pending[done], done.result()
        except BaseException:  # interrupted: what is marked is kept, the rest is not begun
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _own_sandbox(stack: ExitStack, sandbox: dict) -> Callable[[Job], Answer]:
    """A function that runs a job in the sandbox of the thread that calls it, opened at its first job."""
    local, opening = threading.local(), threading.Lock()

    def run(job: Job) -> Answer:
        if not hasattr(local, "boundary"):
            with opening:
                local.boundary = stack.enter_context(open_boundary(**sandbox))
        try:
            return local.boundary.grade(job)
        except CourseError:
            raise
        except Exception as error:  # whatever one submission brings about, the others are marked
            said = f"the sandbox failed ({type(error).__name__}: {error}): mark it again"
            return Answer(CRASH, said, ours=True)

    return run


def _shown(answers, count: int, progress: bool):
    """Pass answers on, with a bar that estimates what is left."""
    if not progress or not count:
        yield from answers
        return
    from tqdm import tqdm

    with tqdm(total=count, desc="marking", unit="submission") as bar:
        for name, answer in answers:
            yield name, answer
            bar.update()
