# make demo and make test need git, make and Python 3.11+ (with venv and pip); everything else they install into .venv.
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Python is to keep what it compiles: each worker and each of the hundreds of programs that tests start would do it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint types contracts pytest proofs crash fault-matrix feed-and-clock-faults disk-faults syscall-faults soak soak-workers state-machine tamper postgres fuzz judges installation bench schema messages errors lock clean help

help:  ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.demo  ## See a city's news reach X, Facebook and Instagram on this machine
	$(BIN)/crossposter demo

test: lint types contracts pytest  ## Check everything

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

# One more than there are cores: many tests wait. COVERAGE=yes asks for what .ci/run does: it takes half as long again.
TESTS := $(BIN)/python -m pytest --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadfile
pytest: $(VENV)/.dev
	$(TESTS) -m "not proof" $(if $(COVERAGE),--cov --cov-report=)
	$(if $(COVERAGE),$(BIN)/python scripts/check_coverage.py)

proofs: $(VENV)/.dev  ## What takes long, in short: daemons, workers, deaths, faults, copies put back, jumps of the clock
	$(TESTS) -m proof

crash: $(VENV)/.dev  ## Kill a round at every point (`make proofs` takes every few)
	CROSSPOSTER_CRASH_POINTS=all $(BIN)/python -m pytest -s tests/test_crash.py

state-machine: $(VENV)/.dev  ## News, deaths, lost answers, people and copies in any order: 50,000 steps
	CROSSPOSTER_STATE_MACHINE_STEPS=$${STEPS:-50000} $(BIN)/python -m pytest --numprocesses 2 --dist load tests/test_state_machine.py tests/test_guards_machine.py

postgres: $(VENV)/.dev  ## Start a PostgreSQL server on loopback, print the address of a database, end with Ctrl-C
	@$(BIN)/python -m tests.postgres

fault-matrix: $(VENV)/.dev  ## Crash point x fault x platform, all 630 (`make proofs` takes a tenth); docs/reliability.md
	CROSSPOSTER_FAULT_MATRIX=all $(BIN)/python -m pytest -s tests/proofs/test_fault_matrix.py tests/proofs/test_restore_points.py

soak: $(VENV)/.dev  ## Random kill -9 until SOAK_KILLS (3,000), from SOAK_SEED on; docs/reliability.md
	SOAK_KILLS=$${SOAK_KILLS:-3000} $(BIN)/python -m pytest -s tests/proofs/test_soak.py -k rounds

soak-workers: $(VENV)/.dev  ## The same of a daemon and three workers (SOAK_WORKERS) on PostgreSQL
	SOAK_KILLS=$${SOAK_KILLS:-3000} $(BIN)/python -m pytest -s tests/proofs/test_soak.py -k workers

feed-and-clock-faults: $(VENV)/.dev  ## What feeds and the clock do wrong, on every platform (`make proofs`: on one each)
	CROSSPOSTER_FEED_AND_CLOCK_FAULTS=all $(BIN)/python -m pytest -s tests/proofs/test_feed_and_clock_faults.py

disk-faults: $(VENV)/.dev  ## What the disk does wrong, on every platform (`make proofs`: on one each)
	CROSSPOSTER_DISK_FAULTS=all $(BIN)/python -m pytest -s tests/proofs/test_disk_faults.py

syscall-faults: $(VENV)/.dev  ## Let each system call of a life fail, and kill it there (every EVERY-th); docs/reliability.md
	CROSSPOSTER_SYSCALL_FAULTS=$${EVERY:-1} $(BIN)/python -m pytest -s tests/proofs/test_system_calls.py

tamper: $(VENV)/.dev  ## Change each column of 20 rows, in a ledger of 10,000 deliveries; 'ledger verify' must find it
	CROSSPOSTER_TAMPER=all $(BIN)/python -m pytest -s --durations 0 tests/ledger/test_record.py -k any_field

# atheris stands in no lock: it is large, and nothing else needs it.
fuzz: $(VENV)/.dev  ## Mutate pages and feeds for FUZZ_SECONDS (600), and look for what breaks the reading
	$(PIP) install --quiet 'atheris>=3,<4'
	$(BIN)/python scripts/fuzz.py

judges: $(VENV)/.dev  ## Read real and invented feeds as judges expect (they are kept elsewhere)
	$(BIN)/python scripts/judge_feeds.py

installation: $(VENV)/.dev  ## Walk docs/installation.md for real (a minute, a package index)
	CROSSPOSTER_INSTALL_TEST=1 $(BIN)/python -m pytest -s tests/test_installation.py

bench: $(VENV)/.dev  ## Measure start-up, memory, polls and throughput; the last result is docs/benchmarks.md
	$(BIN)/python -m benchmarks

schema: $(VENV)/.dev  ## Bring the JSON Schema of the configuration up to date with its models
	$(BIN)/python scripts/make_schema.py

messages: $(VENV)/.dev  ## Bring the translations up to date with the code
	$(BIN)/python scripts/make_messages.py

errors: $(VENV)/.dev  ## Bring docs/errors.md up to date with the adapters' tables
	$(BIN)/python scripts/make_errors.py

# A lock is made again only by hand: it decides what runs in a city's name. It keeps extras (coverage[toml]): pip before 25
# holds such a request to the lock only where the lock names the extra, and else meets a newer release that has no hash.
lock: | $(BIN)/python  ## Resolve the dependencies anew
	$(PIP) install --quiet uv
	set -e; compile="$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate"; \
	compile="$$compile --no-strip-extras --no-emit-index-url --upgrade pyproject.toml"; make="--custom-compile-command"; \
	$$compile $$make "make lock" --extra article --extra scale -o requirements.lock; \
	$$compile $$make "make lock" --extra demo --group build -c requirements.lock -o requirements-demo.lock; \
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-strip-extras --no-emit-index-url \
	    --group pyproject.toml:build -c requirements-demo.lock $$make "make lock" -o requirements-build.lock; \
	$$compile $$make "make lock" --extra article --extra scale --extra demo --group build --group dev -c requirements.lock -c requirements-demo.lock \
	    -o requirements-dev.lock
	sed -i 's/^lxml\[html-clean\]/lxml[html_clean]/' requirements*.lock  # as justext writes it: pip 23 takes them for two

clean:  ## Remove what was built here
	rm -rf $(VENV) build dist .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@python=$$(scripts/find-python) && echo "Building the environment in $(VENV) with $$python" && "$$python" -m venv $(VENV)

$(VENV)/.%: requirements-%.lock pyproject.toml | $(BIN)/python
	@echo "Installing the packages of $< (checked by hash); this takes a minute the first time"
	$(PIP) install --quiet --progress-bar on --require-hashes -r $<
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
