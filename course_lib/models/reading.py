"""What reading a file of weights may raise, and how it is told."""

import zipfile
import zlib

UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


def first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
