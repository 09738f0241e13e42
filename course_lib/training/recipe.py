"""What a training run is: one frozen dataclass that says everything, checks itself and survives JSON."""

import dataclasses
import json
import typing
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.data import Augmentation
from course_lib.errors import RecipeError
from course_lib.training.recipe_fields import CHOICES, RANGES, check_choice, check_names, check_range, typed


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a training run goes, apart from the data and the machine.

    The defaults keep the original recipe where that makes sense: 256 px, focal Tversky loss (misses 0.7, exponent
    0.75, smooth 1), ReduceLROnPlateau(patience 10, factor 0.2), EarlyStopping(30), 60 epochs. They leave it where
    it does not:

    * Adam(0.001, epsilon 1e-7) in place of Adam(0.05, epsilon 0.1): an epsilon that large exceeds most gradients'
      root mean square, so that Adam becomes plain momentum and early layers hardly move.
    * `monitor` is the validation Dice by patient, the number that is reported, in place of the validation loss, whose
      batches of slices weigh patients by how many slices they have.
    * slices without tumour are trained on too (`empty_per_tumor`), since a network that never saw one raises false
      alarms on most of them.
    * paired augmentation, where the original had none.

    The presets `fast` and `full` also standardise slices by their brain, inside the network: on 80 real patients
    nothing else moved the score as far (``results/``).

    Attributes:
        size: side of the slices in pixels, a multiple of 16.
        batch: slices per training step.
        network: "vgg19_unet", or "unet" (no pretrained encoder).
        width: share of VGG19's (or the U-Net's 64 to 1,024) channels, above 0, up to 1.
        weights: "imagenet", the path of a VGG19 no-top `.weights.h5` file, or None for random weights.
        freeze_encoder: keep the encoder's weights as they are.
        decoder_width: share of the decoder's channels; None is `width`.
        standardise: bring each sequence of a slice to one mean and spread, inside the network.
        standardise_first: train on slices that are standardised before they are varied, so that varied brightness and
            contrast stay varied. The network that is kept standardises by itself all the same.
        encoder_norm: batch normalisation after every convolution of the encoder. With pretrained weights it begins as
            what changes nothing (`models.fit_norms`).
        encoder_rate: learning rate of the encoder's convolutions, as a share of that of all else (discriminative
            fine-tuning; Howard & Ruder 2018, arXiv 1801.06146): pretrained weights need smaller steps than new ones.
        loss: "focal_tversky", "tversky", "dice" or "binary_crossentropy".
        fn_weight: weight of misses in the Tversky index.  # beta in Salehi 2017, alpha in Abraham & Khan 2018
        fp_weight: weight of false alarms.
        smooth: added to both sides of the index' fraction.
        gamma: exponent of (1 - index) in the focal Tversky loss.
        per_image: index per slice, then the mean, in place of one index over the batch.
        learning_rate: of Adam, at the start.
        epsilon: of Adam.
        epochs: at most so many passes over the training slices.
        schedule: "plateau" lowers the learning rate when `monitor` stalls (ReduceLROnPlateau); "cosine" lets it fall
            along a half cosine to `min_learning_rate` in the last epoch.
        warmup: epochs over which the learning rate rises linearly before the schedule sets in.
        plateau_patience: epochs without improvement before the learning rate is lowered.
        plateau_factor: what the learning rate is then multiplied by.
        min_learning_rate: the learning rate never falls below.
        stopping_patience: epochs without improvement before training ends.
        monitor: "val_dice" (mean over validation patients of the whole volume's Dice) or "val_loss".
        keep: the network of the "best" epoch by `monitor`, or of the "last": after a cosine the last is settled, while
            the best of a few validation patients may be a lucky one from the middle.
        augmentation: how slices and masks are varied, see `course_lib.data.Augmentation`.
        empty_per_tumor: slices without tumour per slice with tumour in an epoch, drawn anew for every epoch;
            None takes all there are, 0 none (as the original recipe did).
        precision: "auto" takes mixed_float16 on a GPU, mixed_bfloat16 on a processor with AVX512_BF16 or AMX, else
            float32; or one of these by name.
        seed: of split, initial weights, order and augmentation.
        split_seed: of the split alone, for several networks on the same patients; None is `seed`.
        validation: share of the patients for validation.
        test: share of the patients kept for the test.
        folds: cross-validation: the patients are divided into so many parts, and `test` is not used; None for one
            split.
        fold: the part that is kept for the test then, from 0.

    Raises:
        RecipeError: a value is of the wrong type or out of range; the message names the field and what is allowed.

    >>> Recipe(size=64, epochs=3).size
    64
    >>> Recipe(size=100)
    Traceback (most recent call last):
        ...
    course_lib.errors.RecipeError: size is 100, but must be a multiple of 16 from 16 to 1024 (96 and 112 are nearest).
    """

    size: int = 256
    batch: int = 16
    network: str = "vgg19_unet"
    width: float = 1.0
    weights: str | None = "imagenet"
    freeze_encoder: bool = False
    decoder_width: float | None = None
    standardise: bool = False
    standardise_first: bool = False
    encoder_norm: bool = False
    encoder_rate: float = 1.0
    loss: str = "focal_tversky"
    fn_weight: float = 0.7
    fp_weight: float = 0.3
    smooth: float = 1.0
    gamma: float = 0.75
    per_image: bool = False
    learning_rate: float = 1e-3
    epsilon: float = 1e-7
    epochs: int = 60
    schedule: str = "plateau"
    warmup: int = 0
    plateau_patience: int = 10
    plateau_factor: float = 0.2
    min_learning_rate: float = 1e-6
    stopping_patience: int = 30
    monitor: str = "val_dice"
    keep: str = "best"
    augmentation: Augmentation = field(default_factory=Augmentation)
    empty_per_tumor: float | None = 1.0
    precision: str = "auto"
    seed: int = 0
    split_seed: int | None = None
    validation: float = 0.15
    test: float = 0.15
    folds: int | None = None
    fold: int = 0

    def __post_init__(self):
        hints = typing.get_type_hints(type(self))
        for item in dataclasses.fields(self):
            object.__setattr__(self, item.name, typed(item.name, getattr(self, item.name), hints[item.name]))
        for name, allowed in CHOICES.items():
            check_choice(name, getattr(self, name), allowed)
        for name, bounds in RANGES.items():
            check_range(name, getattr(self, name), bounds)
        self._check_together()

    def _check_together(self):
        if self.size % 16 or not 16 <= self.size <= 1024:
            low = max(16, min(1024, self.size // 16 * 16))
            near = f"{low} and {min(1024, low + 16)} are nearest"
            raise RecipeError(f"size is {self.size}, but must be a multiple of 16 from 16 to 1024 ({near}).")
        if self.fold >= (self.folds or 1):
            raise RecipeError(
                f"fold is {self.fold}, but counts from 0 and must be less than folds ({self.folds or 'none given'})."
            )
        if self.folds is None and self.validation + self.test >= 1:
            raise RecipeError(
                f"validation is {self.validation} and test {self.test}, which leaves no patient to train on; "
                "they must add up to less than 1."
            )
        if self.fn_weight + self.fp_weight == 0:
            raise RecipeError("fn_weight and fp_weight are both 0; one of them must be above 0.")
        if self.network == "unet" and self.decoder_width is not None:
            raise RecipeError("decoder_width belongs to the network 'vgg19_unet'; 'unet' has one width for all.")
        if self.network == "unet" and self.encoder_norm:
            raise RecipeError("encoder_norm belongs to the network 'vgg19_unet'; 'unet' normalises everywhere.")
        if self.network == "unet" and self.encoder_rate != 1:
            raise RecipeError("encoder_rate belongs to the network 'vgg19_unet'; 'unet' has one learning rate for all.")
        if self.standardise_first and not self.standardise:
            raise RecipeError("standardise_first is true, but standardise is false: set both, or none.")
        if self.encoder_norm and self.freeze_encoder:
            raise RecipeError(
                "encoder_norm and freeze_encoder are both true: the norms would move, the rest would not."
            )
        if self.weights is not None and self.network == "unet":
            raise RecipeError(
                f"weights is {self.weights!r}, but the network 'unet' has no pretrained ones; allowed: None."
            )
        if self.weights is not None and self.width != 1:
            raise RecipeError(
                f"width is {self.width}, but weights {self.weights!r} fit width 1 only; "
                "set weights to None (--weights none), or width to 1."
            )
        if self.freeze_encoder and self.weights is None:
            raise RecipeError("freeze_encoder is true, but weights is None: random weights would stay random.")
        if self.warmup >= self.epochs and self.warmup > 0:
            raise RecipeError(f"warmup is {self.warmup}, but must be less than epochs ({self.epochs}).")

    @property
    def seed_of_split(self) -> int:
        """The seed that draws the patients of each part."""
        return self.seed if self.split_seed is None else self.split_seed

    @classmethod
    def fast(cls, **changes) -> "Recipe":
        """For CI, Binder and laptops: small slices, narrow network, random weights; about ten minutes on 2 cores."""
        return cls(**{**_FAST, **changes})

    @classmethod
    def full(cls, **changes) -> "Recipe":
        """For a GPU: 256 px, the whole VGG19 from ImageNet weights, 60 epochs."""
        return cls(**{"learning_rate": 1e-4, "standardise": True, **changes})

    @classmethod
    def original(cls, **changes) -> "Recipe":
        """The original recipe, split by patient: tumour slices only, Adam(0.05, epsilon 0.1), no augmentation, float32.

        What remains different: the input is scaled as VGG19 expects it, inside the network, in place of a z-score
        per slice.
        """
        original = {
            "learning_rate": 0.05,
            "epsilon": 0.1,
            "monitor": "val_loss",
            "augmentation": Augmentation.none(),
            "empty_per_tumor": 0.0,
            "precision": "float32",
        }
        return cls(**{**original, **changes})

    def to_json(self, path=None) -> str:
        """The recipe as JSON text; written to `path` too, if given.

        Raises:
            StorageError: `path` cannot be written.
        """
        text = json.dumps(dataclasses.asdict(self), indent=2) + "\n"
        if path is not None:
            from course_lib.storage import write_atomically

            with write_atomically(path) as file:
                file.write(text)
        return text

    @classmethod
    def from_json(cls, source) -> "Recipe":
        """Read a recipe back from JSON text, or from the file of that path.

        Raises:
            RecipeError: the file cannot be read, is not JSON, or names a field or value that there is not.
        """
        text, name = str(source), "recipe"
        if isinstance(source, Path) or not text.lstrip().startswith("{"):
            name = str(source)
            try:
                text = Path(source).read_text(encoding="utf-8")
            except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a name that no file can have
                raise RecipeError(f"{name}: cannot be read as a recipe ({error}).") from error
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise RecipeError(f"{name}: not valid JSON ({error}). Write one with Recipe.to_json().") from error
        if not isinstance(values, dict):
            raise RecipeError(f"{name}: a recipe is a JSON object of fields and values, not a {type(values).__name__}.")
        check_names(values, [item.name for item in dataclasses.fields(cls)], "field")
        return cls(**values)

    def differences(self, other: "Recipe") -> dict:
        """Fields in which two recipes differ: name to (own value, the other's value)."""
        names = [item.name for item in dataclasses.fields(self)]
        pairs = {name: (getattr(self, name), getattr(other, name)) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


_FAST = {
    "size": 64,
    "batch": 16,
    "width": 0.25,
    "weights": None,
    "learning_rate": 1e-3,
    "epochs": 30,
    "schedule": "cosine",
    "warmup": 1,
    "standardise": True,
}
