"""Tables of what was measured on real patients, as `results/` keeps them."""

from pathlib import Path

import pandas as pd

from course_lib.errors import DataError

RESULTS_FOLDER = Path(__file__).resolve().parents[1] / "results"


def read_results(name, folder=None):
    """One of the tables in ``results/``; ``results/README.md`` says how each was made.

    Args:
        name: of the table, without its ending ("leak_summary", "shipped/scores").
        folder: that holds the tables; None is `RESULTS_FOLDER`.

    Returns:
        A DataFrame, rows and columns as in the file.

    Raises:
        DataError: there is no such table, or it is damaged.
    """
    path = Path(folder or RESULTS_FOLDER) / f"{name}.csv"
    try:
        return pd.read_csv(path)
    except OSError as error:
        raise DataError(
            f"{path}: this table of results cannot be read. Fetch the course again, or make the table with the script "
            f"that README.md names in the folder results."
        ) from error
    except ValueError as error:  # pandas' own errors of parsing and decoding are among these
        raise DataError(f"{path}: this table of results is damaged. Fetch the course again.") from error
