"""Pictures of a cross-validation: the best, median and worst patients, and what the score depends on.

    python results/figures.py shipped --networks 2 --data data/kaggle_3m --runs runs/cv

Every patient is predicted by the network, or networks, of the fold that left that patient out. ``results/<name>/`` gets
``patients.png`` (best, median and worst, the slice with the most tumour) and ``groups.png`` (Dice by institution and by
tumour size), ``groups.csv`` and ``sizes.csv``.
"""

import argparse
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from cross_validate import fold_model

from course_lib import data, evaluation, plots
from course_lib.storage import write_atomically

RESULTS = Path(__file__).resolve().parent
WAY, PARTS = {"flip": True, "neighbors": 0.25}, 0.2
THIRDS = ("small", "middle", "large")


def pick(scores):
    """The rows of the best, the median and the worst patient by Dice, in this order."""
    ordered = scores.sort_values("dice", ascending=False, kind="stable")
    return ordered.iloc[[0, len(ordered) // 2, len(ordered) - 1]]


def draw_patients(picked, scans, model_of, path):
    """A row a patient: FLAIR with both outlines, and where the prediction errs; `model_of` gives a fold's network."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(picked), 3, figsize=(8.4, 8.6), layout="constrained")
    for line, (word, (_, row)) in zip(
        axes, zip(("best", "median", "worst"), picked.iterrows(), strict=True), strict=True
    ):
        patient = scans[scans["patient"] == row["patient"]].sort_values("slice")
        model = model_of(row["fold"])
        small, _ = data.load_slices(patient, model.input_shape[1], progress=False)
        images, masks = data.load_slices(patient, 256, progress=False)
        maps = evaluation.predict_volume(model, small, size=256, **WAY)[..., 0]
        guess = evaluation.keep_large_parts(maps, PARTS, row["threshold"]) >= row["threshold"]
        truth = masks[..., 0] > 0
        place = data.largest_slice(masks)
        line[0].imshow(plots.grey(images[place]), cmap="gray", vmin=0, vmax=1)
        line[0].axis("off")
        plots.contour(images[place], truth[place], guess[place], ax=line[1])
        plots.error_map(images[place], truth[place], guess[place], ax=line[2])
        line[0].set_title(f"{word}: {row['patient'][:12]}", loc="left")
        line[1].set_title(f"Dice of the volume {row['dice']:.2f}", loc="left")
        drawn = f"precision {row['precision']:.2f}, recall {row['recall']:.2f}"
        line[2].set_title(drawn if row["guessed_pixels"] else "nothing drawn in any slice", loc="left")
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def groups_of(scores):
    """Two tables of Dice: by institution, and by thirds of tumour volume (pixels at 256 px, all slices)."""
    labels = pd.qcut(scores["tumor_pixels"], 3, labels=THIRDS)
    by_size = scores.assign(size=labels).groupby("size", observed=True)
    sizes = by_size.agg(
        patients=("dice", "size"), smallest=("tumor_pixels", "min"), largest=("tumor_pixels", "max"),
        mean=("dice", "mean"), median=("dice", "median"), worst=("dice", "min"),
    )  # fmt: skip
    by_institution = scores.groupby("institution")["dice"]
    return by_institution.agg(patients="size", mean="mean", median="median", worst="min"), sizes


def draw_groups(scores, path):
    """Every patient's Dice, by institution and against the tumour's size."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.6), sharey=True, layout="constrained")
    names = sorted(scores["institution"].unique())
    for place, name in enumerate(names):
        values = scores.loc[scores["institution"] == name, "dice"].to_numpy()
        spread = np.linspace(-0.18, 0.18, len(values)) if len(values) > 1 else np.zeros(1)
        left.scatter(place + spread, values, s=16, color="#0072b2")
        left.hlines(values.mean(), place - 0.3, place + 0.3, color="#d55e00")
    left.set(xticks=range(len(names)), xticklabels=names, xlabel="institution (line: mean)", ylabel="Dice of a patient")
    right.scatter(scores["tumor_pixels"], scores["dice"], s=16, color="#0072b2")
    right.set(xscale="log", xlabel="tumour, pixels in the whole volume", ylim=(0, 1))
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130, metadata={"Software": None})
    plt.close(figure)


def main():
    """Read the scores, write tables and pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="folder of results/")
    parser.add_argument("--data", type=Path, required=True, help="folder of patient folders")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the folds' runs")
    parser.add_argument("--networks", type=int, default=1, help="of each fold, as for cross_validate.py (1)")
    options = parser.parse_args()
    matplotlib.use("Agg")
    out = RESULTS / options.name
    scores = pd.read_csv(out / "scores.csv").query("way == 'chosen'").reset_index(drop=True)
    institutions, sizes = groups_of(scores)
    for table, name in ((institutions, "groups.csv"), (sizes, "sizes.csv")):
        with write_atomically(out / name) as file:
            table.round(4).to_csv(file)
    draw_groups(scores, out / "groups.png")
    scans = data.index_scans(options.data)
    draw_patients(
        pick(scores), scans, lambda fold: fold_model(options.runs, fold, options.networks), out / "patients.png"
    )


if __name__ == "__main__":
    sys.exit(main())
