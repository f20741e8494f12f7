# Everything this project can do on a laptop or in CI. Needs make and Python 3.13; two virtual environments are made from
# the pinned requirements when a target needs them and when the pins have changed.

SHELL := bash
.DEFAULT_GOAL := help

export SAM_CLI_TELEMETRY := 0

BIN := .venv/bin
SAM := .venv-sam/bin/sam
DEV_READY := .venv/requirements.stamp
SAM_READY := .venv-sam/requirements.stamp
PYTHON_CODE := shared/mux_lifecycle functions local tests $(wildcard bench)

# Extra arguments for the tool behind a target, as in `make test ARGS="-x -k webhook"`.
ARGS ?=

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: $(DEV_READY) ## The whole stack on this machine: API, Mux emulator, AWS; Ctrl-C ends it
	@exec $(BIN)/python -m local $(ARGS)

.PHONY: test
test: $(DEV_READY) ## All tests (single ones: ARGS="-x -k webhook")
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

# A target of its own, for counting makes every test a quarter slower.
.PHONY: coverage
coverage: $(DEV_READY) ## All tests, and how much of the code they reach, branches included: at least 95 %
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --cov

.PHONY: check
check: lint types validate $(DEV_READY) ## Style, types, template
	$(BIN)/python -m pytest --quiet tests/template

.PHONY: lint
lint: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(DEV_READY)
	$(BIN)/mypy $(PYTHON_CODE)

.PHONY: validate
validate: $(DEV_READY) $(SAM_READY) ## The template, with cfn-lint and SAM
	$(BIN)/cfn-lint template.yaml
	AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1} $(SAM) validate --lint

# SAM builds the layer and the functions with the python3.13 that is first on PATH, through make again: without MAKEFLAGS
# this make's own flags and variables stay out of it.
.PHONY: build
build: $(DEV_READY) $(SAM_READY) ## What Lambda gets, in .aws-sam/build, and a check that all of it can be imported
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' || { \
		echo "Lambda runs Python 3.13, so bytecode must come from 3.13, but .venv has another version." >&2; \
		echo "Install Python 3.13, remove .venv and call make build again." >&2; exit 1; }
	PATH="$(CURDIR)/$(BIN):$$PATH" env -u MAKEFLAGS -u MAKELEVEL $(SAM) build
	$(BIN)/python -m pytest --quiet -m artifacts tests/artifacts

# The same SEED tries the same and meets the same faults.
N ?= 2000
SEED ?= 1

.PHONY: soak
soak: $(DEV_READY) ## Lives of N videos under all faults at once: nothing may be lost or doubled (N=2000 SEED=1)
	PYTHONPATH=shared $(BIN)/python -m tests.soak --lives $(N) --seed $(SEED) $(ARGS)

.PHONY: bench
bench: build ## What functions and lists cost, and a walk through 50,000 assets; ARGS are the bench's own
	PYTHONPATH=shared $(BIN)/python -m bench $(ARGS)
	$(if $(ARGS),,$(BIN)/python -m pytest --quiet -m large)

# --guided until the parameters without a default are known; it writes them into samconfig.toml.
.PHONY: deploy
deploy: build ## Deploy to AWS; the first time it asks for the parameters
	$(SAM) deploy $$(grep -q '^parameter_overrides' samconfig.toml || echo --guided) $(ARGS)

.PHONY: lock
lock: $(DEV_READY) ## Pin the requirements again (newer versions: ARGS=--upgrade)
	@set -e; for name in shared/requirements requirements/dev requirements/sam; do \
		echo "$$name.txt"; \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-header \
			--no-emit-index-url $(ARGS) "$$name.in" --output-file "$$name.txt"; \
	done

.PHONY: format
format: $(DEV_READY) ## Format the code and repair what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: clean
clean: ## Remove what was built and cached; the virtual environments stay
	rm -rf .aws-sam .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find functions shared local tests -type d -name __pycache__ -prune -exec rm -rf {} +

# A command on PATH may be a shim that does not run, so each candidate is tried. 3.13 comes first: Lambda runs it.
FIND_PYTHON = for python in python3.13 python3.14 python3 python; do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 13))' 2>/dev/null; then break; fi; \
		python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Python 3.13 with venv is missing. Get it with one of:" >&2; \
		echo "  apt-get install python3.13 python3.13-venv | brew install python@3.13 | pyenv install 3.13 | uv python install 3.13" >&2; \
		exit 1; \
	fi

$(DEV_READY): requirements/dev.txt
$(SAM_READY): requirements/sam.txt

.venv/requirements.stamp .venv-sam/requirements.stamp:
	@set -euo pipefail; $(FIND_PYTHON); \
	echo "$(@D): installing $< with $$("$$python" --version), one or two minutes the first time"; \
	"$$python" -m venv $(@D); \
	$(@D)/bin/python -m pip install --disable-pip-version-check --no-input --require-hashes --requirement $< \
		| awk '/^Collecting / {printf "  %s\n", $$2; fflush()}'
	@touch $@
