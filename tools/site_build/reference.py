"""Pages of the library: one for each module with all its public names, and one for the command line."""

import importlib
import inspect
import os
import re
import sys
from pathlib import Path
from types import ModuleType

from course_lib import cli
from tools.repository import ROOT

LONGEST = 200  # characters of a constant's value that are shown

# In the order of the work: scans, networks, training, scores, looking; then what checks and marks.
MODULES = {
    "data": ["data"],
    "phantoms": ["phantoms"],
    "download": ["download"],
    "models": ["models", "convolution"],
    "losses": ["losses"],
    "training": ["training"],
    "evaluation": ["evaluation", "masks", "results"],
    "explain": ["explain"],
    "plots": ["plots"],
    "widgets": ["widgets"],
    "check": ["check"],
    "handin": ["handin"],
    "progress": ["progress"],
    "host": ["host"],
    "grading": [
        "grading",
        "grading.release",
        "grading.grade",
        "grading.feedback",
        "grading.gradebook",
        "grading.boundary",
    ],
    "errors": ["errors", "storage"],
}


def module_page(page: str) -> str:
    """Return the MyST text of one page of the library."""
    parts = [f"# {page}\n"]
    for number, name in enumerate(MODULES[page]):
        heading = f"## {name}\n\n" if number else ""
        parts.append(f"{heading}```{{eval-rst}}\n{_module(importlib.import_module(f'course_lib.{name}'))}```\n")
    return "\n".join(parts)


def _module(module: ModuleType) -> str:
    """Return a module's docstring, a table of its names, and each name's own entry, as reStructuredText."""
    names = public_names(module)
    lines = [f".. automodule:: {module.__name__}", "", f".. currentmodule:: {module.__name__}", ""]
    described = [name for name in names if _directive(getattr(module, name)) != "autodata"]
    if len(described) > 1:
        lines += [".. list-table::", "   :class: names", ""]
    for name in described if len(described) > 1 else []:
        first = (inspect.getdoc(getattr(module, name)) or "").partition("\n\n")[0].replace("\n", " ")
        lines += [f"   * - :py:obj:`~{module.__name__}.{name}`", f"     - {with_bars(first)}"]
    for name in names:
        directive = _directive(getattr(module, name))
        lines += [""] + (_constant(module, name) if directive == "autodata" else [f".. {directive}:: {name}"])
        lines += ["   :members:"] if directive in ("autoclass", "autoexception") else []
    return "\n".join(lines) + "\n"


def _constant(module: ModuleType, name: str) -> list[str]:
    """Return a constant's entry: its value, and the comment that stands beside it where it is defined."""
    value = getattr(module, name)
    shown = repr(value.relative_to(ROOT).as_posix() if isinstance(value, Path) else value)
    lines = [f".. py:data:: {name}", f"   :value: {shown if len(shown) <= LONGEST else shown[:LONGEST] + '…'}"]
    within = [part for path, part in sys.modules.items() if path.startswith(module.__name__) and name in vars(part)]
    for part in within:
        found = re.search(rf"^{name}\b[^\n]*?  # (.+)$", inspect.getsource(part), re.M)
        if found:
            return [*lines, "", f"   {with_bars(found[1][0].upper() + found[1][1:])}."]
    return lines


def public_names(module: ModuleType) -> list[str]:
    """Return the names that a module offers: those of ``__all__``, else the functions and classes it defines itself.

    >>> from course_lib import errors
    >>> public_names(errors)[0]
    'CourseError'
    """
    if hasattr(module, "__all__"):
        named = list(module.__all__)
        return sorted(named, key=lambda name: _directive(getattr(module, name)) == "autodata")
    own = {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__ and callable(value)
    }
    return list(own)


def with_bars(line: str) -> str:
    r"""Return a line of a docstring in which ``|`` is a bar, not the begin of reStructuredText's substitution.

    >>> print(with_bars("2 |a| and `b|c`"), with_bars("2 |a|"))
    2 |a| and `b|c` 2 \|a\|
    """
    return line if "`" in line or line.lstrip().startswith((">>>", "...")) else line.replace("|", r"\|")


def _directive(value) -> str:
    if inspect.isclass(value):
        return "autoexception" if issubclass(value, BaseException) else "autoclass"
    return "autofunction" if callable(value) else "autodata"


def reference_index() -> str:
    """Return the MyST text of the library's first page: every module with what it holds, and the hidden contents."""
    rows = []
    for page, names in MODULES.items():
        first = inspect.getdoc(importlib.import_module(f"course_lib.{names[0]}")).partition("\n\n")[0]
        rows.append(f"| [{page}]({page}.md) | {' '.join(first.split()).replace('``', '`')} |")
    contents = "\n".join(MODULES)
    return (
        "# Library\n\nWhat the lessons call, and what you call in work of your own. Shapes, units and errors stand "
        "with every function.\n\n| module | holds |\n|---|---|\n" + "\n".join(rows) + "\n"
        "\nFrom a terminal: [the command line](commands.md).\n\n"
        f"```{{toctree}}\n:hidden:\n\n{contents}\ncommands\n```\n"
    )


def commands_page() -> str:
    """Return the MyST text of the page that shows every command's own help."""
    os.environ["COLUMNS"] = "88"  # argparse breaks lines there
    parser = cli.build_parser()
    commands = next(action for action in parser._actions if hasattr(action, "choices") and action.choices)
    parts = ["# The command line\n\n`course` lies in `.venv/bin`. This is what it says of itself.\n", _help(parser)]
    for name, command in commands.choices.items():
        parts.append(f"## course {name}\n\n{_help(command)}")
    return "\n".join(parts)


def _help(parser) -> str:
    return f"```text\n{parser.format_help().rstrip()}\n```\n"
