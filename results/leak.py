"""How much a split by slice flatters: two recipes, two splits, several seeds; one network, one budget.

    python results/leak.py --data data/kaggle_3m                  trains what is missing, then writes table and figure
    python results/leak.py --data data/kaggle_3m --seeds 5        more seeds; finished ones are kept

The recipes: the original project's (slices with tumour only, no augmentation, Adam(0.05, epsilon
0.1), whose rate would fall only after ten epochs without progress) and the course's
(slices without tumour too, augmentation, Adam(0.001) with a warm-up and a cosine). The splits: 15 % of all slices drawn
at random, as in the original, or 15 % of the patients. Network (a VGG19-U-Net of a quarter of the width at 64 px, from
random weights, slices standardised, encoder normalised) and budget (slices seen) are the same for all.

Scores of the test part, threshold 0.5, at the files' 256 px: Dice of every slice with tumour, and Dice of every
patient, all of its test slices as one volume. `leak.csv` has a row a patient, seed, recipe and split;
`leak_summary.csv` the means, and their differences over the patients that both tests have, with intervals (patients
drawn again, 10,000 times); `leak.png` shows the means.
"""

import argparse
import dataclasses
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from course_lib import data, evaluation, plots
from course_lib.storage import write_atomically
from course_lib.training import Recipe, fit_arrays

RESULTS = Path(__file__).resolve().parent
TABLE, SUMMARY, FIGURE = RESULTS / "leak.csv", RESULTS / "leak_summary.csv", RESULTS / "leak.png"
SPLITS = {"slice": data.split_by_slice, "patient": data.split_by_patient}
SLICES_SEEN = 16_000  # by every network, counted with repetition
NETWORK = {"size": 64, "width": 0.25, "weights": None, "standardise": True, "encoder_norm": True}
RECIPES = {
    "original": Recipe.original(**NETWORK),
    "course": Recipe.fast(**NETWORK),
}


def train_and_score(scans, images, masks, truth, recipe, split, seed):
    """One network trained from scratch; a row a test patient.

    Args:
        scans: index of all slices, counted from 0.
        images, masks: those slices at the network's size.
        truth: (slice, 256, 256) bool, the masks at the files' size.
        recipe: a `Recipe`.
        split: "slice" or "patient".
        seed: of split, weights, order and augmentation.
    """
    parts = SPLITS[split](scans, 0, recipe.test, seed)
    train, test = parts.train.index.to_numpy(), parts.test.index.to_numpy()
    model = fitted(recipe, images[train], masks[train], seed)
    maps = evaluation.resize_probabilities(evaluation.predict_slices(model, images[test])[..., 0], 256)
    guess, known = maps >= 0.5, set(parts.train["patient"])
    rows = []
    for patient, group in parts.test.groupby("patient"):
        own = np.isin(test, group.index)
        pairs = [(truth[number], one) for number, one in zip(test[own], guess[own], strict=True)]
        tumor = [evaluation.dice_score(expert, one) for expert, one in pairs if expert.any()]
        rows.append(
            {
                "patient": patient,
                "in_training": patient in known,
                "tumor_slices": len(tumor),
                "slice_dice": np.mean(tumor) if tumor else np.nan,
                "patient_dice": evaluation.dice_score(truth[test[own]], guess[own]),
                "has_tumor": bool(tumor),
            }
        )
    return pd.DataFrame(rows)


def fitted(recipe, images, masks, seed):
    """The recipe's network after `SLICES_SEEN` slices."""
    import keras

    from course_lib.training.networks import build_model, scheduled_rate
    from course_lib.training.policy import choose_precision

    tumor = int(masks.any(axis=(1, 2, 3)).sum())
    an_epoch = tumor * (1 + recipe.empty_per_tumor)
    epochs = max(1, round(SLICES_SEEN / an_epoch))
    planned = dataclasses.replace(recipe, epochs=epochs, warmup=min(recipe.warmup, epochs - 1))
    keras.utils.set_random_seed(seed)
    model = build_model(planned, choose_precision("auto"))
    rates = []
    if recipe.schedule == "cosine":
        rates = [keras.callbacks.LearningRateScheduler(lambda epoch, rate: scheduled_rate(planned, epoch, rate))]
    fit_arrays(
        model, images, masks, epochs=epochs, batch=recipe.batch, augmentation=recipe.augmentation,
        empty_per_tumor=recipe.empty_per_tumor, callbacks=rates, seed=seed, progress=False,
    )  # fmt: skip
    return model


def summarise(table):
    """A row a recipe and split: means over patients, each patient's seeds averaged first, with intervals."""
    rows = []
    for (recipe, split), part in table.groupby(["recipe", "split"], sort=False):
        row = {"recipe": recipe, "split": split, "seeds": part["seed"].nunique(), "patients": part["patient"].nunique()}
        for score in ("slice_dice", "patient_dice"):
            row |= _mean_with_interval(score, _by_patient(part, score))
        rows.append(row)
    arms = dict(list(table.groupby(["recipe", "split"])))
    differences = {f"{name} recipe: slice minus patient": ((name, "slice"), (name, "patient")) for name in RECIPES}
    differences["original by slice minus course by patient"] = (("original", "slice"), ("course", "patient"))
    for name, (first, second) in differences.items():
        row = {"recipe": name, "seeds": arms[first]["seed"].nunique()}
        for score in ("slice_dice", "patient_dice"):
            gain = (_by_patient(arms[first], score) - _by_patient(arms[second], score)).dropna()
            row |= {"patients": len(gain)} | _mean_with_interval(score, gain)
        rows.append(row)
    return pd.DataFrame(rows)


def _by_patient(part, score):
    scored = part[part["has_tumor"]]
    return scored.groupby("patient")[score].mean().dropna()


def _mean_with_interval(name, values):
    low, high = evaluation.bootstrap_interval(values.to_numpy())
    return {name: values.mean(), f"{name}_low": low, f"{name}_high": high}


def draw(summary, path):
    """The means of either score by recipe and split, with intervals."""
    import matplotlib

    matplotlib.use("Agg")
    figure = plots.leak_by_split(summary).figure
    figure.savefig(path, dpi=150, metadata={"Software": None})


def main():
    """Train what is missing, then write table, summary and figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of patient folders")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    scans = data.index_scans(options.data).reset_index(drop=True)
    images, masks = data.load_slices(scans, NETWORK["size"])
    truth = data.load_slices(scans, 256)[1][..., 0] > 0
    table = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=["recipe", "split", "seed"])
    for seed in range(options.seeds):
        for name, recipe in RECIPES.items():
            for split in SPLITS:
                done = (table["recipe"] == name) & (table["split"] == split) & (table["seed"] == seed)
                if done.any():
                    continue
                rows = train_and_score(scans, images, masks, truth, recipe, split, seed)
                table = pd.concat([table, rows.assign(recipe=name, split=split, seed=seed)], ignore_index=True)
                with write_atomically(TABLE) as file:
                    table.round(4).to_csv(file, index=False)
                scored = rows[rows["has_tumor"]]
                print(f"seed {seed}, {name} recipe, split by {split}: slices {scored['slice_dice'].mean():.3f}, "
                      f"patients {scored['patient_dice'].mean():.3f}", flush=True)  # fmt: skip
    summary = summarise(table)
    with write_atomically(SUMMARY) as file:
        summary.round(4).to_csv(file, index=False)
    draw(summary, FIGURE)
    print(summary.round(3).to_string(index=False))


if __name__ == "__main__":
    sys.exit(main())
