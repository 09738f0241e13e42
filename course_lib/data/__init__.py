"""The scans: find the folder, check and index it, split it by patient, load it, batch and augment it.

A folder of scans has the layout of the Kaggle data set ``mateuszbuda/lgg-mri-segmentation``::

    kaggle_3m/
        data.csv                                    a row a patient
        TCGA_CS_4941_19960909/                      a folder a patient; the second part names the institution
            TCGA_CS_4941_19960909_1.tif             a slice: 8-bit, three sequences in place of red, green, blue
            TCGA_CS_4941_19960909_1_mask.tif        its mask: 8-bit, 0 or 255

Importing this package does not load TensorFlow; only `augment_batch` and `make_dataset` do, when they are called.
"""

from course_lib.data.clinical import clinical_table
from course_lib.data.find import data_folder, find_data, locate_data
from course_lib.data.index import Fault, check_folder, index_scans
from course_lib.data.load import SEQUENCES, load_slices, missing_sequences
from course_lib.data.looking import largest_slice, standardise
from course_lib.data.pipeline import Augmentation, augment_batch, make_dataset
from course_lib.data.split import Split, balance_slices, count_twins, split_by_fold, split_by_patient, split_by_slice

__all__ = [
    "SEQUENCES",
    "Augmentation",
    "Fault",
    "Split",
    "augment_batch",
    "balance_slices",
    "check_folder",
    "clinical_table",
    "count_twins",
    "data_folder",
    "find_data",
    "index_scans",
    "largest_slice",
    "load_slices",
    "locate_data",
    "make_dataset",
    "missing_sequences",
    "split_by_fold",
    "split_by_patient",
    "split_by_slice",
    "standardise",
]
