# Every target makes its environment on first use: nothing has to be installed by hand before it.
PYTHON ?= python3
VENV ?= .venv
# Further arguments for pip when torch is installed, such as --index-url for another build of it.
TORCH_ARGS ?=
BIN := $(VENV)/bin

.PHONY: train test lint bench
train: $(VENV)/installed
	$(BIN)/python scripts/train.py embed=pretrained finetune=false

test: $(VENV)/installed
	$(BIN)/python -m pytest -n auto --maxprocesses 4

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/installed
	$(BIN)/python scripts/bench.py

# torch first and within its bounds: asked for by another package, pip would take any build.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt $(TORCH_ARGS) torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
