# make demo    sets up .venv and opens the app on http://127.0.0.1:7860
# make test    sets up .venv and runs every test
# make check   what CI runs: lint and tests
# make golden  trains the tests' tiny network again (about a minute)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup dev demo test lint check golden clean

setup: $(VENV)/.installed

# What the tests and the linter need beside it.
dev: $(VENV)/.installed-dev

$(VENV)/.installed: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -r requirements.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed pyproject.toml
	$(BIN)/python -m pip install -q -c requirements.txt -e '.[dev]'
	touch $@

demo: setup
	$(BIN)/python app.py

test: dev
	bash tests/browser/ensure_chromium.sh $(BIN)/python
	$(BIN)/python -m pytest

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check: lint test

golden: setup
	rm -rf runs/toy
	$(BIN)/python -m amodal.train --data toy --out runs/toy
	cp runs/toy/* tests/data/tiny/

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache
