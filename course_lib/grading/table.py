"""A CSV file as somebody keeps it: cells can be changed, and everything else stays as it was, to the byte."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from course_lib.errors import DataError

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
LARGEST = 100_000_000  # bytes


@dataclass
class Table:
    """The cells of a CSV file as they are written, quotes included.

    Attributes:
        path: where it was read.
        rows: raw cells, the header first.
        ends: what ends each row: "\\n", "\\r\\n", "\\r", or "" for a last row without.
        delimiter: "," or ";" or a tabulator.
        encoding: of the file, without its byte order mark.
        mark: its byte order mark, b"" if it has none.
    """

    path: Path
    rows: list[list[str]]
    ends: list[str]
    delimiter: str
    encoding: str
    mark: bytes

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [_meant(cell).strip() for cell in self.rows[0]] if self.rows else []

    def get(self, row: int, column: int) -> str:
        """Return what a cell says, "" beyond the end of a short row. Row 0 is the header."""
        cells = self.rows[row]
        return _meant(cells[column]) if column < len(cells) else ""

    def set(self, row: int, column: int, text: str) -> None:
        """Write a text into a cell; a row that is too short is filled up to it."""
        cells = self.rows[row]
        cells += [""] * (column + 1 - len(cells))
        was_quoted = cells[column].startswith('"')
        cells[column] = '"' + text.replace('"', '""') + '"' if was_quoted or self._needs_quotes(text) else text

    def _needs_quotes(self, text: str) -> bool:
        return any(sign in text for sign in (self.delimiter, '"', "\n", "\r"))

    def to_bytes(self) -> bytes:
        """Return the file's new content."""
        text = "".join(self.delimiter.join(cells) + end for cells, end in zip(self.rows, self.ends, strict=True))
        return self.mark + text.encode(self.encoding)


def read_table(path: str | os.PathLike) -> Table:
    """Read a CSV file in any of the forms that spreadsheets and learning platforms write.

    Raises:
        DataError: it cannot be read, is empty, or a quote in it is never closed.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"{path}: is larger than {LARGEST // 1_000_000} MB. Is this the file that you meant?")
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check its name.") from None
    if content[:4] == b"PK\x03\x04":
        raise DataError(f"{path}: is a workbook, not a CSV file. Save it as CSV and give that.")
    mark, encoding = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", ""))
    text, encoding = _decoded(content[len(mark) :], encoding, path)
    if not text.strip():
        raise DataError(f"{path}: is empty. Export it again.")
    first = re.sub(r'"[^"]*"', "", re.match(r'(?:"[^"]*"|[^\r\n"])*', text)[0])
    delimiter = max(",;\t", key=lambda sign: (first.count(sign), sign == ","))
    rows, ends = _parsed(text, delimiter, path)
    return Table(path, rows, ends, delimiter, encoding, mark)


def _decoded(content: bytes, encoding: str, path: Path) -> tuple[str, str]:
    for name in (encoding,) if encoding else ("utf-8", "cp1252", "latin-1"):
        try:
            return content.decode(name), name
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path}: is no text in {encoding}. Save it as CSV in UTF-8.")


def _parsed(text: str, delimiter: str, path: Path) -> tuple[list[list[str]], list[str]]:
    plain = rf"[^{re.escape(delimiter)}\r\n]*"
    cell = re.compile(rf'(?P<cell>"(?:[^"]|"")*"{plain}|(?!"){plain})(?P<end>{re.escape(delimiter)}|\r\n|\r|\n|\Z)')
    rows, ends, cells, place = [], [], [], 0
    while place < len(text) or cells:
        found = cell.match(text, place)
        if found is None:
            line = len(re.findall(r"\r\n|\r|\n", text[:place])) + 1
            raise DataError(f"{path}, line {line}: a quote is opened and never closed. Export the file again.")
        cells.append(found["cell"])
        place = found.end()
        if found["end"] != delimiter:
            rows.append(cells)
            ends.append(found["end"])
            cells = []
    return rows, ends


def _meant(cell: str) -> str:
    """Return what a raw cell says."""
    if not cell.startswith('"'):
        return cell
    quoted = re.match(r'"((?:[^"]|"")*)"(.*)', cell, re.S)
    return quoted[1].replace('""', '"') + quoted[2]
