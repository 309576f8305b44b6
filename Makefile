# make run: start BN Lab.  make test: lint and the suite.  Both set up .venv first.
# make test-services: the tests that need more than the app itself (tests/services).

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test test-services lint format browser mutations benchmarks claims tree screenshot clean

run: .venv/app
	$(BIN)/streamlit run app.py

# Two processes: one has the browser tests, the other the rest.
test: lint browser
	$(BIN)/pytest -n 2 --no-loadscope-reorder --ignore=tests/services $(PYTEST_ARGS)

# 5 is pytest's code for "no tests": there need not be any.
test-services: .venv/dev browser
	$(BIN)/pytest tests/services $(PYTEST_ARGS) || test $$? -eq 5

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser: .venv/dev
	$(BIN)/python -m tests.browser.find_chromium --install

benchmarks: .venv/dev browser
	$(BIN)/python -m benchmarks.fleet
	$(BIN)/python -m benchmarks.engine
	$(BIN)/python -m benchmarks.live
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.startup

# The verdicts of the release. NAMES="3 4" tests these claims and leaves the verdicts of the others;
# when one breaks, the verdicts of those that were tested are released all the same.
claims: .venv/app
	rm -rf build/claims
	-$(BIN)/python -m bnlab claims $(NAMES) --out build/claims
	test -f build/claims/report.json && $(BIN)/python -m bnlab.claims.release build/claims/report.json

# Every source file with the first line of its docstring.
tree: .venv/bin/python
	$(BIN)/python docs/tree.py

# Forty faults, one at a time: how many does the suite catch? Takes up to an hour; not part of CI.
mutations: .venv/dev browser
	$(BIN)/python -m tests.mutations.run $(NUMBERS)

# The race in the README, taken from the running app.
screenshot: .venv/dev browser
	$(BIN)/python -m docs.screenshot

clean:
	rm -rf .venv .ruff_cache .mypy_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "BN Lab needs Python 3.11 or newer; none was found. make PYTHON=/path/to/python3.11 names one."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/app: .venv/bin/python requirements.txt
	$(PIP) -r requirements.txt
	@touch $@

.venv/dev: .venv/app requirements-dev.txt
	$(PIP) -r requirements.txt -r requirements-dev.txt
	@touch $@
