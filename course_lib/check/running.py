"""Call a learner's function so that nothing it does can hurt: errors, endless loops, floods of output, `sys.exit`."""

import contextlib
import ctypes
import dis
import io
import linecache
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from course_lib.check.comparing import difference, is_plain
from course_lib.check.exercise import Case

PRINTED_AT_MOST = 2_000  # characters kept of what an answer prints


class TimeUp(BaseException):
    """Raised inside an answer that runs too long; no `Exception`, so that `except Exception` does not swallow it."""


@dataclass(frozen=True)
class Outcome:
    """What one call gave: its output, or the error that ended it.

    Attributes:
        output: what the function returned (None after an error).
        error: name of the exception's type, "" if there was none; "TimeUp" for a call that took too long.
        message: the exception's message, and where in the learner's code it arose.
        printed: what the call printed, cut.
        changed: which argument the call changed, "" if none.
    """

    output: Any = None
    error: str = ""
    message: str = ""
    printed: str = ""
    changed: str = ""


class _ShortMemory(io.StringIO):
    """A text stream that keeps the first characters and lets the others go."""

    def write(self, text: str) -> int:
        room = PRINTED_AT_MOST - self.tell()
        super().write(text[: max(room, 0)])
        return len(text)


@contextlib.contextmanager
def time_limit(seconds: float):
    """Raise `TimeUp` in the body after `seconds`: by a timer signal in the main thread, else from a second thread."""
    in_main = threading.current_thread() is threading.main_thread()
    with _signal_limit(seconds) if in_main and hasattr(signal, "setitimer") else _thread_limit(seconds):
        yield


@contextlib.contextmanager
def _signal_limit(seconds: float):
    def ring(_number, _frame):
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)  # again and again, for loops that swallow the first one
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:  # once more, for a ring that came just before the line above
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _thread_limit(seconds: float):
    target, done = ctypes.c_ulong(threading.get_ident()), threading.Event()
    set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch():
        if done.wait(max(seconds, 0)):
            return
        while not done.is_set():
            set_exception(target, ctypes.py_object(TimeUp))
            done.wait(0.5)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        set_exception(target, None)  # takes back one that was sent but has not arrived yet


def call(function: Callable, case: Case, seconds: float, view: Callable | None = None) -> Outcome:
    """Call `function` on one case and return its `Outcome`. Only `KeyboardInterrupt` passes through."""
    inputs, keywords = case.fresh()
    before, _ = case.fresh()
    printed = _ShortMemory()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            time_limit(max(seconds, 0.001)),
        ):
            output = function(*inputs, **keywords)
            output = view(output) if view and not stands_for_nothing(output) else output
    except KeyboardInterrupt:
        raise
    except TimeUp:
        return Outcome(error="TimeUp", message="it did not come to an end", printed=printed.getvalue())
    except BaseException as error:
        return Outcome(error=type(error).__name__, message=_last_line(error, function), printed=printed.getvalue())
    return Outcome(output, printed=printed.getvalue(), changed=_changed(before, inputs))


def call_all(function: Callable, cases: list[Case], seconds: float, view: Callable | None = None) -> list[Outcome]:
    """Call `function` on every case; once the time is up the rest is not tried and counts as too long."""
    deadline, outcomes = time.monotonic() + seconds, []
    for case in cases:
        if outcomes and outcomes[-1].error == "TimeUp":
            outcomes.append(Outcome(error="TimeUp", message="not tried: an earlier call took all the time"))
        else:
            outcomes.append(call(function, case, deadline - time.monotonic(), view))
    return outcomes


def stands_for_nothing(value: Any) -> bool:
    """Return whether a value means "not answered yet"."""
    return value is None or value is Ellipsis


def has_empty_body(function: Callable) -> bool:
    """Return whether a function only has a docstring, `pass` or `...`: nobody has worked on it yet."""
    code = getattr(function, "__code__", None)
    if code is None or any(const not in (None, ..., function.__doc__) for const in code.co_consts):
        return False
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
    return all(step.opname in idle for step in dis.get_instructions(code))


def _changed(before: tuple, after: tuple) -> str:
    for number, (was, now) in enumerate(zip(before, after, strict=True), start=1):
        if is_plain(was) and difference(was, now, tolerance=0.0):
            return f"argument {number}"
    return ""


def _last_line(error: BaseException, function: Callable) -> str:
    """Return the error's message with the line of the learner's own file or cell in which it arose."""
    text = str(error).strip().splitlines()
    message = text[0][:300] if text else ""
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == home]
    if not frames:
        return message
    line = linecache.getline(frames[-1].filename, frames[-1].lineno or 0).strip()
    place = f"line {frames[-1].lineno}" + (f": `{line[:100]}`" if line else "")
    return f"{message} ({place})" if message else f"({place})"
