# make demo    sets up .venv and opens the app on http://127.0.0.1:7860
# make test    sets up .venv and runs every test
# make check   what CI runs: lint, audit and tests
# make audit   known holes in the packages (needs a network), secrets in the repository
# make fuzz    several thousand hostile files and requests (AMODAL_FUZZ of them, about 5 minutes)
# make golden  trains the tests' tiny network again (about a minute)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup dev demo test lint audit fuzz check golden clean

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

# Two at a time, on a thread each; a file's tests stay together, for they share a running app. In
# their order: sorted by the number of their tests, the longest browser files would come last.
test: dev
	bash tests/browser/ensure_chromium.sh $(BIN)/python
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --maxfail 20

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

audit: dev
	$(BIN)/python .ci/audit.py

AMODAL_FUZZ ?= 5000
fuzz: dev
	AMODAL_FUZZ=$(AMODAL_FUZZ) OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/abuse --timeout 1800

check: lint audit test

golden: setup
	rm -rf runs/toy
	$(BIN)/python -m amodal.train --data toy --out runs/toy
	cp runs/toy/* tests/data/tiny/

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache
