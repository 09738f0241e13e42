"""What a run was made with: versions, processor, precision, commit, and the data's fingerprint."""

import hashlib
import os
import platform
import subprocess
from pathlib import Path

import course_lib
from course_lib.quiet import load_tensorflow
from course_lib.training.policy import processor_flags

_TELLING_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "avx512_vnni", "asimd", "bf16")


def describe_environment(precision: str, data_root, fingerprint: str) -> dict:
    """Everything besides the recipe that one needs to repeat a run, as plain data for JSON.

    Args:
        precision: the one in force, e.g. "mixed_bfloat16".
        data_root: folder of the scans.
        fingerprint: of the loaded slices, from `data_fingerprint`.
    """
    import numpy
    import pandas

    from course_lib.backend import keras

    tf = load_tensorflow()

    flags = processor_flags()
    return {
        "course": course_lib.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "numpy": numpy.__version__,
        "pandas": pandas.__version__,
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "processor_flags": [flag for flag in _TELLING_FLAGS if flag in flags],
        "gpus": [device.name for device in tf.config.list_physical_devices("GPU")],
        "precision": precision,
        "data": str(data_root),
        "data_fingerprint": fingerprint,
    }


def data_fingerprint(scans, images, masks) -> str:
    """A digest of what a network gets to see: patients, slice numbers, pixels and masks. One changed pixel changes it.

    Args:
        scans: table of slices with columns patient and slice.
        images: (slice, height, width, 3) uint8.
        masks: (slice, height, width, 1) uint8.
    """
    digest = hashlib.blake2b(digest_size=16)
    names = "\n".join(f"{patient} {number}" for patient, number in zip(scans["patient"], scans["slice"], strict=True))
    digest.update(names.encode())
    for array in (images, masks):
        digest.update(str(array.shape).encode())
        for part in array:  # slice by slice, so that no copy of the whole is made
            digest.update(part.tobytes())
    return digest.hexdigest()


def _commit() -> str | None:
    """The git commit of the course's own checkout, "-changed" added if files differ from it; None outside one."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists():
        return None
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return commit + ("-changed" if _git(folder, "status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder, *words):
    result = subprocess.run(
        ["git", "-C", str(folder), *words],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=10,
        check=True,
    )
    return result.stdout.strip()
