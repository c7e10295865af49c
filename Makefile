# `make demo` and `make test` do all their own set-up on a fresh machine.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SOURCES := pyproject.toml constraints.txt
# `make test EXTRAS=codecs,jpeg,vvc,plot,fast,serve,study,study-test,corpus,corpus-test,train,dev,docs,release` also runs the tests that need torch, and builds site and wheel.
EXTRAS ?= codecs,jpeg,vvc,plot,serve,study,dev
READY := $(VENV)/.dev-$(EXTRAS)

# Of every target of `make fuzz`.
FUZZ_SECONDS ?= 30

.PHONY: demo test check fuzz format docs package clean

demo: $(VENV)/.base
	$(BIN)/jnd encode examples/lake.png -o build/demo/lake.jpg --force
	$(BIN)/jnd compare examples/lake.png build/demo/lake.jpg
	@echo "To look at it: $(PIP) -e '.[serve]' && $(BIN)/jnd serve"

test: check
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fuzz: $(VENV)/.fuzz
	$(BIN)/python tests/fuzz/run.py all --seconds $(FUZZ_SECONDS)

# The site, into build/site; a warning fails.
docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "built: build/site/index.html"

# Wheel and source archive, into dist/.
package: $(VENV)/.release
	rm -rf dist
	$(BIN)/python -m build --outdir dist
	$(BIN)/python -m twine check --strict dist/*

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "jndkit needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: $(SOURCES) | $(BIN)/python
	$(PIP) -e .
	touch $@

$(READY): $(SOURCES) | $(BIN)/python
	$(PIP) -e '.[$(EXTRAS)]'
	touch $@ $(VENV)/.base

$(VENV)/.fuzz: $(SOURCES) | $(BIN)/python
	$(PIP) -e '.[fuzz]'
	touch $@ $(VENV)/.base

$(VENV)/.docs: $(SOURCES) | $(BIN)/python
	$(PIP) -e '.[docs]'
	touch $@ $(VENV)/.base

$(VENV)/.release: $(SOURCES) | $(BIN)/python
	$(PIP) -e '.[release]'
	touch $@ $(VENV)/.base

clean:
	rm -rf $(VENV) build dist
