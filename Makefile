# leadsync: `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
MARKETO_PORT ?= 8701
DYNAMICS_PORT ?= 8702
PEOPLE ?= 5000
PYTEST_ARGS ?=
LOAD_ARGS ?=

RUNTIME_STAMP := $(VENV)/.runtime
DEV_STAMP := $(VENV)/.dev

.PHONY: help setup run down test sim bench firstload latency lint lock

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(RUNTIME_STAMP) ## the environment in .venv, with leadsync and airflow in its bin

$(RUNTIME_STAMP): requirements.lock pyproject.toml scripts/setup.sh
	PYTHON="$(PYTHON)" sh scripts/setup.sh $(VENV) requirements.lock
	@touch $@

$(DEV_STAMP): requirements-dev.lock $(RUNTIME_STAMP)
	PYTHON="$(PYTHON)" sh scripts/setup.sh $(VENV) requirements-dev.lock
	@touch $@

run: setup ## sandbox systems, Airflow, one finished cycle, and the URL to open (PORT=8080)
	@$(BIN)/python -m scripts.run --port $(PORT) --marketo-port $(MARKETO_PORT) \
		--dynamics-port $(DYNAMICS_PORT) --people $(PEOPLE)

down: setup ## stop what `make run` started
	@$(BIN)/python -m scripts.down

# Without redis-server, the test that starts Celery workers is left out.
LEFT_OUT := $(if $(shell command -v redis-server),,-m "not celery")

test: $(DEV_STAMP) ## all tests (with Celery workers only where redis-server is installed)
	$(BIN)/python -m pytest -n 2 --dist worksteal --durations 20 $(LEFT_OUT) $(PYTEST_ARGS)

N ?= 5000
SEED ?= 0

sim: $(DEV_STAMP) ## random schedules with faults and crashes, judged by oracles (N=5000 SEED=0)
	@PYTHONPATH=include:plugins:tests $(BIN)/python -m simulation --n $(N) --seed $(SEED)

bench: $(DEV_STAMP) ## calls, CPU and memory of cycles, and the rules' split beside pandas and pandera
	@$(BIN)/python -m benchmarks.cycle && $(BIN)/python -m benchmarks.validation

firstload: $(DEV_STAMP) ## memory and time of the first load of PEOPLE (LOAD_ARGS="--only 3" for a part)
	@$(BIN)/python -m benchmarks.first_load --people $(PEOPLE) $(LOAD_ARGS)

CALLS ?= 30
SECONDS ?=

latency: setup ## seconds from a webhook call to the created lead, while `make run` runs (CALLS=30 SECONDS=75)
	@$(BIN)/python -m benchmarks.latency --calls $(CALLS) $(if $(SECONDS),--seconds $(SECONDS))

lint: $(DEV_STAMP) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy include plugins dags scripts deploy benchmarks tests

lock: $(DEV_STAMP) ## resolve requirements*.txt into the lock files
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-annotate --no-header \
		-q requirements.txt -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-annotate --no-header \
		-q requirements-dev.txt -o requirements-dev.lock
