"""The lessons and their exercises, as a list: what there is to solve is known without loading a bank of answers."""

from dataclasses import dataclass

from course_lib.errors import ArgumentError


@dataclass(frozen=True)
class Lesson:
    """One lesson: its number, its title, the name of its notebook without ".ipynb", and its exercises in order."""

    number: int
    title: str
    name: str
    exercises: tuple[str, ...]

    @property
    def heading(self) -> str:
        """Number and title, as the lesson itself writes them: "5 · Tversky losses"."""
        return f"{self.number} · {self.title}"


def _lesson(number: int, title: str, name: str, exercises: str) -> Lesson:
    return Lesson(number, title, f"{number:02d}_{name}", tuple(exercises.split()))


LESSONS = (
    _lesson(
        1,
        "Meet the scans",
        "meet_the_scans",
        "head_percent largest_slice standardise missing_sequences what_a_copy_costs",
    ),
    _lesson(
        2,
        "Count the masks",
        "count_the_masks",
        "tumor_percent tumor_share count_twins split_patients what_the_copier_shows",
    ),
    _lesson(
        3,
        "U-Net from scratch",
        "unet_from_scratch",
        "conv_parameters ten_convolutions receptive_field skip_connection what_skips_carry",
    ),
    _lesson(4, "Borrow VGG19", "borrow_vgg19", "caffe where_to_tap trainable_parameters head_start when_to_borrow"),
    _lesson(
        5,
        "Tversky losses",
        "tversky_losses",
        "soft_counts tversky_index focal_tversky_loss heavier_for_keras worth_of_a_miss",
    ),
    _lesson(6, "Train", "train", "move_pairs best_epoch plateau_rates early_stop four_trainings"),
    _lesson(
        7,
        "See predictions",
        "see_predictions",
        "error_codes best_threshold what_the_worst_share largest_part two_readers_guess",
    ),
    _lesson(8, "Score honestly", "score_honestly", "patient_dice hd95 interval_width mean_interval honest_sentence"),
    _lesson(
        9,
        "Trust and explain",
        "trust_and_explain",
        "sure_and_right tumor_shares brier mirrored_mean when_not_to_believe",
    ),
    _lesson(10, "Capstone", "capstone", "shared_patients my_dice encode_runs headline limits"),
)


def find_lesson(wanted: str | int) -> Lesson:
    """The lesson of a number or of the beginning of a name: 5, "5", "05", "05_tversky", "05_tversky_losses.ipynb".

    Raises:
        ArgumentError: no lesson, or several, are named so.

    >>> find_lesson("05").title
    'Tversky losses'
    """
    text = str(wanted).strip().removesuffix(".ipynb")
    start = f"{int(text):02d}_" if text.isdecimal() else text
    found = [lesson for lesson in LESSONS if start and lesson.name.startswith(start)]
    if len(found) != 1:
        raise ArgumentError(f"There is no lesson {str(wanted)!r}: choose a number from 1 to {len(LESSONS)}, as in 05.")
    return found[0]
