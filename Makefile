# `make demo` and `make test` install what they need into .venv and run; nothing outside this folder is changed.
# `make campaign` runs the slow tests that `make test` leaves out: kills by the dozen, simulations of the gate.
# `make bounds` installs the lowest allowed set of dependencies, then the newest, and tries both. `make pins` renews what
# is pinned of prompts, rubrics, prices and published tables; it refuses what changed without its version or date.
# `make real` runs small released models (docs/real_weights.md) and writes what it measured into README.md.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
REAL := $(VENV)/real_packages
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test campaign real bounds pins lint types format schemas cards clean

demo: $(VENV)/.core
	$(BIN)/evalkit run --model pocketsphinx --task asr_demo

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python docs/types/check.py
	$(BIN)/python -m pytest -q -n auto -m 'not campaign and not real'

campaign: $(VENV)/.test
	$(BIN)/python -m pytest -q -n auto -m campaign

bounds: $(VENV)/.test
	EVALKIT_BOUNDS=1 $(BIN)/python -m pytest -q tests/bounds

pins: $(VENV)/.test
	$(BIN)/python tests/pins/pin.py

real: $(VENV)/.test $(VENV)/.real
	EVALKIT_REAL_PACKAGES='$(abspath $(REAL))' $(BIN)/python -m pytest -q -m real tests/real

lint: $(VENV)/.test
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/python docs/types/check.py

format: $(VENV)/.test
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

schemas: $(VENV)/.core
	$(BIN)/python docs/schemas/write.py

cards: $(VENV)/.core
	$(BIN)/python docs/cards/write.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(VENV)/bin/python pyproject.toml setup.py
	$(PIP) install -e .
	@touch $@

# The CPU build of torch, and the transformers whose bugs the families work around: 5.18 and 5.24 each changed what a
# model says. Raise the version on purpose, with the suite.
$(VENV)/.test: $(VENV)/bin/python pyproject.toml setup.py Makefile
	$(PIP) install -e '.[test]' torch==2.13.0 transformers==5.24.0
	@touch $@

# Weights and a server for `make real`, in a folder that no interpreter looks into by itself: nothing comes to depend
# on them. Other versions, or other files under the same version, are refused by their hashes.
$(VENV)/.real: $(VENV)/bin/python tests/real/requirements.txt
	rm -rf '$(REAL)'
	$(PIP) install --no-deps --require-hashes --only-binary :all: --target '$(REAL)' -r tests/real/requirements.txt
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
