"""What GitHub runs: the systems and Pythons that the course promises, by commands that are there."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import begin

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / ".github" / "workflows").glob("*.yml")}
JOBS = [(job, name) for job in WORKFLOWS.values() for name in job["jobs"]]


def commands(job):
    """Every line that a job's steps run."""
    return "\n".join(step["run"] for step in job["steps"] if "run" in step)


def everything_run():
    return "\n".join(commands(job) for workflow in WORKFLOWS.values() for job in workflow["jobs"].values())


def test_every_promised_python_and_every_system_is_tried_without_make():
    job = WORKFLOWS["tests"]["jobs"]["machines"]
    matrix = job["strategy"]["matrix"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    promised = {line.rpartition(" ")[2] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)}
    assert set(matrix["python-version"]) == promised
    systems = {*matrix["os"], *(row["os"] for row in matrix["include"])}
    assert {name.partition("-")[0] for name in systems} == {"ubuntu", "macos", "windows"}
    assert "python begin.py check" in commands(job)
    assert "make " not in commands(job)


def test_the_commands_that_are_run_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    run = everything_run()
    assert set(re.findall(r"\bmake ([a-z]+)", run)) <= targets
    assert set(re.findall(r"begin\.py ([a-z]+)", run)) <= begin.STEPS.keys()
    for script in re.findall(r"bash (\S+)", run):
        assert (ROOT / script).is_file()


def test_only_the_job_that_publishes_may_write_anything():
    for workflow in WORKFLOWS.values():
        assert workflow["permissions"] == {"contents": "read"}
        for name, job in workflow["jobs"].items():
            wanted = {"pages": "write", "id-token": "write"} if name == "publish" else {"contents": "read"}
            assert job.get("permissions", {"contents": "read"}) == wanted, name


def test_the_site_is_published_from_main_once_the_tag_of_its_links_is_there():
    job = WORKFLOWS["site"]["jobs"]["publish"]
    assert set(job["needs"]) == {"build", "tag"}
    assert "refs/heads/main" in job["if"]
    assert "tools.repository" in commands(WORKFLOWS["site"]["jobs"]["tag"])


@pytest.mark.parametrize(("workflow", "name"), JOBS, ids=[name for _, name in JOBS])
def test_no_job_hangs_for_hours(workflow, name):
    assert workflow["jobs"][name]["timeout-minutes"] <= 90


def test_the_screenshots_of_the_browser_tests_are_kept_even_where_a_test_failed():
    steps = WORKFLOWS["tests"]["jobs"]["everything"]["steps"]
    kept = next(step for step in steps if step.get("uses", "").startswith("actions/upload-artifact"))
    assert kept["with"]["path"] == "screenshots/"
    assert kept["if"] == "always()"
