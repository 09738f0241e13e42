"""``course train``: train a network by a recipe into a folder, or go on with one that was stopped."""

import argparse
import dataclasses
import sys
from pathlib import Path

EXAMPLES = """\
examples:
  course train --preset fast --out runs/first                a laptop: small network, small slices
  course train --preset full --out runs/full                 a GPU: 256 px, VGG19 from ImageNet weights
  course train --data my/kaggle_3m --epochs 5 --out runs/try  your own folder of scans, five epochs
  course train --resume --out runs/first                     go on after Ctrl-C, a kill or a power cut
  course train --preset full --devices 2 --out runs/full     two of this machine's GPUs
  course train --recipe runs/first/recipe.json --seed 1 --out runs/second   the same again, another seed
  course train --recipe results/shipped/recipe.json --out runs/best         the recipe of the network that ships

several machines: the same words on each, but for --worker; every machine needs the scans
  course train --preset full --workers 10.0.0.1:12345,10.0.0.2:12345 --worker 0 --out runs/full     on the first
  course train --preset full --workers 10.0.0.1:12345,10.0.0.2:12345 --worker 1 --out runs/full     on the second
Or set TF_CONFIG as TensorFlow documents it, in place of --workers and --worker. The first worker validates and writes
the folder; the others write nothing. If one stops, the others end; start all of them again with --resume.
With several devices, --batch is that of all of them together, and a run gives what one device gives, up to rounding.

The folder keeps the recipe, who was in which part, the history and the network of the best epoch (best.keras; with
--keep last, of the last).
Then: course evaluate --model runs/first --csv first.csv
"""

# option: (field of the recipe, type, help); left out means what the preset says
OVERRIDES = {
    "--size": ("size", int, "side of the slices in pixels, a multiple of 16"),
    "--width": ("width", float, "share of VGG19's channels, above 0, up to 1"),
    "--decoder-width": ("decoder_width", float, "share of the decoder's channels (default: as --width)"),
    "--batch": ("batch", int, "slices per training step"),
    "--epochs": ("epochs", int, "at most so many passes over the training slices"),
    "--learning-rate": ("learning_rate", float, "of Adam, at the start"),
    "--encoder-rate": ("encoder_rate", float, "learning rate of a pretrained encoder, as a share of all else's (1)"),
    "--seed": ("seed", int, "of split, initial weights, order and augmentation"),
    "--split-seed": ("split_seed", int, "of the split alone, for several networks on the same patients (--seed)"),
    "--weights": ("weights", str, "encoder's weights: imagenet, none, or a VGG19 .weights.h5 file"),
    "--network": ("network", str, "vgg19_unet or unet"),
    "--loss": ("loss", str, "focal_tversky, tversky, dice or binary_crossentropy"),
    "--keep": ("keep", str, "the network of the best epoch on validation, or of the last: best or last"),
    "--precision": ("precision", str, "auto, float32, mixed_bfloat16 or mixed_float16"),
    "--empty-per-tumor": ("empty_per_tumor", str, "slices without tumour per slice with, or all"),
    "--validation": ("validation", float, "share of the patients for validation"),
    "--test": ("test", float, "share of the patients kept for the test"),
    "--folds": ("folds", int, "cross-validation: divide the patients into so many parts"),
    "--fold": ("fold", int, "the part that is kept for the test then, from 0"),
}


def add_parser(subparsers) -> None:
    """Add ``train`` to the command line."""
    parser = subparsers.add_parser(
        "train",
        help="train a network, resumably",
        description="Train a network by a preset, patients split into training, validation and test.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of patient folders (default: what is found)")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="folder for the run")
    parser.add_argument("--resume", action="store_true", help="go on with the run in RUN, or begin it if there is none")
    base = parser.add_mutually_exclusive_group()
    base.add_argument("--preset", choices=("fast", "full", "original"), help="default: fast")
    base.add_argument("--recipe", type=Path, metavar="FILE", help="a recipe.json in place of a preset")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    _add_team(parser)
    _add_changes(parser)
    parser.set_defaults(run=run)


def _add_team(parser) -> None:
    team = parser.add_argument_group("several GPUs or machines")
    team.add_argument(
        "--devices",
        default="all",
        metavar="all|one|N",
        help="GPUs of this machine to use (all); without any, N tries N on the processor",
    )
    team.add_argument("--workers", metavar="HOST:PORT,...", help="addresses of all machines, the first one writes RUN")
    team.add_argument("--worker", type=int, metavar="N", help="which of --workers this machine is, from 0")
    team.add_argument("--wait", type=float, metavar="SECONDS", help="for the other machines at the start (600)")


def _add_changes(parser) -> None:
    changes = parser.add_argument_group("changes to the preset")
    for option, (name, kind, text) in OVERRIDES.items():
        changes.add_argument(option, dest=name, type=kind, default=argparse.SUPPRESS, metavar="X", help=text)
    changes.add_argument("--freeze-encoder", action="store_true", default=argparse.SUPPRESS, help="keep its weights")
    changes.add_argument(
        "--encoder-norm",
        action="store_true",
        default=argparse.SUPPRESS,
        help="batch normalisation in the encoder",
    )
    changes.add_argument(
        "--standardise",
        action=argparse.BooleanOptionalAction,
        default=argparse.SUPPRESS,
        help="bring each slice's brain to one mean and spread, inside the network",
    )
    changes.add_argument(
        "--standardise-first",
        action="store_true",
        default=argparse.SUPPRESS,
        help="do so before brightness and contrast are varied, not after",
    )


def run(options) -> int:
    """Train as the options say; Ctrl-C says how to go on."""
    from course_lib.data import find_data
    from course_lib.training import train
    from course_lib.training.distribute import choose_devices

    devices = choose_devices(options.devices, options.workers, options.worker, options.wait)
    recipe = choose_recipe(options)
    data = options.data or find_data()
    try:
        done = train(recipe, data, options.out, resume=options.resume, progress=not options.quiet, devices=devices)
    except KeyboardInterrupt:
        print(
            f"\nStopped. Go on with: course train --resume{_data_words(options)}{_team_words(options)} "
            f"--out {options.out}",
            file=sys.stderr,
        )
        return 130
    if not devices.is_chief:
        first = devices.worker.addresses[0]
        print(f"{len(done.history)} epochs. The run is in {options.out} on the first worker ({first}).")
        return 0
    best = done.history["val_dice"].max()
    print(
        f"{len(done.history)} epochs in {sum(done.seconds) / 60:.1f} min; best validation Dice by patient {best:.3f}."
    )
    print(f"Next: course evaluate{_data_words(options)} --model {options.out} --csv {options.out / 'scores.csv'}")
    return 0


def choose_recipe(options):
    """The recipe of preset, file or run to resume, with the changes that the options ask for.

    Raises:
        RecipeError: a value is impossible.
    """
    from course_lib.training import Recipe

    names = {item.name for item in dataclasses.fields(Recipe)}
    changes = {name: value for name, value in vars(options).items() if name in names}
    if changes.get("weights", "").lower() == "none":
        changes["weights"] = None
    if "empty_per_tumor" in changes:
        changes["empty_per_tumor"] = _number_or_all(changes["empty_per_tumor"])
    stored = options.out / "recipe.json"
    if options.recipe:
        return dataclasses.replace(Recipe.from_json(options.recipe), **changes)
    if options.resume and options.preset is None and stored.exists():
        return dataclasses.replace(Recipe.from_json(stored), **changes)
    return getattr(Recipe, options.preset or "fast")(**changes)


def _number_or_all(text: str):
    if text.lower() == "all":
        return None
    try:
        return float(text)
    except ValueError:
        return text  # the recipe says what is allowed


def _data_words(options) -> str:
    return f" --data {options.data}" if options.data else ""


def _team_words(options) -> str:
    words = f" --devices {options.devices}" if options.devices != "all" else ""
    return words + (f" --workers {options.workers} --worker {options.worker}" if options.workers else "")
