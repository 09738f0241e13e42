"""From a recipe to a compiled network, its loss and its callbacks."""

import dataclasses
import math
from contextlib import nullcontext

from course_lib.training.policy import has_gpu, precision
from course_lib.training.recipe import Recipe


def build_loss(recipe: Recipe):
    """The recipe's loss as a `keras.losses.Loss`."""
    from course_lib import losses
    from course_lib.backend import keras

    weights = {"fn_weight": recipe.fn_weight, "fp_weight": recipe.fp_weight}
    common = {"smooth": recipe.smooth, "per_image": recipe.per_image}
    match recipe.loss:
        case "focal_tversky":
            return losses.FocalTverskyLoss(**weights, **common, gamma=recipe.gamma)
        case "tversky":
            return losses.TverskyLoss(**weights, **common)
        case "dice":
            return losses.DiceLoss(**common)
    return keras.losses.BinaryCrossentropy()


def build_model(recipe: Recipe, policy: str, fast: bool = True, team=None):
    """The recipe's network, computing in precision `policy`, compiled.

    Args:
        recipe: the settings.
        policy: Keras' name of the precision.
        fast: take the one-pass layers and optimiser of `fast`; without, Keras' own.
        team: `distribute.Team` of several devices to build for (with Keras' own layers and optimiser), or None.

    Raises:
        WeightsError: the encoder's weights cannot be had.
    """
    from course_lib import models
    from course_lib.training.fast import accelerate
    from course_lib.training.together import for_team, whole_batch

    shape, loss, several = (recipe.size, recipe.size, 3), build_loss(recipe), team is not None and team.replicas > 1
    with precision(policy), team.scope() if team else nullcontext():
        if recipe.network == "unet":
            filters = tuple(max(1, round(recipe.width * 64 * 2**i)) for i in range(5))
            model = models.unet(shape, filters, standardise=standardising(recipe))
        else:
            model = models.vgg19_unet(
                shape,
                weights=recipe.weights,
                width=recipe.width,
                freeze_encoder=recipe.freeze_encoder,
                decoder_width=recipe.decoder_width,
                standardise=standardising(recipe),
                encoder_norm=recipe.encoder_norm,
            )
        if several:
            model, loss = for_team(model), whole_batch(loss)
        elif fast:
            model = accelerate(model)
        adam = _adam(recipe.encoder_rate, policy, fast, several)
        compile_model(model, loss, recipe.learning_rate, recipe.epsilon, adam)
    return model


def standardising(recipe: Recipe):
    """What the network that is kept does to its images first, as `models.vgg19_unet` takes it."""
    return "grey" if recipe.standardise_first else recipe.standardise


def fed_standardised(recipe: Recipe) -> Recipe:
    """The recipe of the network in training: it does not standardise again what `run` has standardised."""
    return dataclasses.replace(recipe, standardise=recipe.standardise and not recipe.standardise_first,
                               standardise_first=False)  # fmt: skip


def _adam(encoder_rate, policy, fast, several):
    """The kind of Adam to train with; None is Keras' own, as it is where nothing is asked for."""
    from course_lib.backend import keras
    from course_lib.training.fast import FusedAdam
    from course_lib.training.finetuning import with_encoder_rate
    from course_lib.training.together import team_adam

    adam = FusedAdam if fast and not several else keras.optimizers.Adam
    if encoder_rate != 1:
        adam = with_encoder_rate(adam, encoder_rate)
    if several:
        return team_adam(policy, adam)
    return None if adam is keras.optimizers.Adam else adam


def build_twin(recipe: Recipe):
    """The same network in float32 with an unused optimiser: what is saved, so that it loads fast on any processor."""
    return build_model(without_pretraining(recipe), "float32", fast=False)


def without_pretraining(recipe: Recipe) -> Recipe:
    """The recipe of a network of the same shape whose weights are about to be set."""
    return dataclasses.replace(recipe, weights=None, freeze_encoder=False, encoder_rate=1.0)


def compile_model(model, loss, learning_rate=1e-3, epsilon=1e-7, adam=None):
    """Compile with Adam, or the class `adam`. XLA only on a GPU: on processors it is slower than oneDNN."""
    from course_lib.backend import keras

    optimizer = (adam or keras.optimizers.Adam)(learning_rate, epsilon=epsilon)
    if adam is not None:
        optimizer.build(model.trainable_variables)  # cheaper here than inside the first step's graph
    model.compile(optimizer=optimizer, loss=loss, jit_compile="auto" if has_gpu() else False)


def build_callbacks(recipe: Recipe, best_path) -> tuple[list, object]:
    """Keras' own callbacks as the recipe sets them.

    Args:
        recipe: the settings.
        best_path: where ModelCheckpoint writes; may hold `{epoch}`.

    Returns:
        All callbacks in the order in which they are to be called, and the ModelCheckpoint among them.
    """

    from course_lib.backend import keras

    watch = {"monitor": recipe.monitor, "mode": "max" if recipe.monitor == "val_dice" else "min"}
    checkpoint = keras.callbacks.ModelCheckpoint(best_path, save_best_only=recipe.keep == "best", **watch)
    chosen = [checkpoint, keras.callbacks.EarlyStopping(patience=recipe.stopping_patience, **watch)]
    if recipe.schedule == "plateau":
        plateau = {"patience": recipe.plateau_patience, "factor": recipe.plateau_factor}
        chosen.append(keras.callbacks.ReduceLROnPlateau(**plateau, min_lr=recipe.min_learning_rate, **watch))
    if recipe.schedule == "cosine" or recipe.warmup:
        chosen.append(keras.callbacks.LearningRateScheduler(lambda epoch, rate: scheduled_rate(recipe, epoch, rate)))
    return chosen, checkpoint


def scheduled_rate(recipe: Recipe, epoch: int, rate: float) -> float:
    """Learning rate of an epoch (from 0): a linear rise, then the half cosine, or the rate as it is.

    >>> recipe = Recipe(learning_rate=0.1, warmup=2, epochs=10, schedule="cosine", min_learning_rate=0.0)
    >>> [round(scheduled_rate(recipe, epoch, 0.1), 3) for epoch in (0, 1, 2, 5, 9)]
    [0.05, 0.1, 0.099, 0.06, 0.001]
    """
    if epoch < recipe.warmup:
        return recipe.learning_rate * (epoch + 1) / recipe.warmup
    if recipe.schedule == "plateau":
        return rate
    done = (epoch - recipe.warmup + 0.5) / (recipe.epochs - recipe.warmup)
    low = min(recipe.min_learning_rate, recipe.learning_rate)
    return low + (recipe.learning_rate - low) * 0.5 * (1 + math.cos(math.pi * done))
