"""Draw the README's moving picture: a network in training, its mask growing onto three tumours, epoch by epoch.

python tools/make_training_picture.py
python tools/make_training_picture.py --record training.npz   # keep what the network said, draw it again later

The patients are phantoms, and those shown are never trained on. Training takes about 200 seconds of one core;
the seed fixes patients, weights and order. Beside `training.gif` the last frame lies as `training.png`, for
readers who want nothing to move.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from course_lib import phantoms
from course_lib.data import largest_slice
from course_lib.plots import grey, style
from course_lib.storage import atomic_path, write_atomically

FOLDER = Path(__file__).resolve().parents[1] / "data" / "images"
MILLISECONDS = {"first": 1600, "early": 1000, "between": 400, "last": 5000}
EARLY = 5  # epochs in which most is learned, and shown for longer
MOST_BYTES = 1_500_000  # a README is read on phones
COLOURS = 256
LETTERS = {"font.size": 17, "axes.labelsize": 17, "xtick.labelsize": 15, "ytick.labelsize": 15}  # read on phones
EXPECTED = -3.0  # logit of the tumour's share that the network begins with: 5 %


@dataclass(frozen=True)
class Plan:
    """What is trained and shown.

    Attributes:
        train, validation: how many phantoms of the seed's set, in their order.
        shown: numbers of the validation patients that are drawn, from 0.
        size: side of the slices in pixels, a multiple of 16.
        width: share of VGG19's channels.
        epochs: frames after the first, which is the network before training.
        learning_rate: of Adam in the first epoch; it falls along a half cosine.
        seed: of phantoms, weights, order and augmentation.
    """

    train: int = 10
    validation: int = 6
    shown: tuple = (0, 4, 5)
    size: int = 96
    width: float = 0.25
    epochs: int = 20
    learning_rate: float = 6e-4
    seed: int = 0


class Record(NamedTuple):
    """All that the picture needs.

    Attributes:
        images: (patient, height, width, 3) uint8, one slice of each patient shown.
        masks: (patient, height, width) uint8 in {0, 1}.
        probabilities: (epoch, patient, height, width) float32, the network's, from before training on.
        dice: (epoch,) validation Dice, the mean over all validation patients' volumes.
        loss: (epoch,) of training; not a number before it.
        patients: how many validation patients there were.
    """

    images: np.ndarray
    masks: np.ndarray
    probabilities: np.ndarray
    dice: np.ndarray
    loss: np.ndarray
    patients: int


def train(plan: Plan) -> Record:
    """Train by the plan and keep what the network says of the slices shown, before training and after every epoch."""
    from course_lib.backend import keras
    from course_lib.evaluation import predict_slices
    from course_lib.training import Recipe, fit_arrays
    from course_lib.training.arrays import score
    from course_lib.training.networks import build_model
    from course_lib.training.policy import choose_precision

    people = [phantoms.phantom_patient(plan.seed, plan.size, n) for n in range(plan.train + plan.validation)]
    learned, held_out = people[: plan.train], people[plan.train :]
    shown = [held_out[k] for k in plan.shown]
    images, masks = (
        np.stack([getattr(one, part)[largest_slice(one.masks)] for one in shown]) for part in ("images", "masks")
    )
    recipe = Recipe.fast()
    keras.utils.set_random_seed(plan.seed)
    model = build_model(_recipe(plan), choose_precision())
    _prepare(model)
    falling = keras.callbacks.LearningRateScheduler(
        lambda epoch: plan.learning_rate * (0.03 + 0.97 * (1 + np.cos(np.pi * epoch / plan.epochs)) / 2)
    )
    validation = (*_joined(held_out), np.repeat([one.name for one in held_out], [len(one.images) for one in held_out]))
    said = [predict_slices(model, images)[..., 0]]
    dice = [score(model, *validation)["val_dice"]]
    after = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: said.append(predict_slices(model, images)[..., 0])
    )
    history = fit_arrays(
        model,
        *_joined(learned),
        epochs=plan.epochs,
        batch=8,
        augmentation=recipe.augmentation,
        validation=validation,
        empty_per_tumor=0.5,
        callbacks=[falling, after],
        seed=plan.seed,
    )
    return Record(
        images,
        masks[..., 0],
        np.stack(said).astype("float32"),
        np.array([*dice, *history["val_dice"]]),
        np.array([np.nan, *history["loss"]]),
        len(held_out),
    )


def _recipe(plan):
    """The course's network in the fast preset, at the plan's size."""
    from course_lib.training import Recipe

    return Recipe(
        size=plan.size,
        width=plan.width,
        weights=None,
        standardise=True,
        encoder_norm=True,
        fn_weight=0.5,
        fp_weight=0.5,
        learning_rate=plan.learning_rate,
        seed=plan.seed,
    )


def _prepare(model):
    """Two changes for a training as short as this one."""
    for layer in model.layers:
        if hasattr(layer, "momentum"):
            layer.momentum = 0.9  # an epoch is some twenty steps: running statistics of Keras' .99 would lag behind
    # The network begins by expecting next to no tumour anywhere, as most pixels hold none (Lin 2017, arXiv 1708.02002,
    # section 4.1); what the readers see grow is then all learned.
    kernel, bias = model.get_layer("logit").get_weights()
    model.get_layer("logit").set_weights([np.zeros_like(kernel), np.full_like(bias, EXPECTED)])


def _joined(people):
    return np.concatenate([one.images for one in people]), np.concatenate([one.masks for one in people])


def draw(record: Record, epoch: int) -> Image.Image:
    """One frame: the patients with truth and guess, and the curves up to this epoch."""
    with (
        style.style(),
        plt.rc_context({"font.size": 17, "axes.labelsize": 17, "xtick.labelsize": 15, "ytick.labelsize": 15}),
    ):
        figure = plt.figure(figsize=(8, 5.7), facecolor="white")
        count = len(record.images)
        for k in range(count):
            ax = figure.add_axes((0.01 + k * 0.985 / count, 0.445, 0.965 / count, 0.46))
            _draw_patient(ax, record.images[k], record.masks[k], record.probabilities[epoch, k])
        said = "before training" if epoch == 0 else f"epoch {epoch}"
        figure.text(0.01, 0.985, said, va="top", fontsize=21, fontweight="bold")
        figure.text(0.985, 0.985, f"Dice {record.dice[epoch]:.2f}", va="top", ha="right", fontsize=21, weight="bold")
        _draw_curves(figure.add_axes((0.075, 0.12, 0.905, 0.235)), record, epoch)
        figure.canvas.draw()
        frame = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3].copy())
        plt.close(figure)
    return frame


def _draw_patient(ax, image, mask, probability):
    picture = grey(image)
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="bilinear")
    tint = np.zeros((*mask.shape, 4))
    tint[..., :3] = plt.matplotlib.colors.to_rgb(style.ORANGE)
    tint[..., 3] = 0.75 * probability
    ax.imshow(tint, interpolation="bilinear")
    style.draw_outline(ax, mask > 0, style.TRUTH, width=1.4)
    style.without_ticks(ax)


def _draw_curves(ax, record, epoch):
    last, epochs = len(record.dice) - 1, np.arange(epoch + 1)
    ax.plot(
        epochs,
        record.dice[: epoch + 1],
        color=style.VERMILION,
        linewidth=3,
        label=f"Dice of {record.patients} patients it never trains on",
    )
    ax.plot(epochs, record.loss[: epoch + 1], color=style.BLUE, linestyle="--", linewidth=2.5, label="loss in training")
    ax.plot(epoch, record.dice[epoch], "o", color=style.VERMILION, markersize=9, clip_on=False)
    ax.set_xlim(0, last)
    ax.set_ylim(0, 1)
    ax.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.set_xlabel("epoch", labelpad=0)
    ax.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
    ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.96), ncols=2, fontsize=15, borderpad=0, handlelength=1.8)


def write_gif(frames, path: Path) -> int:
    """Write frames as an animation that loops and rests on its last frame; returns its size in bytes.

    One palette for all frames, without dithering, so that what does not change between two frames costs nothing.
    """
    chosen = frames[: EARLY + 1] + frames[-1:]  # between these, all tints of the cloud occur
    sample = Image.new("RGB", (frames[0].width, len(chosen) * frames[0].height))
    for k, frame in enumerate(chosen):
        sample.paste(frame, (0, k * frame.height))
    palette = sample.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    pictures = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    colours = palette.getpalette()
    white = 3 * Image.new("RGB", (1, 1), "white").quantize(palette=palette, dither=Image.Dither.NONE).getpixel((0, 0))
    colours[white : white + 3] = [255] * 3  # the page's own white, which the palette has mixed with its neighbours
    for picture in pictures:
        picture.putpalette(colours)
    pauses = [MILLISECONDS["between"]] * len(frames)
    pauses[1 : 1 + EARLY] = [MILLISECONDS["early"]] * len(pauses[1 : 1 + EARLY])
    pauses[0], pauses[-1] = MILLISECONDS["first"], MILLISECONDS["last"]
    with atomic_path(path) as part:
        pictures[0].save(part, "GIF", save_all=True, append_images=pictures[1:], duration=pauses, loop=0, optimize=True)
    return path.stat().st_size


def main(arguments=None) -> None:
    """Train, or read the record, and write both pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of training.gif and training.png")
    parser.add_argument("--record", type=Path, help="file that keeps what the network said; drawn from if it exists")
    options = parser.parse_args(arguments)
    if options.record and options.record.exists():
        with np.load(options.record) as kept:
            record = Record(**{**kept, "patients": int(kept["patients"])})
    else:
        record = train(Plan())
    if options.record and not options.record.exists():
        with write_atomically(options.record, "wb") as file:
            np.savez_compressed(file, **record._asdict())
    frames = [draw(record, epoch) for epoch in range(len(record.dice))]
    size = write_gif(frames, options.out / "training.gif")
    with atomic_path(options.out / "training.png") as part:
        frames[-1].quantize(128, dither=Image.Dither.NONE).save(part, "PNG", optimize=True)
    print(f"training.gif: {len(frames)} frames, {size / 1e3:.0f} kB; last Dice {record.dice[-1]:.2f}")


if __name__ == "__main__":
    main()
