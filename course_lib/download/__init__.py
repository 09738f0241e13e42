"""The real data set from Kaggle: fetched, checked against the published counts, and unpacked once.

A download that was cut goes on where it stopped. The folder of scans appears only once it is whole.
"""

from course_lib.download.archive import PUBLISHED, Counts
from course_lib.download.dataset import fetch
from course_lib.download.login import find_login

__all__ = ["PUBLISHED", "Counts", "fetch", "find_login"]
