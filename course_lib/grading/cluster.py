"""The same jobs on a Dask cluster: for a class larger than one machine. Neither key nor marks leave this machine."""

import atexit
import threading
from collections.abc import Iterator

from course_lib.errors import CourseError
from course_lib.grading.model import CRASH, Answer, Job

PATIENCE = "20s"  # for a scheduler to answer
_open: dict[tuple, object] = {}  # one sandbox a process and kind, as starting one takes seconds
_turn = threading.Lock()


def answers_from(address: str, jobs: list[Job], sandbox: dict) -> Iterator[tuple[str, Answer]]:
    """Yield (name of the submission, answer) as a cluster's workers finish them.

    Args:
        address: of the scheduler, such as "tcp://10.0.0.1:8786".
        jobs: what is to be run.
        sandbox: what every worker opens: the keyword arguments of `boundary.open_boundary`.

    Raises:
        CourseError: Dask is not installed, or nobody answers at the address.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise CourseError("--scheduler needs Dask: pip install distributed, here and on every worker.") from error
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        raise CourseError(f"No Dask scheduler answers at {address}: {error}. Start one: dask scheduler") from error
    with client:
        futures = {client.submit(run_here, job.to_dict(), sandbox, pure=False): job for job in jobs}
        for future in as_completed(futures):
            try:
                answer = Answer.from_dict(future.result())
            except CourseError:
                raise
            except Exception as error:  # a worker that died: this submission has no answer, the others do
                said = f"a worker of the cluster failed ({type(error).__name__}: {error}): mark it again"
                answer = Answer(CRASH, said, ours=True)
            yield futures[future].submission, answer


def run_here(job: dict, sandbox: dict) -> dict:
    """Run one job on a worker, one at a time, in a sandbox that stays open."""
    from course_lib.grading.boundary import open_boundary

    kind = tuple(sorted(sandbox.items()))
    with _turn:
        if kind not in _open:
            boundary = open_boundary(**sandbox)
            _open[kind] = boundary
            atexit.register(boundary.close)
        return _open[kind].grade(Job.from_dict(job)).to_dict()
