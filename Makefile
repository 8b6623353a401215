# `make run` runs the whole job here; `make test` runs the whole suite. `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Named when there is no usable Python in it: never made, or its base was removed by an update
MISSING := $(shell [ -x $(BIN)/python ] || echo $(VENV))
.DEFAULT_GOAL := help
.PHONY: help run manage test soak memory-test bench check format install messages screenshots requirements clean
ifdef MISSING
.PHONY: $(BIN)/python $(VENV)/.local-installed $(VENV)/.dev-installed
endif
.SUFFIXES:

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.local-installed ## start everything on this machine until Ctrl-C (PORT=8000)
	@exec $(BIN)/python -m marketsite.run

manage: $(VENV)/.local-installed ## one management command beside `make run` (ARGS="refresh_indices")
	@exec $(BIN)/python -m marketsite.run manage $(ARGS)

test: $(VENV)/.dev-installed ## run the whole suite on servers of its own (ARGS="-k name")
	@$(BIN)/python -m pytest -n auto $(ARGS)

soak: $(VENV)/.local-installed ## seven simulated days: does memory stay flat? (ARGS="--days 2")
	@$(BIN)/python -m bench.soak $(ARGS)

memory-test: $(VENV)/.local-installed ## the same in under a minute
	@$(BIN)/python -m bench.soak --quick $(ARGS)

bench: $(VENV)/.dev-installed ## measure every claim, write docs/performance.md (ARGS="--only lists")
	@$(BIN)/python -m bench $(ARGS)

check: $(VENV)/.dev-installed ## formatting, types, import rules, migrations, deployment checks
	@$(BIN)/python -m tests.check

format: $(VENV)/.dev-installed ## rewrite code and templates in the house format
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .
	@git ls-files '*.html' | xargs $(BIN)/djade --target-version 5.2

messages: $(VENV)/.dev-installed ## collect interface strings and compile the Vietnamese catalogue
	@$(BIN)/python -m tests.messages

screenshots: $(VENV)/.dev-installed ## pictures of every page into .local/screenshots (ARGS=folder)
	@$(BIN)/python -m tests.screenshots $(ARGS)

requirements: ## compile the pinned requirements from the .in files (needs uv)
	@for file in requirements requirements-local requirements-dev; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --custom-compile-command "make requirements" \
	    $$file.in -o $$file.txt || exit 1; done

install: $(VENV)/.local-installed ## create .venv with what `make run` needs

clean: ## delete caches and collected files; data in .local/ stays
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache staticfiles

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed: Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is %s: PYTHON=python3.13 make run" % sys.version.split()[0])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make environments: install its venv package (Debian: apt install python3-venv)" >&2; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.local-installed: requirements-local.txt | $(BIN)/python
	@echo "Installing what the site needs into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-local.txt
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt | $(BIN)/python
	@echo "Installing what the tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.local-installed
