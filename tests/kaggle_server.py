"""A server on this machine that answers as Kaggle does, as far as the kaggle package asks for a data set.

The package can be pointed at ``http://localhost`` (KAGGLE_API_ENVIRONMENT=LOCALHOST), but at no port; so this server
stands as the proxy through which everything goes, and speaks for every host: the API, and the storage that the API
sends one on to, which is another host as it is in life.
"""

import base64
import io
import json
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

USER, KEY, TOKEN = "ada", "a-key", "KGAT_a-token"
STORAGE = "http://storage.example/bucket/archive.zip?signature=abc"
_LOGINS = {"Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode(), f"Bearer {TOKEN}"}


@dataclass
class Kaggle:
    """What the server answers, and what it was asked.

    Attributes:
        archive: the bytes of the archive.
        public: whether the download needs no login.
        refusal: a status and message for the download in place of the archive.
        headers: more headers for that refusal.
        cuts: after how many bytes of the body to hang up, one for each time the archive is asked for; None: not at all.
        silent: where it would hang up, it falls silent in place of it, until this is set.
        ranges: whether the storage serves parts.
        etag: names the archive's version; None sends none.
        page: a web page to send in place of the archive.
        asked: headers of the requests for the archive, in order.
        sent: bytes of the archive sent in answer to each.
    """

    archive: bytes = b""
    public: bool = False
    refusal: tuple[int, str] | None = None
    headers: dict = field(default_factory=dict)
    cuts: list[int | None] = field(default_factory=list)
    silent: threading.Event | None = None
    ranges: bool = True
    etag: str | None = '"v1"'
    page: str = ""
    asked: list[dict] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    port: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """What makes the kaggle package ask this server."""
        return {"KAGGLE_API_ENVIRONMENT": "LOCALHOST", "http_proxy": f"http://127.0.0.1:{self.port}"}


@contextmanager
def running(kaggle: Kaggle):
    """Serves until the block ends."""

    class Handler(_Handler):
        state = kaggle

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kaggle.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield kaggle
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: Kaggle

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        if self.path.endswith("/security.OAuthService/IntrospectToken"):
            active = request.get("token") == TOKEN
            return self.answer(200, {"active": active, "username": USER if active else ""})
        if not self.path.endswith("/datasets.DatasetApiService/DownloadDataset"):
            return self.answer(404, {"code": 404, "message": "Not found"})
        return self.send_on(request.get("ownerSlug"), request.get("datasetSlug"))

    def do_GET(self):
        if urlsplit(self.path).hostname == "storage.example":
            return self.serve_archive()
        return self.send_on(*urlsplit(self.path).path.split("/")[-2:])  # as versions before 2 of the package ask

    def send_on(self, owner, name):
        if not self.state.public and self.headers.get("Authorization") not in _LOGINS:
            return self.answer(401, {"code": 401, "message": "Unauthenticated"})
        if self.state.refusal:
            status, message = self.state.refusal
            return self.answer(status, {"code": status, "message": message}, self.state.headers)
        if (owner, name) != ("mateuszbuda", "lgg-mri-segmentation"):
            return self.answer(404, {"code": 404, "message": "Not found"})
        return self.answer(302, None, {"Location": STORAGE})

    def serve_archive(self):
        state, size = self.state, len(self.state.archive)
        state.asked.append(dict(self.headers))
        if state.page:
            return self.answer(200, state.page)
        wanted = self.headers.get("Range") if state.ranges else None
        if self.headers.get("If-Range") not in (None, state.etag):
            wanted = None
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if wanted and start >= size:
            return self.answer(416, None, {"Content-Range": f"bytes */{size}"})
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Type", "application/zip")
        self.send_header("Content-Length", str(size - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        if state.etag:
            self.send_header("ETag", state.etag)
        self.end_headers()
        cut = state.cuts.pop(0) if state.cuts else None
        body = state.archive[start : size if cut is None else start + cut]
        self.wfile.write(body)
        state.sent.append(len(body))
        if cut is not None and state.silent:
            state.silent.wait()
        self.close_connection = True
        return None

    def answer(self, status, content, headers=None):
        body = b"" if content is None else content if isinstance(content, str) else json.dumps(content)
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        kind = "application/xml" if content is None else "text/html" if isinstance(content, str) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *about):
        """Nothing into the tests' output."""


def archive_of(folder: Path, more: dict[str, bytes] | None = None) -> bytes:
    """Zips a ``kaggle_3m`` folder as the published archive is: the folder twice, the second time nested.

    `more` gives further files by name, which come first, or other content for one of the folder's.
    """
    content = io.BytesIO()
    more = more or {}
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in more.items():
            archive.writestr(name, data)
        for prefix in ["kaggle_3m", "lgg-mri-segmentation/kaggle_3m"]:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                name = f"{prefix}/{path.relative_to(folder).as_posix()}"
                if name not in more:
                    archive.write(path, name)
    return content.getvalue()
