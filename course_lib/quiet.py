"""Starting TensorFlow quietly.

Its C++ part reports on stderr, at import and when it first looks for devices, that it is well and has no GPU, whatever
the log level. In a notebook that is a red box above the first result, which learners take for something gone wrong.
"""

import contextlib
import os
import sys
import tempfile


def load_tensorflow():
    """Import TensorFlow and have it look for devices, both in silence.

    Returns:
        The module ``tensorflow``.

    Raises:
        ImportError: TensorFlow is not installed, or does not start; what it said on stderr is then shown.
    """
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with held_back_stderr():
            import tensorflow as tf

            tf.config.list_physical_devices()
    import tensorflow as tf

    return tf


@contextlib.contextmanager
def held_back_stderr():
    """Keep what is written on file descriptor 2, also by C++, from being seen, unless the body raises."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept:
        original = os.dup(2)
        os.dup2(kept.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)
            if failed:
                kept.seek(0)
                os.write(2, kept.read())
