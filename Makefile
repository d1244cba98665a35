# Two commands: `make run` starts the demo clinic, `make test` runs every test. They set up what they need.
# Nothing is installed outside this folder, but for a browser where the tests find none.

.PHONY: help run test check format bench soak clean environment test-environment
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
export GLIMMER_PYTHON

help:
	@echo "make run     start the demo clinic on http://127.0.0.1:8000 (another port: GLIMMER_PORT=8001 make run)"
	@echo "make test    run all tests: SQLite, real PostgreSQL, real browser"
	@echo "make check   format, lint, types, imports, a scan for risky code, known weaknesses of packages"
	@echo "make format  put the code into its format"
	@echo "make bench   measure, print a table and write build/bench.json (some jobs only: make bench JOBS=gateway)"
	@echo "make soak    prove what the bedside promises by brute force: hours (some jobs only: make soak JOBS=framing)"
	@echo "make clean   remove everything that was made here, the demo clinic's database included"

environment:
	@sh scripts/bootstrap run

test-environment:
	@sh scripts/bootstrap dev

run: environment
	@$(PYTHON) scripts/fetch_assets.py
	@exec .venv/bin/glimmer serve --demo

test: test-environment
	@$(PYTHON) scripts/fetch_assets.py
	@$(PYTHON) scripts/fetch_browser.py
	@$(PYTHON) scripts/run_tests.py $(ARGS)

check: test-environment
	@$(PYTHON) scripts/check.py --advisories

format: test-environment
	@.venv/bin/ruff format --quiet .
	@.venv/bin/ruff check --fix .

bench: test-environment
	@$(PYTHON) scripts/fetch_assets.py
	@$(PYTHON) -m bench $(JOBS)

soak: test-environment
	@$(PYTHON) scripts/fetch_assets.py
	@$(PYTHON) -m soak $(JOBS)

clean:
	rm -rf .venv .glimmer build dist var test-results .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf src/glimmer/web/static/vendor
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
