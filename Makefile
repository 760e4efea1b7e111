# Every target is described in README.md, "Make targets".
# A stack that names its cluster (kubernetes:context in Pulumi.<stack>.yaml) runs there, with your own
# `pulumi` and kubeconfig; a stack that names none runs on the sandbox, the local Kubernetes of sandbox/.

STACK ?= dev
PYTHON := .venv/bin/python
SANDBOX := sandbox/.venv/bin/campus-sandbox
own_cluster := $(shell grep -qs '^ *kubernetes:context:' Pulumi.$(STACK).yaml && echo yes)

ifeq ($(own_cluster),yes)
RUN :=
APPROVE :=
STEP = sh -c 'echo "$$1"; shift; exec "$$@"' step
CLUSTER := environments
else
RUN := $(SANDBOX) exec --
APPROVE := --yes --skip-preview --suppress-outputs
STEP = $(SANDBOX) step
CLUSTER := sandbox
endif

.PHONY: up test check smoke status logs preview kubeconfig down environments sandbox

up: $(CLUSTER)
	@$(STEP) "Pulumi stack $(STACK)" -- sh -c 'pulumi stack select --create $(STACK) && pulumi up $(APPROVE) --stack $(STACK)'
	@$(STEP) "A spoken sentence from each campus" -- $(PYTHON) -m operations.smoke --stack $(STACK)
	@$(RUN) $(PYTHON) -m operations.summary --stack $(STACK)

environments:
	@uv="$$(sandbox/bootstrap)" && "$$uv" sync --quiet --locked && "$$uv" sync --quiet --locked --project sandbox

sandbox: environments
	@$(SANDBOX) up

smoke: environments
	@$(RUN) $(PYTHON) -m operations.smoke --stack $(STACK)

status: environments
	@$(RUN) $(PYTHON) -m operations.status --stack $(STACK)

logs: environments
	@$(RUN) $(PYTHON) -m operations.logs --stack $(STACK) $(if $(CAMPUS),--campus $(CAMPUS)) $(if $(COMPONENT),--component $(COMPONENT))

preview: environments
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
	@.venv/bin/pytest -q tests/unit tests/cases tests/program tests/meta
	@cd sandbox && .venv/bin/ruff check && .venv/bin/ruff format --check --quiet && .venv/bin/mypy && .venv/bin/pytest -q tests/build

# The tests have a sandbox of their own, in a network of its own: the one that `make up` started runs on.
test: check
	@UV="$$(sandbox/bootstrap)" && export UV && cd images/cosyvoice && "$$UV" sync --quiet --locked && \
	    .venv/bin/ruff check && .venv/bin/ruff format --check --quiet && .venv/bin/mypy && .venv/bin/pytest -q
	@$(SANDBOX) build
	@cd sandbox && .venv/bin/pytest -q tests/providers tests/node
	@.venv/bin/pytest tests/cluster
