"""The clinical table that comes with the scans."""

import csv
from pathlib import Path

import pandas as pd

from course_lib.data.files import scan_folder
from course_lib.errors import DataError


def clinical_table(root: str | Path) -> pd.DataFrame:
    """Reads ``data.csv``, a row a patient: tumour genomics, histology, place, age, sex, death; gaps are NaN.

    The nested copy of the published archive separates by semicolons; both forms are read. The values are codes, which
    the data set's page on Kaggle lists.

    Args:
        root: a ``kaggle_3m`` folder, or the folder that holds it.

    Returns:
        The columns after the patient's; the index `patient` is the first three parts of a patient folder's name,
        such as TCGA_CS_4941.

    Raises:
        DataError: the file is missing or no such table.
    """
    root = Path(root).expanduser()
    path = (scan_folder(root) or root) / "data.csv"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path} is missing. Copy data.csv of the data set into that folder.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}). Copy or download it again.") from None
    header = text.partition("\n")[0]
    separator = ";" if header.count(";") > header.count(",") else ","
    rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(cell.strip() for cell in row)]
    if not rows or rows[0][0].strip().lower() != "patient" or len({len(row) for row in rows}) != 1:
        problem = "is no table of patients (first column Patient, every row as long as the first)"
        raise DataError(f"{path} {problem}. Copy or download it again.")
    names, *values = rows
    table = pd.DataFrame(values, columns=[name.strip() for name in names])
    table = table.map(lambda cell: cell.strip() or None)
    index = pd.Index(table.pop(table.columns[0]), name="patient")
    if index.hasnans or index.has_duplicates:
        raise DataError(f"{path} has a row without a patient, or two of one. Copy or download it again.")
    return table.set_index(index).apply(_as_numbers)


def _as_numbers(column: pd.Series) -> pd.Series:
    """The column as numbers where every filled cell is one, else as text."""
    numbers = pd.to_numeric(column, errors="coerce")
    return column if numbers.isna().sum() > column.isna().sum() else numbers
