"""The boundary between the side that knows the answers and a submission's code.

`open_boundary` starts a sandbox; `Boundary.grade` runs one `Job` in it and returns an `Answer`, whatever the code does.
What goes wrong costs as little as possible: after a crash or a time-out the submission's process is started anew
without the cell or exercise that caused it. Nothing that comes back is trusted here, nor turned into more than text
and numbers; the caller decodes it with `wire`.
"""

import contextlib
import json
import shutil
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from course_lib.errors import CourseError
from course_lib.grading import launch, seccomp
from course_lib.grading.channel import Channel, Trouble
from course_lib.grading.model import CRASH, DIED, MISSING_VALUE, NOT_TRIED, OK, TIMEOUT, Answer, Job, Limits
from course_lib.grading.wire import DEEPEST, clean

GRACE = 2.0  # seconds after the time limit inside, before the process is killed from outside
ENCODED = 0.7  # bytes of a value that take one byte of the reply, with something to spare
PRINTED = 20_000  # characters kept of what the cells print
TEXTS = {"error": 80, "message": 600, "printed": 2_000, "changed": 80}  # characters of each part of an outcome
WARNING = (
    "Warning: grading in a plain process. The submissions' code can read and change everything that you can. Use this "
    "only for code that you would run yourself; bubblewrap, docker or podman keep it apart.\n"
)


def open_boundary(
    kind: str = "bubblewrap",
    tensorflow: bool = False,
    limits: Limits | None = None,
    image: str = "",
    data: str | Path | None = None,
) -> "Boundary":
    """Open a boundary; close it after use, or use it in a `with` statement.

    Args:
        kind: "bubblewrap"; "docker" or "podman"; "process", which holds nothing back.
        tensorflow: have TensorFlow and Keras ready inside. Costs memory and seconds, once.
        limits: whose `disk` is the size of the scratch folder; a job's other limits are its own.
        image: for containers, the image, which holds Python and the course's packages.
        data: a folder of scans that the submissions may read, as COURSE_DATA.

    Raises:
        CourseError: this kind of boundary cannot be had here; the message says what to do.
    """
    program = launch.check_kind(kind, image)
    if kind == "process":
        sys.stderr.write(WARNING)
    return Boundary(kind, program, tensorflow, limits or Limits(), image, None if data is None else Path(data))


class Boundary:
    """A sandbox that is started when first needed, and again whenever it is lost. Not for several threads at once."""

    def __init__(self, kind: str, program: str, tensorflow: bool, limits: Limits, image: str, data: Path | None):
        self._kind, self._program, self._tensorflow = kind, program, tensorflow
        self._limits, self._image = limits, image
        self._places = launch.find_places(data.resolve() if data else None)
        self._channel: Channel | None = None
        self._scratch: str | None = None
        self.starts = 0  # how often a sandbox was started

    def __enter__(self) -> "Boundary":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End the sandbox and everything in it."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def open(self) -> Channel:
        """Start the sandbox if none is running.

        Raises:
            CourseError: it does not start.
        """
        if self._channel is not None and not self._channel.alive:
            self.close()
        if self._channel is None:
            self.starts += 1
            try:
                self._channel = self._started()
            except Trouble as trouble:
                self.close()
                raise CourseError(f"{trouble.detail} Try `course doctor`, or another kind of sandbox.") from trouble
        return self._channel

    def _started(self) -> Channel:
        if self._kind == "process":
            self._scratch = tempfile.mkdtemp(prefix="course-grading-")
            start = launch.process_start(self._places, self._tensorflow, Path(self._scratch))
            return Channel(start, folder=self._scratch)
        if self._kind == "bubblewrap":
            with seccomp.filter_file() as rules:
                more = launch.more_options(self._program, None if rules is None else rules.fileno())
                start = launch.bubblewrap_start(self._places, self._limits, self._tensorflow, self._program, more)
                return Channel(start, pass_fds=() if rules is None else (rules.fileno(),))
        name = f"course-grading-{uuid.uuid4().hex[:12]}"
        start = launch.container_start(self._program, self._image, name, self._places, self._limits, self._tensorflow)
        return Channel(start)

    def grade(self, job: Job) -> Answer:
        """Run one job. Never raises because of what the submission does.

        Raises:
            CourseError: no sandbox can be started any more.
        """
        return _Run(self, job).answer()


class _Run:
    """One job, in as many attempts as it takes to try every cell and every exercise once."""

    def __init__(self, boundary: Boundary, job: Job):
        self._boundary, self._job, self._limits = boundary, job, job.limits
        self._outcomes: dict[int, dict] = {}
        self._values: dict[str, Any] = {}
        self._cell_errors: dict[int, str] = {}
        self._printed: dict[int, str] = {}
        self._left_out: set[int] = set()  # cells that ended the process
        self._ended: dict[str, str] = {}  # exercises that ended it or ran out of time, and how
        self._spent: dict[str, float] = {}  # seconds of calls, by exercise
        self._room = job.limits.output
        self._worst = (OK, "")
        self._left = job.limits.seconds

    def answer(self) -> Answer:
        for _ in range(len(self._job.cells) + len(self._job.calls) + len(self._job.values) + 1):
            if self._attempt() or self._left <= 0:
                break
        outcomes = [self._outcomes.get(number) or _no_outcome(NOT_TRIED) for number in range(len(self._job.calls))]
        return Answer(
            status=self._worst[0],
            detail=self._worst[1],
            outcomes=outcomes,
            values={name: self._values.get(name, MISSING_VALUE) for name in self._job.values},
            cell_errors=[[number, text] for number, text in sorted(self._cell_errors.items())],
            printed="".join(text for _, text in sorted(self._printed.items()))[:PRINTED],
        )

    def _attempt(self) -> bool:
        """Run what is still to run in a fresh process; return whether it came to its end."""
        channel = self._boundary.open()
        began = time.monotonic()
        stop = began + self._left
        broken, self._over, self._room = False, False, self._limits.output
        try:
            channel.send(b"F", json.dumps(self._limits.to_dict()).encode(), stop)
            self._lines, self._step = bytearray(), 0
            return self._steps(channel, stop)
        except Trouble as trouble:
            broken = trouble.broken
            return False
        finally:
            self._left -= time.monotonic() - began
            self._finish(channel, broken)

    def _finish(self, channel: Channel, broken: bool) -> None:
        """Have the submission's processes killed; close the sandbox if it does not say soon that they are."""
        try:
            if broken:
                raise Trouble(CRASH, "")
            deadline = time.monotonic() + 5
            if not self._over:
                channel.send(b"K", b"", deadline)
            while not self._over:
                self._over = channel.receive(deadline)[0] == b"E"
        except Trouble:
            self._boundary.close()

    def _steps(self, channel: Channel, stop: float) -> bool:
        for number, source in enumerate(self._job.cells):
            if number not in self._left_out:
                self._cell(channel, stop, number, source)
        for name in self._job.values:
            if name not in self._values:
                self._value(channel, stop, name)
        for number, call in enumerate(self._job.calls):
            if number in self._outcomes:
                continue
            if call.exercise in self._ended:
                self._outcomes[number] = self._untried(call.exercise)
            else:
                self._call(channel, stop, number, call)
        return True

    def _cell(self, channel, stop, number, source) -> None:
        request = {"kind": "cell", "number": number, "source": source}
        try:
            reply = self._ask(channel, stop, request, self._limits.call_seconds, f"cell {number + 1}")
        except Trouble as trouble:
            self._left_out.add(number)
            self._cell_errors[number] = trouble.detail
            raise
        error = _cut(reply.get("error"), 400)
        self._printed[number] = _cut(reply.get("printed"), TEXTS["printed"])
        if error:
            self._cell_errors[number] = error
        if error == "TimeUp":
            self._note(TIMEOUT, f"cell {number + 1} did not end within {self._limits.call_seconds:g} s")

    def _value(self, channel, stop, name) -> None:
        self._values[name] = {"opaque": "object"}  # what stays if looking at it ends the process
        request = {"kind": "value", "name": name, "limit": self._room * ENCODED}
        reply = self._ask(channel, stop, request, self._limits.call_seconds, f"the value `{name}`")
        self._values[name] = reply.get("value", MISSING_VALUE)

    def _call(self, channel, stop, number, call) -> None:
        seconds = self._limits.call_seconds - self._spent.get(call.exercise, 0.0)
        request = {"kind": "call", "limit": self._room * ENCODED, **call.to_dict()}
        began = time.monotonic()
        try:
            reply = self._ask(channel, stop, request, max(seconds, 0.01), f"`{call.exercise}`")
        except Trouble as trouble:
            died = trouble.status != TIMEOUT
            self._ended[call.exercise] = DIED if died else "TimeUp"
            said = trouble.detail if died else "it did not come to an end"
            self._outcomes[number] = _no_outcome(DIED if died else "TimeUp", said)
            raise
        self._spent[call.exercise] = self._spent.get(call.exercise, 0.0) + time.monotonic() - began
        self._outcomes[number] = _outcome(reply)
        if self._outcomes[number]["error"] == "TimeUp":
            self._ended[call.exercise] = "TimeUp"
            self._note(TIMEOUT, f"`{call.exercise}` did not end within {self._limits.call_seconds:g} s")

    def _untried(self, exercise: str) -> dict:
        if self._ended[exercise] == "TimeUp":
            return _no_outcome("TimeUp", "not tried: an earlier call took all the time")
        return _no_outcome(NOT_TRIED, "not tried: an earlier call ended the process")

    def _ask(self, channel: Channel, stop: float, request: dict, seconds: float, what: str) -> dict:
        """Send one request and return the reply to it, whatever else comes; note the trouble there is."""
        self._step += 1
        seconds = min(seconds, max(stop - time.monotonic(), 0.01))
        deadline = min(time.monotonic() + seconds + GRACE, stop + GRACE)
        line = json.dumps({**request, "step": self._step, "seconds": seconds}).encode() + b"\n"
        try:
            if self._over:
                raise Trouble(CRASH, "its process ended")
            if time.monotonic() > stop:
                raise Trouble(TIMEOUT, f"it did not end within {self._limits.seconds:g} s")
            channel.send(b"D", line, deadline)
            return self._reply(channel, deadline)
        except Trouble as trouble:
            trouble.detail = f"{what}: {trouble.detail}"
            self._note(trouble.status, trouble.detail)
            raise

    def _reply(self, channel: Channel, deadline: float) -> dict:
        while True:
            while b"\n" in self._lines:
                line, _, rest = self._lines.partition(b"\n")
                self._lines = rest
                with contextlib.suppress(ValueError, RecursionError):
                    reply = json.loads(line)
                    if isinstance(reply, dict) and reply.get("step") == self._step and _is_flat(reply):
                        return reply
            kind, content = channel.receive(deadline, self._limits)
            if kind == b"E":
                self._over = True
                raise Trouble(CRASH, "its process ended")
            if kind == b"P":
                raise Trouble(CRASH, f"it started more than {self._limits.processes} processes")
            self._room -= len(content)
            if self._room < 0:
                raise Trouble(CRASH, f"it returned more than {self._limits.output / 1e6:g} MB")
            self._lines += content

    def _note(self, status: str, detail: str) -> None:
        if self._worst[0] == OK:
            self._worst = (status, detail)


def _no_outcome(error: str, message: str = "") -> dict:
    return {"output": None, "error": error, "message": message, "printed": "", "changed": ""}


def _outcome(reply: dict) -> dict:
    """Return the parts of an outcome, and nothing else that the reply may hold."""
    texts = {name: _cut(reply.get(name), length) for name, length in TEXTS.items()}
    return {"output": reply.get("output"), **texts}


def _is_flat(data: Any) -> bool:
    """Whether data is nested no deeper than `wire` nests them, so that nobody who walks them runs out of stack."""
    level = [data]
    for _ in range(4 * DEEPEST):
        inner = [item for item in level if isinstance(item, (list, dict))]
        level = [each for item in inner for each in (item.values() if isinstance(item, dict) else item)]
        if not level:
            return True
    return False


def _cut(text: Any, length: int) -> str:
    return clean(text[:length]) if isinstance(text, str) else ""
