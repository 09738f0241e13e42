"""Reading a saved network back."""

from pathlib import Path

from course_lib import losses  # noqa: F401  (registers the losses, which saved models name)
from course_lib.backend import keras
from course_lib.errors import WeightsError
from course_lib.models import networks  # noqa: F401  (registers the layers)
from course_lib.models.reading import UNREADABLE, first_line


def load_model(path, compile=True):
    """Loads a saved ``.keras`` model, with the course's layers, losses and metrics.

    Args:
        path: the file.
        compile: also restores loss, metrics and optimiser.

    Raises:
        WeightsError: no such file, or it is damaged or holds no Keras model.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"No model at {path}. Give the path of a .keras file, as training writes it.")
    if path.suffix != ".keras":
        raise WeightsError(f"{path} is no .keras file: give the one that training wrote, for instance best.keras.")
    try:
        return keras.saving.load_model(path, compile=compile)
    except UNREADABLE as error:
        raise WeightsError(
            f"{path} cannot be read as a Keras model; it may be damaged or cut short. "
            f"Copy it again, or train again. ({first_line(error)})"
        ) from error
