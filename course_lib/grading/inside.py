"""The program that runs inside the sandbox: a process that has imported everything, and forks once for each submission.

It never sees a submission: it carries frames (one byte of kind, four of length, content) between the boundary and the
child, wiping its buffers, so that no child finds the one before it in its memory. What the child does is in `child`.

Started by its path, with ``--scratch FOLDER`` to empty after each submission; ``--alone`` where it may kill all that
it sees; ``--tensorflow`` to import that too.
"""

import argparse
import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import shutil
import signal
import sys
from pathlib import Path

try:
    import fcntl
    import resource
except ImportError:  # Windows: sandboxes are Linux, so that this never runs there, but whoever looks may import it
    fcntl = resource = None

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from course_lib.grading.child import answer_requests, write_all
from course_lib.grading.model import Limits
from course_lib.grading.processes import descendants

PACKAGES = ("pandas", "scipy.ndimage", "scipy.stats", "matplotlib.pyplot", "PIL.Image")
LIBRARY = ("data", "phantoms", "evaluation", "plots", "masks", "convolution", "handin", "widgets")
TENSORFLOW = ("losses", "models", "training", "explain")
SET_DUMPABLE, SUBREAPER = 4, 36  # of prctl
CHUNK = 1 << 16
LOOK = 0.03  # seconds between two counts of processes


def main() -> None:
    """Import, say that it is ready, and serve until the boundary closes the line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--tensorflow", action="store_true")
    options = parser.parse_args()
    control, answers = os.dup(0), os.dup(1)
    silence(0, 1)
    prepare(options.tensorflow)
    prctl(SUBREAPER, 1)
    prctl(SET_DUMPABLE, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process of a name space gets only what it listens to
    alone = options.alone and os.getpid() == 1  # in a space of its own: never so on the machine itself
    empty(Path(options.scratch))  # imports leave their caches there
    send(answers, b"R")
    while True:
        kind, content = receive(control)
        if kind == b"":
            clear(alone)
            return
        if kind == b"F":
            limits = Limits.from_dict(json.loads(content))
            serve(control, answers, limits, alone)
            empty(Path(options.scratch))
            send(answers, b"E")
        content[:] = bytes(len(content))  # may be a request that came too late for its child


def prctl(option: int, value: int) -> None:
    """Set a property of this process, where the system is Linux."""
    call_it = getattr(ctypes.CDLL(None), "prctl", None)
    if call_it is not None:
        call_it(option, value, 0, 0, 0)


def prepare(tensorflow: bool) -> None:
    """Import what lessons need, and make `check`, `hint` and whatever shows something harmless."""
    if tensorflow:
        from course_lib.quiet import load_tensorflow

        load_tensorflow()
        importlib.import_module("keras")
    for name in PACKAGES + tuple(f"course_lib.{name}" for name in LIBRARY + TENSORFLOW * tensorflow):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    from course_lib import check

    result = check.Result("", "unchecked")
    for module in (check, check.core):
        module.check, module.hint = (lambda *_, **__: result), (lambda *_, **__: None)
    gc.collect()
    gc.freeze()


def silence(*descriptors: int) -> None:
    """Point file descriptors nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def receive(source: int) -> tuple[bytes, bytearray]:
    """Read one frame; the kind is b"" at the end of the line."""
    head = bytearray(5)
    if not _fill(source, head):
        return b"", head
    content = bytearray(int.from_bytes(head[1:], "big"))
    return (bytes(head[:1]), content) if _fill(source, content) else (b"", content)


def _fill(source: int, room: bytearray) -> bool:
    view = memoryview(room)
    while len(view):
        got = os.readv(source, [view])
        if got == 0:
            return False
        view = view[got:]
    return True


def send(target: int, kind: bytes, content: bytes | bytearray | memoryview = b"") -> None:
    """Write one frame."""
    write_all(target, kind + len(content).to_bytes(4, "big"))
    write_all(target, content)


def serve(control: int, answers: int, limits: Limits, alone: bool) -> None:
    """Fork a child for one submission and carry frames until it ends, or until the boundary has enough of it."""
    (asked, asks), (replies, says) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        become_submission(asked, says, limits)
    os.close(asked)
    os.close(says)
    os.set_blocking(replies, False)
    buffer = bytearray(CHUNK)
    with contextlib.suppress(BrokenPipeError):
        while True:
            ready, _, _ = select.select([control, replies], [], [], LOOK)
            if guests(alone) > limits.processes:
                send(answers, b"P")
                break
            if replies in ready and not carry(replies, answers, buffer):
                break
            if control in ready:
                kind, content = receive(control)
                if kind != b"D":
                    break
                try:
                    write_all(asks, content)
                finally:
                    content[:] = bytes(len(content))
            if not ready and child in reaped():  # it ended, but something that it started holds the line
                break
    os.close(asks)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    clear(alone)
    while carry(replies, answers, buffer):
        pass
    os.close(replies)


def guests(alone: bool) -> int:
    """Return how many processes a submission has."""
    if alone:
        return sum(name.isdigit() for name in os.listdir("/proc")) - 1
    return len(descendants(os.getpid()))


def reaped() -> list[int]:
    """Reap what has ended, orphans too, and return its numbers."""
    found = []
    with contextlib.suppress(ChildProcessError):
        while process := os.waitpid(-1, os.WNOHANG)[0]:
            found.append(process)
    return found


def carry(source: int, target: int, buffer: bytearray) -> bool:
    """Carry what there is from the child to the boundary; False if there is nothing and nobody to write more."""
    try:
        got = os.readv(source, [buffer])
    except BlockingIOError:
        return False
    send(target, b"D", memoryview(buffer)[:got])
    buffer[:got] = bytes(got)
    return got > 0


def clear(alone: bool) -> None:
    """Kill and reap everything that the submission has started."""
    while True:
        if alone:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        for process in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            if not descendants(os.getpid()):
                return


def empty(folder: Path) -> None:
    """Delete all that is in a folder; where that fails end this process, so that a fresh sandbox takes its place."""
    try:
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                os.chmod(entry, 0o700)
                for parent, names, _ in os.walk(entry):  # folders that were closed are opened before they are entered
                    for path in (os.path.join(parent, name) for name in names):
                        if not os.path.islink(path):
                            os.chmod(path, 0o700)
                shutil.rmtree(entry)
            else:
                entry.unlink()
    except (OSError, RecursionError):
        os._exit(3)


def become_submission(requests: int, replies: int, limits: Limits) -> None:
    """In the child: give up all but two pipes, set the limits, answer requests, and never return."""
    status = 1
    try:
        os.setsid()
        os.nice(10)  # so that whatever it starts, the processes that can end it get their turn
        silence(0, 1, 2)
        kept = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 100) for descriptor in (requests, replies)]
        requests, replies = (os.dup2(descriptor, 3 + place, False) for place, descriptor in enumerate(kept))
        os.closerange(5, 4096)
        prctl(SET_DUMPABLE, 1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _limit("RLIMIT_CPU", int(limits.seconds) * 4 + 10)
        _limit("RLIMIT_FSIZE", int(limits.disk))
        _limit("RLIMIT_CORE", 0)
        _limit("RLIMIT_NOFILE", 256)
        _limit("RLIMIT_NPROC", 1000 + 16 * limits.processes)  # counts threads; the boundary counts processes
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file too large is an error to the code, not its end
        answer_requests(requests, replies)
        status = 0
    finally:
        os._exit(status)


def _limit(name: str, amount: int) -> None:
    with contextlib.suppress(ValueError, OSError, AttributeError):
        resource.setrlimit(getattr(resource, name), (amount, amount))


if __name__ == "__main__":
    main()
