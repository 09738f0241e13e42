"""Build the course's web site from docs/, the executed solutions and the docstrings. Nothing is fetched.

python tools/build_site.py                 # into build/site
python tools/build_site.py --out public    # elsewhere
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}  # docstrings need no GPU

from course_lib.errors import CourseError
from tools.repository import ROOT
from tools.site_build.source import write_source

LARGEST = 30_000_000  # bytes of the whole site


def build(out: Path) -> int:
    """Build the site into a folder and return Sphinx's exit status: 0, or 1 if there was any warning.

    The folder is replaced. What Sphinx reads lies beside it, in ``NAME-source``, and is left there to look at.

    Raises:
        CourseError: a document or a lesson has a fault that a reader would meet, the site has become too large, or the
            folder holds something else.
    """
    from sphinx.cmd.build import main as sphinx

    source, doctrees = (out.with_name(f"{out.name}-{part}") for part in ("source", "doctrees"))
    for folder, sign in {out: "searchindex.js", source: "conf.py"}.items():
        if folder.is_dir() and any(folder.iterdir()) and not (folder / sign).exists():
            raise CourseError(f"{folder} holds something else than a site. Name another folder: --out FOLDER.")
        shutil.rmtree(folder, ignore_errors=True)
    write_source(source)
    status = sphinx(["-q", "-W", "--keep-going", "-E", "-d", str(doctrees), str(source), str(out)])
    (out / "_static" / "webpack-macros.html").unlink(missing_ok=True)  # a template that the theme leaves behind
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    if size > LARGEST:
        raise CourseError(f"{out} has {size / 1e6:.0f} MB, more than {LARGEST / 1e6:.0f}. Make its pictures smaller.")
    return status


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site", help="folder to make (default build/site)")
    out, started = parser.parse_args(arguments).out.resolve(), time.monotonic()
    try:
        status = build(out)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    if status == 0:
        files = [file for file in out.rglob("*") if file.is_file()]
        size = sum(file.stat().st_size for file in files) / 1e6
        print(f"{out / 'index.html'}: {len(files)} files, {size:.1f} MB, {time.monotonic() - started:.0f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())
