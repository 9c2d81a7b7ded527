# Python 3.11 or newer; override with `make PYTHON=python3.12 …`.
PYTHON ?= python3
BIN := .venv/bin
MOST_MB := 900
# Measures, the engine and the flags, which need no extra: run on another Python too.
CORE_TESTS := tests/measures tests/test_mixed.py tests/test_flags.py

.PHONY: demo test core lint screenshots notebooks notebook-pages bench clean lock

demo: .venv/installed ## install, then the main job on the bundled sample
	$(BIN)/liftdose report data/raw/sample --out reports/demo

test: .venv/installed ## install, then every check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadgroup --durations=15
	$(BIN)/pytest --nbval notebooks -n auto --dist loadfile

core: ## what a user installs, alone and on $(PYTHON): its weight, the doctor, a page, the main tests
	rm -rf .venv-core
	$(PYTHON) -m venv .venv-core
	du -sm .venv-core | cut -f1 >.venv-core/empty_mb
	.venv-core/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.lock .
	.venv-core/bin/liftdose doctor
	.venv-core/bin/liftdose report data/raw/sample --out reports/core --strict
	@mb=$$(( $$(du -sm .venv-core | cut -f1) - $$(cat .venv-core/empty_mb) )); \
	  echo "installed beside Python's own pip: $$mb MB, at most $(MOST_MB)"; \
	  test $$mb -le $(MOST_MB)
	.venv-core/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.lock \
	  pytest pytest-xdist hypothesis
	.venv-core/bin/pytest -n auto $(CORE_TESTS)

lint: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy

notebooks: .venv/installed ## run the notebooks and keep their output
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace \
	  --ExecutePreprocessor.record_timing=False notebooks/*.ipynb

notebook-pages: .venv/installed ## the notebooks as pages that open offline: reports/notebooks/
	$(BIN)/liftdose notebook notebooks/*.ipynb --out reports/notebooks

screenshots: .venv/installed ## the pictures of the README, from the real pages
	$(BIN)/python docs/screenshots.py

bench: .venv/installed ## speed as ratios against named baselines, in one run
	$(BIN)/python benchmarks/ingest.py
	$(BIN)/python benchmarks/report.py
	$(BIN)/python benchmarks/mixed.py
	$(BIN)/python benchmarks/strength.py

lock: ## names and versions only
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev \
	  --no-header --no-annotate pyproject.toml --output-file requirements.lock

clean:
	rm -rf .venv .venv-core reports build dist src/*.egg-info

.venv/installed: pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "liftdose needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[dev]'
	touch $@
