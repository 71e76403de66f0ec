# The whole of what a user needs: `make run` and `make test`. Everything is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: run install test format screenshots claims bench bench-ui clean

run: .venv/installed
	@if [ -t 0 ] && [ -t 1 ]; then exec $(BIN)/mli-tui; else exec $(BIN)/mli-tui run fc10-mnist5k; fi

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@echo "installing into .venv (torch alone is several GB with its CUDA libraries; this happens once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) --editable .
	@touch $@

.venv/installed-tests: .venv/installed
	@$(PIP) --editable '.[test,figures]'
	@touch $@

.venv/installed-bench: .venv/installed-tests
	@$(PIP) --editable '.[bench]'
	@touch $@

test: .venv/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

format: .venv/installed-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: .venv/installed-tests
	$(BIN)/python docs/screenshots.py

claims: .venv/installed
	$(BIN)/python docs/claims.py

bench: .venv/installed-bench
	$(BIN)/python -m benchmarks

bench-ui: .venv/installed-bench
	$(BIN)/python -m benchmarks bench_ui

clean:
	rm -rf .venv .venv-peers build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
