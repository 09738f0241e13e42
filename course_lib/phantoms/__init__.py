"""Synthetic patients in the very layout of the Kaggle folder, for working through the course without the real scans.

`make_phantoms` writes a set to disk, `phantom_patient` makes one patient in memory. The anatomy is the MNI152 average
brain, bent into one person's, with a head synthesised around it, a low-grade glioma grown into it and a scanner's
habits laid over it. Nothing in it comes from a patient.
"""

from course_lib.phantoms.patient import Phantom, phantom_patient
from course_lib.phantoms.store import make_phantoms

__all__ = ["Phantom", "make_phantoms", "phantom_patient"]
