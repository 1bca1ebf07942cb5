# Everything a developer types. Each target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install demo tour test check soak bench lock clean

install: $(VENV)/ready

demo: $(VENV)/ready
	$(BIN)/makegood demo

tour: $(VENV)/ready
	$(BIN)/makegood demo --tour

test: $(VENV)/ready-dev
	$(BIN)/pytest -n 4 --dist loadgroup -q

check: $(VENV)/ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: $(VENV)/ready-dev
	$(BIN)/pytest -n 2 -q -m soak

bench: $(VENV)/ready-dev
	$(BIN)/python -m bench

lock: $(VENV)/ready-dev
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
	    --no-header --no-annotate --group build pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
	    --no-header --no-annotate --group build --group dev pyproject.toml -o requirements-dev.txt

$(VENV)/ready: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/ready-dev: requirements-dev.txt $(VENV)/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
