# Everything this project can do on a laptop or in CI. Needs make and Python 3.13, and Node.js 20 for the elements and the
# site; environments are made from what is pinned when a target needs them and when the pins have changed.

SHELL := bash
.DEFAULT_GOAL := help

export SAM_CLI_TELEMETRY := 0

BIN := .venv/bin
SAM := .venv-sam/bin/sam
DEV_READY := .venv/requirements.stamp
SAM_READY := .venv-sam/requirements.stamp
PYTHON_CODE := shared/layer shared/mux_lifecycle functions local ops tests bench mutation
ELEMENTS_READY := elements/node_modules/.installed
ELEMENTS_BUILT := elements/dist/.built
ELEMENTS_SOURCES := $(filter-out %/schema.ts,$(shell find elements/src -name '*.ts')) \
	$(wildcard elements/*.ts elements/*.js elements/tsconfig*.json elements/package.json)
POLICY := .venv-policy/bin
POLICY_READY := .venv-policy/requirements.stamp

NPM := $(shell command -v npm)

# Extra arguments for the tool behind a target, as in `make test ARGS="-x -k webhook"`.
ARGS ?=

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

# Without npm the API runs all the same, and the site says what to install.
.PHONY: run
run: $(DEV_READY) $(if $(NPM),try-elements) ## The whole stack on this machine; Ctrl-C ends it (pages of a dev server: ORIGINS=http://localhost:5173)
	@exec $(BIN)/python -m local $(ARGS)

.PHONY: test
test: $(DEV_READY) ## All tests (single ones: ARGS="-x -k webhook")
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

# A target of its own, for counting makes every test a quarter slower.
.PHONY: coverage
coverage: $(DEV_READY) ## All tests, and how much of the code they reach, branches included: at least 95 %
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder --cov

.PHONY: mutate
mutate: $(DEV_READY) ## Change what must not break, place by place: do tests notice 90 %? (some modules: ARGS="tag cursors")
	$(BIN)/python -m mutation $(ARGS)

.PHONY: check
check: lint types validate $(DEV_READY) $(if $(NPM),elements-types) ## Style, types, template
	$(BIN)/python -m pytest --quiet tests/template

.PHONY: lint
lint: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(DEV_READY)
	$(BIN)/mypy $(PYTHON_CODE)

.PHONY: elements-types
elements-types: $(ELEMENTS_READY)
	@npm run --silent types --prefix elements

.PHONY: validate
validate: $(DEV_READY) $(SAM_READY) ## The template, with cfn-lint and SAM
	$(BIN)/cfn-lint template.yaml
	AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1} $(SAM) validate --lint

# A target of its own: installing checkov takes longer than everything that `make check` does. CI runs it beside the tests.
.PHONY: policy
policy: $(DEV_READY) $(POLICY_READY) ## The template, the workflows, and what might be a secret: checkov, zizmor, detect-secrets
	@mkdir -p .policy
	$(BIN)/python -m tests.template.translation > .policy/translated.json
	$(POLICY)/checkov --config-file .checkov.yaml --file template.yaml
	$(POLICY)/checkov --config-file .checkov.yaml --file .policy/translated.json
	$(POLICY)/checkov --config-file .checkov.yaml --directory .github
	$(POLICY)/python tests/checkov_skips.py .policy/translated.json
	$(POLICY)/zizmor --offline --persona auditor .github
	git ls-files -z -- ':!*package-lock.json' ':!*requirements*.txt' ':!requirements/*.txt' \
		| xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline

# SAM builds the layer and the functions with the python3.13 that is first on PATH, through make again: without MAKEFLAGS
# this make's own flags and variables stay out of it.
.PHONY: build
build: $(DEV_READY) $(SAM_READY) ## What Lambda gets, in .aws-sam/build, and a journey through just that
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' || { \
		echo "Lambda runs Python 3.13, so bytecode must come from 3.13, but .venv has another version." >&2; \
		echo "Install Python 3.13, remove .venv and call make build again." >&2; exit 1; }
	PATH="$(CURDIR)/$(BIN):$$PATH" env -u MAKEFLAGS -u MAKELEVEL $(SAM) build
	@$(MAKE) --no-print-directory native-layer
	$(BIN)/python -m pytest --quiet -m artifacts tests/artifacts

# The layer that `sam build` made holds binaries for ARM; this is the same layer for the machine that runs the tests.
.PHONY: native-layer
native-layer: $(DEV_READY)
	rm -rf .aws-sam/native
	PATH="$(CURDIR)/$(BIN):$$PATH" $(MAKE) --no-print-directory -C shared build-SharedLayer \
		PLATFORMS= ARTIFACTS_DIR="$(CURDIR)/.aws-sam/native"

.PHONY: screenshots
screenshots: $(DEV_READY) ## New pictures of the site for docs/screenshots, with the Chromium and ffmpeg of this machine
	$(BIN)/python -m pytest --quiet -m screenshots tests/site

# The same SEED tries the same and meets the same faults.
N ?= 2000
SEED ?= 1

.PHONY: soak
soak: $(DEV_READY) ## Lives of N videos under all faults at once: nothing may be lost or doubled (N=2000 SEED=1)
	PYTHONPATH=shared $(BIN)/python -m tests.soak --lives $(N) --seed $(SEED) $(ARGS)

.PHONY: bench
bench: build ## What functions and lists cost, cold starts beside Node.js, 50,000 assets; ARGS are the bench's own
	PYTHONPATH=shared $(BIN)/python -m bench $(ARGS)
	$(if $(ARGS),,PYTHONPATH=shared $(BIN)/python -m bench.comparison)
	$(if $(ARGS),,PYTHONPATH=shared $(BIN)/python -m bench.memory)
	$(if $(ARGS),,$(BIN)/python -m pytest --quiet -m large)

.PHONY: costs
costs: $(DEV_READY) ## Compute the tables of docs/costs.md anew
	PYTHONPATH=shared $(BIN)/python -m bench.costs

# The stack that is deployed and looked at; REGION is the one of the AWS profile unless it is given, or AWS_REGION is.
STACK ?= mux-lifecycle
REGION ?=

.PHONY: deploy
deploy: build ## Deploy to AWS, with the parameters that are in samconfig.toml (STACK=mux-lifecycle REGION=)
	$(SAM) deploy --config-file "$(CURDIR)/samconfig.toml" --stack-name "$(STACK)" $(if $(or $(REGION),$(AWS_REGION)),--region "$(or $(REGION),$(AWS_REGION))") $(ARGS)

LEVEL ?= INFO
SINCE ?= 10m
FOLLOW ?= yes
OF_STACK = --stack "$(STACK)" --region "$(REGION)"

OPS = PYTHONPATH=shared $(BIN)/python -m ops

.PHONY: doctor
doctor: $(DEV_READY) ## Check a deployed stack from end to end, and say what to do (STACK=mux-lifecycle REGION=)
	@$(OPS) doctor $(OF_STACK)

.PHONY: logs
logs: $(DEV_READY) ## Follow a deployed stack's logs (STACK= FUNCTION=create_upload LEVEL= REQUEST=id SINCE=10m FOLLOW=yes)
	@$(OPS) logs $(OF_STACK) --function "$(FUNCTION)" --level "$(LEVEL)" --request "$(REQUEST)" \
		--since "$(SINCE)" --follow "$(FOLLOW)"

LOCAL ?=

# An owner may hold any visible character. So the text goes to the tool as it was given, past make's and the shell's rules.
erase: export ERASE_OWNER = $(value OWNER)
.PHONY: erase
erase: $(DEV_READY) ## Erase everything of one owner, after a dry run (OWNER=sub STACK=mux-lifecycle REGION= CONFIRM= or LOCAL=8000)
	@POWERTOOLS_LOG_LEVEL=WARNING POWERTOOLS_METRICS_DISABLED=true \
		$(OPS) erase $(if $(LOCAL),--local "$(LOCAL)",$(OF_STACK)) --owner="$$ERASE_OWNER" --confirm="$(CONFIRM)"

.PHONY: elements
elements: $(ELEMENTS_BUILT) ## Build the web components, in elements/dist, when their sources have changed

# What fails is shown, and what was built before, if anything, is served.
.PHONY: try-elements
try-elements:
	@$(MAKE) --no-print-directory elements || echo "the elements could not be built: the site shows what was built before" >&2

.PHONY: site
site: $(DEV_READY) $(ELEMENTS_BUILT) ## A folder to deploy: the example site and the built elements (OUT=.site)
	@$(OPS) site --output "$(or $(OUT),.site)"
	@echo "$(or $(OUT),.site): ready to deploy"

HOST ?= plain
FOLDER ?= /

.PHONY: headers
headers: $(DEV_READY) ## The headers that a host sends with the site's pages (HOST=netlify OUT=file FOLDER=/ SIGN_IN=https://…)
	@$(OPS) headers "$(HOST)" --folder "$(FOLDER)" $(if $(OUT),--output "$(OUT)") $(if $(SIGN_IN),--sign-in $(SIGN_IN))

.PHONY: lock
lock: $(DEV_READY) ## Pin the requirements again (newer versions: ARGS=--upgrade)
	@set -e; for name in shared/requirements requirements/uv requirements/dev requirements/sam requirements/policy; do \
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
	rm -rf .aws-sam .site elements/dist elements/custom-elements.json elements/src/core/schema.ts .mutate .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find $(PYTHON_CODE) -type d -name __pycache__ -prune -exec rm -rf {} +

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

# Without npm the stamps stay as they are, and the shell says that there is no npm.
NEED_NPM = { command -v npm && node --eval 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; } >/dev/null 2>&1 || { \
		echo "Node.js 20 with npm is missing: install it and call make again" >&2; exit 1; }

$(ELEMENTS_READY): elements/package-lock.json
	@$(NEED_NPM)
	@echo "elements: installing what elements/package-lock.json pins, under a minute the first time"
	@cd elements && npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

$(ELEMENTS_BUILT): $(ELEMENTS_READY) openapi.yaml $(ELEMENTS_SOURCES)
	@echo "elements: building"
	@cd elements && { said=$$(npm run --silent build 2>&1) || { echo "$$said" >&2; exit 1; }; }
	@touch $@

$(DEV_READY): requirements/dev.txt
$(SAM_READY): requirements/sam.txt
$(POLICY_READY): requirements/policy.txt

# uv installs in seconds what takes pip minutes. pip steps in where only pip is told which package index to use.
.venv/requirements.stamp .venv-sam/requirements.stamp .venv-policy/requirements.stamp: requirements/uv.txt
	@set -euo pipefail; $(FIND_PYTHON); \
	pins=$(filter-out requirements/uv.txt,$^); \
	echo "$(@D): installing $$pins with $$("$$python" --version), under a minute the first time"; \
	"$$python" -m venv $(@D); \
	pip="$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes"; \
	$$pip --requirement requirements/uv.txt; \
	$(@D)/bin/uv pip install --python $(@D)/bin/python --require-hashes --requirement "$$pins" || { \
		echo "$(@D): uv could not install $$pins; trying pip, one or two minutes" >&2; \
		$$pip --requirement "$$pins"; }
	@touch $@
