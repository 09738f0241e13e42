"""Enter the tables of this folder into its README: ``python results/tables.py``; ``--check`` only says what differs."""

import argparse
import re
import sys
from pathlib import Path

import pandas as pd

from course_lib import evaluation
from course_lib.storage import write_atomically

RESULTS = Path(__file__).resolve().parent
README = RESULTS / "README.md"


def cross_validation(folders=None):
    """Lines of the table: a column a folder and way of scoring.

    Args:
        folders: folders of results/ by the words for the heads of their columns; None is what ships, without words.
    """
    rows = {}
    for words, folder in (folders or {"": "shipped"}).items():
        scores = pd.read_csv(RESULTS / folder / "scores.csv")
        before = f"{words}, " if words else ""
        rows |= {before + way: _column(part) for way, part in scores.groupby("way", sort=False)}
    lines = [f"| | {' | '.join(rows)} |", "|---|" + "---|" * len(rows)]
    for label in next(iter(rows.values())):
        lines.append(f"| {label} | " + " | ".join(row[label] for row in rows.values()) + " |")
    return lines


def _column(part):
    summary = evaluation.summary(part)
    dice, distance = summary.loc["dice"], summary.loc["hd95"]
    alarms, empty = int(part["alarms"].sum()), int(part["empty_slices"].sum())
    return {
        "patients (folds)": f"{len(part)} ({part['fold'].nunique()})",
        "mean Dice": f"**{dice['mean']:.3f}**",
        "95 % interval of the mean": f"{dice['low']:.3f} to {dice['high']:.3f}",
        "median Dice": f"{dice['median']:.3f}",
        "quartiles": f"{dice['quartile1']:.3f} to {dice['quartile3']:.3f}",
        "HD95, pixels: mean, median": f"{distance['mean']:.1f}, {distance['median']:.1f}",
        "precision, recall": f"{summary.loc['precision', 'mean']:.3f}, {summary.loc['recall', 'mean']:.3f}",
        "false alarms on empty slices": f"{alarms} of {empty:,} ({alarms / empty:.1%})".replace("%", " %"),
    }


def groups(name="shipped"):
    """Lines of two tables: by institution, by thirds of tumour size."""
    institutions, sizes = (pd.read_csv(RESULTS / name / file) for file in ("groups.csv", "sizes.csv"))
    lines = ["| institution | patients | mean Dice | median | worst |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.institution} | {row.patients} | {row.mean:.3f} | {row.median:.3f} | {row.worst:.3f} |"
        for row in institutions.itertuples()
    ]
    lines += ["", "| tumour | pixels | patients | mean Dice | median | worst |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.size} | {row.smallest:,} to {row.largest:,} | {row.patients} | {row.mean:.3f} | {row.median:.3f} | "
        f"{row.worst:.3f} |"
        for row in sizes.itertuples()
    ]
    return lines


def leak():
    """Lines of the table of the leak: means, then differences."""
    table = pd.read_csv(RESULTS / "leak_summary.csv")
    lines = [
        "| recipe | split | seeds | patients | Dice of tumour slices | Dice of patients |",
        "|---|---|---|---|---|---|",
    ]
    for row in table.itertuples():
        cells = [
            f"{value:.3f} ({low:.3f} to {high:.3f})"
            for value, low, high in (
                (row.slice_dice, row.slice_dice_low, row.slice_dice_high),
                (row.patient_dice, row.patient_dice_low, row.patient_dice_high),
            )
        ]
        split = row.split if isinstance(row.split, str) else "difference"
        lines.append(f"| {row.recipe} | {split} | {row.seeds} | {row.patients} | {cells[0]} | {cells[1]} |")
    return lines


def runs():
    """Lines of the table of all runs."""
    table = pd.read_csv(RESULTS / "runs.csv").astype(object)
    table = table.where(table.notna(), "")
    head = ["run", "what", "trained on", "scored on", "epochs", "min", "commit", "mean Dice", "median", "note"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return [*lines, *("| " + " | ".join(str(value) for value in row) + " |" for row in table.to_numpy())]


def order():
    """Lines of the table that compares standardising after and before slices are varied."""
    return cross_validation({"varied first": "varied_first", "standardised first": "standardised_first"})


def together():
    """Lines of the table that compares one network with the mean of two."""
    return cross_validation({"one": "standardised_first", "two": "shipped"})


TABLES = {
    "cross-validation": cross_validation,
    "groups": groups,
    "together": together,
    "order": order,
    "leak": leak,
    "runs": runs,
}


def filled(text):
    """The README's text with every table that can be made entered between its two comments."""
    for name, lines_of in TABLES.items():
        try:
            lines = lines_of()
        except FileNotFoundError as error:
            print(f"{name}: not made, {Path(error.filename).name} is missing.")
            continue
        made = f"<!-- {name} -->\n" + "\n".join(lines) + "\n<!-- end -->"
        text, count = re.subn(rf"<!-- {name} -->.*?<!-- end -->", lambda _, made=made: made, text, flags=re.DOTALL)
        if count != 1:
            raise SystemExit(f"{README}: has no place for the table '{name}' (<!-- {name} --> … <!-- end -->).")
    return text


def main():
    """Enter or compare the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; status 1 if the README is out of date")
    options = parser.parse_args()
    text = README.read_text(encoding="utf-8")
    new = filled(text)
    if options.check:
        return int(new != text)
    with write_atomically(README) as file:
        file.write(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
