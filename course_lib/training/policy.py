"""Which arithmetic pays on this machine, and a way to use it without leaving it switched on."""

from contextlib import contextmanager
from pathlib import Path

from course_lib.quiet import load_tensorflow


def processor_flags() -> frozenset:
    """Instruction sets of the processor, as Linux names them ("avx512_bf16"); empty where they cannot be read."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        if line.startswith(("flags", "Features")):
            return frozenset(line.split(":", 1)[1].split())
    return frozenset()


def choose_precision(wanted: str = "auto") -> str:
    """Keras' name of the precision to train in.

    Args:
        wanted: "auto", or a name, which is returned as it is.

    Returns:
        "mixed_float16" where TensorFlow sees a GPU, "mixed_bfloat16" where the processor multiplies bfloat16 matrices
        (AVX512_BF16 or AMX; without these it would be slower than float32), else "float32".

    >>> choose_precision("float32")
    'float32'
    """
    if wanted != "auto":
        return wanted
    if has_gpu():
        return "mixed_float16"
    return "mixed_bfloat16" if {"avx512_bf16", "amx_bf16"} & processor_flags() else "float32"


def has_gpu() -> bool:
    """Whether TensorFlow sees a GPU."""
    tf = load_tensorflow()

    return bool(tf.config.list_physical_devices("GPU"))


@contextmanager
def precision(name: str):
    """Let layers made inside compute in precision `name`; afterwards the policy is what it was before."""
    from course_lib.backend import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
