# Every target sets up what it needs: a virtual environment in the checkout, nothing outside of it.
SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEVELOPER := $(VENV)/.developer
LEARNER := $(VENV)/.learner
# One more than the cores that this project reckons with: a third of the time, a test waits.
WORKERS ?= 3
# What has failed on one Python and not on another: TLS, certificates, groups of exceptions, the end of connections.
PORTABLE := tests/test_house.py tests/controller tests/liqo_peering tests/authz/test_certificates.py \
	tests/authz/test_webhooks.py tests/liqo_offloading/test_kubelet_door.py \
	tests/liqo_offloading/test_offloading_admission.py
# Where Python is forbidden to keep bytecode, a run of the tests would compile them, and all that changed since, anew.
unexport PYTHONDONTWRITEBYTECODE
# Many environments forbid Python to keep bytecode as it goes, and a lesson starts some forty Pythons.
COMPILE := $(BIN)/python -m compileall -q liqolab tui

.PHONY: help tour learn test portable contract seek conformance journeys kind-journeys browser sabotage fuzz-containers chaos lint format reference screens bench bench-growth clean

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

tour: $(RUNTIME) ## Play the seed tutorial, commands and checks, on embedded clusters
	$(BIN)/liqolab run offloading-with-policies

learn: $(LEARNER) ## Sit down in front of the clusters, with the tutorial beside them
	$(BIN)/liqolab learn

test: $(DEVELOPER) ## Run the tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

portable: $(DEVELOPER) ## Run the tests that depend on the version of Python: make portable VENV=.venv-old PYTHON=python3.11
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PORTABLE)

contract: $(DEVELOPER) ## Ask a real control plane anew what ours has to answer: make contract KUBECONFIG=file, or BINARIES=folder START=script
	$(BIN)/python -m tests.contract.record $(if $(BINARIES),--start $(START) --binaries $(BINARIES),--kubeconfig $(KUBECONFIG)) $(SCRIPTS)

seek: $(DEVELOPER) ## Ask a real control plane and ours the same strange questions: make seek KUBECONFIG=file SEED=number REQUESTS=number KIND=name
	$(BIN)/python -m tests.contract.seek --kubeconfig $(KUBECONFIG) --seed $(or $(SEED),0) --requests $(or $(REQUESTS),1000) $(if $(KIND),--kind $(KIND))

conformance: $(DEVELOPER) ## Run Kubernetes' conformance suite against embedded clusters: make conformance E2E=e2e.test KUBECTL=kubectl
	$(BIN)/python tools/conformance.py $(E2E) $(if $(KUBECTL),--kubectl $(KUBECTL)) $(CONFORMANCE)

journeys: $(DEVELOPER) ## Run the long tests: whole lessons through every face
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m journey

kind-journeys: $(DEVELOPER) ## Run the tests that need a real KinD: LIQOLAB_NODE_IMAGE names a node image where none can be pulled
	$(BIN)/python -m pytest -m kind

browser: $(DEVELOPER) ## Run the tests that need Chromium on the PATH
	$(BIN)/python -m pytest tests_browser

sabotage: $(DEVELOPER) ## Play every lesson both ways, and see that its checks notice sabotage
	$(BIN)/liqolab author test -j $(WORKERS)

fuzz-containers: $(DEVELOPER) ## Try to get out of containers: make fuzz-containers SEED=number SCRIPTS=number
	$(BIN)/python -m tests.node.fuzzing --seed $(or $(SEED),0) --scripts $(or $(SCRIPTS),10000)

chaos: $(DEVELOPER) ## Break clusters and links by chance, and see that all converges: make chaos SEED=number SEEDS=number CLUSTERS=3; REPLAY=file
	$(BIN)/python -m tests.chaos $(if $(REPLAY),--replay $(REPLAY),--seed $(or $(SEED),0) --seeds $(or $(SEEDS),10) --clusters $(or $(CLUSTERS),3))

lint: $(DEVELOPER) ## Formatter, linter, types, import walls, features and lessons
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/liqolab lint

format: $(DEVELOPER) ## Let the formatter and the linter mend what they can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

reference: $(DEVELOPER) ## Write the generated parts of docs/reference anew
	$(BIN)/python tools/build_reference.py

screens: $(DEVELOPER) ## Draw the screens in docs/ anew, from real runs
	$(BIN)/python tools/build_screens.py

bench: $(DEVELOPER) ## Measure start-up, memory, latency and the tutorial
	$(BIN)/python -m benchmarks

bench-growth: $(DEVELOPER) ## See how costs grow, beside a real control plane: make bench-growth ORACLE=folder START=script; QUICK=--quick
	$(BIN)/python -m benchmarks.growth $(QUICK) $(if $(ORACLE),--oracle $(ORACLE) --start $(START)) $(PARTS)

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .venv-* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info build dist

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit("liqolab needs Python 3.11 or newer; name one with: make PYTHON=python3.x ...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): $(VENV)/pyvenv.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@$(COMPILE)
	@touch $@

$(LEARNER): $(VENV)/pyvenv.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[tui,terminal]'
	@$(COMPILE)
	@touch $@ $(RUNTIME)

$(DEVELOPER): $(VENV)/pyvenv.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(COMPILE)
	@touch $@ $(RUNTIME)
