"""TensorFlow starts without a word, and what it says is not lost when it fails."""

import os
import subprocess
import sys

import pytest

from course_lib.quiet import held_back_stderr


def stderr_of(program: str, **environment) -> str:
    settings = {**os.environ, **environment}
    settings.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=settings).stderr


@pytest.mark.slow
@pytest.mark.parametrize("module", ["losses", "models"])
def test_a_module_that_needs_keras_loads_without_a_word(module):
    program = f"from course_lib import {module}; import tensorflow as tf; tf.constant(1) + 1"
    assert stderr_of(program) == ""


def test_what_is_held_back_is_shown_when_the_body_fails(capfd):
    def fail():
        with held_back_stderr():
            os.write(2, b"why it failed")
            raise ImportError

    with pytest.raises(ImportError):
        fail()
    assert capfd.readouterr().err == "why it failed"


def test_stderr_works_again_afterwards(capfd):
    with held_back_stderr():
        os.write(2, b"noise")
    os.write(2, b"news")
    assert capfd.readouterr().err == "news"


@pytest.mark.slow
def test_another_backend_does_not_load_tensorflow():
    program = "import sys; from course_lib import losses; sys.stderr.write(str('tensorflow' in sys.modules))"
    assert stderr_of(program, KERAS_BACKEND="jax").endswith("False")
