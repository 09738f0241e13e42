"""Figures of trust: what a reader must be able to read off reliability, uncertainty, heat maps and paired scores."""

import itertools

import numpy as np
import pandas as pd
import pytest

from course_lib import plots
from course_lib.errors import ArgumentError


def texts(ax):
    return [text.get_text() for text in ax.texts]


def table(shares, probabilities=(0.25, 0.75), counts=(100, 10)):
    rows = {"low": [0, 0.5], "high": [0.5, 1], "count": counts, "probability": probabilities, "share": shares}
    return pd.DataFrame(rows)


def picture(value=100, size=8):
    return np.full((size, size, 3), value, "uint8")


def test_a_reliability_diagram_shows_each_bin_over_what_was_said_and_its_count_below():
    above, below = plots.reliability({"head": table([0.1, 0.4])})
    diagonal, line = above.lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert line.get_xydata().tolist() == [[0.25, 0.1], [0.75, 0.4]]
    assert [bar.get_height() for bar in below.patches] == [100, 10]
    assert below.get_yscale() == "log"


def test_an_empty_bin_has_no_point_in_the_diagram():
    empty = table([0.1, np.nan], (0.25, np.nan), (100, 0))
    assert plots.reliability({"head": empty})[0].lines[1].get_xydata().tolist() == [[0.25, 0.1]]


def test_two_sets_of_pixels_are_told_by_marker_dash_and_hatch_and_their_bars_do_not_overlap():
    above, below = plots.reliability({"head": table([0.1, 0.4]), "all": table([0.05, 0.4])})
    first, second = above.lines[1:]
    assert first.get_marker() != second.get_marker()
    assert first.get_linestyle() != second.get_linestyle()
    assert [text.get_text() for text in above.get_legend().get_texts()] == ["head", "all"]
    spans = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in below.patches)
    assert all(end <= start + 1e-9 for (_, end), (start, _) in itertools.pairwise(spans))
    assert len({bar.get_hatch() for bar in below.patches}) == 2


def test_uncertainty_stands_beside_the_error_in_every_row():
    truth = np.zeros((2, 8, 8), bool)
    truth[:, 2:5, 2:5] = True
    probability = np.where(truth, 0.9, 0.0)
    probability[1] = 0
    ax = plots.uncertainty_beside_error(np.stack([picture()] * 2), truth, probability, probability / 2, ["one", "two"])
    assert len(ax.images) == 8
    assert {"slice and expert", "probability", "uncertainty", "errors", "one", "two"} <= set(texts(ax))
    assert ax.images[2].get_array().max() == pytest.approx(0.9)  # 0.5 is white, so 0.45 is 0.9 of it


def test_misses_and_false_alarms_have_colours_of_their_own_and_hits_have_none():
    truth, probability = np.zeros((1, 8, 8), bool), np.zeros((1, 8, 8))
    truth[0, 0, :2] = True
    probability[0, 0, 1:3] = 1
    errors = plots.uncertainty_beside_error(picture()[None], truth, probability, probability).images[3].get_array()
    hit, miss, alarm, rest = errors[0, 1], errors[0, 0], errors[0, 2], errors[5, 5]
    assert np.allclose(hit, rest)
    assert len({tuple(color) for color in (miss, alarm, rest)}) == 3


def test_outlines_lie_over_their_own_picture():
    truth = np.zeros((1, 8, 8), bool)
    truth[0, :4, 4:] = True  # upper right quarter
    ax = plots.uncertainty_beside_error(picture()[None], truth, np.zeros((1, 8, 8)), np.zeros((1, 8, 8)))
    corners = np.concatenate([path.vertices for path in ax.collections[0].get_paths()])
    left, right, bottom, top = ax.images[0].get_extent()
    np.testing.assert_allclose(corners.min(axis=0), [(left + right) / 2, (bottom + top) / 2], atol=1e-9)
    np.testing.assert_allclose(corners.max(axis=0), [right, top], atol=1e-9)


def test_each_heat_map_has_its_own_scale_and_every_picture_the_region():
    maps = {"deep": np.eye(8) * 1000, "shallow": np.eye(8) * 0.001}
    region = np.zeros((8, 8), bool)
    region[2:4, 2:4] = True
    ax = plots.heat_maps(picture()[None], [maps], region[None], ["trained"])
    assert [image.get_clim()[1] for image in ax.images[1:]] == [1000, 0.001]
    assert len(ax.collections) == 3
    assert {"slice", "deep", "shallow", "trained"} == set(texts(ax))


def test_a_heat_map_without_heat_is_drawn_dark():
    ax = plots.heat_maps(picture()[None], [{"nothing": np.zeros((8, 8))}], np.zeros((1, 8, 8)))
    assert ax.images[1].norm(ax.images[1].get_array()).max() == 0


def test_risk_is_drawn_in_per_cent_and_lines_are_told_by_dashes_too():
    curve = pd.DataFrame({"coverage": [0.5, 1.0], "risk": [0.0, 0.02]})
    ax = plots.risk_by_coverage({"four": curve, "lot": curve})
    assert ax.lines[0].get_xydata().tolist() == [[50, 0], [100, 2]]
    assert len({line.get_linestyle() for line in ax.lines}) == 2


def test_every_patient_is_a_point():
    ax = plots.uncertainty_by_patient([0.1, 0.3], [0.9, 0.2])
    assert np.asarray(ax.collections[0].get_offsets()).tolist() == [[0.1, 0.9], [0.3, 0.2]]


def test_every_patient_is_a_line_through_all_conditions_and_means_are_written():
    scores = pd.DataFrame({"all": [0.8, 0.6], "without": [0.4, 0.0]})
    ax = plots.paired_scores(scores)
    assert [list(line.get_ydata()) for line in ax.lines[:2]] == [[0.8, 0.4], [0.6, 0.0]]
    assert texts(ax) == ["0.70", "0.20"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["all", "without"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.reliability({}),
        lambda: plots.risk_by_coverage({}),
        lambda: plots.paired_scores(pd.DataFrame()),
        lambda: plots.uncertainty_by_patient([0.1], [0.2, 0.3]),
        lambda: plots.uncertainty_by_patient([], []),
        lambda: plots.heat_maps([], [], []),
        lambda: plots.heat_maps(picture()[None], [{"small": np.ones((2, 2))}], np.ones((1, 8, 8))),
        lambda: plots.uncertainty_beside_error(picture(), np.ones((8, 8)), np.ones((8, 8)), np.ones((8, 8))),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw):
    with pytest.raises(ArgumentError):
        draw()
