"""Put the network of a finished run into ``data/model``, in few bytes, with the papers that say how it came to be.

    python tools/ship_model.py runs/best --data data/kaggle_3m

Copies recipe, split and history, writes the weights in 16 (or ``--bits 8``) bits, reads them back, and scores the file
that ships, not the one that was trained, on the run's test patients (``scores.csv``).
"""

import argparse
import shutil
import sys
from pathlib import Path

from course_lib import data, models
from course_lib.commands.evaluate import score
from course_lib.storage import write_atomically
from course_lib.training import load_run
from course_lib.training.networks import standardising


def pack(run_folder, out, bits):
    """Write the compact network and copy the run's papers; the run."""
    run = load_run(run_folder)
    recipe = run.recipe
    architecture = {name: getattr(recipe, name) for name in ("network", "width", "decoder_width", "encoder_norm")}
    architecture["standardise"] = standardising(recipe)
    architecture["input_shape"] = [recipe.size, recipe.size, 3]
    trained = models.load_model(run.model_path, compile=False)
    models.save_compact(trained, out / models.SHIPPED_FILE.name, architecture, bits)
    for name in ("recipe.json", "split.json", "history.csv"):
        shutil.copy(Path(run_folder) / name, out / name)
    return run


def main():
    """Pack, read back, score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished run of `course train`")
    parser.add_argument("--data", type=Path, required=True, help="folder of the scans that it was trained on")
    parser.add_argument("--out", type=Path, default=models.SHIPPED_FILE.parent)
    parser.add_argument("--bits", type=int, choices=(8, 16), default=16)
    options = parser.parse_args()
    run = pack(options.run, options.out, options.bits)
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
