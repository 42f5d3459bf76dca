# Two commands do everything on a fresh machine: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo quick test check bench docs reproduce setup clean
.DEFAULT_GOAL := demo

setup:
	@$(PYTHON) scripts/setup_env.py

demo: setup ## the whole comparison on the small base, ending in one page
	@$(BIN)/ictrain demo

quick: setup ## the same in under two minutes, with fewer seeds and steps
	@$(BIN)/ictrain demo --quick

test: setup ## all tests
	@$(BIN)/python -m pytest -n 2

check: setup ## format, lint, strict types
	@$(BIN)/ruff format --check src tests scripts benchmarks examples
	@$(BIN)/ruff check --no-cache src tests scripts benchmarks examples
	@$(BIN)/mypy

bench: setup ## speed and memory as ratios against what a user would pick instead
	@for file in benchmarks/[a-z]*.py; do $(BIN)/python $$file || exit 1; done

reproduce: setup ## every claim of the paper, checked anew: hours; goes on where it was stopped
	@$(BIN)/python scripts/reproduce.py

docs: setup ## the configuration reference, from the settings classes
	@$(BIN)/python scripts/make_docs.py

clean:
	rm -rf .venv runs
