# The two commands to know: `make lab` opens lesson 1, `make test` runs everything. `make help` lists the rest.
PYTHON ?= $(firstword $(shell for p in python3.12 python3.13 python3.11 python3 python; do $$p -c 'import sys, venv; assert (3, 11) <= sys.version_info < (3, 14); print(sys.executable)' 2>/dev/null && break; done))
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: help setup lab test check unit notebooks bench reference clean

help:  ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

setup: $(STAMP)  ## build .venv alone

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 with venv found. Install one, or name it: make setup PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Building $(VENV) with $(PYTHON): about two minutes the first time"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) has no venv: on Debian or Ubuntu, apt install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $(STAMP)

lab: setup  ## open JupyterLab on lesson 1
	$(BIN)/course lab -- $(LAB_OPTIONS)

test: setup  ## every test, every notebook
	$(PYTEST) -q --doctest-modules course_lib
	$(PYTEST) -n 2 --dist loadscope -m "not notebooks and not browser"
	$(PYTEST) -n 2 --dist load --maxschedchunk 1 -m notebooks
	$(PYTEST) -m browser

check: setup  ## lint and the quick tests: under three minutes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(PYTEST) -n 2 --dist loadscope -q --doctest-modules tests course_lib -m "not slow and not notebooks and not browser and not reference"

notebooks: setup  ## build the learner's copies and the executed solutions from notebooks/source
	$(BIN)/python tools/build_notebooks.py

bench: setup  ## speed and memory, as ratios in one run
	$(BIN)/python -m bench
	$(BIN)/python -m bench.grading
	$(BIN)/python -m bench.shipped

reference: setup  ## compare losses and scores with MONAI and segmentation_models.pytorch
	$(BIN)/python -m pip install --quiet --editable ".[reference]"
	$(PYTEST) -m reference

clean:  ## remove what was built (not data, not runs)
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .hypothesis
