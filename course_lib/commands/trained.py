"""Finding a trained network for `course evaluate` and `course predict`: a run, a file, or the one that ships."""

from pathlib import Path
from typing import NamedTuple

from course_lib.errors import WeightsError


class Trained(NamedTuple):
    """Where a trained network lies, and which patients it has seen."""

    path: Path
    """The ``.keras`` file, or the compact ``.npz`` one that ships."""
    split: object
    """`data.Split` with the names of the patients of each part; None where nobody knows."""

    def load(self):
        """The network itself.

        Raises:
            WeightsError: the file is damaged.
        """
        from course_lib.models import load_compact, load_model

        return load_compact(self.path) if self.path.suffix == ".npz" else load_model(self.path, compile=False)


class Together(NamedTuple):
    """Several trained networks, whose answers are to be averaged."""

    networks: tuple
    """`Trained`, one a network."""
    split: object
    """`data.Split`: trained on by any of them, chosen on by any other, kept for the test by all (which may be nobody);
    None where one has no split."""

    def load(self):
        """Their ensemble.

        Raises:
            WeightsError: a file is damaged.
            ArgumentError: they take images of different sizes.
        """
        from course_lib.models import ensemble

        return ensemble(trained.load() for trained in self.networks)


def find_together(paths):
    """The network, or networks to be averaged, that `paths` name, without loading them.

    Args:
        paths: as `find_trained` takes them, one or several; none for the network that ships.

    Raises:
        WeightsError: one of them is no network.
    """
    found = [find_trained(path) for path in paths or [None]]
    return found[0] if len(found) == 1 else Together(tuple(found), _common_split([each.split for each in found]))


def _common_split(splits):
    from course_lib.data import Split

    if any(split is None for split in splits):
        return None
    train, validation = (set().union(*(getattr(split, part) for split in splits)) for part in ("train", "validation"))
    test = set(splits[0].test).intersection(*(split.test for split in splits))
    return Split(sorted(train), sorted(validation - train), sorted(test))


def find_trained(path):
    """The network that `path` names, without loading it.

    Args:
        path: a run's folder, a ``.keras`` file (the split.json beside it is used where there is one), or None for the
            network that ships with the course.

    Raises:
        WeightsError: there is no such network.
    """
    if path is None:
        return _shipped()
    path = Path(path)
    if path.is_dir():
        from course_lib.training import load_run

        done = load_run(path)
        if not done.model_path.is_file():
            raise WeightsError(f"{path}: holds no network yet. Go on training: course train --resume --out {path}")
        return Trained(done.model_path, done.split)
    if not path.is_file():
        raise WeightsError(f"{path}: no such run or model. Train one: course train --out {path}")
    return Trained(path, _split_beside(path))


def _split_beside(path):
    if not (path.parent / "recipe.json").is_file() or not (path.parent / "split.json").is_file():
        return None
    from course_lib.training import load_run

    return load_run(path.parent).split


def _shipped():
    from course_lib.data import Split
    from course_lib.models import SHIPPED_FILE, shipped_patients

    return Trained(SHIPPED_FILE, Split(**shipped_patients()))
