"""Helper library of the course on brain-tumour segmentation with a VGG19-UNet.

Import the module that a lesson needs, not this package: ``from course_lib import data, plots``.
"""

__version__ = "0.1.0"
