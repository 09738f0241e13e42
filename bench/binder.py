"""Memory of every lesson on Binder: JupyterLab, the kernel and all else below them must fit into 2 GB together.

``python -m bench.binder [--only 05] [--home DIR --python PYTHON]`` does what Binder does, without its container: a
clone of this repository is the user's home, ``postBuild`` prepares it, ``start`` starts JupyterLab, and each learner's
copy runs there cell by cell, asked for over the server's own connection, as a browser would. Memory is the
proportional set size of the whole tree of processes, looked at five times a second.

PYTHON is that of an environment built as Binder builds it (Jupyter first, then environment.yml's ``pip`` lines); by
default this one. DIR is a clone that postBuild has been through; by default one is made and removed again.
"""

import argparse
import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 2 * 2**30  # bytes that mybinder.org gives
CORES = "2"
CELL_SECONDS = 300


class Server(NamedTuple):
    """A running JupyterLab: its address, the token that opens it, its process."""

    address: str
    token: str
    process: subprocess.Popen

    def ask(self, method: str, path: str, content: dict | None = None) -> dict:
        """Send a request to its interface and return the answer."""
        body = None if content is None else json.dumps(content).encode()
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}/{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            said = reply.read()
        return json.loads(said) if said.startswith((b"{", b"[")) else {}


class Lesson(NamedTuple):
    """What one lesson took: seconds in all and up to its first figure, bytes of all and of its kernel at the peak."""

    name: str
    seconds: float
    figure: float
    peak: int
    kernel: int
    errors: list[str]


class Watch(threading.Thread):
    """Watches the memory of a process and all below it: ``with Watch(pid) as watch: …``, then `peak` and `kernel`."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.root, self.peak, self.kernel, self.over = psutil.Process(pid), 0, 0, threading.Event()

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.over.set()
        self.join()

    def run(self) -> None:
        """Look until the block ends."""
        while not self.over.wait(0.2):
            held, kernels = self.root.memory_full_info().pss, 0
            for process in self.root.children(recursive=True):
                with contextlib.suppress(psutil.Error):  # it ended while it was looked at
                    size = process.memory_full_info().pss
                    held += size
                    kernels += size if "ipykernel_launcher" in " ".join(process.cmdline()) else 0
            if held > self.peak:
                self.peak, self.kernel = held, kernels


@contextlib.contextmanager
def home_of(given: Path | None, python: Path) -> Iterator[Path]:
    """The folder that is the user's home: the one given, or a clone that postBuild has been through."""
    if given:
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="course-binder-") as folder:
        clone = Path(folder, "jovyan")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        subprocess.run([clone / "postBuild"], cwd=clone, env=environment(clone, python), check=True)
        yield clone


def environment(home: Path, python: Path) -> dict[str, str]:
    """The variables that a user's server has on Binder, and no others of this process that the course would read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COURSE_", "TF_", "OMP_"))}
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    limits = {"CPU_LIMIT": CORES, "MEM_LIMIT": str(LIMIT), "BINDER_SERVICE_HOST": "127.0.0.1"}
    # The clone's library comes before one that is installed for work on it elsewhere.
    return {**kept, **limits, "HOME": str(home), "REPO_DIR": str(home), "PATH": path, "PYTHONPATH": str(home)}


@contextlib.contextmanager
def serve(home: Path, python: Path) -> Iterator[Server]:
    """JupyterLab, started through ``start`` as Binder starts it, ended at the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [str(home / "start"), "jupyter-lab", "--ip=127.0.0.1", f"--port={port}", "--no-browser", "--allow-root"]
    log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed when the server has ended
    process = subprocess.Popen(
        [*command, f"--IdentityProvider.token={token}"],
        cwd=home,
        env=environment(home, python),
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    server = Server(f"http://127.0.0.1:{port}", token, process)
    try:
        wait_for(server, log)
        yield server
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def wait_for(server: Server, log) -> None:
    """Wait until the server answers; ends the program with its log where it does not."""
    for _ in range(600):
        with contextlib.suppress(OSError):
            server.ask("GET", "api/status")
            return
        if server.process.poll() is not None:
            break
        time.sleep(0.2)
    log.seek(0)
    sys.exit(f"JupyterLab does not answer:\n{log.read()[-3000:]}")


def run_lesson(server: Server, path: str) -> Lesson:
    """Open a notebook as the page does, run it from top to bottom, and end its kernel."""
    from websocket import create_connection

    with Watch(server.process.pid) as watch:
        began, figure, errors = time.monotonic(), 0.0, []
        server.ask("GET", f"lab/tree/{path}")
        cells = server.ask("GET", f"api/contents/{path}")["content"]["cells"]
        asked = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        session = server.ask("POST", "api/sessions", asked)
        address = f"{server.address.replace('http', 'ws', 1)}/api/kernels/{session['kernel']['id']}/channels"
        line = create_connection(f"{address}?token={server.token}", timeout=CELL_SECONDS)
        for cell in cells:
            if cell["cell_type"] == "code":
                for kind, content in answers(line, "".join(cell["source"])):
                    if kind == "error":
                        errors.append(f"{content['ename']}: {content['evalue']}")
                    elif not figure and shows_picture(content.get("data", {})):
                        figure = time.monotonic() - began
        seconds = time.monotonic() - began
        line.close()
        server.ask("DELETE", f"api/sessions/{session['id']}")
    return Lesson(Path(path).stem, seconds, figure, watch.peak, watch.kernel, errors)


def shows_picture(data: dict) -> bool:
    """Whether an output is a picture; the course's own come as HTML, with a text for those who do not see them."""
    return "image/png" in data or "<img" in data.get("text/html", "")


def answers(line, code: str) -> Iterator[tuple[str, dict]]:
    """Have a kernel run some code; yields what it sends until it has nothing more to do."""
    number = uuid.uuid4().hex
    header = {"msg_id": number, "msg_type": "execute_request", "username": "", "session": number, "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    line.send(json.dumps({**message, "buffers": []}))
    while True:
        said = line.recv()
        if not isinstance(said, str):
            continue  # a widget's picture: its text comes first, and is all that is looked at here
        reply = json.loads(said)
        if reply["parent_header"].get("msg_id") != number:
            continue
        if reply["msg_type"] == "status" and reply["content"]["execution_state"] == "idle":
            return
        yield reply["msg_type"], reply["content"]


def main() -> int:
    """Run the lessons, print a table; status 1 where one fails or takes more than Binder gives."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NN", help="one lesson: 05")
    parser.add_argument("--home", type=Path, metavar="DIR", help="a clone that postBuild has been through")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="of the environment to measure")
    options = parser.parse_args()
    bad = 0
    with home_of(options.home, options.python) as home, serve(home, options.python) as server:
        print("lesson                  seconds  first figure    peak  of it kernel", flush=True)
        for path in sorted((home / "notebooks").glob(f"{options.only or '[0-9][0-9]'}_*.ipynb")):
            took = run_lesson(server, path.relative_to(home).as_posix())
            sizes = f"{took.peak / 2**20:5.0f} MB  {took.kernel / 2**20:9.0f} MB"
            print(f"{took.name:<23} {took.seconds:7.0f}  {took.figure:10.1f} s {sizes}", *took.errors, flush=True)
            bad += bool(took.errors) or took.peak > LIMIT
    print(f"Binder gives {LIMIT / 2**20:.0f} MB: " + ("every lesson fits." if not bad else f"{bad} do not run there."))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
