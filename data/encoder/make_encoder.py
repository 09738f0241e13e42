"""Teach a small encoder what VGG19 learned from ImageNet, without a photograph.

    python data/encoder/make_encoder.py

The teacher is VGG19 with ImageNet weights (downloaded by Keras, or ``--teacher FILE``). Teacher and student, VGG19 of a
quarter of the width, look at the same pictures, and the student's five taps learn, through a linear map that is thrown
away afterwards, to predict the teacher's (feature distillation: Romero et al. 2015, "FitNets", arXiv 1412.6550).

The pictures are *dead leaves*: shapes of all sizes falling over one another, which have the edges, textures and
occlusions of photographs (Lee, Mumford and Huang 2001; Baradad et al. 2021, arXiv 2106.05963, learned to see from
them). No brain, no cat, no licence but this repository's. Written: ``small_vgg19.npz`` and ``report.json`` beside this
file, the report with the share of the teacher's variance that the student explains on leaves it was not trained on
and on slices of phantoms, which it has never seen.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE, WIDTH = 64, 0.25
HERE = Path(__file__).resolve().parent


def leaves(random, size=SIZE):
    """A picture of shapes over shapes, (size, size, 3) uint8; a third of them grey, as scans nearly are."""
    side = 2 * size
    picture = Image.new("RGB", (side, side), tuple(random.integers(0, 256, 3)))
    draw = ImageDraw.Draw(picture)
    palette = random.integers(0, 256, (random.integers(3, 12), 3)) * random.uniform(0.3, 1)
    for _ in range(random.integers(20, 140)):
        radius = side * 0.5 * (0.04 / random.uniform(0.04, 1)) ** 0.8
        x, y = random.uniform(0, side, 2)
        color = np.clip(palette[random.integers(len(palette))] + random.normal(0, 12, 3), 0, 255)
        color = tuple(int(value) for value in color)
        if random.random() < 0.5:
            stretch = random.uniform(0.3, 1)
            draw.ellipse((x - radius, y - stretch * radius, x + radius, y + stretch * radius), fill=color)
        else:
            angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 8)))
            reach = radius * random.uniform(0.5, 1, len(angles))
            draw.polygon(list(zip(x + reach * np.cos(angles), y + reach * np.sin(angles), strict=True)), fill=color)
        if random.random() < 0.1:
            for offset in range(int(y - radius), int(y + radius), random.integers(3, 9)):
                draw.line((x - radius, offset, x + radius, offset + radius * random.normal(0, 0.3)), fill=color)
    picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(0.5, 2)))
    values = np.asarray(picture.resize((size, size), Image.Resampling.BOX), np.float32)
    y, x = np.mgrid[:size, :size] / size - 0.5
    values *= (1 + random.uniform(-0.5, 0.5) * x + random.uniform(-0.5, 0.5) * y)[..., None]
    values += random.normal(0, random.uniform(0, 12), (size, size, 1 if random.random() < 0.5 else 3))
    if random.random() < 1 / 3:
        values = values.mean(axis=2, keepdims=True) * random.uniform(0.7, 1.1, 3)
    return np.clip(values, 0, 255).astype(np.uint8)


def pictures(count, seed):
    """So many pictures of leaves, (count, size, size, 3) uint8."""
    random = np.random.default_rng(seed)
    return np.stack([leaves(random) for _ in range(count)])


def build(teacher_weights):
    """Teacher, student, and the linear maps between their taps."""
    from course_lib import models
    from course_lib.backend import keras, layers

    shape = (SIZE, SIZE, 3)
    teacher = models.encoder_features(models.vgg19_unet(shape, weights=teacher_weights))
    network = models.vgg19_unet(shape, weights=None, width=WIDTH)
    student = models.encoder_features(network)
    maps = {name: layers.Conv2D(teacher.output[name].shape[-1], 1, name=f"to_{name}") for name in models.TAPS}
    pupil = keras.Model(student.input, {name: maps[name](student.output[name]) for name in models.TAPS})
    return teacher, network, pupil


def distil(teacher, pupil, images, steps, batch, rate, seed):
    """Train the pupil; each tap of the teacher counts alike, whatever its scale."""
    import tensorflow as tf
    from tqdm import tqdm

    from course_lib.backend import keras

    look = tf.function(lambda x: teacher(x, training=False))
    seen = look(tf.constant(images[:64], tf.float32))
    scale = {name: tf.math.reduce_variance(values) for name, values in seen.items()}
    adam = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps))
    adam.build(pupil.trainable_variables)

    @tf.function
    def step(x):
        wanted = teacher(x, training=False)
        with tf.GradientTape() as tape:
            given = pupil(x, training=True)
            loss = tf.add_n([tf.reduce_mean((given[n] - wanted[n]) ** 2) / scale[n] for n in wanted]) / len(wanted)
        adam.apply(tape.gradient(loss, pupil.trainable_variables), pupil.trainable_variables)
        return loss

    random, losses = np.random.default_rng(seed), []
    with tqdm(range(steps), unit="step") as bar:
        for _ in bar:
            rows = random.integers(0, len(images), batch)
            part = images[rows]
            part = part[:, :, ::-1] if random.random() < 0.5 else part
            losses.append(float(step(tf.constant(part, tf.float32))))
            bar.set_postfix(loss=f"{np.mean(losses[-20:]):.3f}")
    return losses


def explained(teacher, pupil, images):
    """Share of the variance of each of the teacher's taps that the pupil predicts, tap to value."""
    wanted, given = (model.predict(images.astype(np.float32), batch_size=16, verbose=0) for model in (teacher, pupil))
    return {
        name: round(float(1 - np.mean((wanted[name] - given[name]) ** 2) / np.var(wanted[name])), 3) for name in wanted
    }


def main():
    """Make pictures, distil, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", default="imagenet", help="VGG19 no-top .weights.h5 (default: Keras downloads it)")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--pictures", type=int, default=4000)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()

    from course_lib import data, models
    from course_lib.backend import keras
    from course_lib.storage import write_atomically

    start = time.perf_counter()
    keras.utils.set_random_seed(options.seed)
    images = pictures(options.pictures, options.seed)
    teacher, network, pupil = build(options.teacher)
    losses = distil(teacher, pupil, images, options.steps, options.batch, options.rate, options.seed)
    scans = data.index_scans(data.find_data()).sample(64, random_state=0)
    report = {
        "steps": options.steps,
        "batch": options.batch,
        "pictures": options.pictures,
        "learning_rate": options.rate,
        "seed": options.seed,
        "minutes": round((time.perf_counter() - start) / 60, 1),
        "last_loss": round(float(np.mean(losses[-50:])), 3),
        "explained_on_new_leaves": explained(teacher, pupil, pictures(64, options.seed + 1)),
        "explained_on_phantoms": explained(teacher, pupil, data.load_slices(scans, SIZE)[0]),
    }
    architecture = {"network": "vgg19_unet", "input_shape": [SIZE, SIZE, 3], "width": WIDTH}
    models.save_compact(network, options.out / "small_vgg19.npz", architecture, layers=models.ENCODER_LAYERS)
    with write_atomically(options.out / "report.json") as file:
        json.dump(report, file, indent=2)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    sys.exit(main())
