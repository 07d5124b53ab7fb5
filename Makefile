# Every target does its own set-up: Python 3.11 or newer with venv, and make, are all it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
CONFIG ?= config
STATE ?= state
KILLS ?= 30
SECONDS ?= 60

.PHONY: help run demo test check soak fuzz mutants audit release bench lock schema clean

help:            ## Show what can be made
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: $(VENV)/.run ## Start the daemon on the shipped config; its database is in state/
	$(BIN)/watcher run --config $(CONFIG) --state $(STATE)

demo: $(VENV)/.run ## Show a small news world being watched: no network, no account
	$(BIN)/watcher demo

test: $(VENV)/.dev ## Run the whole test suite
	$(BIN)/python -m pytest $(TESTS)

check: $(VENV)/.dev ## Lint, types, layers, shipped config
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/watcher check --config $(CONFIG)

soak: $(VENV)/.dev ## Kill the daemon at random moments while news keeps coming (KILLS=30)
	WATCHER_KILLS=$(KILLS) $(BIN)/python -m pytest --timeout 0 tests/test_crashes.py -k any_moment

fuzz: $(VENV)/.dev ## Try random and damaged input for a while (SECONDS=60)
	$(BIN)/python -m tests.fuzzing $(SECONDS)

mutants: $(VENV)/.dev ## Make known mistakes in a copy of the tree; each must make a test fail
	$(BIN)/python -m tests.mutants

audit: $(VENV)/.audit ## Look for known vulnerabilities in what is locked; write dist/sbom.json (CycloneDX)
	mkdir -p dist
	$(VENV)/audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements.lock
	$(VENV)/audit/bin/cyclonedx-py requirements requirements.lock --of JSON -o dist/sbom.json

release: check test audit $(VENV)/.dev ## All that must hold before a release, and the wheel in dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

bench: $(VENV)/.dev ## Measure, as ratios within one run
	$(BIN)/python -m benchmarks

lock:            ## Write the lock files anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet \
	  --extra build --extra chart pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet \
	  --extra build --extra chart --extra dask -c requirements.lock pyproject.toml -o requirements-dask.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet \
	  --all-extras -c requirements.lock pyproject.toml -o requirements-dev.lock

schema: $(VENV)/.run ## Write config/schema/ anew
	$(BIN)/watcher check --write-schema $(CONFIG)/schema

clean:           ## Remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Watcher needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# These tools look at the project from outside, and have an environment of their own.
$(VENV)/.audit: | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1 cyclonedx-bom==7.5.0
	@touch $@
