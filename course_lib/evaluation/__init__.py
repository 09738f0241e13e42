"""Scores of a segmentation, by mask, lesion and patient, in NumPy alone.

The number that counts is the Dice score of a patient's whole volume: `score_patients` gives it for every patient,
`summary` and `bootstrap_interval` say what they amount to. Slices without tumour are counted apart, in
`false_alarm_table`.
"""

from course_lib.evaluation.comparison import (
    Comparison,
    averages,
    choose_many_times,
    compare_models,
    dice_by_patient,
    dice_by_threshold,
)
from course_lib.evaluation.intervals import bootstrap_interval, summary
from course_lib.evaluation.patients import false_alarm_table, score_patients
from course_lib.evaluation.predict import keep_large_parts, predict_slices, predict_volume, resize_probabilities
from course_lib.evaluation.scores import (
    LesionCounts,
    count_lesions,
    dice_score,
    hausdorff95,
    lesion_f1,
    precision,
    recall,
    volume_error,
)
from course_lib.evaluation.surfaces import surface_points

__all__ = [
    "Comparison",
    "LesionCounts",
    "averages",
    "bootstrap_interval",
    "choose_many_times",
    "compare_models",
    "count_lesions",
    "dice_by_patient",
    "dice_by_threshold",
    "dice_score",
    "false_alarm_table",
    "hausdorff95",
    "keep_large_parts",
    "lesion_f1",
    "precision",
    "predict_slices",
    "predict_volume",
    "recall",
    "resize_probabilities",
    "score_patients",
    "summary",
    "surface_points",
    "volume_error",
]
