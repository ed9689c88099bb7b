# make demo   sets up .venv and opens the app on http://127.0.0.1:7860
# make test   sets up .venv and runs every test
# make check  what CI runs: lint and tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup demo test lint check clean

setup: $(VENV)/.installed $(VENV)/.installed-dev

$(VENV)/.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --upgrade pip
	$(BIN)/pip install -q -r requirements.txt
	touch $@

# Only `make test` and `make check` need these.
$(VENV)/.installed-dev: $(VENV)/.installed pyproject.toml
	$(BIN)/pip install -q -c requirements.txt -e '.[dev]'
	touch $@

demo: $(VENV)/.installed
	$(BIN)/python app.py

test: $(VENV)/.installed-dev
	bash tests/browser/ensure_chromium.sh $(BIN)/python
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check: lint test

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache
