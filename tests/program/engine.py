"""The whole program run as Pulumi's language host runs it, against a monitor that records what it registers."""

import asyncio
import contextvars
import logging
import runpy
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime import mocks, rpc, set_all_config
from pulumi.runtime.settings import configure
from pulumi.runtime.stack import run_in_stack

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "campus-voice"


@dataclass(frozen=True)
class Registered:
    """One resource as the engine is asked for it."""

    urn: str
    kind: str
    name: str
    inputs: Mapping[str, Any]
    parent: str
    depends_on: tuple[str, ...]
    retained: bool
    deleted_first: bool
    """Whether it is deleted before another takes its place."""


@dataclass
class Deployment:
    """What a run of the program asked for and said."""

    resources: dict[str, Registered] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    exit_code: int = 0

    def of_kind(self, kind: str) -> list[Registered]:
        """Resources whose type ends in `kind`."""
        return [one for one in self.resources.values() if one.kind.rsplit(":", 1)[1] == kind]

    def named(self, kind: str, name: str, namespace: str | None = None) -> Registered:
        """The object of that kind and name."""
        (found,) = [
            one
            for one in self.of_kind(kind)
            if one.inputs["metadata"]["name"] == name and one.inputs["metadata"].get("namespace") == namespace
        ]
        return found

    def comes_after(self, later: Registered, earlier: Registered) -> bool:
        """Whether `later` waits for `earlier`, directly or through others."""
        waiting, seen = [later.urn], set[str]()
        while waiting:
            urn = waiting.pop()
            if urn == earlier.urn:
                return True
            if urn not in seen and urn in self.resources:
                seen.add(urn)
                waiting += [self.resources[urn].parent, *self.resources[urn].depends_on]
        return False


class _Answers(mocks.Mocks):
    """Answers every request with what was asked for, as a cluster without defaults would."""

    def __init__(self, stacks: Mapping[str, Mapping[str, Any]]) -> None:
        self._stacks = stacks

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            outputs = dict(self._stacks[args.inputs["name"]])
            return args.name, {"name": args.name, "outputs": outputs, "secretOutputNames": []}
        if args.typ == "random:index/randomId:RandomId":
            return args.name, {**args.inputs, "hex": "0a1b2c3d"}
        if args.typ == "random:index/randomPassword:RandomPassword":
            return args.name, {**args.inputs, "result": f"the {args.name}"}
        return args.name, dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token != "pulumi:pulumi:readStackOutputs":
            raise AssertionError(f"the program calls no function of a provider, not {args.token}")
        stack = args.args["name"]
        if stack not in self._stacks:
            return {}, [("name", f'unknown stack "{stack}"')]  # The engine's words.
        return {"name": stack, "outputs": dict(self._stacks[stack]), "secretOutputNames": []}, []


class _Recorder:
    """Pulumi's mock monitor, which answers everything; what it is asked is written down on the way."""

    def __init__(self, answers: mocks.Mocks, deployment: Deployment) -> None:
        self._monitor: Any = mocks.MockMonitor(answers)
        self._deployment = deployment

    def __getattr__(self, name: str) -> Any:
        return getattr(self._monitor, name)

    def RegisterResource(self, request: Any) -> Any:
        answer = self._monitor.RegisterResource(request)
        self._deployment.resources[answer.urn] = Registered(
            urn=answer.urn,
            kind=request.type,
            name=request.name,
            inputs=rpc.deserialize_properties(request.object) or {},
            parent=request.parent,
            depends_on=tuple(sorted(request.dependencies)),
            retained=request.retainOnDelete,
            deleted_first=request.deleteBeforeReplace,
        )
        return answer

    def ReadResource(self, request: Any) -> Any:
        self._deployment.read.append(request.name)
        return self._monitor.ReadResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if "pulumi:pulumi:Stack::" in request.urn:
            self._deployment.outputs.update(rpc.deserialize_properties(request.outputs))
        return self._monitor.RegisterResourceOutputs(request)


class _Errors(logging.Handler):
    def __init__(self, deployment: Deployment) -> None:
        super().__init__(logging.ERROR)
        self._deployment = deployment

    def emit(self, record: logging.LogRecord) -> None:
        self._deployment.errors.append(record.getMessage())


def deploy(
    stack: str, settings: Mapping[str, str], stacks: Mapping[str, Mapping[str, Any]] | None = None
) -> Deployment:
    """Run the program for `stack`, whose settings are given the way Pulumi hands them over.

    `stacks` holds the outputs of other stacks by their full names.
    """
    return contextvars.copy_context().run(
        _deploy, _program, stack, settings, _Answers(stacks or {}), preview=False
    )


def run(program: Callable[[], Awaitable[None] | None], *, preview: bool = False) -> Deployment:
    """Run a program that is written down in a test, without settings."""
    return contextvars.copy_context().run(_deploy, program, "test", {}, _Answers({}), preview=preview)


def _deploy(
    program: Callable[[], Awaitable[None] | None],
    stack: str,
    settings: Mapping[str, str],
    answers: mocks.Mocks,
    *,
    preview: bool,
) -> Deployment:
    deployment = Deployment()
    logger = logging.getLogger("program")
    errors = _Errors(deployment)
    logger.addHandler(errors)
    loop, monitor_loop = asyncio.new_event_loop(), asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Pulumi's mock monitor makes a loop for every thread that it is called on, and closes none.
    monitor = ThreadPoolExecutor(1, initializer=asyncio.set_event_loop, initargs=(monitor_loop,))
    loop.set_default_executor(monitor)
    recorder = _Recorder(answers, deployment)
    # set_mocks() would register a root of its own before the program's.
    settings_of: Any = mocks.MockSettings
    configure(
        settings_of(
            monitor=recorder,
            monitor_features=set(recorder.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures),
            engine=mocks.MockEngine(logger),
            project=PROJECT,
            stack=stack,
            dry_run=preview,
            organization=None,
            callbacks=None,
        )
    )
    set_all_config(dict(settings), [])
    try:
        loop.run_until_complete(run_in_stack(program))
    except SystemExit as exit_:
        deployment.exit_code = int(exit_.code or 0)
    finally:
        logger.removeHandler(errors)
        monitor.shutdown()
        monitor_loop.close()
        loop.close()
    return deployment


def _program() -> None:
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
