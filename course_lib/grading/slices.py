"""What the statements of a cell bind and need: the analysis behind taking one exercise out of a notebook."""

import ast
import builtins
import re
import symtable
from dataclasses import dataclass

SETUP_TAG = "setup"
UNFIT = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)  # what code can do to a parser

_RUN_IT = ("time", "timeit", "capture", "prun")  # cell magics whose cell is Python
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_THEIR_TABLES = {f"{left}{kind}{right}" for kind in ("listcomp", "setcomp", "dictcomp", "genexpr")
                 for left, right in (("", ""), ("<", ">"))}  # fmt: skip


def python_only(code: str) -> str:
    r"""Return a cell's code with notebook commands (``%pip …``, ``!ls``, ``np.sum?``) replaced by `pass`.

    Code that is Python as it stands is not touched. Line numbers stay.

    >>> python_only("%pip install x\nfiles = !ls\n%time y = 2")
    'pass\nfiles = None\ny = 2'
    """
    if not re.search(r"^\s*[%!?]|\?\s*$|=\s*[%!]", code, re.M) or _parses(code):
        return code
    lines = code.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        if lines[first][2:].split(maxsplit=1)[:1] not in [[name] for name in _RUN_IT]:
            return "\n".join(["pass"] + [""] * (len(lines) - 1))  # another language, or a file to be written
        lines[first] = "pass"
    return "\n".join(map(_without_command, lines))


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except UNFIT:
        return False
    return True


def _without_command(line: str) -> str:
    bare = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    if timed := re.match(r"%time\s+(\S.*)", bare):
        return indent + timed[1]
    if bare.startswith(("%", "!", "?")) or (bare.endswith("?") and "#" not in bare):
        return indent + "pass"
    return re.sub(r"^(\s*[\w, ]+=)\s*[%!].*", r"\1 None", line)


def check_calls(code: str) -> list[str]:
    """Return the names of the exercises that a cell checks: the first argument of each ``check("name", …)``."""
    return [
        node.args[0].value
        for node in ast.walk(ast.parse(python_only(code)))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", None)) == "check"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement at the margin of a cell, or several on one line.

    Attributes:
        nodes: its syntax trees.
        first, last: its lines, from 1, decorators included.
        binds: names that it may bind.
        surely: those of them that it binds whenever it runs.
        changes: names into whose objects it assigns (``table["x"] = 1``, ``np.sum = …``).
        calls: names whose methods it calls without keeping what they return (``found.append(3)``).
        needs: names that it reads when it runs.
        later: names that its functions read when they are called.
    """

    nodes: tuple[ast.stmt, ...]
    first: int
    last: int
    binds: frozenset[str]
    surely: frozenset[str]
    changes: frozenset[str]
    calls: frozenset[str]
    needs: frozenset[str]
    later: frozenset[str]

    @property
    def reads(self) -> frozenset[str]:
        """Names that it reads, now or when its functions are called."""
        return self.needs | self.later


def statements(code: str, most: int | None = None) -> list[Statement]:
    """Return the statements of a cell in order, at most so many.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError, OverflowError: the cell is no Python; see `UNFIT`.
    """
    lines: list[list[ast.stmt]] = []
    for node in ast.parse(code).body:
        if lines and _first_line(node) <= lines[-1][-1].end_lineno:
            lines[-1].append(node)
        else:
            lines.append([node])
    return [_statement(nodes) for nodes in lines[:most]]


def names(code: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell binds or assigns into, and those that it reads; the builtins left out.

    >>> names("total = sum(masks)")
    ({'total'}, {'masks'})
    """
    parts = statements(python_only(code))
    bound = {name for part in parts for name in part.binds | part.changes}
    return bound, {name for part in parts for name in part.reads} - set(dir(builtins))


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])


def _statement(nodes: list[ast.stmt]) -> Statement:
    binds, needs, later = set(), set(), set()
    surely, changes, calls = set(), set(), set()
    for node in nodes:
        bound, read, read_later = _scopes(node)
        binds, needs, later = binds | bound, needs | read, later | read_later
        if isinstance(node, (*_DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assign)) or getattr(node, "value", None):
            surely |= bound if not isinstance(node, ast.AugAssign) else set()
        for part in _outside_functions(node):
            if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
                needs.add(part.target.id)
            elif isinstance(part, (ast.Subscript, ast.Attribute)) and isinstance(part.ctx, (ast.Store, ast.Del)):
                changes |= root_of(part)
            elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
                calls |= root_of(part.value.func) if isinstance(part.value.func, ast.Attribute) else set()
    parts = (frozenset(part) for part in (binds, surely, changes, calls, needs, later))
    return Statement(tuple(nodes), _first_line(nodes[0]), nodes[-1].end_lineno, *parts)


def _scopes(node: ast.stmt) -> tuple[set[str], set[str], set[str]]:
    """Return the names that a statement binds, that it reads, and that functions in it read of the module."""
    if isinstance(node, ast.Delete):
        return set(), set(), set()
    table = symtable.symtable(ast.unparse(node), "cell", "exec")
    bound = {each.get_name() for each in table.get_symbols() if each.is_assigned() or each.is_imported()}
    read = {each.get_name() for each in table.get_symbols() if each.is_referenced()}
    later: set[str] = set()
    open_tables = [(child, False) for child in table.get_children()]
    while open_tables:
        child, is_later = open_tables.pop()
        is_later = is_later or (child.get_type() == "function" and child.get_name() not in _THEIR_TABLES)
        symbols = [each for each in child.get_symbols() if each.is_global()]
        (later if is_later else read).update(each.get_name() for each in symbols if each.is_referenced())
        bound |= {each.get_name() for each in symbols if each.is_assigned() and not is_later}
        open_tables += [(below, is_later) for below in child.get_children()]
    bound |= {part.target.id for part in _outside_functions(node) if isinstance(part, ast.NamedExpr)}
    inner = _inner_names(node)
    return bound - inner, read - inner, later


def _inner_names(node: ast.stmt) -> set[str]:
    """Return the names that live in a statement's comprehensions alone; Python 3.12 gives them to the module."""
    targets, elsewhere, left = set(), set(), [(node, False)]
    while left:
        part, inside = left.pop()
        if isinstance(part, ast.Name) and not inside:
            elsewhere.add(part.id)
        elif isinstance(part, ast.NamedExpr):  # binds outside of the comprehension that it stands in
            elsewhere.add(part.target.id)
        if isinstance(part, _COMPREHENSIONS):
            first, targets = (
                part.generators[0],
                targets
                | {each.id for loop in part.generators for each in ast.walk(loop.target) if isinstance(each, ast.Name)},
            )
            left.append((first.iter, inside))
            left += [(child, True) for child in ast.iter_child_nodes(part) if child is not first]
            left += [(child, True) for child in first.ifs]
        elif not isinstance(part, (*_DEFINITIONS, ast.Lambda)):
            left += [(child, inside) for child in ast.iter_child_nodes(part)]
    return targets - elsewhere


def _outside_functions(node: ast.AST) -> list[ast.AST]:
    """Return a statement's parts that run when it runs: all but the bodies of functions and classes."""
    if isinstance(node, _DEFINITIONS):
        return []
    found, left = [], [node]
    while left:
        part = left.pop()
        found.append(part)
        left += [child for child in ast.iter_child_nodes(part) if not isinstance(child, (*_DEFINITIONS, ast.Lambda))]
    return found


def root_of(node: ast.expr) -> set[str]:
    """Return the name at the root of a chain of attributes and indices: {"table"} for ``table.loc[3].x``."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()
