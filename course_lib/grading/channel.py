"""The line to the program inside: frames out and in, never waiting longer than allowed, and a watch on its use."""

import contextlib
import os
import select
import signal
import subprocess
import time
from typing import Any

import psutil

from course_lib.grading.launch import Start
from course_lib.grading.processes import descendants

POLL = 0.05  # seconds between two looks at memory and processes
FRAME = 1 << 20  # bytes of the largest frame that an honest program sends


class Trouble(Exception):  # noqa: N818  it is what happened, not a fault of this program
    """Something ended or must be ended: what (a status) and how (a sentence).

    Attributes:
        status: "timeout", "crash" or "out of memory".
        broken: whether the sandbox itself is lost, and not only the submission's own process.
    """

    def __init__(self, status: str, detail: str, broken: bool = False):
        super().__init__(detail)
        self.status, self.detail, self.broken = status, detail, broken


class Channel:
    """A started program, its pipes, and all processes below it.

    Args:
        start: how to start it.
        pass_fds: file descriptors that it inherits.
        folder: its working directory.
        seconds: how long its start may take.

    Raises:
        Trouble: it does not start; the detail holds the end of what it said.
    """

    def __init__(self, start: Start, pass_fds: tuple[int, ...] = (), folder: str | None = None, seconds: float = 120.0):
        self._start, self._pending = start, bytearray()
        self._process = subprocess.Popen(
            start.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=start.environment,
            cwd=folder,
            pass_fds=pass_fds,
            start_new_session=True,
            bufsize=0,
        )
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        for descriptor in (self._in, self._out, self._process.stderr.fileno()):
            os.set_blocking(descriptor, False)
        self._own: set[int] = set()  # processes that are there without any submission
        self._base = 0
        try:
            kind, _ = self.receive(time.monotonic() + seconds)
            if kind != b"R":
                raise Trouble("crash", "the sandbox sent something else than that it is ready", broken=True)
        except Trouble as trouble:
            said = self._last_words()
            self.close()
            raise Trouble("crash", f"The sandbox does not start: {trouble.detail}. {said}".strip(), True) from None
        self._own = set(self._tree())
        self._base = self._used()

    def send(self, kind: bytes, content: bytes, deadline: float) -> None:
        """Write one frame; raises `Trouble` at the deadline or when nobody listens."""
        rest = memoryview(kind + len(content).to_bytes(4, "big") + content)
        while len(rest):
            self._pull()
            _, ready, _ = select.select([], [self._in], [], POLL)
            if time.monotonic() > deadline:
                raise Trouble("timeout", "it stopped listening", broken=True)
            if ready:
                with contextlib.suppress(BlockingIOError):
                    try:
                        rest = rest[os.write(self._in, rest[: 1 << 16]) :]
                    except BrokenPipeError:
                        raise Trouble("crash", "the sandbox ended", broken=True) from None

    def receive(self, deadline: float, limits: Any = None) -> tuple[bytes, bytes]:
        """Return the next frame; meanwhile, with `limits`, watch memory and processes.

        Raises:
            Trouble: the deadline is over, a limit is passed, or the program has ended.
        """
        looked = 0.0
        while True:
            if (frame := self._frame()) is not None:
                return frame
            now = time.monotonic()
            if now > deadline:
                raise Trouble("timeout", "it did not end in time")
            if limits is not None and now - looked >= POLL:
                self.watch(limits)
                looked = time.monotonic()
            select.select([self._out], [], [], min(POLL, max(deadline - now, 0.001)))
            if not self._pull() and self._frame_size() is None:
                raise Trouble("crash", "the sandbox ended", broken=True)

    def _pull(self) -> bool:
        """Take what has come; False at the end of the line."""
        try:
            part = os.read(self._out, 1 << 18)
        except BlockingIOError:
            return True
        self._pending += part
        return bool(part)

    def _frame_size(self) -> int | None:
        if len(self._pending) < 5:
            return None
        size = int.from_bytes(self._pending[1:5], "big")
        if size > FRAME:
            raise Trouble("crash", "the sandbox sent a frame that is too large", broken=True)
        return size if len(self._pending) >= 5 + size else None

    def _frame(self) -> tuple[bytes, bytes] | None:
        size = self._frame_size()
        if size is None:
            return None
        kind, content = bytes(self._pending[:1]), bytes(self._pending[5 : 5 + size])
        del self._pending[: 5 + size]
        return kind, content

    def watch(self, limits: Any) -> None:
        """Raise `Trouble` if a submission's processes are too many or hold too much memory."""
        guests = [process for process in self._tree() if process not in self._own]
        if len(guests) > 2 * limits.processes:  # the program inside counts too, and more often
            raise Trouble("crash", f"it started more than {limits.processes} processes")
        held = 0
        for process in guests:
            with contextlib.suppress(psutil.Error):
                held += psutil.Process(process).memory_info().rss
        if held > limits.memory and self._used() - self._base > limits.memory:
            raise Trouble("out of memory", f"it used more than {limits.memory / 1e6:.0f} MB")

    def _tree(self) -> list[int]:
        return [self._process.pid, *descendants(self._process.pid)] if self._start.watched else []

    def _used(self) -> int:
        """Return bytes held by all processes together, pages that they share counted once."""
        total = 0
        for process in self._tree():
            with contextlib.suppress(psutil.Error):
                memory = psutil.Process(process).memory_full_info()
                total += getattr(memory, "pss", None) or memory.uss
        return total

    def _last_words(self) -> str:
        with contextlib.suppress(BlockingIOError, ValueError):
            return os.read(self._process.stderr.fileno(), 1 << 16).decode("utf-8", "replace").strip()[-500:]
        return ""

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the program and everything below it."""
        below = self._tree()
        if self._start.stop is not None:
            with contextlib.suppress(subprocess.SubprocessError, OSError):
                subprocess.run(self._start.stop, capture_output=True, timeout=30, check=False)
        for process in reversed(below):  # from the leaves; bubblewrap's own end takes its whole name space with it
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            stream.close()
