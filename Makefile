# make demo: trains a net on real digits.  make test: everything that CI runs.  Both make what they need in .venv.
# make bench: training steps against the peers, in docs/benchmarks.md; make bench BENCH=--quick tries it out.
# make soak: the promises of docs/promises.md in full, hours of it; make soak ONLY=depth for one of them.
# make notebooks: runs them, and writes what they say into those that say something else.
# make docs: the site, in build/site, to be opened as files: nothing in it comes from the network.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check unit soak bench docs notebooks format clean

demo: .venv/demo
	$(BIN)/python -m nn train --data digits --layers 64/64/10 --out runs/digits

test: .venv/test check unit

check: .venv/test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

unit: .venv/test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

soak: .venv/test
	$(BIN)/python -m pytest tests/test_promises.py -m soak $(if $(ONLY),-k $(ONLY))
	$(BIN)/python docs/promises.py

bench: .venv/bench .venv-hips/done
	$(BIN)/python benchmarks/run.py $(BENCH)

docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict --config-file docs/site/mkdocs.yml
	@echo build/site/index.html

notebooks: .venv/test
	$(BIN)/python notebooks/run.py $(BOOKS)

format: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

extras_demo := draw,plot
extras_test := test
extras_bench := bench,plot
extras_docs := docs

.venv/demo .venv/test .venv/bench .venv/docs: .venv/%: pyproject.toml | .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(extras_$*)]'
	touch $@

.venv-hips/done:
	$(PYTHON) -m venv .venv-hips
	.venv-hips/bin/python -m pip install --quiet --disable-pip-version-check autograd
	touch $@

.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "glassgrad needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv

clean:
	rm -rf .venv .venv-hips runs build dist .mypy_cache .pytest_cache .ruff_cache
