# `make` lists the targets. The environment in .venv is built and refreshed when it is needed.

.DEFAULT_GOAL := help
.PHONY: help contract judged test test-fast test-any-day test-lowest coverage client drift record serve fuzz bench attack mutants lint format build lock clean
SHELL := /bin/bash

PYTHON ?= python3
ARGS ?=
TO ?= recordings
BASELINE ?= baseline
AREA ?= scrub
N ?= 200

BIN := .venv/bin
# Many tests wait for a process, a time-out or a browser: twice as many workers as there are cores.
WORKERS ?= $$($(BIN)/python -c 'import os; print(os.cpu_count() * 2)')
READY := .venv/.ready
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  ARGS='…' is handed on, for example: make serve ARGS='--port 8080'"

contract: judged ## Hold the contract against all there is: documents, cassettes, an endpoint (HPP_ENDPOINT or the embedded one), what is generated, a client
	@$(and $(filter-out 0,$(CODE)),$(error $(or $(VERDICT_$(CODE)),pytest ended with $(CODE))))

# The exit code of make is 2 whatever it was, so the last line says it.
judged: $(READY)
	@$(BIN)/pytest tests/contract -q $(ARGS); echo $$? > .venv/.contract
CODE = $(shell cat .venv/.contract)
VERDICT_1 := contract broken (1)
VERDICT_2 := wrong usage (2)
VERDICT_3 := could not verify (3)

test: $(READY) ## Run every test, on every core
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-fast: $(READY) ## Run the tests that need no socket, process or browser, without exhaustive sweeps
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal -m 'not socket and not process and not browser and not slow' $(ARGS)

test-any-day: $(READY) ## Run the tests that need no process on other days (ARGS=--everywhere: in all time zones)
	@$(BIN)/python -m tests.any_day $(ARGS)

test-lowest: $(READY) ## Run every test on the lowest versions that pyproject.toml allows, in .lowest-venv
	@UV=$(BIN)/uv .ci/lowest $(PYTHON) -n $(WORKERS) --dist worksteal $(ARGS)

coverage: $(READY) ## Run our own tests, and list the lines and branches that none of them runs
	@$(BIN)/coverage erase && $(BIN)/coverage run -m pytest -q -n $(WORKERS) --dist worksteal tests/harness $(ARGS)
	@$(BIN)/coverage combine -q && $(BIN)/coverage report

client: $(READY) ## Judge a client: ARGS="--python pkg.mod:read_session" or ARGS="--command './adapter'"
	@$(BIN)/hpp-contract client $(ARGS)

drift: $(READY) ## Report what changed since BASELINE (a folder of cassettes)
	@$(BIN)/hpp-contract drift --baseline $(BASELINE) $(ARGS)

record: $(READY) ## Record an endpoint into scrubbed cassettes in the folder TO
	@$(BIN)/hpp-contract record --to $(TO) $(ARGS)

serve: $(READY) ## Run the reference endpoint, for clients to read from
	@$(BIN)/hpp-contract serve $(ARGS)

fuzz: $(READY) ## Send N generated requests to an endpoint
	@$(BIN)/hpp-contract endpoint --fuzz $(N) $(ARGS)

bench: $(READY) ## Measure what the suite costs and what it catches
	@$(BIN)/python -m benchmarks $(ARGS)

attack: $(READY) ## Attack every door, on loopback and bounded; print what was tried and what held
	@$(BIN)/python -m benchmarks.attack $(ARGS)

mutants: $(READY) ## Change the code of AREA (scrub, verdict, drift, rules) in small ways; list what no test notices
	@$(BIN)/python -m benchmarks.mutation $(AREA) $(ARGS)

lint: $(READY) ## Check style, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff check --quiet --preview --select PLW1514 . # a file is in UTF-8 whatever the locale
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check .; echo "make format corrects this." >&2; exit 1; }
	@$(BIN)/mypy

format: $(READY) ## Correct style and format where that is automatic
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

build: $(READY) ## Build wheel, sdist and the single file hpp-contract.pyz into dist/
	@$(BIN)/python -m build --no-isolation $(ARGS)
	@$(BIN)/python .ci/pyz dist

# A pin must have hashes that every index has: local folders of packages are ignored.
lock: ## Pin the dependencies again, from pyproject.toml
	@$(PYTHON) -m venv --clear .lock-venv && .lock-venv/bin/pip install --quiet pip-tools
	@env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null .lock-venv/bin/pip-compile --quiet --upgrade \
	    --extra dev --generate-hashes --strip-extras --no-header --no-emit-options -o requirements.lock pyproject.toml
	@rm -rf .lock-venv

clean: ## Remove the environment and everything built
	@rm -rf .venv .lock-venv .lowest-venv build dist .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	    echo "Python 3.11 or newer is needed and '$(PYTHON)' is not one: say which to use, as in 'make PYTHON=python3.12 …'." >&2; exit 1; }
	@echo "Building .venv from requirements.lock …" >&2
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
