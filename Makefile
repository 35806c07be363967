# Every target makes its environment on first use: nothing has to be installed by hand before it.
PYTHON ?= python3
VENV ?= .venv
# Further arguments for pip when torch is installed, such as --index-url for another build of it.
TORCH_ARGS ?=
# Which mutants, such as wvexp.backprop.*; all of them where it is empty.
ONLY ?=
BIN := $(VENV)/bin

.PHONY: train test lint bench mutants
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

# Every small change of the mathematics must fail a test. The tool copies what it changes, and the
# tests, to build/mutants; Numba stays out, and with it the decorators that would hide its functions.
mutants: $(VENV)/installed-mutants
	mkdir -p build/mutants && rm -rf build/mutants/tests build/mutants/wvexp
	cp -R README.md pyproject.toml configs docs hydra_plugins scripts tests wvexp build/mutants
	sed -i.bak '/^@compiled$$/d' build/mutants/wvexp/backprop/*.py
	rm build/mutants/wvexp/backprop/*.bak
	cd build/mutants && NUMBA_DISABLE_JIT=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		$(abspath $(BIN))/mutmut run --max-children 2 $(ONLY)
	cd build/mutants && $(abspath $(BIN))/mutmut results

$(VENV)/installed-mutants: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[mutants]'
	touch $@

# torch first and within its bounds: asked for by another package, pip would take any build.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt $(TORCH_ARGS) torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
