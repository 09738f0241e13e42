"""Cross-validate a recipe by patient: train on every fold's patients, score the patients that the fold left out.

    python results/cross_validate.py results/shipped/recipe.json --data DIR --runs runs/cv --networks 2 --name shipped

Each fold is a run of `course train` (``--folds 5 --fold k``) and may be stopped and started again: what is finished is
kept. With ``--networks`` a fold has so many runs on the same patients (``--seed``, ``--split-seed``), and the mean of
their answers is scored. The threshold of a fold is chosen on its validation patients. ``results/<name>/`` gets the
recipe, the patients of each fold, the histories, and the scores: a row a patient and way of scoring,

* plain: threshold 0.5, slice by slice, as `course evaluate` does;
* chosen: threshold chosen on validation, mirror images and neighbouring slices taken in, specks dropped
  (``--flip --neighbors 0.25 --parts 0.2``).
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from course_lib import data, evaluation, models
from course_lib.commands.evaluate import score
from course_lib.storage import make_folder, write_atomically
from course_lib.training import Recipe, load_run, train

RESULTS = Path(__file__).resolve().parent
THRESHOLDS = tuple(round(0.3 + 0.05 * step, 2) for step in range(13))  # 0.3 to 0.9
WAYS = {
    "plain": {"flip": False, "neighbors": 0.0, "parts": 0.0},
    "chosen": {"flip": True, "neighbors": 0.25, "parts": 0.2},
}


def choose_threshold(model, scans, thresholds=THRESHOLDS, parts=0.0, **how):
    """The threshold with the highest mean Dice of these patients' volumes, and that mean.

    Of equally good ones the middle one: the peak is flat, and its edge is chance.
    """
    rows = []
    for _, unordered in scans.groupby("patient"):
        patient = unordered.sort_values("slice")
        images, _ = data.load_slices(patient, model.input_shape[1], progress=False)
        truth = data.load_slices(patient, 256, progress=False)[1][..., 0] > 0
        maps = evaluation.predict_volume(model, images, size=256, **how)[..., 0]
        rows.append([_dice(truth, maps, threshold, parts) for threshold in thresholds])
    means = np.mean(rows, axis=0)
    best = np.flatnonzero(means >= means.max() - 0.002)
    return thresholds[int(best[len(best) // 2])], float(means.max())


def _dice(truth, maps, threshold, parts):
    maps = evaluation.keep_large_parts(maps, parts, threshold) if parts else maps
    return evaluation.dice_score(truth, maps >= threshold)


def run_folders(runs, fold, networks):
    """Where the runs of a fold lie, one a network."""
    return [runs / (f"fold{fold}_seed{number}" if number else f"fold{fold}") for number in range(networks)]


def fold_model(runs, fold, networks):
    """The network of a fold, or the mean of several."""
    return models.ensemble(load_run(folder).best_model() for folder in run_folders(runs, fold, networks))


def score_fold(model, run, scans):
    """Rows of the fold's test patients, scored in both ways."""
    validation, test = (scans[scans["patient"].isin(names)] for names in (run.split.validation, run.split.test))
    tables = []
    for way, how in WAYS.items():
        threshold = 0.5 if way == "plain" else choose_threshold(model, validation, **how)[0]
        table, alarms = score(model, test, threshold, progress=False, **how)
        table = table.merge(alarms[["patient", "empty_slices", "alarms"]], on="patient")
        tables.append(table.assign(fold=run.recipe.fold, way=way, threshold=threshold))
    return pd.concat(tables, ignore_index=True)


def write_table(table, path):
    """A table as CSV, beside and renamed."""
    with write_atomically(path) as file:
        table.round(4).to_csv(file, index=False)


def summarise(scores):
    """What a cross-validation amounts to, as text."""
    lines = []
    for way, table in scores.groupby("way", sort=False):
        rows = evaluation.summary(table)
        dice, distance = rows.loc["dice"], rows.loc["hd95"]
        alarms, empty = int(table["alarms"].sum()), int(table["empty_slices"].sum())
        lines.append(
            f"{way}: {len(table)} patients, mean Dice {dice['mean']:.3f} ({dice['low']:.3f} to {dice['high']:.3f}), "
            f"median {dice['median']:.3f}, quartiles {dice['quartile1']:.3f} to {dice['quartile3']:.3f}, "
            f"HD95 {distance['mean']:.1f} px (missing {int(distance['missing'])}), "
            f"false alarms on {alarms} of {empty} empty slices"
        )
    return "\n".join(lines)


def main():
    """Train what is missing, score it, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path, help="recipe.json; its folds and fold are set here")
    parser.add_argument("--data", type=Path, required=True, help="folder of patient folders")
    parser.add_argument("--runs", type=Path, required=True, help="folder for the runs, one a fold")
    parser.add_argument("--name", required=True, help="folder of results/ for the tables")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--networks", type=int, default=1, help="train so many in each fold, and take the mean (1)")
    options = parser.parse_args()
    recipe, scans = Recipe.from_json(options.recipe), data.index_scans(options.data)
    out = RESULTS / options.name
    make_folder(out)
    recipe.to_json(out / "recipe.json")
    tables, histories, patients = [], [], {}
    for fold in range(options.folds):
        chosen = dataclasses.replace(recipe, folds=options.folds, fold=fold)
        for number, folder in enumerate(run_folders(options.runs, fold, options.networks)):
            print(f"fold {fold} of {options.folds}, network {number + 1} of {options.networks}: {folder}", flush=True)
            other = {"seed": recipe.seed + number, "split_seed": recipe.seed_of_split} if number else {}
            run = train(dataclasses.replace(chosen, **other), options.data, folder, resume=True)
            histories.append(run.history.assign(fold=fold, seed=run.recipe.seed, seconds=run.seconds))
        kept = options.runs / f"scores_fold{fold}_networks{options.networks}.csv"
        if not kept.exists():
            write_table(score_fold(fold_model(options.runs, fold, options.networks), run, scans), kept)
        tables.append(pd.read_csv(kept))
        patients[f"fold{fold}"] = run.split._asdict()
        write_table(pd.concat(tables), out / "scores.csv")
        write_table(pd.concat(histories), out / "history.csv")
        with write_atomically(out / "patients.json") as file:
            json.dump(patients, file, indent=1)
        print(summarise(pd.concat(tables)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
