"""Keras, started without its backend's start-up log: ``from course_lib.backend import keras, layers, ops``."""

import os

from course_lib.quiet import load_tensorflow

if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
    load_tensorflow()

import keras
from keras import layers, ops

__all__ = ["keras", "layers", "ops"]
