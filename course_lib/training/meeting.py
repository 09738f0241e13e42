"""Who the workers of a run on several machines are, and how they wait for one another before TensorFlow starts.

TensorFlow itself waits for the others without end, and cannot be interrupted meanwhile; so nobody starts it before
everybody is there.
"""

import errno
import json
import re
import socket
import sys
import time
from dataclasses import dataclass

from course_lib.errors import ArgumentError, CourseError

WAIT = 600.0  # seconds; reading the scans may take one worker longer than another
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):(?P<port>\d{1,5})")
_CONFIG_FORM = '{"cluster": {"worker": ["host:port", "host:port"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Worker:
    """One of the machines of a run.

    Attributes:
        addresses: host:port of every worker; the first one is the chief, which writes the run's folder.
        index: which of them this machine is, from 0.
        wait: seconds to wait for the others.
    """

    addresses: tuple
    index: int
    wait: float = WAIT

    def __post_init__(self):
        for address in self.addresses:
            found = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
            if not found or not 1 <= int(found["port"]) <= 65535:
                raise ArgumentError(
                    f"--workers holds {address!r}, but a worker is host:port with a port from 1 to 65535, "
                    "such as 10.0.0.1:12345."
                )
        if len(set(self.addresses)) < len(self.addresses):
            raise ArgumentError("--workers names an address twice; every worker needs its own.")
        if len(self.addresses) < 2:
            raise ArgumentError("--workers needs at least two addresses: host:port,host:port. Leave it out for one.")
        if isinstance(self.index, bool) or not isinstance(self.index, int):
            raise ArgumentError(f"--worker says which of --workers this machine is, from 0; got {self.index!r}.")
        if not 0 <= self.index < len(self.addresses):
            raise ArgumentError(
                f"--worker is {self.index}, but with {len(self.addresses)} workers it goes from 0 to "
                f"{len(self.addresses) - 1}."
            )
        if not self.wait > 0:
            raise ArgumentError(f"--wait is {self.wait}, but must be above 0 seconds.")

    @classmethod
    def from_words(cls, workers: str, index: int | None, wait: float | None = None) -> "Worker":
        """The worker that the words of a command line mean.

        >>> Worker.from_words("a:1,b:2", 1).addresses
        ('a:1', 'b:2')
        """
        return cls(tuple(word.strip() for word in workers.split(",")), index, WAIT if wait is None else wait)

    @classmethod
    def from_config(cls, text: str | None, wait: float | None = None) -> "Worker | None":
        """The worker that TF_CONFIG means; None where it is empty or knows of one machine.

        >>> Worker.from_config('{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}').index
        1
        """
        if not text or not text.strip():
            return None
        try:
            config = json.loads(text)
            cluster = config.get("cluster") or {}
            parts = {kind: list(cluster.get(kind, ())) for kind in ("chief", "worker")}
            if sum(map(len, parts.values())) < 2:
                return None
            kind, index = config["task"]["type"], int(config["task"]["index"])
            if kind not in parts or not 0 <= index < len(parts[kind]):
                raise ValueError(f"its task is {kind} {index}")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ArgumentError(
                f"TF_CONFIG cannot be used ({type(error).__name__}: {error}). It should read {_CONFIG_FORM}; or use "
                "--workers and --worker."
            ) from error
        place = index + (len(parts["chief"]) if kind == "worker" else 0)
        return cls((*parts["chief"], *parts["worker"]), place, WAIT if wait is None else wait)

    def config(self) -> str:
        """TF_CONFIG as TensorFlow wants it."""
        return json.dumps(
            {"cluster": {"worker": list(self.addresses)}, "task": {"type": "worker", "index": self.index}}
        )


def meet(worker: Worker):
    """Wait until every other worker listens, then free the port for TensorFlow.

    Raises:
        CourseError: the port is in use, or others do not come in time; they are named.
    """
    own = worker.addresses[worker.index]
    port = _parts(own)[1]
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError as error:
            reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be opened ({error.strerror})"
            raise CourseError(
                f"Port {port} of this machine ({own}) {reason}. Choose another port for this worker, "
                "in the --workers of every one."
            ) from error
        listener.listen(len(worker.addresses) * 4)
        _wait_for([address for address in worker.addresses if address != own], worker)
    finally:
        listener.close()


def _wait_for(missing: list, worker: Worker):
    began = told = time.monotonic()
    while missing := [address for address in missing if not _listens(address)]:
        now = time.monotonic()
        if now - began > worker.wait:
            raise CourseError(
                f"Worker {worker.index} waited {worker.wait:g} seconds for {', '.join(missing)}, in vain. Start "
                "the others too (they read their scans first), check their output, addresses and firewalls, or --wait "
                "longer."
            )
        if now - told > 5:
            print(f"Waiting for {', '.join(missing)} ...", file=sys.stderr, flush=True)
            told = now + 25
        time.sleep(0.2)


def _listens(address: str) -> bool:
    try:
        with socket.create_connection(_parts(address), timeout=2):
            return True
    except OSError:
        return False


def _parts(address: str) -> tuple:
    found = _ADDRESS.fullmatch(address)
    return found["host"].strip("[]"), int(found["port"])
