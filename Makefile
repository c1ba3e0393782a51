# make demo    set everything up, index seeds/ and show a search
# make test    set everything up, lint, type-check and run all tests
# make faults  the long campaigns of crashes and damage
# make bench   the comparison with other engines
# make eval    our ranking beside others, by judgements
# make cluster       start OpenSearch on this machine: three nodes, or NODES=1
# make cluster-stop  stop it and remove its data
# make docs    bring README.md and docs/ up to date with what the commands print
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test lint faults bench eval cluster cluster-stop docs clean

help:
	@sed -n 's/^# make/make/p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo 'searchkit needs Python 3.10 or later: make PYTHON=/path/to/python3 …' >&2; exit 2; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 2; }

$(BIN)/searchkit: pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.test: $(BIN)/searchkit
	$(PIP) --editable '.[test]'
	@touch $@

demo: $(BIN)/searchkit
	$(BIN)/searchkit index seeds/
	$(BIN)/searchkit search 확산 모델 이미지 생성 --limit 3

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup

# The full-size fault campaigns: kills, crash states, flipped bytes, readers and writers. Under 45 minutes.
faults: $(VENV)/.test
	$(BIN)/python -m pytest -m campaign -o timeout=2700

# Peers side by side; sets itself up in bench/.venv. See bench/README.md.
bench: $(BIN)/searchkit
	$(PYTHON) bench/run.py

# Our ranking beside others on the same queries and judgements; writes bench/EVAL.md.
eval: $(VENV)/.test
	$(BIN)/python -m bench.evaluation

NODES ?= 3
cluster:
	@$(PYTHON) -m cluster start --nodes $(NODES)

cluster-stop:
	@$(PYTHON) -m cluster stop

docs: $(BIN)/searchkit
	$(BIN)/python docs/refresh.py

clean:
	@test ! -d build/cluster || $(PYTHON) -m cluster stop
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
