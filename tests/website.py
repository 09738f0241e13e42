"""Builds the course's site for tests, reads its pages, and serves them as GitHub would, below the repository's name."""

import functools
import http.server
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[1]
NOWHERE = "http://127.0.0.1:9"  # a proxy that answers nobody: whoever asks the network fails


def build_site(folder):
    """Build the site into `folder`/site without a network; (the folder, what the build said).

    Raises:
        AssertionError: it failed, or warned of something; with what it said.
    """
    out = Path(folder) / "site"
    alone = os.environ | dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
    command = [sys.executable, str(ROOT / "tools" / "build_site.py"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env=alone, cwd=folder)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return out, done.stdout + done.stderr


def read_page(path):
    """A page as a tree of its elements."""
    return BeautifulSoup(Path(path).read_text(encoding="utf-8"), "html.parser")


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder below a prefix, and 404.html in place of what is not there."""

    def __init__(self, *arguments, prefix, **named):
        self.prefix = prefix
        super().__init__(*arguments, **named)

    def translate_path(self, path):
        path = urlsplit(path).path
        return super().translate_path(path.removeprefix(self.prefix) if path.startswith(self.prefix) else "/nowhere")

    def send_error(self, code, *arguments):
        if code != 404:
            return super().send_error(code, *arguments)
        page = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return self.wfile.write(page)

    def log_message(self, *arguments):
        pass


@contextmanager
def serve(folder, prefix):
    """Serve a built site on a free port of this machine below `prefix`; yields its address, with a slash at the end."""
    handler = functools.partial(_Handler, prefix=prefix.rstrip("/"), directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
        server.shutdown()
