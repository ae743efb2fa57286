# Ruggesteun. `make help` lists the commands.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3.10
VENV := .venv
WIDGET := rasa_project/web/widget
PY := $(VENV)/bin/python
HOST ?= 127.0.0.1
PORT ?= 5005
WORKERS ?= 2
# The tests wait much for servers and browsers: more processes than cores, 1 GB each.
PROCESSES ?= 3

# Rasa and TensorFlow: no telemetry, no noise.
export RASA_TELEMETRY_ENABLED := false
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export TF_CPP_MIN_LOG_LEVEL := 3
export PYTHONWARNINGS := ignore
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

.PHONY: run
run: setup ## Set everything up and start the assistant (PORT=5005)
	@RUGGESTEUN_HOST=$(HOST) RUGGESTEUN_PORT=$(PORT) exec $(PY) -m rasa_project run

.PHONY: workers
workers: setup ## Try several workers with PostgreSQL, Redis and nginx (WORKERS=2 PORT=5005)
	@exec $(PY) -m rasa_project workers --count $(WORKERS) --port $(PORT)

.PHONY: test
test: setup-dev widget-tools telegram-tools ## Set everything up; ruff, mypy and all tests (PROCESSES=3)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m rasa_project train
	@echo "The tests that measure time, one by one; then all others in $(PROCESSES) processes."
	@failed=; \
	$(PY) -m pytest -m alone || failed="those that measure time"; \
	$(PY) -m pytest -m "not alone" -n $(PROCESSES) --dist loadfile --no-loadscope-reorder || \
	  failed="$${failed:+$$failed, and }the others"; \
	[ -z "$$failed" ] || { echo "Tests failed: $$failed (each has a summary above)." >&2; exit 1; }

.PHONY: test-fast
test-fast: setup-dev ## ruff, mypy and the tests that need no trained model
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m pytest tests/unit tests/storage tests/actions

.PHONY: widget
widget: widget-tools ## Build the chat widget from its sources (needs Node.js)
	@cd $(WIDGET) && node build.mjs
	@$(MAKE) --no-print-directory size

.PHONY: size
size: setup-dev ## Print what a website loads for the chat, gzipped
	@$(PY) -m tests.widget.size

# Node.js is only for building and checking the widget, and for a Telegram by others: who
# has none can run the assistant and its tests, and the tests that need it say that they
# were skipped.
.PHONY: widget-tools telegram-tools
widget-tools: NODE_FOLDER := $(WIDGET)
widget-tools: NODE_SUBJECT := the widget
telegram-tools: NODE_FOLDER := tests/telegram
telegram-tools: NODE_SUBJECT := Telegram
widget-tools telegram-tools:
	@cmp -s $(NODE_FOLDER)/package-lock.json $(NODE_FOLDER)/node_modules/.installed || { \
	  if ! command -v npm > /dev/null; then echo "npm is not installed: going on without the tests of $(NODE_SUBJECT) that need it."; \
	  elif echo "Installing the tools for $(NODE_SUBJECT) from npm ..." && (cd $(NODE_FOLDER) && npm ci --silent --no-fund --no-audit) > $(NODE_FOLDER)/.npm.log 2>&1; then \
	    cp $(NODE_FOLDER)/package-lock.json $(NODE_FOLDER)/node_modules/.installed; \
	  else echo "npm could not install the tools for $(NODE_SUBJECT) ($(NODE_FOLDER)/.npm.log says why): going on without the tests that need them."; fi; }

.PHONY: audit
audit: setup-dev audit-tools ## Are the packages those of the lock, with fitting licences and no unweighed weakness
	@$(PY) requirements/audit.py --pip-audit .venv-audit/bin/pip-audit

# In an environment of its own: its packages and Rasa's pins don't go together.
.PHONY: audit-tools
audit-tools:
	@cmp -s requirements/audit.txt .venv-audit/.installed || { \
	  $(PYTHON) -m venv --clear .venv-audit && \
	  .venv-audit/bin/python -m pip install --quiet --require-hashes -r requirements/audit.txt && \
	  cp requirements/audit.txt .venv-audit/.installed; } > .venv-audit.log 2>&1 || \
	  echo "pip-audit could not be installed (.venv-audit.log says why)."

.PHONY: fuzz
fuzz: setup-dev ## 20,000 odd requests and 50,000 odd messages; prints the figures of docs/security.md (an hour)
	@$(PY) -m rasa_project train
	@$(PY) -m tests.fuzz.text --messages 55000 --rules 55000
	@$(PY) -m tests.fuzz.http --requests 20000

.PHONY: evaluate
evaluate: setup-dev ## Print the language and red-flag figures on the development sets
	@$(PY) -m rasa_project train
	@$(PY) -m tests.language.report

.PHONY: compare
compare: setup-dev ## Compare pipelines side by side; writes docs/pipelines.md (half an hour)
	@$(PY) -m tests.language.compare

.PHONY: safety
safety: setup-dev ## How well alarm signs are noticed; writes the figures of docs/safety.md (ten minutes)
	@$(PY) -m rasa_project train
	@$(PY) -m tests.language.safety

.PHONY: bench
bench: setup-dev ## Measure speed beside stock Rasa; writes docs/performance.md (half an hour)
	@$(PY) -m tests.load.bench --write $(BENCH)

.PHONY: kill
kill: setup-dev ## kill -9 under load, hundreds of times, on SQLite and PostgreSQL (half an hour)
	@$(PY) -m rasa_project train
	@$(PY) -m tests.faults.kill

.PHONY: confusions
confusions: setup-dev ## Which topics are taken for each other; writes docs/confusions.md
	@$(PY) -m tests.language.confusions

.PHONY: fit-questions
fit-questions: setup ## Make data/question_split.json anew from the utterances (two minutes)
	@$(PY) -m rasa_project fit-questions

.PHONY: check
check: setup ## Say what is wrong with this installation
	@$(PY) -m rasa_project check

.PHONY: coverage
coverage: setup ## Write docs/coverage.md
	@$(PY) -m rasa_project coverage

.PHONY: train
train: setup ## Train the model if something that it is made from changed
	@$(PY) -m rasa_project train

.PHONY: migrate
migrate: setup ## Create or upgrade the database tables
	@$(PY) -m rasa_project migrate

.PHONY: load-answers
load-answers: setup ## Load data/knowledge into the database
	@$(PY) -m rasa_project migrate
	@$(PY) -m rasa_project load-answers

.PHONY: account
account: setup ## Accounts of the inbox: make account ARGS="list" (docs/accounts.md)
	@$(PY) -m rasa_project account $(if $(ARGS),$(ARGS),--help)

.PHONY: screenshots
screenshots: setup-dev ## Make the pictures in docs/ (needs Chromium)
	@$(PY) -m rasa_project train
	@$(PY) -m tests.browser.screenshots

.PHONY: format
format: setup-dev ## Format the code
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

.PHONY: lock
lock: setup-dev ## Pin the dependencies anew (requirements/*.in -> *.txt)
	@$(PY) -m pip install --quiet --require-hashes -r requirements/uv.txt
	@for name in base dev uv audit; do \
	  $(VENV)/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url \
	    --python-version 3.10 requirements/$$name.in -o requirements/$$name.txt; done

.PHONY: clean
clean: ## Remove models, caches and the environment (not the database)
	@rm -rf $(VENV) .venv-audit .venv-audit.log models .rasa .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: setup setup-dev
setup: $(VENV)/.base
setup-dev: $(VENV)/.dev

$(VENV)/bin/python: .python-version
	@command -v $(PYTHON) > /dev/null && $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2> /dev/null || \
	  { echo "Python 3.10 is needed and '$(PYTHON)' is not it: install Python 3.10, or name it with 'make PYTHON=/path/to/python3.10 ...'." >&2; exit 1; }
	@[ ! -L $(VENV) ] || { echo "$(VENV) is a link to another folder, which would be emptied: take the link away." >&2; exit 1; }
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.base: requirements/base.txt | $(VENV)/bin/python
	@echo "Installing the pinned packages (about two minutes, once) ..."
	@$(PY) -m pip install --quiet --require-hashes -r requirements/base.txt 2> $(VENV)/pip.log || { grep -v WARNING $(VENV)/pip.log >&2; exit 1; }
	@$(MAKE) --no-print-directory spacy-model
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@echo "Installing the packages for tests and checks ..."
	@$(PY) -m pip install --quiet --require-hashes -r requirements/dev.txt 2> $(VENV)/pip.log || { grep -v WARNING $(VENV)/pip.log >&2; exit 1; }
	@touch $@

# The model is not on the package index but on its project's own release page, which
# many closed networks can't reach; then the same parts run without it. spaCy's own
# command knows the address.
.PHONY: spacy-model
spacy-model:
	@if $(PY) -c 'import nl_core_news_sm' 2> /dev/null; then :; \
	elif timeout 60 $(PY) -m spacy download nl_core_news_sm-3.8.0 --direct \
	    --no-deps --quiet --retries 0 --timeout 10 > $(VENV)/spacy.log 2>&1; then \
	  echo "nl_core_news_sm is installed."; \
	else echo "nl_core_news_sm can't be reached: going on without it (lemmas come from simplemma)."; fi
