"""A class of odd and hostile submissions of lesson 1: what each hands in, and what its row must say."""

import json
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from course_lib.errors import CourseError
from course_lib.grading.launch import check_kind

ROOT = Path(__file__).resolve().parents[1]
LESSON = ROOT / "notebooks" / "01_meet_the_scans.ipynb"
FUNCTIONS = ("largest_slice", "standardise", "missing_sequences")

RIGHT = {
    "head_percent": "head_percent = 30",
    "largest_slice": "def largest_slice(masks):\n    return int(np.argmax(np.count_nonzero(masks, axis=(1, 2))))",
    "standardise": (
        "def standardise(image):\n"
        "    decimal = image.astype('float32')\n"
        "    spread = decimal.std(axis=(0, 1))\n"
        "    return (decimal - decimal.mean(axis=(0, 1))) / np.where(spread > 0, spread, 1)"
    ),
    "missing_sequences": (
        "def missing_sequences(images):\n"
        "    flair = images[..., 1]\n"
        "    pairs = (('pre', 0), ('post', 2))\n"
        "    return tuple(name for name, k in pairs if np.array_equal(images[..., k], flair))"
    ),
    "what_a_copy_costs": "what_a_copy_costs = 'It looks at one picture twice.'",
}
SECRET = ("GRADERS_OWN", "for the graders alone")  # a variable of the grader's process: its name and value
BODY = "return int(np.argmax(np.count_nonzero(masks, axis=(1, 2))))"


class Odd(NamedTuple):
    """One submission.

    Attributes:
        name: file name.
        content: bytes of the file.
        status: of its row.
        scores: of the three functions.
        flag: a word that its flags hold, "" where nothing should be flagged.
    """

    name: str
    content: bytes
    status: str = "ok"
    scores: tuple[float, float, float] = (1, 1, 1)
    flag: str = ""


def skip_without_sandbox() -> None:
    """Skip where bubblewrap is missing or may not be used, and say which."""
    try:
        check_kind("bubblewrap", "")
    except CourseError as error:
        pytest.skip(str(error))


def handed_out() -> dict:
    """The learner's copy, as JSON."""
    return json.loads(LESSON.read_text(encoding="utf-8"))


def filled(**answers) -> dict:
    """The learner's copy with the right answers in it, or those given instead; None leaves the stub."""
    notebook = handed_out()
    for cell in notebook["cells"]:
        name = cell["metadata"].get("course", {}).get("exercise")
        code = answers.get(name, RIGHT.get(name))
        if name and code is not None:
            cell["source"] = code
    return notebook


def as_bytes(notebook: dict) -> bytes:
    return json.dumps(notebook).encode()


def largest(body: str, before: str = "") -> bytes:
    """A submission that is right but for the body of `largest_slice`, and what stands in that cell before it."""
    lines = "\n".join("    " + line for line in body.splitlines())
    return as_bytes(filled(largest_slice=f"{before}\ndef largest_slice(masks):\n{lines}"))


def with_cells(change) -> bytes:
    """The right submission after `change` has been at its list of cells."""
    notebook = filled()
    notebook["cells"] = change(notebook["cells"])
    return as_bytes(notebook)


def code(source: str) -> dict:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None, "id": "new"}


def without_metadata(cells):
    return [{**cell, "metadata": {}, "id": f"c{number}"} for number, cell in enumerate(cells)]


def answers_twice(cells):
    stubs = [cell for cell in handed_out()["cells"] if "exercise" in cell["metadata"].get("course", {})]
    return [*cells, *stubs]


def without_two(cells):
    gone = ("standardise", "missing_sequences")
    return [cell for cell in cells if cell["metadata"].get("course", {}).get("exercise") not in gone]


def of_an_older_release(cells):
    kept = [cell for number, cell in enumerate(cells) if cell["cell_type"] == "code" or number % 2]
    for cell in kept:
        cell["metadata"].get("course", {}).pop("release", None)
        if cell["cell_type"] == "code" and cell["metadata"].get("course", {}).get("exercise") is None:
            cell["source"] = "".join(cell["source"]).replace("plots.show", "plots.display_figure")
    return kept


def third_format() -> bytes:
    cells = [
        {"cell_type": "code", "language": "python", "input": cell["source"], "outputs": [], "metadata": {}}
        if cell["cell_type"] == "code"
        else {"cell_type": "markdown", "source": cell["source"], "metadata": {}}
        for cell in filled()["cells"]
    ]
    return json.dumps(
        {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    ).encode()


def zipped(folder: Path, **files) -> bytes:
    path = folder / "made.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    content = path.read_bytes()
    path.unlink()
    return content


def everybody(folder: Path, outside: Path) -> list[Odd]:
    """Every submission.

    Args:
        folder: for files that are made along the way.
        outside: a file outside the sandbox that some try to read, and a folder beside it that some try to write to.

    Whoever marks them sets the variable SECRET, which one of them looks for.
    """
    good = as_bytes(filled())
    same = "class Same:\n    def __eq__(self, other): return True\n    __hash__ = None\n"
    array = "class Any:\n    shape = ()\n    def __array__(self, *a, **k): return np.array(np.random.randint(0, 9))\n"
    reduce = f"class Trap:\n    def __reduce__(self): return (open, ({str(outside) + '.stolen'!r}, 'w'))\n"
    number = "class Lucky(int):\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\n"
    everywhere = (
        "import os\n"
        "for fd in range(3, 64):\n"
        '    try: os.write(fd, b\'{"status": "ok", "score": 1}\\n\')\n'
        "    except OSError: pass\n"
    )
    fills = "try:\n    with open('f', 'wb') as f:\n        while True: f.write(b'0' * 10**7)\nexcept OSError: pass\n"
    seen = "seen = str(dict(os.environ)) + open('/proc/self/environ').read()\n"
    looks = f"{seen}if {SECRET[1]!r} in seen or os.path.exists({str(outside)!r}): return 0\n"
    bank = "from course_lib.check.lesson01 import EXERCISES\n"
    bank += "return next(e for e in EXERCISES if e.name == 'largest_slice').reference(masks)"
    return [
        Odd("good.ipynb", good),
        Odd("blank.ipynb", as_bytes(handed_out()), "blank", (0, 0, 0)),
        Odd("stderr.ipynb", largest(f"import sys; print('odd', file=sys.stderr)\n{BODY}")),
        Odd("warns.ipynb", largest(f"import warnings; warnings.warn('careful')\n{BODY}")),
        Odd("reordered.ipynb", with_cells(lambda cells: cells[::-1])),
        Odd("stubs_below.ipynb", with_cells(answers_twice)),
        Odd("deleted.ipynb", with_cells(without_two), scores=(1, 0, 0)),
        Odd("no_metadata.ipynb", with_cells(without_metadata)),
        Odd("older_release.ipynb", with_cells(of_an_older_release)),
        Odd("third_format.ipynb", third_format()),
        Odd("magics.ipynb", with_cells(lambda cells: [code("%matplotlib inline\n!pip install nothing"), *cells])),
        Odd("broken_cell.ipynb", with_cells(lambda cells: [*cells, code("def (:")])),
        Odd("byte_order_mark.ipynb", b"\xef\xbb\xbf" + good),
        Odd(
            "patches_numpy.ipynb", largest("return np.argmax(masks)", "np.argmax = lambda *a, **k: 1"), scores=(0, 1, 1)
        ),
        Odd(
            "patches_testing.ipynb",
            largest("return -1", "import numpy.testing\nnumpy.testing.assert_equal = lambda *a, **k: None"),
            scores=(0, 1, 1),
        ),
        Odd(
            "patches_checker.ipynb",
            largest("return -1", "import course_lib.check.judging as j\nj.judge_outcomes = lambda *a: 'right'"),
            scores=(0, 1, 1),
        ),
        Odd("sys_exit.ipynb", largest("import sys; sys.exit(0)"), scores=(0, 1, 1)),
        Odd("os_exit.ipynb", largest("import os; os._exit(0)"), "crash", (0, 1, 1)),
        Odd("segfault.ipynb", largest("import ctypes; ctypes.string_at(0)"), "crash", (0, 1, 1), "ctypes"),
        Odd("kills.ipynb", largest("import os; os.kill(os.getppid(), 9); os.kill(-1, 9)"), scores=(0, 1, 1)),
        Odd("loops.ipynb", largest("while True: pass"), "timeout", (0, 1, 1)),
        Odd(
            "swallows.ipynb",
            largest("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
            "timeout",
            (0, 1, 1),
        ),
        Odd("forks.ipynb", largest("import os\nwhile True: os.fork()"), "crash", (0, 1, 1)),
        Odd(
            "fills_memory.ipynb", largest("x = []\nwhile True: x.append(bytearray(10**7))"), "out of memory", (0, 1, 1)
        ),
        Odd(
            "fills_disk.ipynb",
            largest(fills + BODY),
        ),
        Odd("recursion.ipynb", largest("return largest_slice(masks)"), scores=(0, 1, 1)),
        Odd(
            "prints.ipynb",
            largest('print(\'{"status": "ok", "scores": [1, 1, 1]}\' * 10**5)\nreturn -1'),
            scores=(0, 1, 1),
        ),
        Odd("every_door.ipynb", largest("return -1", everywhere), scores=(0, 1, 1)),
        Odd(
            "result_file.ipynb",
            largest("open('result.json', 'w').write('{\"total\": 1}')\nreturn -1"),
            scores=(0, 1, 1),
        ),
        Odd(
            "environment.ipynb",
            largest("import os\n" + looks + BODY),
            flag="environ",
        ),
        Odd("reads_outside.ipynb", largest(f"return int(open({str(outside)!r}).read())"), scores=(0, 1, 1)),
        Odd(
            "network.ipynb",
            largest("import socket\nsocket.create_connection(('127.0.0.1', 22), 1)\nreturn 0"),
            scores=(0, 1, 1),
            flag="socket",
        ),
        Odd("equal_to_all.ipynb", largest("return Same()", same), scores=(0, 1, 1)),
        Odd("lucky_number.ipynb", largest("return Lucky(-1)", number), scores=(0, 1, 1)),
        Odd("any_array.ipynb", largest("return Any()", array), scores=(0, 1, 1)),
        Odd("pickle_trap.ipynb", largest("return Trap()", reduce), scores=(0, 1, 1)),
        Odd("generator.ipynb", largest("yield 0"), scores=(0, 1, 1)),
        Odd("spoils_inputs.ipynb", largest(f"masks[:] = masks > 0\n{BODY}"), scores=(-1, 1, 1)),
        Odd(
            "library.ipynb",
            largest("from course_lib import data\nreturn data.largest_slice(masks)"),
            flag="data.largest_slice",
        ),
        Odd(
            "reads_the_bank.ipynb",
            largest(bank),
            scores=(0, 1, 1),
            flag="course_lib.check",
        ),
        Odd("asks.ipynb", largest("return int(input('where? '))"), scores=(0, 1, 1)),
        Odd("empty.ipynb", b"", "unreadable", (0, 0, 0), "empty"),
        Odd("page.ipynb", b"<html>not found</html>", "unreadable", (0, 0, 0), "HTML"),
        Odd("cut.ipynb", good[: len(good) // 2], "unreadable", (0, 0, 0), "JSON"),
        Odd("climbs.zip", zipped(folder, **{"..__..__climbs_dot_ipynb": good}), "unreadable", (0, 0, 0), ""),
        Odd("packed.zip", zipped(folder, inner__packed_dot_ipynb=good)),
    ]
