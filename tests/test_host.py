"""What the course says of the machine it runs on, what it mends there, and what it leaves alone."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import types
import zipfile
from pathlib import Path

import pytest

from course_lib import data, host, phantoms
from course_lib.errors import RecipeError
from course_lib.host import machine, packages, start

ROOT = Path(__file__).parents[1]
KAGGLE_FORMS = ("lgg-mri-segmentation", "datasets/mateuszbuda/lgg-mri-segmentation")
SMALL = machine.Machine(machine.OWN, "", 2, 2, 8_000_000_000, 6_000_000_000)


def write(root, files):
    """Write files below a folder that stands for the root of the disk."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def on(monkeypatch):
    """A function that makes the course believe that it runs on another machine; no real scans, nothing set."""
    for name in ("COURSE_DATA", "COURSE_RUNS", "COURSE_PRESET", *machine.THREADS):
        monkeypatch.setenv(name, "")  # so that what a test sets there is taken back, too
        monkeypatch.delenv(name)

    def become(**changes):
        monkeypatch.setattr(start, "look", lambda: SMALL._replace(**changes))
        monkeypatch.setattr(start, "_machine", None)
        monkeypatch.setattr(start, "located", lambda: None)

    become()
    return become


# ---- where, and with what


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({}, "your own computer"),
        ({"COLAB_RELEASE_TAG": "release-colab_20260819-060122_RC00"}, "Colab"),
        ({"KAGGLE_KERNEL_RUN_TYPE": "Interactive"}, "Kaggle"),
        (
            {"KAGGLE_KERNEL_RUN_TYPE": "Batch", "COLAB_RELEASE_TAG": "release-colab"},
            "Kaggle",
        ),  # made from Colab's image
        ({"BINDER_SERVICE_HOST": "10.3.240.1"}, "Binder"),
    ],
)
def test_the_place_is_told_by_its_own_marks(environ, place):
    assert machine.place(environ) == place


def test_a_gpu_is_found_by_its_tool_or_its_file_and_hidden_ones_do_not_count(tmp_path):
    write(tmp_path, {"bin/nvidia-smi": "#!/bin/sh\necho 'GPU 0: Tesla T4 (UUID: GPU-1c2d)'\n"}).joinpath(
        "bin/nvidia-smi"
    ).chmod(0o755)
    path = {"PATH": str(tmp_path / "bin")}
    assert machine.gpu(path, tmp_path) == "Tesla T4"
    assert machine.gpu({**path, "CUDA_VISIBLE_DEVICES": "-1"}, tmp_path) == ""
    assert machine.gpu({"PATH": "/nowhere"}, tmp_path) == ""
    write(tmp_path, {"dev/nvidia0": ""})
    assert machine.gpu({"PATH": "/nowhere"}, tmp_path) == "a GPU"


def test_a_driver_that_sees_no_gpu_is_no_gpu(tmp_path):
    failing = "#!/bin/sh\necho 'NVIDIA-SMI has failed because it couldn'\\''t communicate with the driver.'\nexit 9\n"
    write(tmp_path, {"nvidia-smi": failing}).joinpath("nvidia-smi").chmod(0o755)
    assert machine.gpu({"PATH": str(tmp_path)}, tmp_path) == ""


MEMINFO = "MemTotal:       16000000 kB\nMemFree:  2000000 kB\nMemAvailable:   12000000 kB\n"


@pytest.mark.parametrize(
    ("environ", "files", "gigabytes"),
    [
        ({}, {}, 16.384),
        ({"MEM_LIMIT": "2147483648"}, {}, 2.147),  # Binder's word for it
        ({"MEM_LIMIT": "2G"}, {}, 2.147),
        ({}, {"sys/fs/cgroup/memory.max": "max\n"}, 16.384),
        ({}, {"sys/fs/cgroup/memory.max": "4000000000\n"}, 4.0),
        ({}, {"sys/fs/cgroup/memory/memory.limit_in_bytes": "3000000000\n"}, 3.0),  # control groups, version 1
        ({}, {"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 16.384),  # its word for no limit
        ({}, {"proc/self/cgroup": "0::/user/me\n", "sys/fs/cgroup/user/memory.max": "5000000000\n"}, 5.0),  # above us
        ({"MEM_LIMIT": "6000000000"}, {"sys/fs/cgroup/memory.max": "5000000000\n"}, 5.0),
    ],
)
def test_memory_is_the_least_that_anything_allows(tmp_path, environ, files, gigabytes):
    total, free = machine.memory_to_use(environ, write(tmp_path, {"proc/meminfo": MEMINFO, **files}))
    assert total / 1e9 == pytest.approx(gigabytes, abs=0.001)
    assert free <= min(total, 12_288_000_000)


def test_memory_that_the_container_has_used_is_not_free_but_its_file_cache_is(tmp_path):
    group = {
        "memory.max": "2000000000",
        "memory.current": "1500000000",
        "memory.stat": "anon 1\ninactive_file 400000000",
    }
    write(tmp_path, {"proc/meminfo": MEMINFO, **{f"sys/fs/cgroup/{name}": text for name, text in group.items()}})
    assert machine.memory_to_use({}, tmp_path) == (2_000_000_000, 900_000_000)


def test_a_machine_that_says_nothing_of_its_memory_is_not_called_small(tmp_path, on, capsys):
    assert machine.memory_to_use({}, tmp_path) == (0, 0)
    on(memory=0, free=0)
    assert "memory" not in "\n".join(start.troubles(start.look_once()))


@pytest.mark.parametrize(
    ("environ", "files", "cores"),
    [
        ({}, {}, 8),
        ({"CPU_LIMIT": "2.0"}, {}, 2),
        ({"CPU_LIMIT": "nonsense"}, {}, 8),
        ({}, {"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 2),
        ({}, {"sys/fs/cgroup/cpu.max": "max 100000\n"}, 8),
        ({}, {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"}, 4),
        ({}, {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"}, 8),
        ({"CPU_LIMIT": "0.5"}, {}, 1),
    ],
)
def test_cores_are_the_fewest_that_anything_allows(tmp_path, monkeypatch, environ, files, cores):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: range(8), raising=False)
    assert machine.cores_to_use(environ, write(tmp_path, files)) == cores


def test_threads_are_limited_only_where_the_system_reports_more_cores_than_there_are(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    binder = SMALL._replace(place=machine.BINDER, cores=2, all_cores=16)
    settings = {"OMP_NUM_THREADS": "1"}
    assert machine.limit_threads(binder, settings)
    assert settings["OMP_NUM_THREADS"] == "1"  # what the user has set stays
    assert settings["TF_NUM_INTRAOP_THREADS"] == "2"
    assert not machine.limit_threads(SMALL, settings)


def test_threads_are_left_alone_once_tensorflow_is_loaded(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", types.ModuleType("tensorflow"))
    settings = {}
    assert not machine.limit_threads(SMALL._replace(all_cores=16), settings)
    assert settings == {}


# ---- which preset


def test_the_full_preset_takes_a_gpu_and_real_scans(on, tiny_folder, tmp_path, monkeypatch):
    real, made_up = tiny_folder(), tiny_folder(parent=tmp_path / "made")
    (made_up / "phantoms.json").write_text("{}")
    for gpu, folder, expected in [
        ("Tesla T4", real, "full"),
        ("", real, "fast"),
        ("Tesla T4", made_up, "fast"),
        ("Tesla T4", None, "fast"),
    ]:
        on(gpu=gpu)
        if folder:
            monkeypatch.setenv("COURSE_DATA", str(folder))
            monkeypatch.setattr(start, "located", data.locate_data)
        assert host.preset() == expected, (gpu, folder)


@pytest.mark.parametrize("form", KAGGLE_FORMS)
def test_on_kaggle_the_mounted_patients_are_found_and_a_gpu_means_full(
    on, tiny_folder, tmp_path, monkeypatch, form, capsys
):
    tiny_folder(parent=tmp_path / "input" / form)
    on(place=machine.KAGGLE, gpu="Tesla P100-PCIE-16GB")
    monkeypatch.setattr(start, "located", lambda: data.locate_data(kaggle_input=tmp_path / "input", home=tmp_path))
    monkeypatch.setattr(packages, "installed_course", lambda: "")
    monkeypatch.setattr(packages, "install_course", lambda: "")
    monkeypatch.setattr("course_lib.download.fetch", lambda *_, **__: pytest.fail("downloads"))
    host.begin()
    said = capsys.readouterr().out
    assert "Kaggle: Tesla P100-PCIE-16GB" in said
    assert "Scans: the Kaggle data set, mounted here." in said
    assert "Preset: full" in said
    assert data.find_data(kaggle_input=tmp_path / "input").is_relative_to(tmp_path / "input" / form)
    assert os.environ["COURSE_RUNS"] == "/kaggle/working/runs"


def test_a_preset_that_is_named_is_taken_and_a_wrong_name_is_refused(on, monkeypatch, capsys):
    assert host.preset("fast") == "fast"
    assert host.preset("full") == "full"
    assert re.search(r"no GPU here.*half an hour", capsys.readouterr().out)
    on(gpu="Tesla T4")
    assert host.preset("full") == "full"
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("COURSE_PRESET", "full")
    assert host.preset() == "full"
    with pytest.raises(RecipeError, match=r"'fst'.*host\.preset\('fast'\)"):
        host.preset("fst")


def test_on_colab_a_gpu_that_was_asked_for_and_is_missing_is_explained_where_one_gets_it(on, monkeypatch, capsys):
    on(place=machine.COLAB)
    monkeypatch.setattr(start, "add_packages", lambda machine: [])
    monkeypatch.setenv("COURSE_PRESET", "full")
    host.begin()
    assert "Change runtime type" in capsys.readouterr().out


# ---- what the first cell says


def test_it_takes_at_most_four_short_lines_where_all_is_well(on, capsys):
    for _ in range(2):
        host.begin()
        lines = capsys.readouterr().out.splitlines()
        assert 1 < len(lines) <= 4
        assert max(map(len, lines)) <= 120
        assert "no GPU, 2 cores, 8.0 GB of memory" in lines[0]


def test_it_loads_neither_tensorflow_nor_arrays_before_the_machine_was_looked_at():
    code = "import sys; from course_lib import host; print([m for m in ('tensorflow', 'numpy') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("changes", "version", "says"),
    [
        ({}, (3, 10, 4), r"Python .*need 3\.11, 3\.12 or 3\.13.*make lab PYTHON="),
        ({}, (3, 15, 0), r"Python .*need 3\.11, 3\.12 or 3\.13"),
        ({"free": 900_000_000}, None, r"0\.9 GB of memory are free.*Shut Down"),
    ],
)
def test_what_only_the_user_can_mend_gets_one_sentence(on, monkeypatch, capsys, changes, version, says):
    on(**changes)
    if version:
        monkeypatch.setattr(sys, "version_info", version)
    host.begin()
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("✗")]
    assert re.search(says, line)


def test_an_old_python_can_read_the_whole_of_it():
    import ast

    for path in (ROOT / "course_lib" / "host").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
        assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))


def test_in_a_read_only_folder_what_is_written_goes_elsewhere(on, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(start, "writable", lambda folder: folder == tmp_path)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    few = phantoms.make_phantoms
    monkeypatch.setattr(phantoms, "make_phantoms", lambda root: few(root, patients=2, size=32))
    host.begin()
    assert re.search(r"is read-only: runs go to \S+, synthetic patients to \S+\.\n", capsys.readouterr().out)
    assert data.find_data().is_relative_to(tmp_path)
    assert Path(os.environ["COURSE_RUNS"]).is_relative_to(tmp_path)


def test_a_folder_in_which_no_file_can_be_made_is_not_writable(tmp_path):
    assert start.writable(tmp_path)
    assert not start.writable(tmp_path / "missing")
    assert not start.writable(Path("/proc"))
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_is_named_wrongly_is_explained_and_the_cell_goes_on(on, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    monkeypatch.setattr(start, "located", data.locate_data)
    host.begin()
    assert "COURSE_DATA" in capsys.readouterr().out
    assert host.preset() == "fast"


# ---- packages


def test_the_packages_looked_for_are_those_that_the_project_declares():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[\w-]+", each)[0] for each in declared}
    assert {*packages.NEEDED, *packages.WISHED} == names - {"jupyterlab"}
    assert packages.missing_packages() == packages.missed_packages() == []


def test_on_ones_own_machine_a_missing_package_is_named_and_nothing_is_installed(on, monkeypatch, capsys):
    monkeypatch.setattr(packages, "missing_packages", lambda: ["seaborn"])
    monkeypatch.setattr(packages, "pip", lambda *_: pytest.fail("installs"))
    host.begin()
    assert re.search(r'lacks seaborn.*-m pip install --editable "', capsys.readouterr().out)


def test_on_colab_the_course_goes_in_without_its_dependencies_and_missing_ones_are_added(on, monkeypatch, capsys):
    on(place=machine.COLAB)
    asked = []
    monkeypatch.setattr(packages, "installed_course", lambda: "")
    monkeypatch.setattr(packages, "missing_packages", lambda: ["seaborn"] if len(asked) < 2 else [])
    monkeypatch.setattr(packages, "pip", lambda *options: asked.append(options) or "")
    host.begin()
    assert asked[0] == ("--no-deps", "--editable", str(ROOT))
    assert asked[1][0] == "--constraint"
    assert asked[1][2:] == ("seaborn",)
    assert "Installed: seaborn. Nothing else was changed." in capsys.readouterr().out


def test_without_a_network_kaggle_is_told_where_the_switch_is(on, monkeypatch, capsys):
    on(place=machine.KAGGLE)
    monkeypatch.setattr(packages, "installed_course", lambda: "")
    monkeypatch.setattr(packages, "missing_packages", lambda: ["seaborn"])
    monkeypatch.setattr(packages, "pip", lambda *_: "ERROR: No matching distribution found for seaborn")
    monkeypatch.setattr(start, "places_to_write", lambda machine: [])
    host.begin()
    said = capsys.readouterr().out
    assert re.search(r"✗ Missing: seaborn.*Settings → Internet on", said)
    assert "the lessons do without it" in said


def test_without_a_network_lessons_go_on_without_what_they_can_spare(on, monkeypatch, capsys):
    on(place=machine.KAGGLE)
    monkeypatch.setattr(packages, "installed_course", lambda: packages.course_lib.__version__)
    monkeypatch.setattr(packages, "missed_packages", lambda: ["anywidget"])
    monkeypatch.setattr(packages, "pip", lambda *_: "ERROR: No matching distribution found for anywidget")
    monkeypatch.setattr(start, "places_to_write", lambda machine: [])
    host.begin()
    said = capsys.readouterr().out
    assert re.search(r"· Goes on without anywidget: lesson 7's outline.*Settings → Internet on", said)
    assert "Scans: " in said  # the lines after it are there, so nothing was stopped
    assert "✗" not in said


def test_on_ones_own_machine_what_lessons_can_spare_comes_with_the_command_that_adds_it(on, monkeypatch, capsys):
    monkeypatch.setattr(packages, "missed_packages", lambda: ["anywidget"])
    monkeypatch.setattr(packages, "pip", lambda *_: pytest.fail("installs"))
    host.begin()
    said = capsys.readouterr().out
    assert re.search(r'· Goes on without anywidget: .*" -m pip install anywidget\n', said)
    assert "✗" not in said


def test_a_package_that_can_be_spared_does_not_stop_one_that_cannot(on, monkeypatch, capsys):
    on(place=machine.COLAB)
    there = []
    monkeypatch.setattr(packages, "installed_course", lambda: packages.course_lib.__version__)
    monkeypatch.setattr(packages, "missing_packages", lambda: [] if "seaborn" in there else ["seaborn"])
    monkeypatch.setattr(packages, "missed_packages", lambda: ["anywidget"])

    def pip(*options):
        if "anywidget" in options:
            return "ERROR: Cannot install anywidget because these package versions have conflicting dependencies."
        there.extend(options)
        return ""

    monkeypatch.setattr(packages, "pip", pip)
    host.begin()
    said = capsys.readouterr().out
    assert "Installed: seaborn. Nothing else was changed." in said
    assert "· Goes on without anywidget" in said
    assert "Scans: " in said
    assert "✗" not in said


@pytest.mark.parametrize(("variable", "says"), [("", "set HTTPS_PROXY"), ("HTTPS_PROXY", "is it right?")])
def test_behind_a_proxy_the_variable_is_named(monkeypatch, variable, says):
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, "http://proxy:3128")
    assert says in start.network_help(SMALL)


def wheel(folder, name, version, needs=()):
    """Write a package that holds one empty module."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "")
        lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {each}" for each in needs)]
        file.writestr(f"{info}/METADATA", "\n".join(["Metadata-Version: 2.1", *lines, ""]))
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


@pytest.mark.slow
def test_installing_adds_what_is_missing_and_never_changes_what_is_there(tmp_path):
    wheels, python = tmp_path / "wheels", tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    wheels.mkdir()
    wheel(wheels, "resident", "1.0")
    wheel(wheels, "resident", "2.0")
    wheel(wheels, "newcomer", "1.0", needs=["resident>=1", "friend"])
    wheel(wheels, "friend", "1.0")
    wheel(wheels, "intruder", "1.0", needs=["resident>=2"])
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    alone = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_CONFIG_FILE": os.devnull,
    }
    settings = {**os.environ, **alone, "PYTHONPATH": str(ROOT)}
    subprocess.run([python, "-m", "pip", "install", "-q", "resident==1.0"], check=True, env=settings)
    code = "from course_lib.host import packages as p; print([p.install(['newcomer']), p.install(['intruder'])]);"
    code += "there = p.installed(); print([there.get(n) for n in ('resident', 'newcomer', 'friend', 'intruder')])"
    done = subprocess.run([python, "-c", code], check=True, env=settings, capture_output=True, text=True)
    errors, there = done.stdout.splitlines()
    assert re.fullmatch(r"\['', [\"']ERROR: .*\]", errors)
    assert there == "['1.0', '1.0', '1.0', None]"


def test_a_kernel_that_holds_older_files_than_the_disk_is_told_to_restart(tmp_path):
    copy = tmp_path / "course_lib"
    shutil.copytree(ROOT / "course_lib" / "host", copy / "host", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "course_lib" / "__init__.py", copy / "__init__.py")
    code = (
        "from pathlib import Path; from course_lib.host import packages as p; print([p.stale()]);"
        "f = Path(p.__file__).with_name('start.py'); f.write_text(f.read_text() + '# new'); print([p.stale()])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    before, after = said.stdout.splitlines()
    assert before == "['']"
    assert "changed since this kernel loaded" in after


def test_a_kernel_that_holds_another_version_than_the_installed_one_is_told_to_restart(on, monkeypatch, capsys):
    monkeypatch.setattr(packages, "installed_course", lambda: "99.0")
    host.begin()
    assert re.search(r"✗ Restart the kernel .*99\.0 is installed", capsys.readouterr().out)
