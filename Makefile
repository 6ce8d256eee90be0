# Everything runs in its own .venv; `make demo` or `make test` alone set it up.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
QUICK  := not long and not peer

.DEFAULT_GOAL := help
.PHONY: help demo test test-all soak check format bench bench-big bench-peers lock clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(READY): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)  ## a whole campaign for both wallets on this machine, with pictures in ./demo
	$(BIN)/walletpass demo --out demo

test: $(READY)  ## the test suite (a few minutes on two cores)
	@bash .ci/tools
	$(BIN)/pytest -n 2 -m "$(QUICK)"

test-all: $(READY)  ## the long tests too: crashes, millions of rows, npm peers
	@bash .ci/tools
	$(BIN)/pytest -n 2 -m "$(QUICK)"
	$(BIN)/pytest -m "not ($(QUICK))" --timeout 3600

soak: $(READY)  ## the crash test for a long time (SOAK_MINUTES=30)
	SOAK_MINUTES=$${SOAK_MINUTES:-30} $(BIN)/pytest -m long -k crash --timeout 14400

check: $(READY)  ## form, types, layers, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/check.py

format: $(READY)  ## put the code into form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## the figures of docs/benchmarks.md, on this machine
	$(BIN)/python -m benchmarks

bench-big: $(READY)  ## the same with millions of passes
	$(BIN)/python -m benchmarks --big

bench-peers: $(READY)  ## beside other libraries, installed for the occasion
	$(BIN)/python -m benchmarks.peers

lock: $(READY)  ## remake the hash-pinned requirements from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra server --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --output-file requirements-dev.txt

clean:  ## remove what the other commands made
	rm -rf $(VENV) demo dist build
