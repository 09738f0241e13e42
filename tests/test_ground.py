"""What the repository promises as a whole: its dependencies, import directions and budgets."""

import ast
import importlib.metadata
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "course_lib"
MODULES = sorted(path for path in LIBRARY.rglob("*.py"))
LONGEST_MODULE, REPOSITORY_BUDGET, SHIPPED_MODEL_BUDGET = 350, 60e6, 25e6

LAYERS = {  # a room may import those to its left in this order, and itself; cli may import everything
    "foundation": {"backend", "errors", "quiet", "storage", "surroundings"},
    "middle": {
        "data",
        "phantoms",
        "download",
        "convolution",
        "models",
        "handin",
        "host",
        "losses",
        "masks",
        "training",
        "evaluation",
        "explain",
        "plots",
        "progress",
        "results",
        "widgets",
    },
    "teaching": {"check", "grading"},
    "entry": {"cli", "commands"},
}
WITHOUT_TENSORFLOW = [
    "errors",
    "storage",
    "convolution",
    "masks",
    "data",
    "phantoms",
    "evaluation",
    "plots",
    "progress",
    "results",
    "handin",
    "host",
    "cli",
]


def tracked_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout, so what is tracked cannot be listed")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).exists()]


def room_of(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """Rooms of course_lib that a file imports anywhere, inside functions too."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module == "course_lib":
            names = [f"course_lib.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("course_lib.")}
    return rooms - {"__version__"}


def test_pyproject_owns_the_dependencies_and_environment_yml_only_points_at_it():
    lines = [line.strip() for line in (ROOT / "environment.yml").read_text().splitlines()]
    listed = [line.removeprefix("- ") for line in lines[lines.index("dependencies:") + 1 :] if line]
    names = [entry.split("=")[0] for entry in listed if not entry.endswith(":")]
    assert names == ["python", "pip", "-c constraints.txt", "-e ."]


def test_the_packages_that_the_course_is_named_for_are_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    everything = " ".join(project["dependencies"] + project["optional-dependencies"]["dev"])
    for name in ["jupyterlab", "tensorflow", "matplotlib", "seaborn", "ipywidgets", "nbval", "kaggle", "six"]:
        assert f"{name}>=" in everything, name


def test_what_is_installed_here_is_what_the_constraints_pin():
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    direct = ["tensorflow", "keras", "numpy", "pandas", "scipy", "matplotlib", "ipywidgets", "jupyterlab", "nbval"]
    assert {name: importlib.metadata.version(name) for name in direct} == {name: pins[name] for name in direct}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_a_module_imports_only_from_rooms_below_it(path):
    layers = list(LAYERS.values())
    mine = next((number for number, rooms in enumerate(layers) if room_of(path) in rooms), None)
    if path == LIBRARY / "__init__.py":
        assert imported_rooms(path) == set()
        return
    assert mine is not None, f"{path.name}: say in LAYERS which room this is"
    above = set().union(*layers[mine + 1 :])
    assert not imported_rooms(path) & above


@pytest.mark.parametrize("room", WITHOUT_TENSORFLOW)
def test_rooms_that_look_and_count_load_without_tensorflow(room):
    program = (
        f"import sys, course_lib.{room}; print(sorted({{'tensorflow', 'keras', 'jax', 'torch'}} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_no_module_is_longer_than_a_reader_can_hold(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def test_the_repository_stays_small_enough_to_clone_on_a_slow_line():
    sizes = {path: path.stat().st_size for path in tracked_files()}
    assert sum(sizes.values()) <= REPOSITORY_BUDGET
    assert max(sizes.values()) <= SHIPPED_MODEL_BUDGET


def test_no_tracked_file_names_a_folder_of_the_machine_it_was_written_on():
    for path in tracked_files():
        if (
            path.suffix in {".py", ".md", ".ipynb", ".toml", ".yml", ".cff", ".txt"}
            and path != Path(__file__).resolve()
        ):
            text = path.read_text(encoding="utf-8")
            for folder in ("/home/", "/Users/", "/root/", "/work/", "../shared"):
                assert folder not in text, f"{path.relative_to(ROOT)} names {folder}"
