"""What is conspicuous in an answer's code: the library's own answer, the checker, and doors out of a plain function."""

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from course_lib.check import find_exercise

_DOORS = {
    *("builtins", "ctypes", "gc", "importlib", "inspect", "marshal", "multiprocessing", "pickle", "requests"),
    *("shutil", "signal", "socket", "subprocess", "urllib"),
}
_OS_AND_SYS = {
    *("os._exit", "os.environ", "os.fork", "os.getenv", "os.kill", "os.popen", "os.system"),
    *("sys._getframe", "sys.exit", "sys.modules", "sys.setprofile", "sys.settrace"),
}
_CALLS = {"__import__", "breakpoint", "compile", "eval", "exec", "exit", "globals", "open", "quit"}
_INSIDES = {"__builtins__", "__closure__", "__code__", "__globals__", "__reduce__", "__reduce_ex__", "__subclasses__"}
_OWN_ROOMS = ("course_lib.check", "course_lib.grading")
_HARMLESS = {"course_lib.check", "course_lib.check.check", "course_lib.check.hint"}


def aliases(nodes: Iterable[ast.stmt]) -> dict[str, str]:
    """Return what imports call things: {"np": "numpy", "losses": "course_lib.losses"}, those inside functions too."""
    known: dict[str, str] = {}
    for node in nodes:
        for part in ast.walk(node):
            for name, path in _imported(part):
                known[name] = path
    return known


def flags_of(nodes: list[ast.stmt], exercise: Any, known: dict[str, str], task: str) -> list[str]:
    """Return what a person should look at in the statements of one answer, each once.

    Args:
        nodes: the statements that the student wrote, helpers included.
        exercise: an `Exercise`, or its name.
        known: what imports call things, from `aliases`.
        task: the lesson's own text about this exercise; what of the library that names may be used.
    """
    answers = _names_of_answer(exercise)
    found: list[str] = []
    for node in nodes:
        for part in ast.walk(node):
            found += _of_import(part, answers) + _of_builtin(part, known)
            if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
                path = _path(part, known)
                found += [f"changes {path}"] if path else []
        for path in _paths(node, known):
            found += _of_path(path, answers, task)
    return list(dict.fromkeys(found))


def _names_of_answer(exercise: Any) -> set[str]:
    """Return the names under which the library may hold an exercise's answer."""
    found = find_exercise(exercise) if isinstance(exercise, str) else exercise
    reference = getattr(getattr(found, "reference", None), "__name__", "")
    return {getattr(exercise, "name", exercise), reference} - {"", "<lambda>"}


def _imported(node: ast.AST) -> list[tuple[str, str]]:
    if isinstance(node, ast.Import):
        return [(each.asname or each.name.split(".")[0], each.name if each.asname else each.name.split(".")[0])
                for each in node.names]  # fmt: skip
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [(each.asname or each.name, f"{node.module}.{each.name}") for each in node.names]
    return []


def _path(node: ast.AST, known: dict[str, str]) -> str:
    """Return the full path of ``losses.tversky_index`` as the imports have it, "" if its root is no import."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in known:
        return ""
    return ".".join([known[node.id], *reversed(parts)])


def _paths(node: ast.AST, known: dict[str, str]) -> Iterator[str]:
    """Yield the full path of every longest chain of names in a statement that an import begins."""
    left = [node]
    while left:
        part = left.pop()
        path = _path(part, known) if isinstance(part, (ast.Attribute, ast.Name)) else ""
        if path:
            yield path
        else:
            left += list(ast.iter_child_nodes(part))


def _of_path(path: str, answers: set[str], task: str) -> list[str]:
    room = path.removeprefix("course_lib.")
    first, last = path.split(".")[0], path.split(".")[-1]
    if path in _HARMLESS:
        return []
    if path.startswith(_OWN_ROOMS):
        return [f"reads {'.'.join(path.split('.')[:2])}"]
    if path.startswith("course_lib"):
        if last in answers:
            return [f"calls {room}"]
        return [] if last in task and path != "course_lib" else [f"uses {room}"]
    if first in _DOORS:
        return [f"uses {first}"]
    doors = [door for door in _OS_AND_SYS if path == door or path.startswith(door + ".")]
    return [f"uses {door}" for door in doors]


def _of_import(node: ast.AST, answers: set[str]) -> list[str]:
    found = []
    for _, path in _imported(node):
        if path.endswith(".*"):
            found += [f"imports everything from {path[:-2]}"] if path.startswith("course_lib") else []
        elif path.split(".")[-1] in answers or path.startswith(_OWN_ROOMS) or path.split(".")[0] in _DOORS:
            found += _of_path(path, answers, "")
    if isinstance(node, ast.Import):  # `import course_lib.check.banks` binds course_lib alone
        rooms = [each.name for each in node.names if each.name.startswith(_OWN_ROOMS)]
        found += [f"reads {'.'.join(room.split('.')[:2])}" for room in rooms]
    return found


def _of_builtin(node: ast.AST, known: dict[str, str]) -> list[str]:
    if isinstance(node, ast.Attribute) and node.attr in _INSIDES:
        return [f"reads {node.attr}"]
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return []
    if node.func.id in _CALLS and node.func.id not in known:
        return [f"calls {node.func.id}"]
    if node.func.id in ("getattr", "setattr", "delattr", "vars") and node.args and _path(node.args[0], known):
        return [f"calls {node.func.id} on {_path(node.args[0], known)}"]
    return []
