"""The errors that the course raises: each names the file or value at fault and says what to do next."""


class CourseError(Exception):
    """Base of the course's own errors. The command line prints its message without a trace and ends with status 1."""


class DataError(CourseError):
    """Scans, masks or the folder that holds them are missing, damaged or do not fit together."""


class WeightsError(CourseError):
    """Model weights cannot be had, read, or do not fit the network."""


class RecipeError(CourseError):
    """A training recipe asks for something impossible, or does not match the run that it should resume."""


class DownloadError(CourseError):
    """Kaggle cannot be reached, refuses, or breaks off; what has arrived is kept, and running again goes on."""


class StorageError(CourseError):
    """A file cannot be written: disk full, folder read-only. Nothing half-written is left behind."""


class ArgumentError(CourseError, ValueError):
    """A value handed to a function of the library is impossible: wrong shape, range or option."""
