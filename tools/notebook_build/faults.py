"""What must not be in a lesson: leaked solutions, figures without alt text, long cells, skipped headings, noise."""

import ast
import io
import re
import tokenize
from pathlib import Path

import nbformat

from tools.notebook_build.slices import python_only
from tools.notebook_build.source import SOLUTION_TAG, learners_copy, solution_blocks, to_text

CELL_LINES, EXERCISE_LINES = 10, 25
SETUP_TAG = "setup"


def leaks(copy_given_out: nbformat.NotebookNode, solved: nbformat.NotebookNode) -> list[str]:
    """Return how a learner's copy gives solutions away; `solved` is what `read_source` gave.

    A line of a solution counts wherever it turns up, unless the source has the same line outside the solutions too.
    """
    text = to_text(copy_given_out)
    found = [f"the word {word!r}" for word in ("BEGIN SOLUTION", "END SOLUTION") if word in text.upper()]
    for number, cell in enumerate(copy_given_out.cells):
        if cell.get("outputs") or cell.get("execution_count"):
            found.append(f"cell {number} has outputs")
        if SOLUTION_TAG in cell.metadata.get("tags", []):
            found.append(f"cell {number} is tagged {SOLUTION_TAG!r}")
    harmless = {line.strip() for cell in learners_copy(solved).cells for line in cell.source.splitlines()}
    words = {line.strip() for cell in copy_given_out.cells for line in cell.source.splitlines()}
    hidden = str(copy_given_out.metadata) + "".join(str(cell.metadata) for cell in copy_given_out.cells)
    for line in _secret_lines(solved) - harmless:
        if line in hidden or any(line in word for word in words):
            found.append(f"the solution's line {line!r}")
    return found


def _secret_lines(solved: nbformat.NotebookNode) -> set[str]:
    """Return the telling lines of all solutions: eight characters or more, comments left out."""
    secret = [line for cell in solved.cells for block in solution_blocks(cell.source) for line in block]
    whole = [cell.source.splitlines() for cell in solved.cells if SOLUTION_TAG in cell.metadata.get("tags", [])]
    secret += [line for lines in whole for line in lines]
    return {line.strip() for line in secret if len(line.strip()) >= 8 and not line.strip().startswith("#")}


def without_alt_text(notebook: nbformat.NotebookNode) -> list[str]:
    """Return every picture without alt text: in text cells, in HTML, and figures, which carry theirs in metadata."""
    found = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            found += [f"cell {number}: {picture}" for picture in _bare_pictures(cell.source)]
            found += [f"cell {number}: {link}" for link in re.findall(r"!\[\s*\]\([^)]*\)", cell.source)]
        for output in cell.get("outputs", []):
            for mime in output.get("data", {}):
                alt = output.get("metadata", {}).get(mime, {})
                if mime.startswith("image/") and not str(alt.get("alt", "")).strip():
                    found.append(f"cell {number}: a figure ({mime})")
            found += [
                f"cell {number}: {picture}" for picture in _bare_pictures(output.get("data", {}).get("text/html", ""))
            ]
    return found


def _bare_pictures(page: str) -> list[str]:
    pictures = re.findall(r"<img\b[^>]*>", page, re.I)
    return [picture[:60] for picture in pictures if not re.search(r"""\salt=(["'])\s*[^"'\s]""", picture, re.I)]


def noise(notebook: nbformat.NotebookNode) -> list[str]:
    """Return what is on stderr, and errors, in the outputs of an executed notebook."""
    found = []
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                found.append(f"cell {number} writes to stderr: {output.text.strip()[:200]}")
            if output.output_type == "error":
                found.append(f"cell {number} raises {output.ename}: {output.evalue[:200]}")
    return found


def long_cells(solved: nbformat.NotebookNode) -> list[str]:
    """Return the code cells with more lines of code than a reader takes in at once.

    Blank lines and comments do not count, nor docstrings outside exercises. Cells tagged "setup" may be longer.
    """
    found = []
    for number, cell in enumerate(solved.cells):
        if cell.cell_type != "code" or SETUP_TAG in cell.metadata.get("tags", []):
            continue
        exercise = "course" in cell.metadata
        lines = _lines_of_code(cell.source, count_docstrings=exercise)
        allowed = EXERCISE_LINES if exercise else CELL_LINES
        if lines > allowed:
            found.append(f"cell {number} has {lines} lines of code, at most {allowed}: {cell.source.splitlines()[0]}")
    return found


def _lines_of_code(code: str, count_docstrings: bool) -> int:
    code = python_only(code)
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type not in skipped:
            lines.update(range(token.start[0], token.end[0] + 1))
    if not count_docstrings:
        for node in ast.walk(ast.parse(code)):
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def skipped_headings(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the headings that skip a level, or that come before or beside the one title of level 1."""
    found, before = [], 0
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        text = re.sub(r"```.*?```", "", cell.source, flags=re.S)
        for marks, title in re.findall(r"^(#{1,6})\s+(.+)$", text, re.M):
            level = len(marks)
            if level > before + 1 or (level == 1 and before):
                found.append(f"{marks} {title} (after level {before})")
            before = level
    return found if before else ["no heading at all"]


def broken_links(notebook: nbformat.NotebookNode, folder: Path) -> list[str]:
    """Return the relative links of text cells that lead to no file from `folder`."""
    found = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            links = re.findall(r"""\]\(([^)\s]+)|<img[^>]*\ssrc=["']([^"']+)""", cell.source)
            for target in ("".join(link).split("#")[0] for link in links):
                if target and not re.match(r"[a-z]+:", target) and not (folder / target).exists():
                    found.append(f"cell {number}: {target}")
    return found
