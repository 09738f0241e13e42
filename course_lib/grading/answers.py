"""Which code of a submission is run for grading: the answers, what they need, and nothing else.

Answers are found by the names that they bind, so cells may be moved, doubled, deleted or have lost their metadata. Of
every cell only the statements are kept that an answer needs, on their own lines, so that a plot or a training that
fails, or takes minutes, costs nobody a mark.
"""

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from course_lib.grading.flags import aliases, flags_of
from course_lib.grading.notebook import cells_of
from course_lib.grading.slices import SETUP_TAG, UNFIT, Statement, python_only, statements

LONGEST = 1_000_000  # characters of a cell
MOST = 5_000  # statements of a notebook
# What a call at the margin may set for the whole process, and an answer may rely on.
_SETTINGS = {"sys.setrecursionlimit", "random.seed", "numpy.random.seed", "numpy.seterr", "warnings.filterwarnings"}


class Chosen(NamedTuple):
    """What is run of a submission, and what is said of it.

    Attributes:
        cells: code to run in this order, each a cell of which only the needed lines are left, on their own lines.
        numbers: which cell of the notebook each came from, counted from 1 with the texts; 0 for the lesson's own.
        flags: what a person should look at, each beginning with the exercise's name or the cell's number.
        blank: names of the exercises that were left as they were handed out, or deleted.
    """

    cells: list[str]
    numbers: list[int]
    flags: list[str]
    blank: list[str]


class Item(NamedTuple):
    """One statement of the submission or of the lesson: where it stands, and whether the lesson had it like that."""

    cell: int
    statement: Statement
    released: bool
    text: str


def cells_for(submission: bytes | dict[str, Any], released: bytes | dict[str, Any], exercises: Iterable[Any]) -> Chosen:
    """Return the code that grading runs, what is conspicuous in it, and which exercises were left blank.

    Cells tagged "setup" are taken from `released`, however the submission changed them; so is a statement of the
    lesson that an answer needs and the submission lost. An answer is the last statement that binds the exercise's
    name and is not the stub. Asked for one exercise alone, it returns what that one needs.

    Args:
        submission: the notebook handed in: bytes of `submissions.collect`, or a notebook in format 4.
        released: the lesson as it was handed out.
        exercises: `course_lib.check.exercise.Exercise` objects, or names.
    """
    wanted = {getattr(each, "name", each): each for each in exercises}
    released_cells = cells_of(released)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # a student's, and not the instructor's
        notebook = _Notebook(released_cells, cells_of(submission))
    flags, blank, needed, order = list(notebook.flags), [], set(), defaultdict(set)
    for name, exercise in wanted.items():
        answer = notebook.answer(name)
        if answer is None:
            broken = [number for number, code in notebook.broken.items() if _seems_to_bind(code, name)]
            blank += [] if broken else [name]
            flags += notebook.renamed(name)
            notebook.kept_broken |= set(broken[-1:])
            continue
        closure = notebook.closure(answer, name, order)
        needed |= closure
        own = [notebook.items[number] for number in sorted(closure) if not notebook.items[number].released]
        nodes = [node for item in own for node in item.statement.nodes]
        task = _task(released_cells, exercise, name)
        flags += [f"{name}: {flag}" for flag in flags_of(nodes, exercise, notebook.aliases, task)]
        flags += [f"{name}: {flag}" for flag in _left_standing(notebook.items[answer].statement, name)]
    if needed:
        needed |= notebook.settings()
    cells, numbers = notebook.cells(needed, order)
    return Chosen(cells, numbers, list(dict.fromkeys(flags)), blank)


def _task(released: list[dict[str, Any]], exercise: Any, name: str) -> str:
    """Return what the lesson says of an exercise: the text before it, cells that name it, its hints."""
    said = list(getattr(exercise, "hints", ()))
    for before, cell in zip([{"source": ""}, *released], released, strict=False):
        if re.search(rf"\b{re.escape(name)}\b", cell["source"]):
            said += [before["source"], cell["source"]]
    return "\n".join(said)


class _Notebook:
    """The statements of a submission, those of the lesson's setup before them, and those it lost."""

    def __init__(self, released: list[dict[str, Any]], handed_in: list[dict[str, Any]]):
        self.handed_in = handed_in
        self.flags: list[str] = []
        self.broken: dict[int, str] = {}  # cells that do not parse, by number
        self.kept_broken: set[int] = set()
        setup, lesson = [], []
        for number, cell in enumerate(released, start=1):
            tagged = SETUP_TAG in (cell["metadata"].get("tags") or [])
            (setup if tagged else lesson).extend(_items(cell, -2 * 10**6 + number if tagged else -(10**6) + number))
        known = {_dump(item.statement) for item in setup + lesson}
        set_up = {_dump(item.statement) for item in setup}
        own: list[Item] = []
        for number, cell in enumerate(handed_in, start=1):
            own += [item for item in self._read(cell, number, known) if _dump(item.statement) not in set_up]
            if len(own) > MOST:
                self.flags.append(f"cell {own[MOST].cell}: from here on not read; {MOST:,} statements are enough")
                break
        self.items = setup + lesson + own[:MOST]
        self.lost = range(len(setup), len(setup) + len(lesson))  # taken only where the submission has nothing
        self.aliases = aliases(node for item in self.items for node in item.statement.nodes)
        self._modules = {name for item in self.items for name in item.statement.surely if _imports(item.statement)}
        self._touching: dict[str, list[int]] = defaultdict(list)
        for number, item in enumerate(self.items):
            for name in item.statement.binds | item.statement.changes | (item.statement.calls - self._modules):
                self._touching[name].append(number)

    def _read(self, cell: dict[str, Any], number: int, known: set[str]) -> list[Item]:
        try:
            return [item._replace(released=_dump(item.statement) in known) for item in _items(cell, number)]
        except UNFIT as error:
            self.broken[number] = cell["source"]
            what = error.msg if isinstance(error, SyntaxError) else f"{type(error).__name__}"
            line = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
            self.flags.append(f"cell {number}: is no Python: {what}{line}")
            return []

    def answer(self, name: str) -> int | None:
        """Return which statement answers an exercise: the last that binds its name and is not the stub."""
        made = [
            number
            for number in self._touching.get(name, [])
            if name in self.items[number].statement.binds
            and not self.items[number].released
            and not is_blank(self.items[number].statement, name)
        ]
        return made[-1] if made else None

    def renamed(self, name: str) -> list[str]:
        """Return a flag where the exercise's own cell binds other names than the exercise's."""
        cells = [n for n, cell in enumerate(self.handed_in, start=1) if _exercise_of(cell) == name]
        found = [item.statement for item in self.items if item.cell in cells and not item.released]
        others = sorted({bound for one in found for bound in one.binds if not _imports(one)} - {name})
        return [f"{name}: its cell defines {', '.join(others[:3])} instead"] if others else []

    def closure(self, answer: int, name: str, order: dict[int, set[int]]) -> set[int]:
        """Return an answer with all it needs; add to `order` which cells must come before which."""
        changed_later = [n for n in self._touching[name] if n > answer and name in self.items[n].statement.changes]
        found, left = set(), [answer, *(n for n in changed_later if not self.items[n].released)]
        while left:
            number = left.pop()
            if number in found:
                continue
            found.add(number)
            statement = self.items[number].statement
            for each in sorted(statement.needs):
                givers = self._givers(each, number, later=False)
                order[self.items[number].cell] |= {self.items[giver].cell for giver in givers}
                left += givers
            for each in sorted(statement.later - statement.needs):
                left += self._givers(each, number, later=True)
        return found

    def _givers(self, name: str, reader: int, later: bool) -> list[int]:
        """Return the statements that give a name its value for one that reads it, now or when it is called."""
        touching = [number for number in self._touching.get(name, []) if number not in self.lost]
        if later:  # whatever the whole notebook leaves behind, but for the lesson's own later uses of the name
            own = [n for n in touching if not self.items[n].released and not is_blank(self.items[n].statement, name)]
            if own:
                return self._back_to_sure(name, [n for n in touching if n <= own[-1]])
        before = [number for number in touching if number < reader]
        after = [number for number in touching if number > reader]
        lost = [number for number in self._touching.get(name, []) if number in self.lost]
        return self._back_to_sure(name, before) or after[:1] or self._back_to_sure(name, lost)

    def _back_to_sure(self, name: str, numbers: list[int]) -> list[int]:
        """Return the last statements of a list, back to one that binds the name whenever it runs."""
        taken = []
        for number in reversed(numbers):
            taken.append(number)
            if name in self.items[number].statement.surely:
                break
        return taken

    def settings(self) -> set[int]:
        """Return the statements that set something for the whole process, and the imports that they need."""
        found = set()
        for number, item in enumerate(self.items):
            for node in item.statement.nodes:
                call = node.value if isinstance(node, ast.Expr) else None
                if not item.released and isinstance(call, ast.Call):
                    root, _, rest = ast.unparse(call.func).partition(".")
                    if f"{self.aliases.get(root, root)}.{rest}" in _SETTINGS:
                        found |= {number, *self._givers(root, number, later=False)}
        return found

    def cells(self, needed: set[int], order: dict[int, set[int]]) -> tuple[list[str], list[int]]:
        """Return the needed statements as cells in the notebook's order, moved only where they could not run."""
        lines: dict[int, dict[int, str]] = defaultdict(dict)
        for number in sorted(needed):
            item = self.items[number]
            rows = item.text.split("\n")[item.statement.first - 1 : item.statement.last]
            lines[item.cell].update(enumerate(rows, start=item.statement.first))
        texts = {
            cell: "\n".join(rows.get(n, "") for n in range(1, max(rows) + 1)) for cell, rows in sorted(lines.items())
        }
        texts |= {cell: self.broken[cell] for cell in self.kept_broken}
        cells = _ordered(sorted(texts), order)
        return [texts[cell] for cell in cells], [max(cell, 0) for cell in cells]


def is_blank(statement: Statement, name: str) -> bool:
    r"""Return whether a statement that binds a name is a stub: ``...``, an empty text, a function without an answer.

    >>> [is_blank(one, "f") for one in statements("def f(x):\n    raise NotImplementedError\nf = ...\nf = 3")]
    [True, True, False]
    """
    if len(statement.nodes) == 1:
        return _is_stub(statement.nodes[0])
    alone = [one for node in statement.nodes for one in statements(ast.unparse(node)) if name in one.binds]
    return bool(alone) and all(_is_stub(one.nodes[0]) for one in alone)


def _is_stub(node: ast.stmt) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        body = [part for part in node.body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
        answered = any(isinstance(part, (ast.Return, ast.Yield)) for part in ast.walk(node))
        return all(isinstance(part, ast.Pass) for part in body) or (_gives_up(body[-1]) and not answered)
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        value = node.value
        if isinstance(value, ast.Constant):
            return value.value in (..., None) or (isinstance(value.value, str) and not value.value.strip())
        return value is None
    return False


def _gives_up(node: ast.stmt) -> bool:
    return isinstance(node, ast.Raise) and node.exc is not None and "NotImplementedError" in ast.unparse(node.exc)


def _left_standing(statement: Statement, name: str) -> list[str]:
    """Return a flag where somebody wrote an answer below the stub's last line and left that line."""
    for node in statement.nodes:
        if isinstance(node, ast.FunctionDef) and node.name == name and any(map(_gives_up, node.body[:-1])):
            return ["`raise NotImplementedError` still stands before the answer"]
    return []


def _items(cell: dict[str, Any], number: int) -> list[Item]:
    """Return the statements of a cell; none of a text, or of what is too long to be an answer."""
    if cell["cell_type"] != "code" or not cell["source"].strip():
        return []
    if len(cell["source"]) > LONGEST:
        raise ValueError(f"more than {LONGEST:,} characters")
    text = python_only(cell["source"].replace("\\r\n", "\n").replace("\\r", "\n"))
    return [Item(number, statement, True, text) for statement in statements(text, MOST + 1)]


def _exercise_of(cell: dict[str, Any]) -> Any:
    course = cell["metadata"].get("course")
    return course.get("exercise") if isinstance(course, dict) else None


def _dump(statement: Statement) -> str:
    return "\n".join(map(ast.dump, statement.nodes))


def _imports(statement: Statement) -> bool:
    return all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in statement.nodes)


def _seems_to_bind(code: str, name: str) -> bool:
    word = re.escape(name)
    return bool(re.search(rf"^\s*(async\s+)?def\s+{word}\b|^{word}\s*(:[^=\n]*)?=[^=]", code, re.M))


def _ordered(cells: list[int], order: dict[int, set[int]]) -> list[int]:
    """Return cells in their order, each after those that it needs; where these go round in a circle, as they stand."""
    made, seen, known = [], set(), set(cells)
    for first in cells:
        stack = [(first, False)]
        while stack:
            cell, done = stack.pop()
            if done:
                made.append(cell)
            elif cell not in seen:
                seen.add(cell)
                stack.append((cell, True))
                stack += [(other, False) for other in sorted(order[cell] & known - seen, reverse=True)]
    return made
