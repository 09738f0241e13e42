"""The clinical table of the phantoms: the published set's 18 columns and codes, drawn with its frequencies and gaps."""

import numpy as np

# Column: (codes, their counts among the 110 published patients, how many of the 110 have a gap).
CODES = {
    "RNASeqCluster": ((1, 2, 3, 4), (25, 28, 12, 27), 18),
    "MethylationCluster": ((1, 2, 3, 4, 5), (4, 13, 34, 21, 37), 1),
    "miRNACluster": ((1, 2, 3, 4), (33, 62, 8, 7), 0),
    "CNCluster": ((1, 2, 3), (59, 20, 29), 2),
    "RPPACluster": ((1, 2, 3, 4), (27, 31, 17, 23), 12),
    "OncosignCluster": ((1, 2, 3), (29, 58, 18), 5),
    "COCCluster": ((1, 2, 3), (56, 24, 30), 0),
    "histological_type": ((1, 2, 3), (33, 29, 47), 1),
    "neoplasm_histologic_grade": ((1, 2), (51, 58), 1),
    "tumor_tissue_site": ((1,), (109,), 1),
    "laterality": ((), (), 1),  # from where the lesion lies
    "tumor_location": ((), (), 1),  # likewise
    "gender": ((1, 2), (56, 53), 1),
    "age_at_initial_pathologic": ((), (), 1),
    "race": ((2, 3), (10, 98), 2),
    "ethnicity": ((1, 2), (3, 99), 8),
    "death01": ((0, 1), (82, 27), 1),
}
COLUMNS = ("Patient", *CODES)
LEFT, RIGHT = 1, 3
FRONTAL, OCCIPITAL, PARIETAL, TEMPORAL = 2, 4, 5, 6


def lobe(centre):
    """The table's code of the lobe that holds ``centre``: z, y, x in millimetres of MNI space."""
    z, y, x = centre
    if y < -62:
        return OCCIPITAL
    if z < 8 and abs(x) > 24 and y < 12:
        return TEMPORAL
    return PARIETAL if y < -20 else FRONTAL


def draw_clinical(rng, patient, centre):
    """One row, column by column.

    Args:
        rng: random generator.
        patient: the first three parts of the folder's name.
        centre: the lesion's centre, z, y, x in millimetres of MNI space; the patient's left is x > 0.

    Returns:
        dict of whole numbers in the order of `COLUMNS`; None marks a gap.
    """
    known = {
        "laterality": LEFT if centre[2] > 0 else RIGHT,
        "tumor_location": lobe(centre),
        "age_at_initial_pathologic": int(np.clip(round(rng.normal(46, 14)), 20, 75)),
    }
    row = {"Patient": patient}
    for column, (codes, counts, gaps) in CODES.items():
        value = known[column] if column in known else int(rng.choice(codes, p=np.array(counts) / sum(counts)))
        row[column] = None if rng.random() < gaps / 110 else value
    return row
