"""``course evaluate``: the scores of a trained network, patient by patient."""

import argparse
from pathlib import Path

from course_lib.errors import ArgumentError, DataError, StorageError

EXAMPLES = """\
examples:
  course evaluate --model runs/first --csv first.csv               the run's own test patients
  course evaluate --model runs/first --part validation --csv v.csv
  course evaluate --model best.keras --data my/kaggle_3m --csv all.csv
  course evaluate --model runs/first --patients names.txt --csv some.csv
  course evaluate --model runs/first runs/second --csv mean.csv    the mean of two networks' answers (train the second
                                                                   with --seed 1 --split-seed 0)
  course evaluate --flip --neighbors 0.25 --parts 0.2 --csv better.csv     mirror images, neighbouring slices and the
                                                                   loss of specks help a little

Probabilities are brought to the size of the files before they are scored. Dice is that of a patient's whole volume;
HD95 is in pixels, a step between slices counting as one, since the files carry no spacing. Slices without tumour are
not averaged into Dice: false alarms on them have a table of their own.
"""
PARTS = ("test", "validation", "train", "all")


def add_parser(subparsers) -> None:
    """Add ``evaluate`` to the command line."""
    parser = subparsers.add_parser(
        "evaluate",
        help="score a trained network, patient by patient",
        description="Score a trained network on patients: a table by patient, what it amounts to, and false alarms.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of patient folders (default: what is found)")
    parser.add_argument(
        "--model",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="a run's folder or a .keras file, or several whose answers are averaged (default: ours)",
    )
    parser.add_argument("--csv", type=Path, required=True, metavar="OUT", help="file for the table by patient")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--patients", type=Path, metavar="FILE", help="names of patient folders, one a line")
    who.add_argument("--part", choices=PARTS, help="part of the run's split (default: test)")
    parser.add_argument(
        "--threshold", type=float, default=0.5, metavar="P", help="tumour from this probability on (0.5)"
    )
    parser.add_argument("--flip", action="store_true", help="predict the mirror images too and take the mean")
    parser.add_argument(
        "--neighbors", type=float, default=0.0, metavar="W", help="weight of the slices before and after, 0 to 0.33 (0)"
    )
    parser.add_argument(
        "--parts",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="drop parts smaller than this share of the largest",
    )
    parser.add_argument("--batch", type=int, default=16, metavar="N", help="slices at once (16)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)


def run(options) -> int:
    """Score, print the tables, write the CSV."""
    if not 0 <= options.threshold <= 1:
        raise ArgumentError(f"--threshold lies between 0 and 1; got {options.threshold}.")
    from course_lib import data
    from course_lib.commands.trained import find_together
    from course_lib.storage import make_folder, write_atomically

    make_folder(options.csv.parent)
    if options.csv.is_dir():
        raise StorageError(
            f"{options.csv}: is a folder. Name a file for the table, such as {options.csv / 'scores.csv'}."
        )
    trained = find_together(options.model)
    scans = data.index_scans(options.data or data.find_data())
    if options.model is None and options.part is None and options.patients is None:
        chosen, notes = choose_unseen(scans, trained.split)
    else:
        chosen, notes = choose_patients(scans, trained.split, options.part, options.patients)
    model = trained.load()
    more = {"flip": options.flip, "neighbors": options.neighbors, "parts": options.parts}
    scores, alarms = score(model, chosen, options.threshold, options.batch, not options.quiet, **more)
    scores = scores.merge(alarms[["patient", "empty_slices", "alarms"]], on="patient")
    scores["part"] = [part_of(patient, trained.split) for patient in scores["patient"]]
    with write_atomically(options.csv) as file:
        scores.to_csv(file, index=False)
    print(report(scores, options.threshold))
    for note in notes:
        print(f"\n{note}")
    print(f"\nThe table is in {options.csv}.")
    return 0


def choose_unseen(scans, split):
    """The slices of patients that the network that ships has never seen, and what the reader must know about them.

    Args:
        scans: all slices of the folder.
        split: names of the patients that it was trained on, chosen on, and scored on.

    Returns:
        (rows of scans, list of notes).

    Raises:
        DataError: it has seen every patient of the folder.
    """
    seen = {*split.train, *split.validation}
    chosen = scans[~scans["patient"].isin(seen)]
    everybody, new = scans["patient"].nunique(), chosen["patient"].nunique()
    if not new:
        raise DataError(
            "The network that ships was trained or chosen on every patient of this folder, so its scores here say "
            "nothing. Give other patients as --data, or --part all to score them all the same."
        )
    return chosen, [
        f"The network that ships was scored on the {new} of {everybody} patients that it was neither trained nor "
        "chosen on."
    ]


def choose_patients(scans, split, part=None, patients=None):
    """The slices to score, and what the reader must know about the choice.

    Args:
        scans: all slices of the folder.
        split: names of the patients of each part of the run, or None.
        part: "test", "validation", "train" or "all"; None for test, or all where nothing was trained on these patients.
        patients: file with the names of the patients, or None.

    Returns:
        (rows of scans, list of notes).

    Raises:
        DataError: a patient is not in the folder.
        ArgumentError: the run's split is asked for, but unknown.
    """
    present, notes = set(scans["patient"]), []
    if patients is not None:
        names = _read_names(patients, present)
    elif part not in (None, "all") or (part is None and split is not None):
        names = _names_of_part(split, part, present, notes)
    else:
        names = present
    seen = sorted(names & set(split.train)) if split is not None else []
    if split is None:
        notes.append("Warning: no split.json lies beside the network, so some of these patients may have trained it.")
    elif seen:
        notes.append(
            f"Warning: {len(seen)} of these {len(names)} patients were in the training part. The network has seen "
            "them: their scores say nothing about new patients."
        )
    return scans[scans["patient"].isin(names)], notes


def _names_of_part(split, part, present, notes):
    if split is None:
        raise ArgumentError(
            f"--part {part} needs the run's split.json, which does not lie beside the network. Give the run's folder "
            "as --model, or --patients FILE, or --part all."
        )
    if part is None and not present & {name for names in split for name in names}:
        notes.append(
            "None of these patients belongs to the run: all of them are new to the network, and all are scored."
        )
        return present
    names = set(getattr(split, part or "test"))
    if not names:
        raise DataError(
            f"Nobody is in the {part or 'test'} part of this run, or of all these runs at once. Several networks need "
            "one split (course train --split-seed 0, another --seed for each). Or give --patients FILE or --part all."
        )
    missing = sorted(names - present)
    if missing:
        raise DataError(
            f"{len(missing)} of the run's {len(names)} {part or 'test'} patients are not in this folder, for instance "
            f"{missing[0]}. Give the folder that the run was trained on as --data, or --part all."
        )
    return names


def _read_names(path, present):
    import difflib

    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: cannot be read ({error}). Write the names of patient folders into it, one a line."
        ) from error
    names = [line.partition("#")[0].strip() for line in lines]
    names = [name for name in names if name]
    if not names:
        raise DataError(f"{path}: names no patient. Write the names of patient folders into it, one a line.")
    for name in names:
        if name not in present:
            near = difflib.get_close_matches(name, sorted(present), n=1, cutoff=0.4)
            hint = f" Do you mean {near[0]}?" if near else ""
            raise DataError(f"{path}: there is no patient {name} in this folder.{hint}")
    return set(names)


def score(model, scans, threshold=0.5, batch=16, progress=True, flip=False, neighbors=0.0, parts=0.0):
    """Predict and score patient after patient, each at the size of its files.

    Args:
        model: the network.
        scans: rows of `data.index_scans`; a patient's slices are taken in the order of their numbers.
        threshold: tumour from this probability on.
        batch: slices at once.
        progress: show a bar.
        flip, neighbors: as `evaluation.predict_volume` takes them.
        parts: share of the largest part below which a part is dropped, as `evaluation.keep_large_parts` does.

    Returns:
        (table of `evaluation.score_patients`, table of `evaluation.false_alarm_table`).
    """
    import pandas as pd
    from PIL import Image
    from tqdm.auto import tqdm

    from course_lib import data, evaluation

    tables, alarms = [], []
    groups = scans.groupby("patient", sort=False)
    for _, unordered in tqdm(groups, desc="evaluating", unit="patient", disable=not progress):
        rows = unordered.sort_values("slice")  # neighbours in the table are neighbours in the head
        with Image.open(rows["image"].iloc[0]) as first:
            native = max(first.size)
        images, _ = data.load_slices(rows, model.input_shape[1] or -(-native // 16) * 16, progress=False)
        maps = evaluation.predict_volume(model, images, batch, flip, neighbors, native)
        maps = evaluation.keep_large_parts(maps, parts, threshold) if parts else maps
        tables.append(evaluation.score_patients(rows, maps, threshold))
        alarms.append(evaluation.false_alarm_table(rows, maps, threshold))
    return pd.concat(tables, ignore_index=True), pd.concat(alarms, ignore_index=True)


def part_of(patient, split):
    """The part of the run to which a patient belongs: "train", "validation", "test", "new", or "unknown"."""
    if split is None:
        return "unknown"
    return next((part for part in split._fields if patient in getattr(split, part)), "new")


def report(scores, threshold):
    """What is printed: the table by patient, the summary with intervals, institutions, false alarms."""
    from course_lib import evaluation

    columns = ["patient", "slices", "tumor_slices", "dice", "hd95", "precision", "recall", "volume_error", "lesion_f1"]
    table = scores[[*columns, "alarms", "empty_slices"]].sort_values("patient")
    alarms = table["alarms"].astype(str) + " of " + table.pop("empty_slices").astype(str)
    table = table.assign(alarms=alarms).rename(columns={"tumor_slices": "tumour", "alarms": "false alarms"})
    by_patient = table.to_string(index=False, float_format=_number, na_rep="–")
    return "\n\n".join(
        [
            by_patient,
            f"{len(scores)} patients, whole volumes, threshold {threshold:g}\n"
            + _summary_text(evaluation.summary(scores)),
            "By institution, Dice\n" + _institutions_text(scores),
            _alarms_text(scores),
        ]
    )


def _number(value):
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _summary_text(rows):
    lines = [f"{'score':<13}{'mean':>8}  {'95 % interval':<17}{'median':>8}  {'quartiles':<17}missing"]
    for name, row in rows.iterrows():
        interval, quartiles = (
            "–" if row[[low, high]].isna().any() else f"{_number(row[low])} to {_number(row[high])}"
            for low, high in (("low", "high"), ("quartile1", "quartile3"))
        )
        mean, median = ("–" if row["patients"] == 0 else _number(row[column]) for column in ("mean", "median"))
        lines.append(f"{name:<13}{mean:>8}  {interval:<17}{median:>8}  {quartiles:<17}{int(row['missing'])}")
    return "\n".join([*lines, "The interval is that of the mean: patients drawn again, 10,000 times."])


def _institutions_text(scores):
    groups = scores.groupby("institution")["dice"].agg(patients="size", mean="mean", median="median", worst="min")
    return groups.to_string(float_format=_number, index_names=False)


def _alarms_text(scores):
    alarms, empty = int(scores["alarms"].sum()), int(scores["empty_slices"].sum())
    if empty == 0:
        return "False alarms: none of these slices is without tumour."
    return (
        f"False alarms: {alarms:,} of {empty:,} slices without tumour ({alarms / empty:.0%}), "
        f"in {int((scores['alarms'] > 0).sum())} of {len(scores)} patients."
    )
