"""Put the networks of finished runs into ``data/model``, in few bytes, with the papers that say how they came to be.

    python tools/ship_model.py runs/cv/fold0 runs/cv/fold0_seed1 --data data/kaggle_3m

Several runs, of one recipe and one split but for the seed, become one network whose answer is the mean of theirs.
Copies recipe and split of the first and the histories of all, writes the weights in 16 (or ``--bits 8``) bits, reads
them back, and scores the file that ships, not what was trained, on the runs' test patients (``scores.csv``).
"""

import argparse
import dataclasses
import shutil
import sys
from pathlib import Path

import pandas as pd

from course_lib import data, models
from course_lib.commands.evaluate import score
from course_lib.storage import write_atomically
from course_lib.training import load_run
from course_lib.training.networks import standardising


def pack(folders, out, bits):
    """Write the compact network and the runs' papers; the first run."""
    runs = [load_run(folder) for folder in folders]
    first, recipe = runs[0], runs[0].recipe
    for run in runs[1:]:
        alike = dataclasses.replace(run.recipe, seed=recipe.seed, split_seed=recipe.split_seed) == recipe
        if not alike or run.split != first.split:
            raise SystemExit(f"{run.folder}: another recipe or other patients than {first.folder}.")
    architecture = {name: getattr(recipe, name) for name in ("network", "width", "decoder_width", "encoder_norm")}
    architecture["standardise"] = standardising(recipe)
    architecture["input_shape"] = [recipe.size, recipe.size, 3]
    trained = models.ensemble(run.best_model() for run in runs)
    models.save_compact(trained, out / models.SHIPPED_FILE.name, architecture, bits)
    for name in ("recipe.json", "split.json"):
        shutil.copy(first.folder / name, out / name)
    history = pd.concat(run.history.assign(seed=run.recipe.seed) for run in runs)
    with write_atomically(out / "history.csv") as file:
        history.to_csv(file, index=False)
    return first


def main():
    """Pack, read back, score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of finished runs of `course train`")
    parser.add_argument("--data", type=Path, required=True, help="folder of the scans that they were trained on")
    parser.add_argument("--out", type=Path, default=models.SHIPPED_FILE.parent)
    parser.add_argument("--bits", type=int, choices=(8, 16), default=16)
    options = parser.parse_args()
    run = pack(options.runs, options.out, options.bits)
    packed = options.out / models.SHIPPED_FILE.name
    scans = data.index_scans(options.data)
    scans = scans[scans["patient"].isin(run.split.test)]
    if scans.empty:
        raise SystemExit(f"{options.data}: holds none of the run's test patients.")
    table, _ = score(models.load_compact(packed), scans)
    with write_atomically(options.out / "scores.csv") as file:
        table.round(4).to_csv(file, index=False)
    print(f"{packed}: {packed.stat().st_size / 1e6:.1f} MB; mean Dice {table['dice'].mean():.3f}")


if __name__ == "__main__":
    sys.exit(main())
