"""When to believe a network: what moved its answer, how sure it is, and whether that is worth anything.

- `seg_grad_cam`: what of a picture moved the answer, and `random_twin` to check that training matters to the map.
- `augmented_prediction`: the mean answer over variants of a slice, and how far the answers lie apart;
  `errors_caught`, `error_auc` and `risk_coverage` check such an uncertainty against the errors.
- `reliability_table`, `calibration_error`, `brier_score`: whether probabilities are meant, inside `head_mask`.
- `remove_sequence`, `other_scanner`: what a network may meet elsewhere.
"""

from course_lib.explain.calibration import brier_score, calibration_error, head_mask, reliability_table
from course_lib.explain.gradcam import random_twin, seg_grad_cam
from course_lib.explain.stress import other_scanner, remove_sequence
from course_lib.explain.uncertainty import error_auc, errors_caught, risk_coverage
from course_lib.explain.variants import (
    FLIPS,
    MIRROR,
    PLAIN,
    TURNS,
    UP_DOWN,
    Augmented,
    Variant,
    augmented_prediction,
    predict_variants,
    rotation,
    shift,
)

__all__ = [
    "FLIPS",
    "MIRROR",
    "PLAIN",
    "TURNS",
    "UP_DOWN",
    "Augmented",
    "Variant",
    "augmented_prediction",
    "brier_score",
    "calibration_error",
    "error_auc",
    "errors_caught",
    "head_mask",
    "other_scanner",
    "predict_variants",
    "random_twin",
    "reliability_table",
    "remove_sequence",
    "risk_coverage",
    "rotation",
    "seg_grad_cam",
    "shift",
]
