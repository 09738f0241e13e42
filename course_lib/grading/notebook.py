"""Read a notebook that somebody handed in: bytes of any kind in, cells that can be relied on out, or why not."""

import json
from typing import Any

AT_MOST = 50_000_000  # bytes of a notebook, outputs included


class UnfitNotebookError(Exception):
    """These bytes are no notebook that can be marked; the text says why."""


def read_notebook(content: bytes) -> bytes:
    """Return a notebook as bytes of JSON in format 4, without outputs: what is marked, and nothing that can surprise.

    Every cell of it has `cell_type`, `source` (one text) and `metadata` (a dictionary), and its `id` if it had one.
    Notebooks of formats 2 and 3 are upgraded.

    Raises:
        UnfitNotebookError: it cannot be read.
    """
    if len(content) > AT_MOST:
        raise UnfitNotebookError(f"it is larger than {AT_MOST // 1_000_000} MB")
    if not content.strip():
        raise UnfitNotebookError("it is empty")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, a number of 5,000 digits, 10,000 brackets
        kind = "a page of HTML" if content.lstrip()[:1] == b"<" else f"not JSON ({str(error)[:80]})"
        raise UnfitNotebookError(f"it is no notebook: {kind}") from None
    if not isinstance(data, dict):
        raise UnfitNotebookError("it is no notebook: its JSON is no dictionary")
    made = {"cells": _cells(data), "metadata": _dictionary(data.get("metadata")), "nbformat": 4, "nbformat_minor": 5}
    try:
        return json.dumps(made).encode("ascii")
    except (ValueError, RecursionError):
        raise UnfitNotebookError("it is nested too deeply") from None


def cells_of(notebook: bytes | dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cells of a notebook in format 4: bytes from `read_notebook`, or what `nbformat` or `json` read."""
    data = json.loads(notebook) if isinstance(notebook, bytes) else notebook
    return _cells(data)


def lesson_of(notebook: bytes | dict[str, Any]) -> str:
    """Return the lesson that a notebook's metadata name ("05_tversky_losses"), "" if none."""
    data = json.loads(notebook) if isinstance(notebook, bytes) else notebook
    lesson = _dictionary(_dictionary(data.get("metadata")).get("course")).get("lesson", "")
    return lesson if isinstance(lesson, str) else ""


def _cells(data: dict[str, Any]) -> list[dict[str, Any]]:
    number = data.get("nbformat", 4)
    if not isinstance(number, int) or number > 4 or number < 2:
        raise UnfitNotebookError(f"its notebook format ({str(number)[:20]}) is not known here; formats 2 to 4 are")
    if number == 4:
        listed = data.get("cells")
    else:
        sheets = data.get("worksheets")
        sheets = [sheet for sheet in sheets if isinstance(sheet, dict)] if isinstance(sheets, list) else None
        listed = None if sheets is None else [cell for sheet in sheets for cell in _listed(sheet.get("cells"))]
    if not isinstance(listed, list):
        raise UnfitNotebookError("it is no notebook: it has no list of cells")
    return [_cell(cell) for cell in listed if isinstance(cell, dict)]


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    kind = cell.get("cell_type")
    source = cell.get("source", cell.get("input", ""))  # "input" until format 3
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    made = {
        "cell_type": kind if kind in ("code", "raw") else "markdown",
        "metadata": _dictionary(cell.get("metadata")),
        "source": text,
    }
    return {**made, "id": cell["id"]} if isinstance(cell.get("id"), str) else made


def _dictionary(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _listed(value: Any) -> list:
    return value if isinstance(value, list) else []
