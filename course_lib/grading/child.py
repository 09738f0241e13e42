"""What runs a submission's code: answers requests, a line of JSON each, to run a cell, look a name up, call a function.

It shares its process with that code, so nothing that it says is believed outside; it only has to be hard to upset.
"""

import contextlib
import importlib
import json
import linecache
import os
from collections.abc import Iterator

from course_lib.check.exercise import Case
from course_lib.check.running import TimeUp, _ShortMemory, call, has_empty_body, stands_for_nothing, time_limit
from course_lib.grading.model import MISSING, MISSING_VALUE, NOT_ATTEMPTED
from course_lib.grading.wire import decode, encode

CHUNK = 1 << 16


def answer_requests(requests: int, replies: int) -> None:
    """Answer every request with one line that repeats its number; whatever code raises becomes part of the answer."""
    space = {"__name__": "__main__", "display": lambda *_, **__: None, "get_ipython": lambda: None}
    handlers = {"cell": run_cell, "value": look_up, "call": run_call}
    for line in _lines(requests):
        request = json.loads(line)
        try:
            answer = handlers[request["kind"]](space, request)
        except BaseException as error:
            answer = {"error": type(error).__name__, "message": "", "output": None, "printed": "", "changed": ""}
        write_all(replies, json.dumps({"step": request["step"], **answer}).encode() + b"\n")


def _lines(source: int) -> Iterator[bytes]:
    """Yield lines as they come, without a buffer that holds a request longer than it is needed."""
    pending = b""
    while part := os.read(source, CHUNK):
        pending += part
        if part.endswith(b"\n"):
            line, pending = pending, b""
            yield line


def run_cell(space: dict, request: dict) -> dict:
    """Run the source of one cell in the submission's namespace."""
    name, source = f"<cell {request['number'] + 1}>", request["source"]
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # for messages with their line
    printed, error = _ShortMemory(), ""
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), time_limit(request["seconds"]):
            exec(compile(source, name, "exec"), space)
    except TimeUp:
        error = "TimeUp"
    except BaseException as raised:
        error = f"{type(raised).__name__}: {_text_of(raised)}"
    return {"error": error, "printed": printed.getvalue()}


def look_up(space: dict, request: dict) -> dict:
    """Return a value of the namespace as plain data."""
    if request["name"] not in space:
        return {"value": MISSING_VALUE}
    try:
        with time_limit(request["seconds"]):
            return {"value": encode(space[request["name"]], request["limit"])}
    except BaseException as error:
        return {"value": {"opaque": type(error).__name__}}


def run_call(space: dict, request: dict) -> dict:
    """Call the submission's function on one case and return the outcome as plain data."""
    function, view = space.get(request["function"]), _view(request["view"])
    plain = {"output": None, "message": "", "printed": "", "changed": ""}
    if request["function"] not in space or (not callable(function) and not stands_for_nothing(function)):
        what = "is no function" if request["function"] in space else "is not defined"
        return {**plain, "error": MISSING, "message": f"`{request['function']}` {what}"}
    if stands_for_nothing(function) or has_empty_body(function):
        return {**plain, "error": NOT_ATTEMPTED}

    def fresh():
        inputs = tuple(decode(item, request["limit"], allow_code=True) for item in request["inputs"])
        words = {name: decode(item, request["limit"], allow_code=True) for name, item in request["keywords"].items()}
        return inputs, words

    outcome = call(function, Case(*fresh()), request["seconds"], view)
    plain = {name: getattr(outcome, name) for name in ("error", "message", "printed", "changed")}
    try:
        with time_limit(request["seconds"]):
            return {**plain, "output": encode(outcome.output, request["limit"])}
    except TimeUp:
        return {**plain, "error": "TimeUp", "message": "what it returned took too long to read", "output": None}
    except BaseException as error:
        said = f"what it returned cannot be read: {_text_of(error)}"
        return {**plain, "error": type(error).__name__, "message": said, "output": None}


def _view(name: str):
    if not name:
        return None
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:300]
    except BaseException:
        return ""


def write_all(target: int, content: bytes | bytearray | memoryview) -> None:
    """Write all of it, however often that takes."""
    view = memoryview(content)
    while len(view):
        view = view[os.write(target, view) :]
