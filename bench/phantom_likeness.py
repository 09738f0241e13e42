"""How like real scans the phantoms are: train on phantoms alone, then score on real patients.

    python bench/phantom_likeness.py --data data/kaggle_3m --out likeness

The network never sees a real scan in training, and nothing is chosen by its score on them: the number of epochs is
fixed beforehand and the threshold is 0.5. The figure is the mean over real patients of the Dice score of the whole
volume. Besides the figure the script writes scores.csv, a row a patient, into ``--out``.
"""

import argparse
import json
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
from PIL import Image

TYPICAL = 60.0  # grey level that the median head pixel of every patient and sequence is brought to


def shrink(volume, size):
    """(slice, height, width, channel) uint8 averaged down to ``size`` by ``size``."""
    if volume.shape[1] == size:
        return volume
    planes = [
        [np.asarray(Image.fromarray(np.ascontiguousarray(c)).resize((size, size), Image.Resampling.BOX)) for c in image]
        for image in volume.transpose(0, 3, 1, 2)
    ]
    return np.array(planes).transpose(0, 2, 3, 1)


def one_phantom(task):
    """(images, masks) of one patient at ``size`` pixels, drawn at twice that and averaged down, as real slices are."""
    from course_lib.phantoms import phantom_patient

    seed, number, size = task
    phantom = phantom_patient(seed, 2 * size, number)
    return level_out(shrink(phantom.images, size)), (shrink(phantom.masks * np.uint8(255), size) >= 128).astype(
        np.uint8
    )


def level_out(images):
    """One patient's slices with each sequence scaled so that the median head pixel has the grey level TYPICAL."""
    out = np.empty_like(images)
    for channel in range(3):
        values = images[..., channel].astype(np.float32)
        head = values[values > 0.15 * np.percentile(values, 99)]
        out[..., channel] = np.clip(values * (TYPICAL / max(float(np.median(head)), 1.0)), 0, 255)
    return out


def make_training_set(patients, size, seed):
    """Phantom slices, (n, size, size, 3) and (n, size, size, 1) uint8, made on every core."""
    tasks = [(seed, number, size) for number in range(patients)]
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        made = pool.map(one_phantom, tasks, chunksize=2)
    return np.concatenate([m[0] for m in made]), np.concatenate([m[1] for m in made])


def lose_sequences(images, share, seed):
    """Put FLAIR in the place of pre, post or both in a share of slices, as happens to one real patient in ten."""
    rng = np.random.default_rng(seed)
    images = images.copy()
    for channel in (0, 2):
        rows = rng.random(len(images)) < share
        images[rows, :, :, channel] = images[rows, :, :, 1]
    return images


def cosine(model, epochs, start, minutes):
    """A callback that lowers the learning rate after every epoch along half a cosine, and stops after ``minutes``."""
    import keras

    begun = time.time()

    def lower(epoch, logs=None):
        spent = max((epoch + 1) / epochs, (time.time() - begun) / (60 * minutes))
        print(f"epoch {epoch + 1}: {time.time() - begun:.0f} s, {logs}", flush=True)
        model.stop_training = spent >= 1
        model.optimizer.learning_rate = start * (0.5 + 0.5 * np.cos(np.pi * min(spent, 1))) + 1e-6

    return keras.callbacks.LambdaCallback(on_epoch_end=lower)


def train(images, masks, options):
    """A network trained on phantoms alone."""
    import keras

    from course_lib.data import Augmentation
    from course_lib.losses import DiceLoss
    from course_lib.models import unet, vgg19_unet
    from course_lib.training import choose_precision, fit_arrays, precision

    keras.utils.set_random_seed(options.seed)
    shape = (options.size, options.size, 3)
    with precision(choose_precision("auto")):
        if options.width:
            model = vgg19_unet(shape, weights=options.weights, width=options.width)
        else:
            model = unet(shape, filters=tuple(options.filters))
    strong = Augmentation(
        flip=0.5, rotate=20, scale=0.2, shift=0.06, brightness=0.35, contrast=0.45, gamma=0.35, noise=0.02
    )
    fit_arrays(
        model,
        lose_sequences(images, 0.12, options.seed),
        masks,
        epochs=options.epochs,
        batch=16,
        loss=DiceLoss(),
        learning_rate=options.rate,
        augmentation=strong,
        empty_per_tumor=options.empty,
        callbacks=[cosine(model, options.epochs, options.rate, options.minutes)],
        seed=options.seed,
        progress=False,
    )
    return model


def predict(model, images):
    """Probabilities, averaged over the slices as they are and mirrored left to right."""
    from course_lib.evaluation import predict_slices

    return (predict_slices(model, images) + predict_slices(model, images[:, :, ::-1])[:, :, ::-1]) / 2


def measure(model, root, size, out):
    """Score the network on every patient of the real folder; writes scores.csv and returns the table."""
    from course_lib.data import index_scans, load_slices
    from course_lib.evaluation import score_patients

    scans = index_scans(root)
    images, _ = load_slices(scans, size)
    for rows in scans.reset_index(drop=True).groupby("patient").indices.values():
        images[rows] = level_out(images[rows])
    probabilities = predict(model, images)
    np.save(out / "probabilities.npy", (probabilities * 255).astype(np.uint8))
    table = score_patients(scans, probabilities)
    table.to_csv(out / "scores.csv", index=False)
    return table


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder of real patients, kaggle_3m")
    parser.add_argument("--patients", type=int, default=110, help="phantoms to train on (default: %(default)s)")
    parser.add_argument("--size", type=int, default=64, help="pixels (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=8, help="default: %(default)s")
    parser.add_argument("--width", type=float, default=0.0, help="of the VGG19-U-Net; 0 takes the plain U-Net")
    parser.add_argument("--filters", type=int, nargs="+", default=[16, 32, 64, 128], help="of the plain U-Net")
    parser.add_argument("--weights", default=None, help="VGG19 .weights.h5 for width 1 (default: start from random)")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="first learning rate (default: %(default)s)")
    parser.add_argument("--empty", type=float, default=0.7, help="slices without tumour per slice with one")
    parser.add_argument("--minutes", type=float, default=9.0, help="stop training then (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    parser.add_argument(
        "--out", type=Path, default=Path("likeness"), help="folder for results; the phantoms made are kept there"
    )
    return parser.parse_args()


def main():
    """Make phantoms, train, score, print."""
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    start = time.time()
    cache = options.out / f"phantoms_{options.patients}_{options.size}_{options.seed}.npz"
    if cache.exists():
        images, masks = (np.load(cache)[name] for name in ("images", "masks"))
    else:
        images, masks = make_training_set(options.patients, options.size, options.seed)
        np.savez_compressed(cache, images=images, masks=masks)
    made = time.time()
    print(f"{len(images)} slices of {options.patients} phantoms in {made - start:.0f} s", flush=True)
    model = train(images, masks, options)
    trained = time.time()
    model.save(options.out / "network.keras")
    table = measure(model, options.data, options.size, options.out)
    result = {
        "mean_dice": round(float(table["dice"].mean()), 3),
        "median_dice": round(float(table["dice"].median()), 3),
        "real_patients": len(table),
        "seconds_phantoms": round(made - start),
        "seconds_training": round(trained - made),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
