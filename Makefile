# Two commands are enough for a newcomer: `make demo` and `make test`. `make` alone lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
PARTS := .venv/parts
PROMETHEUS := $(PARTS)/prometheus/usr/bin/prometheus
UNLEASH := $(PARTS)/unleash
HALF := tests/core/gates tests/core/rollout tests/core/slo
DOWNLOAD := apt-get download -qq -o APT::Sandbox::User=root

.DEFAULT_GOAL := help
.PHONY: help install parts unleash demo test check format soak bench lock clean

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP) parts ## fill .venv with the pinned dependencies and tidegate itself

$(STAMP): requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Programs that tests run and no wheel has; taken from the distribution's package, which needs no root.
parts:
	@command -v prometheus >/dev/null || test -x $(PROMETHEUS) || { mkdir -p $(PARTS) && cd $(PARTS) && \
	  { $(DOWNLOAD) prometheus 2>/dev/null || { apt-get update -qq && $(DOWNLOAD) prometheus; }; } && \
	  dpkg-deb -x prometheus_*.deb prometheus && rm prometheus_*.deb; } || \
	  echo "no prometheus: some tests run one; install prometheus" >&2

# The flag system that tests of another flag system run; nothing of it runs while it is installed.
unleash: $(UNLEASH)/.installed

$(UNLEASH)/.installed: tests/unleash/package.json tests/unleash/package-lock.json | install
	@mkdir -p $(UNLEASH) && cp tests/unleash/package.json tests/unleash/package-lock.json $(UNLEASH)
	@$(BIN)/npm ci --prefix $(UNLEASH) --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

demo: install ## the main job, seen working: five short stories on a live mesh
	$(BIN)/tidegate demo

# Tests of the core and those of adapters that start no process run side by side; those that start real processes
# have the machine to themselves.
test: install unleash check ## every check and every test
	$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(HALF) & half=$$!; \
	  $(BIN)/python -m pytest --ignore=tests/core -m "not real" & adapters=$$!; \
	  $(BIN)/coverage run -m pytest tests/core $(HALF:%=--ignore=%); core=$$?; \
	  wait $$half && wait $$adapters && exit $$core
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=100
	$(BIN)/python -m pytest --ignore=tests/core -m real

check: install ## format, lint, strict types, import rules
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo >/dev/null || $(BIN)/lint-imports

format: install ## rewrite the sources in house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --quiet .

soak: install ## 50 rollouts with kill -9 at random moments, judged by the data plane's own log
	$(BIN)/python -m bench.soak --rollouts 50

bench: install ## the numbers in docs/benchmarks.md
	$(BIN)/python -m bench.gates
	$(BIN)/python -m bench.contracts.oasdiff
	$(BIN)/python -m bench.contracts.buf
	$(BIN)/python -m bench.contracts.pact
	$(BIN)/python -m bench.planning
	$(BIN)/python -m bench.scheduling
	$(BIN)/python -m bench.flags speed
	$(BIN)/python -m bench.flags propagation
	$(BIN)/python -m bench.flags exposure
	$(BIN)/python -m bench.migrations traffic
	$(BIN)/python -m bench.migrations kills
	$(BIN)/python -m bench.migrations outbox
	$(BIN)/python -m bench.experiments
	$(BIN)/python -m bench.story

lock: ## resolve requirements.txt anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --upgrade -o requirements.txt

clean: ## remove what install and the commands made
	rm -rf .venv .tidegate .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
