# Five words to know: install, demo, test, fmt, bench.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install dev demo demo-cluster drills test fmt bench generate clean

install: $(VENV)/.runtime
dev: $(VENV)/.dev

$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "billhub needs Python 3.11 or newer; install it and run make again with PYTHON=python3.x"; exit 3; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 has no venv module; install it: apt-get install python3-venv"; exit 3; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.cluster: $(VENV)/.runtime deploy/requirements-cluster.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-cluster.lock
	@touch $@

demo: install
	$(BIN)/billhub demo

demo-cluster: $(VENV)/.cluster
	$(BIN)/billhub demo --cluster

drills: $(VENV)/.cluster
	$(BIN)/python -m drills

test: dev
	@sh tests/prepare.sh
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.generate --check
	$(BIN)/pytest -n 2 --dist loadfile --max-worker-restart 0

fmt: dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: dev
	$(BIN)/python -m tests.generate

bench: dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .demo .jars .mypy_cache .ruff_cache .hypothesis
