# The two commands to know: `make lab` opens lesson 1, `make test` runs everything. `make help` lists the rest.
# What builds .venv and what lab, test, check and site run in it stands in begin.py, which is also for those without make.
PYTHON ?= $(shell for p in python3 python python3.12 python3.13 python3.11; do $$p -c "" 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: help setup lab test check site notebooks colab bench reference clean

help:  ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

setup:  ## build .venv alone; nothing happens where it is up to date
	@test -n "$(PYTHON)" || { echo "No Python found. Install Python 3.12, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) begin.py setup

lab: setup  ## open JupyterLab on lesson 1
	@$(PYTHON) begin.py lab -- $(LAB_OPTIONS)

test: setup  ## every test, every notebook
	@$(PYTHON) begin.py test

check: setup  ## lint and the quick tests: under three minutes
	@$(PYTHON) begin.py check

site: setup  ## build the web site into build/site
	@$(PYTHON) begin.py site

notebooks: setup  ## build the learner's copies and the executed solutions from notebooks/source
	$(BIN)/python tools/build_notebooks.py

colab: setup  ## every lesson as Colab runs it, on Colab's own versions
	$(BIN)/python tools/colab.py $(if $(ONLY),--only $(ONLY))

bench: setup  ## speed and memory, as ratios in one run
	$(BIN)/python -m bench
	$(BIN)/python -m bench.grading
	$(BIN)/python -m bench.shipped
	$(BIN)/python -m bench.binder

reference: setup  ## compare losses and scores with MONAI and segmentation_models.pytorch
	$(BIN)/python -m pip install --quiet --editable ".[reference]"
	$(BIN)/python -m pytest -m reference

clean:  ## remove what was built (not data, not runs)
	rm -rf $(VENV) .venv-colab build *.egg-info .pytest_cache .ruff_cache .hypothesis
