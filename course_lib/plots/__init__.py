"""Figures of the course: each function takes arrays, draws on `ax` (a new figure if None) and returns the axes.

Only a cell shows a figure, with `show(ax, alt="…")` as its last line, which also hands its description on to readers
who cannot see it. Colours are Okabe and Ito's, and what colour tells is told by hatching, line style or marker as well.
"""

from course_lib.plots.brightness import brightness_by_patient, false_colours, head_shares, histogram
from course_lib.plots.charts import area_by_patient, curves, mask_counts, patient_scores
from course_lib.plots.counting import flattered_dice, hundred_squares, slices_by_patient, twins
from course_lib.plots.encoder import dice_by_labels, feature_maps, kernel_colours, nested_fields
from course_lib.plots.features import fields_of_view, losses_by_step, panels
from course_lib.plots.gallery import dice_by_threshold, error_gallery, patient_errors, pixel_costs
from course_lib.plots.grids import mosaic, patient_strip, sequences, slice_grid
from course_lib.plots.losses import loss_lines, loss_surface, pull_map, recall_precision
from course_lib.plots.network import network_blocks, network_diagram
from course_lib.plots.output import alt_text, picture_html, show
from course_lib.plots.report import report_figure, save_figure
from course_lib.plots.scans import SEQUENCES, blend, contour, error_map, grey, overlay
from course_lib.plots.scores import (
    crowned,
    intervals,
    known_and_new,
    leak_by_split,
    means_drawn_again,
    paired_changes,
)
from course_lib.plots.style import PALETTE
from course_lib.plots.training import rate_range, side_by_side, steered, time_spent
from course_lib.plots.trust import (
    heat_maps,
    paired_scores,
    reliability,
    risk_by_coverage,
    uncertainty_beside_error,
    uncertainty_by_patient,
)

__all__ = [
    "PALETTE",
    "SEQUENCES",
    "alt_text",
    "area_by_patient",
    "blend",
    "brightness_by_patient",
    "contour",
    "crowned",
    "curves",
    "dice_by_labels",
    "dice_by_threshold",
    "error_gallery",
    "error_map",
    "false_colours",
    "feature_maps",
    "fields_of_view",
    "flattered_dice",
    "grey",
    "head_shares",
    "heat_maps",
    "histogram",
    "hundred_squares",
    "intervals",
    "kernel_colours",
    "known_and_new",
    "leak_by_split",
    "loss_lines",
    "loss_surface",
    "losses_by_step",
    "mask_counts",
    "means_drawn_again",
    "mosaic",
    "nested_fields",
    "network_blocks",
    "network_diagram",
    "overlay",
    "paired_changes",
    "paired_scores",
    "panels",
    "patient_errors",
    "patient_scores",
    "patient_strip",
    "picture_html",
    "pixel_costs",
    "pull_map",
    "rate_range",
    "recall_precision",
    "reliability",
    "report_figure",
    "risk_by_coverage",
    "save_figure",
    "sequences",
    "show",
    "side_by_side",
    "slice_grid",
    "slices_by_patient",
    "steered",
    "time_spent",
    "twins",
    "uncertainty_beside_error",
    "uncertainty_by_patient",
]
