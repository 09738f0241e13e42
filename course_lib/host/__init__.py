"""Where a lesson runs and what it may use there: asked by every lesson's first cell, before anything else is loaded.

Loads neither TensorFlow nor NumPy, and nothing that an old Python could not read: what is said here must reach those
whose machine is not fit for the lessons.
"""

from course_lib.host.machine import Machine, look
from course_lib.host.packages import install, missing_packages, stale
from course_lib.host.start import begin, preset

__all__ = ["Machine", "begin", "install", "look", "missing_packages", "preset", "stale"]
