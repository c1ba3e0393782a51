# make demo    set everything up, index seeds/ and show a search
# make test    set everything up, lint, type-check and run all tests
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test lint faults bench clean

help:
	@sed -n 's/^# //p' Makefile

$(BIN)/searchkit: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: $(BIN)/searchkit
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
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
	$(BIN)/python -m pytest

# The full-size fault campaigns: kills, crash states, flipped bytes, readers and writers. Under 45 minutes.
faults: $(VENV)/.test
	$(BIN)/python -m pytest tests/faults -m campaign -o timeout=2700

# Peers side by side; sets itself up in bench/.venv. See bench/README.md.
bench: $(BIN)/searchkit
	$(PYTHON) bench/run.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
