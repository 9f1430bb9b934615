# The commands, fixed. On a bare machine: Python 3.11+ with pip, make, and nothing else.
.DEFAULT_GOAL := help
.PHONY: help setup demo run stop test check bench backup restore lock
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PY := .venv/bin/python
# `run` keeps the embedded database up between the steps of a target.
UP := $(PY) -m config run
export SERVE ?= 1
export PORT ?= 8000
# pytest's options: make test ARGS="tests/policy -k R01"
ARGS ?=
JOBS ?= 2

help: ## This list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup:
	@$(PYTHON) scripts/bootstrap.py

demo: setup ## Set all up, load the sample college, evaluate the policy, serve on 127.0.0.1:8000 (SERVE=0: do not serve)
	@ZHIXING_DEMO=1 $(UP) scripts/demo.sh

run: setup ## Serve the existing database (HOST, PORT)
	@$(PY) manage.py serve

stop: ## Stop the embedded database
	@if [ -x $(PY) ]; then $(PY) -m config stop; else $(PYTHON) -m config stop; fi

test: setup ## Every test; ARGS goes to pytest
	@$(PY) manage.py messages --compile
	@CHROMIUM="$$(scripts/chromium.sh)" $(UP) $(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## Lint, format, types, imports, migrations, messages
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(UP) $(PY) manage.py check --fail-level WARNING
	$(UP) $(PY) manage.py makemigrations --check --dry-run
	$(UP) $(PY) manage.py messages --check

bench: setup ## The measurements behind every claim of speed
	@$(UP) $(PY) -m benchmarks

backup: setup ## Database and files into backups/ with checksums (TO=folder; KEYS=1 takes the secret keys along)
	@$(UP) $(PY) -m scripts.backup save $(if $(TO),--to "$(TO)") $(if $(filter 1,$(KEYS)),--keys)

restore: setup ## Check a backup and put it in the place of what is there: make restore FROM=backups/NAME
	@$(UP) $(PY) -m scripts.backup restore "$(FROM)"

lock: setup ## Pin requirements.in and requirements-dev.in anew
	@scripts/lock.sh
