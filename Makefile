# One vocabulary for people, hooks and CI. `make help` lists it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
INFRA_STAMP := .venv-infra/.installed
HELD := tests/data tests/model tests/gates  # whose rooms' branch coverage is held; tracing the rest would cost minutes
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test cover check fix nightly docs infra-check infra-lock simulator-fit model-quality bench-memory lock clean

help: ## what you can make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## install what the lock names into .venv

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; ok = (3, 11) <= v <= (3, 13); ok or sys.exit(f"make: $(PYTHON) is Python {v[0]}.{v[1]}; expected 3.11, 3.12 or 3.13. Name one: make PYTHON=python3.12 setup")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@if command -v uv >/dev/null; then \
	  uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	  echo "installing the locked dependencies with pip (two to three minutes; uv does it in seconds)"; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@$(BIN)/python -m compileall -q src
	@touch $@

demo: setup ## the whole life of a model on this laptop (ARGS="--data simulated")
	@$(BIN)/credit-default demo $(ARGS)

test: setup ## the tests
	@$(BIN)/python -m pytest $(ARGS)

cover: setup ## the tests, and branch coverage of data, model and gates (at least 95 %)
	@$(BIN)/python -m pytest --cov --cov-report= $(HELD) $(ARGS)
	@$(BIN)/coverage report --fail-under=95
	@$(BIN)/python -m pytest $(addprefix --ignore=,$(HELD)) $(ARGS)

check: setup ## lint, format, types, import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: setup ## what the tools can mend by themselves
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

nightly: setup ## the tests, and the long form of the heavy ones
	@$(BIN)/python -m pytest -m "nightly or not nightly" $(ARGS)

docs: setup ## write docs/data-dictionary.md anew from the declarations
	@$(BIN)/python docs/write_data_dictionary.py

infra-check: setup $(if $(SHORT),,$(INFRA_STAMP)) ## Terraform and its tests, six minutes (SHORT=1: one of them)
	@$(BIN)/python -m pytest -q -rNfE --dist loadfile --no-loadscope-reorder tests/infra -m "$(if $(SHORT),short or not terraform,terraform or not terraform)" $(ARGS)

$(INFRA_STAMP): infra/requirements.lock
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@$(BIN)/uv pip install --quiet --python $(@D)/bin/python --require-hashes -r $< && touch $@ || \
	  echo "make: checkov could not be installed into $(@D): its check will be skipped"

infra-lock: setup ## make infra/requirements.lock anew from infra/requirements.in
	@$(BIN)/uv pip compile --quiet infra/requirements.in --universal --generate-hashes --python-version 3.11 \
	  --no-emit-index-url --custom-compile-command "make infra-lock" --upgrade -o infra/requirements.lock

simulator-fit: setup ## how near the simulator comes to the real portfolio: a table and a picture (DATA=file)
	@$(BIN)/python benchmarks/simulator_fit_report.py $(DATA)

model-quality: setup ## pooled five-fold quality of the forest, mean of three seeds (DATA=file)
	@$(BIN)/python benchmarks/model_quality.py $(DATA)

bench-memory: setup ## memory of checking and scoring 1 M and 10 M rows, four minutes (ARGS="200000 1000000")
	@$(BIN)/python benchmarks/memory.py $(ARGS)

lock: setup ## make requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 \
	  --no-emit-index-url --custom-compile-command "make lock" --upgrade -o requirements.lock

clean: ## remove what the commands made, but not .venv
	@rm -rf demo-lake .cache .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
