# On a fresh machine with Python 3.11 and make: `make demo` or `make test`, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEER_VENV := .venv-peer
PEER_READY := $(PEER_VENV)/.ready
PYTORCH_VENV := .venv-pytorch
PYTORCH_READY := $(PYTORCH_VENV)/.ready
PIP_FLAGS := --quiet --disable-pip-version-check

# tmp_path keeps what a test wrote; two workers are what two cores carry with TensorFlow in each.
PYTEST_FLAGS ?= -n 2

.PHONY: demo test setup lint types docs docs-serve notebooks presets parity bench wheel clean help

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/:/' | sort

setup: $(READY)  ## make .venv with everything that development needs

$(READY): pyproject.toml constraints/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_FLAGS) -c constraints/dev.txt -e ".[dev]"
	touch $@

demo: $(READY)  ## train a TCN on smartwatch data, export int8, verify on TensorFlow Lite Micro, write the report
	$(BIN)/nse run configs/tcn/tcn-har-smartwatch.yaml --out runs/demo --overwrite

test: $(READY)  ## all tests
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

lint: $(READY)  ## style and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY)  ## mypy, strict
	$(BIN)/mypy

docs: $(READY)  ## build the site into site/, warnings are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs-serve: $(READY)  ## show the site while you write it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

notebooks: $(READY)  ## execute every notebook
	$(BIN)/python -m pytest $(PYTEST_FLAGS) --nbmake notebooks

presets: $(READY)  ## compute again what nse list and the editors' completion show of the presets
	$(BIN)/python tools/preset_facts.py

wheel: $(READY)  ## build the wheel into dist/
	$(BIN)/python -m pip wheel $(PIP_FLAGS) --no-deps --wheel-dir dist .

$(PEER_READY): constraints/peer.txt
	$(PYTHON) -m venv $(PEER_VENV)
	$(PEER_VENV)/bin/python -m pip install $(PIP_FLAGS) -c constraints/peer.txt neuralspot-edge==0.2.2
	$(PEER_VENV)/bin/python -m pip install $(PIP_FLAGS) --no-deps -c constraints/peer.txt keras-tcn==3.5.7
	touch $@

$(PYTORCH_READY): constraints/pytorch.txt
	$(PYTHON) -m venv $(PYTORCH_VENV)
	$(PYTORCH_VENV)/bin/python -m pip install $(PIP_FLAGS) -c constraints/pytorch.txt pytorch-tcn==1.2.3
	touch $@

parity: $(READY) $(PEER_READY)  ## compare weights and outputs with neuralspot-edge 0.2.2 and keras-tcn 3.5.7 in an environment of theirs
	$(BIN)/python -m pytest tests/parity --peer-python $(PEER_VENV)/bin/python -s

bench: $(READY) $(PEER_READY) $(PYTORCH_READY)  ## measure against neuralspot-edge 0.2.2, keras-tcn 3.5.7, pytorch-tcn 1.2.3
	$(BIN)/python -m benchmarks --peer-python $(PEER_VENV)/bin/python --pytorch-python $(PYTORCH_VENV)/bin/python

clean:  ## remove what the targets made, but for runs/
	rm -rf $(VENV) $(PEER_VENV) $(PYTORCH_VENV) site dist build *.egg-info
