# Everything one does here. `make` alone lists it. Needs Python >= 3.11 and git; installs the rest into .tools and .venv.

.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory
BIN := .venv/bin

# Options for the command behind a target: make test ARGS="tests/unit -x", make demo ARGS="--json".
ARGS ?=

# All tests go in two halves, each with a Kafka and a PostgreSQL of its own; some, in one: -n 2 in ARGS does it for them too.
PYTEST = $(BIN)/pytest $(or $(ARGS),-n 2)

.PHONY: help demo test check web chaos season fix up down bench contracts lock clean

help: ## list what make can do
	@printf 'make TARGET [ARGS="…"]\n\n'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

demo: .venv/.ready ## run the first edition from challenge to experimentation on a real stack, and check it
	@$(BIN)/datacity demo $(ARGS)

test: .venv/.ready ## run the tests; ARGS are pytest's
	@$(PYTEST)

check: .venv/.ready ## all that CI runs: format, lint, types, walls, contracts, tests
	@sh infra/promtool.sh
	@sh infra/chromium.sh
	@failed=; \
	for step in "ruff check" "ruff format --check" "mypy" "lint-imports" "python -m infra.contracts --check"; do \
	    printf '\n→ %s\n' "$$step"; \
	    $(BIN)/$$step || failed="$$failed [$$step]"; \
	done; \
	[ -z "$$failed" ] || printf '\nMend these too: %s\n' "$$failed"; \
	printf '\n→ pytest\n'; \
	$(PYTEST) && [ -z "$$failed" ]

web: .venv/.ready ## test the pages in Chromium, and cut the live log a thousand times
	@sh infra/chromium.sh
	@$(BIN)/pytest tests/web tests/integration/test_monitor_pages.py tests/integration/test_jury_pages.py tests/integration/test_jury_staff_pages.py tests/integration/test_jury_decision_pages.py --web $(ARGS)

chaos: .venv/.ready ## break the event backbone on purpose for a quarter of an hour, and judge; SEED=… repeats a run
	@$(BIN)/pytest tests/chaos --chaos $(if $(SEED),--seed $(SEED)) $(ARGS)

season: .venv/.ready ## run a last day of 200 applicants, then a selection of 500 applications and 40 jurors; about half an hour
	@$(BIN)/pytest tests/e2e/test_full_season.py --season -s $(ARGS)

fix: .venv/.ready ## format, and mend what can be mended without thinking
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

up: .venv/.ready ## start the local stack: PostgreSQL, Kafka, the issuer, the four services
	@$(BIN)/datacity up $(ARGS)

down: .venv/.ready ## stop the local stack; its state stays
	@$(BIN)/datacity down $(ARGS)

bench: .venv/.ready ## measure this checkout, each figure beside its reference
	@$(BIN)/datacity bench $(ARGS)

contracts: .venv/.ready ## write docs/contracts, docs/events.md and docs/permissions.md from the code
	@$(BIN)/python -m infra.contracts $(ARGS)

lock: .venv/.ready ## choose versions anew; ARGS="--upgrade" takes the newest
	@set -e; uv=$$(command -v uv || echo .tools/uv/bin/uv); \
	$$uv pip compile --quiet --universal --generate-hashes --all-extras --python-version 3.11 --no-header --no-annotate \
	    $(ARGS) --output-file requirements.lock pyproject.toml; \
	options="--quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --constraint requirements.lock"; \
	$$uv pip compile $$options --extra applications --extra selection --extra incubation --extra notifications \
	    --output-file infra/docker/services.lock pyproject.toml; \
	echo aiosmtpd | $$uv pip compile $$options --output-file infra/docker/development.lock -

clean: ## remove what make installed; the local stack's state stays
	@rm -rf .venv .tools build dist *.egg-info

.venv/.ready: requirements.lock pyproject.toml infra/uv-pinned.txt infra/prepare.sh
	@PYTHON="$(PYTHON)" sh infra/prepare.sh
