"""Single measurements, each run in a process of its own so that neither memory nor settings carry over.

``python -m bench.measure NAME key=value ...`` prints one JSON object as its last line.
"""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np


def peak(engine: str, side: int = 4096) -> dict:
    """GFLOP/s of a large matrix product, the machine's ceiling: float32 and bfloat16, best of five."""
    found = {}
    for name in ("float32", "bfloat16"):
        multiply = _multiplier(engine, name, side)
        multiply()
        seconds = min(_timed(multiply) for _ in range(5))
        found[name] = 2 * side**3 / seconds / 1e9
    return found


def _multiplier(engine, dtype, side):
    if engine == "torch":
        import torch

        a, b = (torch.randn(side, side).to(getattr(torch, dtype)) for _ in range(2))
        return lambda: a @ b
    import tensorflow as tf

    a, b = (tf.cast(tf.random.normal((side, side)), dtype) for _ in range(2))
    return lambda: tf.matmul(a, b)[0, 0].numpy()


def step(engine: str, size: int, batch: int, steps: int = 4) -> dict:
    """Milliseconds an image of one training step of the whole network, median, by the clock and of processor time.

    The clock decides on a quiet machine; processor time, summed over the cores, tells more on a shared one.

    Args:
        engine: "plain" (the original recipe in Keras), "ours", "torch_float32" or "torch_bfloat16".
        size: side of the slices.
        batch: slices per step.
        steps: how many are timed, after two to warm up.
    """
    if engine.startswith("torch"):
        from bench.torch_net import make_step

        one_step = make_step(size, batch, engine.endswith("bfloat16"))
    else:
        network, images, masks = (_plain_step if engine == "plain" else _our_step)(size, batch)

        def one_step():
            network.train_on_batch(images, masks)

    for _ in range(2):
        one_step()
    both = []
    for _ in range(steps):
        clock, processor = time.perf_counter(), time.process_time()
        one_step()
        both.append((time.perf_counter() - clock, time.process_time() - processor))
    names = ("ms_per_image", "processor_ms_per_image")
    return {
        name: 1000 * float(np.median(values)) / batch for name, values in zip(names, np.transpose(both), strict=True)
    }


def _plain_step(size, batch):
    from bench import plain

    images, masks = _slices(size, batch)
    images, masks = next(plain.batches(images, masks, batch, seed=0))
    return plain.compile_network(plain.build_network(size)), images, masks


def _our_step(size, batch, **changes):
    from course_lib.training import Recipe, choose_precision
    from course_lib.training.networks import build_model

    recipe = Recipe(size=size, batch=batch, weights=None, **changes)
    images, masks = _slices(size, batch)
    return build_model(recipe, choose_precision()), images.astype(np.float32), masks.astype(np.float32)


def loss(size: int, batch: int, steps: int = 4) -> dict:
    """What the focal Tversky loss costs against binary cross-entropy: steps of both in turn, in one process."""
    names = ("focal_tversky", "binary_crossentropy")
    jobs = {name: _our_step(size, batch, loss=name, width=0.25) for name in names}
    seconds = {name: [] for name in names}
    for _ in range(steps + 2):
        for name, (network, images, masks) in jobs.items():
            seconds[name].append(_timed(lambda n=network, i=images, m=masks: n.train_on_batch(i, m)))
    return {name: 1000 * float(np.median(values[2:])) / batch for name, values in seconds.items()}


def pipeline(kind: str, data: str, size: int, batch: int = 16) -> dict:
    """Slices a second that come out augmented, in training order, and what it took to load them once.

    Args:
        kind: "ours" (decoded once, then tf.data) or "plain" (read, decode, resize, augment, one by one, every epoch).
        data: folder of scans.
        size: side of the slices.
        batch: slices per batch.
    """
    from course_lib.data import index_scans

    scans = index_scans(data)
    start = time.perf_counter()
    if kind == "plain":
        from bench.plain import read_and_augment

        random = np.random.default_rng(0)
        some = scans.sample(min(len(scans), 320), random_state=0)
        for begin in range(0, len(some), batch):
            rows = some.iloc[begin : begin + batch]
            pairs = [read_and_augment(a, b, size, random) for a, b in zip(rows["image"], rows["mask"], strict=True)]
            np.stack([image for image, _ in pairs]), np.stack([mask for _, mask in pairs])
        return {"slices_per_second": len(some) / (time.perf_counter() - start), "load_seconds": 0.0}
    from course_lib.data import Augmentation, load_slices, make_dataset

    images, masks = load_slices(scans, size)
    loaded = time.perf_counter() - start
    rates = []
    for epoch in range(3):
        dataset = make_dataset(images, masks, batch, Augmentation(), shuffle=True, epoch=epoch)
        rates.append(len(scans) / _timed(lambda d=dataset: sum(1 for _ in d)))
    return {"slices_per_second": float(np.median(rates[1:])), "load_seconds": loaded}


def dice(kind: str, data: str, size: int, width: float, epochs: int, target: float = 2.0) -> dict:
    """Validation Dice by patient after every epoch, and the training seconds up to it (validation not counted).

    Args:
        kind: "plain" is the original recipe, patients split as ours; "ours" the course's, on the same patients.
        data: folder of scans.
        size: side of the slices.
        width: of the network, the same for both.
        epochs: at most so many.
        target: stop once this Dice is reached.
    """
    from course_lib.data import index_scans, load_slices, split_by_patient
    from course_lib.training.loop import Slices

    parts = split_by_patient(index_scans(data), 0.2, 0.15, 0)
    loaded = [Slices(*load_slices(part, size), part["patient"].to_numpy()) for part in parts[:2]]
    train_epoch, score = (_plain_epochs if kind == "plain" else _our_epochs)(*loaded, size, width, epochs)
    curve = []
    for epoch in range(epochs):
        seconds = _timed(lambda e=epoch: train_epoch(e))
        curve.append({"seconds": seconds + (curve[-1]["seconds"] if curve else 0), "dice": score()})
        if curve[-1]["dice"] >= target:
            break
    return {"curve": curve}


def _plain_epochs(training, validation, size, width, epochs, batch=16):
    from bench import plain
    from course_lib.training.loop import Slices, validate

    network = plain.compile_network(plain.build_network(size, width))
    tumor = training.masks.any((1, 2, 3))
    stream = plain.batches(training.images[tumor], training.masks[tumor], batch, seed=0)
    held_out = Slices(np.stack([plain.z_score(i) for i in validation.images]), validation.masks, validation.patients)
    steps = max(1, int(tumor.sum()) // batch)
    return (
        lambda epoch: network.fit(stream, steps_per_epoch=steps, verbose=0),
        lambda: validate(network, held_out, batch)["val_dice"],
    )


def _our_epochs(training, validation, size, width, epochs):
    import keras

    from course_lib.training import Recipe, choose_precision
    from course_lib.training.loop import epoch_dataset, validate
    from course_lib.training.networks import build_model, scheduled_rate

    rate = 3e-4 if width == 1 else 1e-3  # the whole network without batch norm in its encoder diverges faster
    recipe = Recipe.fast(size=size, width=width, epochs=max(2, epochs), learning_rate=rate)
    keras.utils.set_random_seed(recipe.seed)
    model = build_model(recipe, choose_precision())

    def train_epoch(epoch):
        model.optimizer.learning_rate = scheduled_rate(recipe, epoch, recipe.learning_rate)
        data = epoch_dataset(training, recipe.batch, recipe.augmentation, recipe.empty_per_tumor, recipe.seed, epoch)
        model.fit(data, verbose=0, shuffle=False)

    return train_epoch, lambda: validate(model, validation, recipe.batch)["val_dice"]


def _slices(size, batch):
    random = np.random.default_rng(0)
    return random.integers(0, 256, (batch, size, size, 3), np.uint8), (random.random((batch, size, size, 1)) > 0.98)


def _timed(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _peak_gigabytes():
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


MEASUREMENTS = {function.__name__: function for function in (peak, step, loss, pipeline, dice)}


def main(words: list[str]):
    """Run the measurement that the words name and print what it found."""
    settings = {}
    for key, value in (word.split("=", 1) for word in words[1:]):
        try:
            settings[key] = json.loads(value)
        except json.JSONDecodeError:
            settings[key] = value
    found = MEASUREMENTS[words[0]](**settings)
    print(json.dumps({**found, "peak_gigabytes": _peak_gigabytes()}))


if __name__ == "__main__":
    main(sys.argv[1:])
