"""A page for every submission: what was right, what failed on which small case, which misconception, what next.

Nothing of the hidden inputs and no answer stands in a row's results, so nothing of them can stand on a page.
"""

import html
import re
from pathlib import Path

from course_lib.check.banks import find_exercise
from course_lib.check.judging import NOT_ATTEMPTED, NOTED, RIGHT
from course_lib.errors import DataError
from course_lib.grading.key import NOT_FOUND
from course_lib.grading.marking import BLANK, UNREADABLE
from course_lib.grading.marks import read_marks
from course_lib.grading.model import CRASH, OK, OUT_OF_MEMORY, TIMEOUT, Row
from course_lib.grading.store import ROWS_SUFFIX, Store
from course_lib.storage import make_folder, write_atomically

WHAT_HAPPENED = {
    OK: "",
    BLANK: "None of the exercises was attempted.",
    UNREADABLE: "This file could not be read, so nothing could be marked.",
    TIMEOUT: "It took longer than it may. What came before that is marked. Is there a loop that never ends?",
    CRASH: "The process ended before all was done. What came before that is marked.",
    OUT_OF_MEMORY: "It took more memory than it may. What came before that is marked.",
}
NEXT = {
    RIGHT: "",
    NOTED: "",
    NOT_ATTEMPTED: "Not attempted. Open the lesson, read the docstring of the stub, and run the hint cell below it.",
    NOT_FOUND: "Nothing of this name is in the notebook. Was its cell deleted, or the function renamed?",
}
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
section { border-left: .4rem solid #999; padding-left: 1rem; margin: 1.5rem 0; }
section.right { border-color: #009E73; } section.wrong { border-color: #D55E00; }
section.open { border-color: #0072B2; }
pre, blockquote { margin: 0 0 .5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
pre, blockquote { border: 1px solid #9995; padding: .5rem .75rem; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top; }
"""


def write_feedback(marks: Path, out: Path) -> list[Path]:
    """Write a page for every submission of a table of marks, and a list of them for the instructor.

    Args:
        marks: the CSV that grading wrote; its folder of rows lies beside it.
        out: folder for the pages; pages of an earlier call are replaced.

    Returns:
        The pages, in the order of the table.

    Raises:
        DataError: there are no marks, or the rows beside them are gone.
        StorageError: a page cannot be written.
    """
    table = read_marks(marks)
    if not table:
        raise DataError(f"{marks}: holds no marks. Mark the submissions first: course grade FOLDER --out {marks}")
    rows = Store(marks.with_suffix(ROWS_SUFFIX)).newest
    missing = [name for name, line in table.items() if name not in rows or rows[name].status != line["status"]]
    if missing:
        raise DataError(
            f"{marks}: the results of {len(missing)} submissions ({missing[0]}) are not beside it. Mark them again: "
            f"course grade FOLDER --out {marks}"
        )
    make_folder(out)
    pages = []
    for name, line in table.items():
        path = out / f"{_file_name(name, pages)}.html"
        with write_atomically(path) as file:
            file.write(page(rows[name], line))
        pages.append(path)
    with write_atomically(out / "index.html") as file:
        file.write(_index(table, pages))
    return pages


def page(row: Row, line: dict[str, str]) -> str:
    """The page of one submission.

    Args:
        row: what grading found.
        line: its line of the table of marks, which holds a person's marks too.
    """
    happened = f"<p><strong>{html.escape(WHAT_HAPPENED[row.status])}</strong></p>" if WHAT_HAPPENED[row.status] else ""
    parts = [_exercise(name, result, line.get(name, "")) for name, result in row.results.items()]
    summary = f"<p>Marks: <strong>{_percent(line.get('total', ''))}</strong></p>"
    return _document(f"Feedback: {row.student or row.name}", summary + happened + "".join(parts))


def _exercise(name: str, result: dict, mark: str) -> str:
    exercise = find_exercise(name)
    task = f"<p>{_words(exercise.task)}</p>" if exercise else ""
    kind = {RIGHT: "right", NOTED: "right"}.get(result["status"], "wrong")
    if result.get("text"):
        kind = "right" if mark else "open"
    said = _said(result, mark)
    head = f"<h2>{html.escape(name)}: {_percent(mark) if mark else 'to be marked by a person'}</h2>"
    return f'<section class="{kind}">{head}{task}{said}</section>'


def _said(result: dict, mark: str) -> str:
    """What there is to say about one answer, as HTML."""
    lines = []
    if result.get("text"):
        lines.append(f"<blockquote>{html.escape(result['text'])}</blockquote>")
        if not mark:
            lines.append("<p>A person reads this answer; the mark follows.</p>")
        return "".join(lines)
    status = result["status"]
    if status in NEXT:
        lines.append(f"<p>{NEXT[status] or _words(result.get('explanation') or 'All of it holds.')}</p>")
    for statement, holds in (result.get("scores") or {}).items():
        sign = "✓ holds" if holds else "✗ does not hold"
        lines.append(f"<p>{sign}: {_words(statement)}</p>")
    if status not in NEXT:
        lines.append(f"<p>{_words(result.get('explanation', ''))}</p>")
        lines.append(_case(result.get("details") or []))
        if result.get("misconception"):
            named, says = _words(result["misconception"]), _words(result["says"])
            lines.append(f"<p>It looks like <strong>{named}</strong>. {says}</p>")
        lines.append("<p>Next: mend this and run <code>check</code> in the lesson; <code>hint</code> helps on.</p>")
    return "".join(lines)


def _words(text: object) -> str:
    """Text as HTML; what stands between backquotes is code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(str(text)))


def _case(details: list) -> str:
    """The small visible case on which it failed."""
    if not details:
        return ""
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(str(label))}</th><td><pre>{html.escape(str(text))}</pre></td></tr>"
        for label, text in details
    )
    return f"<table>{rows}</table>"


def _index(table: dict[str, dict[str, str]], pages: list[Path]) -> str:
    lines = "".join(
        f'<tr><td><a href="{html.escape(path.name)}">{html.escape(name)}</a></td>'
        f"<td>{html.escape(line['status'])}</td><td>{_percent(line['total'])}</td>"
        f"<td>{html.escape(line.get('flags', ''))}</td></tr>"
        for (name, line), path in zip(table.items(), pages, strict=True)
    )
    head = "".join(f"<th scope='col'>{title}</th>" for title in ("submission", "status", "marks", "look at"))
    return _document("All submissions", f"<table><tr>{head}</tr>{lines}</table>")


def _document(title: str, body: str) -> str:
    safe = html.escape(title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{safe}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main><h1>{safe}</h1>{body}</main></body></html>\n"
    )


def _file_name(name: str, pages: list[Path]) -> str:
    """A plain file name for a submission, unlike those that are taken."""
    plain = re.sub(r"[^\w.-]+", "_", name).strip("._")[:100] or "submission"
    taken = {page.stem.casefold() for page in pages} | {"index"}
    numbered = (plain if number == 1 else f"{plain}-{number}" for number in range(1, len(pages) + 3))
    return next(one for one in numbered if one.casefold() not in taken)


def _percent(score: str) -> str:
    try:
        return f"{100 * float(score):.0f} %"
    except ValueError:
        return "none yet"
