# Every target is described in README.md, "Make targets".
# A stack whose file names no cluster, or the sandbox's kubeconfig, runs on the sandbox: the local Kubernetes of
# sandbox/, with its own Pulumi state. Any other stack runs on its own cluster, with your own `pulumi` and its state.

STACK ?= dev
# Most of a cluster test is waiting: two lanes, each with a sandbox of its own, take a test file each.
LANES := -n 2 --dist loadfile --no-loadscope-reorder
FILE := Pulumi.$(STACK).yaml
PYTHON := .venv/bin/python
SANDBOX := sandbox/.venv/bin/campus-sandbox
elsewhere := $(shell grep -sE "kubernetes:|^ *environment:" $(FILE) | grep -qv "kubeconfig['\"]*: *[.]sandbox/kubeconfig" && echo yes)

ifeq ($(elsewhere),yes)
RUN :=
APPROVE :=
STEP = sh -c 'echo "$$1"; shift 2; exec "$$@"' step
CLUSTER := environments own-pulumi
else
RUN := $(SANDBOX) exec --
APPROVE := --yes --skip-preview --suppress-outputs
STEP = $(SANDBOX) step
CLUSTER := sandbox
endif

# Compiled here, since a Python that is told to write no bytecode would compile its packages at every start.
SYNC = "$$uv" sync --quiet --locked --compile-bytecode

.PHONY: up test test-long check smoke status logs forget preview kubeconfig down environments sandbox stack-file own-pulumi

# Where no campus has a voice yet, smoke ends with 3: the stack is up, and the summary follows.
up: stack-file $(CLUSTER)
	@$(STEP) "Pulumi stack $(STACK)" -- \
	    sh -c 'pulumi stack select --create $(STACK) && exec pulumi up $(APPROVE) --stack $(STACK)' || \
	    { $(RUN) $(PYTHON) -m operations.rollouts --stack $(STACK); exit 1; }
	@$(STEP) "A spoken sentence from each campus" -- $(PYTHON) -m operations.smoke --stack $(STACK) || \
	    test $$? -eq 3
	@$(RUN) $(PYTHON) -m operations.summary --stack $(STACK)

stack-file:
	@test -f $(FILE) || { echo "There is no $(FILE): every stack is described by such a file. The stacks here:" \
	    Pulumi.*.yaml >&2; exit 1; }

own-pulumi:
	@command -v pulumi >/dev/null || { echo "Stack $(STACK) runs on a cluster of its own, which needs the Pulumi CLI" \
	    "on PATH: see https://www.pulumi.com/docs/install/." >&2; exit 1; }

environments:
	@uv="$$(sandbox/bootstrap)" && $(SYNC) && $(SYNC) --project sandbox || \
	    { echo "The Python packages could not be fetched from PyPI or installed (above is why): check this machine's" \
	    "network, proxy settings and disk, then run make again." >&2; exit 1; }

sandbox: environments
	@$(SANDBOX) up

smoke: stack-file environments
	@$(RUN) $(PYTHON) -m operations.smoke --stack $(STACK)

status: stack-file environments
	@$(RUN) $(PYTHON) -m operations.status --stack $(STACK)

logs: stack-file environments
	@$(RUN) $(PYTHON) -m operations.logs --stack $(STACK) $(if $(CAMPUS),--campus $(CAMPUS)) $(if $(COMPONENT),--component $(COMPONENT))

forget: stack-file environments
	@$(RUN) $(PYTHON) -m operations.forget --stack $(STACK) --campus '$(CAMPUS)'

preview: stack-file environments
ifdef RENDER
	@$(SANDBOX) engine
	@$(SANDBOX) exec -- $(PYTHON) -m operations.preview --stack $(STACK) --render $(RENDER)
else
	@$(RUN) $(PYTHON) -m operations.preview --stack $(STACK)
endif

kubeconfig: environments
	@$(SANDBOX) kubeconfig

down: environments
	@$(SANDBOX) down

check: environments
	@$(SANDBOX) manifests
	@.venv/bin/ruff check && .venv/bin/ruff format --check --quiet
	@.venv/bin/mypy
	@.venv/bin/pytest -q -n 2 tests/unit tests/cases tests/program tests/meta
	@cd sandbox && .venv/bin/ruff check && .venv/bin/ruff format --check --quiet && .venv/bin/mypy && .venv/bin/pytest -q tests/build

# The tests have a sandbox of their own, in a network of its own: the one that `make up` started runs on.
test: check
	@uv="$$(sandbox/bootstrap)" && cd images/cosyvoice && $(SYNC) && export UV="$$uv" && \
	    .venv/bin/ruff check && .venv/bin/ruff format --check --quiet && .venv/bin/mypy && .venv/bin/pytest -q
	@$(SANDBOX) build
	@cd sandbox && .venv/bin/pytest -q -n 2 --no-loadscope-reorder tests/node tests/providers
	@.venv/bin/pytest tests/cluster -m "alone and not long"
	@.venv/bin/pytest tests/cluster -m "not alone and not long" $(LANES)

# What takes minutes and rarely breaks by itself: run it before a release.
test-long: environments
	@$(SANDBOX) build
	@.venv/bin/pytest tests/cluster -m long
