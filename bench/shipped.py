"""``python -m bench.shipped``: the network that ships: seconds to load, milliseconds a slice, memory.

One process, as `course predict` would be; medians of several predictions of one slice, the first apart. Asked for: at
most 1 s to load after TensorFlow is imported, 100 ms a slice, 700 MB in all.
"""

import json
import resource
import sys
import time

import numpy as np

REPEATS = 30


def _seconds(action):
    begin = time.perf_counter()
    value = action()
    return value, time.perf_counter() - begin


def _peak_megabytes():
    """Largest resident memory of this process so far (Linux counts in KiB, macOS in bytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def main():
    """Measure, print a line of JSON and a sentence."""
    from course_lib.quiet import load_tensorflow

    _, imported = _seconds(load_tensorflow)
    import keras  # noqa: F401

    from course_lib import evaluation, models

    after_import = _peak_megabytes()
    model, loaded = _seconds(models.shipped_model)
    slices = np.random.default_rng(0).integers(0, 256, (1, *model.input_shape[1:]), dtype=np.uint8)
    _, first = _seconds(lambda: evaluation.predict_slices(model, slices))
    each = [_seconds(lambda: evaluation.predict_slices(model, slices))[1] for _ in range(REPEATS)]
    found = {
        "import_s": round(imported, 2),
        "load_s": round(loaded, 2),
        "first_ms": round(1e3 * first),
        "slice_ms": round(1e3 * float(np.median(each)), 1),
        "after_import_mb": round(after_import),
        "peak_mb": round(_peak_megabytes()),
    }
    print(json.dumps(found))
    print(
        f"The network loads in {found['load_s']} s and outlines a slice in {found['slice_ms']} ms (the first in "
        f"{found['first_ms']} ms); the process takes {found['peak_mb']} MB at most, "
        f"{found['after_import_mb']} MB of it for TensorFlow's import ({found['import_s']} s)."
    )


if __name__ == "__main__":
    main()
