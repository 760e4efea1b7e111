"""The ResourceProvider protocol, translated to and from plain values.

https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from campus_sandbox.providers.engine import EngineLog, NotInitializedError, abort, abort_not_initialized
from campus_sandbox.providers.kubernetes import diff, lifecycle, planning
from campus_sandbox.providers.kubernetes.session import ApiError, UnreachableError
from campus_sandbox.providers.kubernetes.settings import Settings, changed_arguments, conflicts
from campus_sandbox.providers.kubernetes.target import RefusedError, Target
from campus_sandbox.providers.properties import from_struct, plain, to_struct

_KIND = provider_pb2.PropertyDiff.Kind
_KINDS: Final = {
    (diff.Change.ADD, False): _KIND.ADD,
    (diff.Change.ADD, True): _KIND.ADD_REPLACE,
    (diff.Change.DELETE, False): _KIND.DELETE,
    (diff.Change.DELETE, True): _KIND.DELETE_REPLACE,
    (diff.Change.UPDATE, False): _KIND.UPDATE,
    (diff.Change.UPDATE, True): _KIND.UPDATE_REPLACE,
}


class KubernetesProvider(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider; its methods run in up to 32 threads."""

    def __init__(self, log: EngineLog, version: str) -> None:
        self._version = version
        self._log = log
        self._cancelled = threading.Event()
        self._target = Target(Settings(), log, self._cancelled, unreachable="the provider is not configured")

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        if request.engine_address:
            self._log.attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True,
            accept_resources=False,
            accept_outputs=False,
            supports_autonaming_configuration=True,
        )

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._log.attach(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetSchemaResponse(
            schema=json.dumps({"name": "kubernetes", "version": self._version})
        )

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        failures = [
            provider_pb2.CheckFailure(
                property=key,
                reason=f"{key} makes no sense with renderYamlToDirectory, which contacts no cluster",
            )
            for key in conflicts(plain(from_struct(request.news)))
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        old, new = plain(from_struct(request.olds)), plain(from_struct(request.news))
        changed, replacing = changed_arguments(old, new)
        return provider_pb2.DiffResponse(changes=_changes(bool(changed)), diffs=changed, replaces=replacing)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        settings = Settings.read(plain(from_struct(request.args)))
        target = Target(settings, self._log, self._cancelled, keep_secrets=request.acceptSecrets)
        self._target = target.connected()
        if self._target.unreachable:
            self._log.warn(request.urn, self._target.unreachable)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True,
            supportsPreview=True,
            acceptResources=False,
            acceptOutputs=False,
            supports_autonaming_configuration=True,
        )

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _reported(context):
            inputs, failures = planning.check(
                self._target,
                _type_of(request.urn),
                _name_of(request.urn),
                from_struct(request.olds),
                from_struct(request.news),
                request.randomSeed,
                request.autonaming.proposed_name,
            )
            return provider_pb2.CheckResponse(
                inputs=self._struct(inputs),
                failures=[provider_pb2.CheckFailure(reason=reason) for reason in failures],
            )

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _reported(context):
            found, delete_first = planning.plan(
                self._target,
                request.urn,
                from_struct(request.olds),
                from_struct(request.news),
                list(request.ignoreChanges),
            )
            detailed = {
                diff.path_text(path): provider_pb2.PropertyDiff(kind=_KINDS[change, path in found.replacing])
                for path, change in found.changes.items()
            }
            return provider_pb2.DiffResponse(
                changes=_changes(bool(found.changes)),
                diffs=sorted({str(path[0]) for path in found.changes}),
                replaces=sorted(diff.path_text(path) for path in found.replacing),
                deleteBeforeReplace=delete_first,
                detailedDiff=detailed,
                hasDetailedDiff=True,
            )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _reported(context):
            identity, outputs = lifecycle.create(
                self._target, request.urn, from_struct(request.properties), request.timeout, request.preview
            )
            return provider_pb2.CreateResponse(id=identity, properties=self._struct(outputs))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _reported(context):
            found = lifecycle.read(
                self._target,
                _type_of(request.urn),
                request.id,
                from_struct(request.properties),
                from_struct(request.inputs),
            )
            if not found.identity:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=found.identity, properties=self._struct(found.state), inputs=self._struct(found.inputs)
            )

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _reported(context):
            outputs = lifecycle.update(
                self._target,
                request.urn,
                from_struct(request.olds),
                from_struct(request.news),
                request.timeout,
                list(request.ignoreChanges),
                request.preview,
            )
            return provider_pb2.UpdateResponse(properties=self._struct(outputs))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _reported(context):
            lifecycle.delete(
                self._target, request.urn, request.id, from_struct(request.properties), request.timeout
            )
            return empty_pb2.Empty()

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        abort(context, f"the sandbox's stand-in for the Kubernetes provider has no function {request.tok}")

    def Construct(self, request: Any, context: grpc.ServicerContext) -> Any:
        abort(
            context,
            f"the sandbox's stand-in for the Kubernetes provider has no component {request.type}: "
            "register the objects themselves as resources",
        )

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._cancelled.set()
        return empty_pb2.Empty()

    def _struct(self, properties: dict[str, Any]) -> Any:
        return to_struct(properties, self._target.keep_secrets)


@contextmanager
def _reported(context: grpc.ServicerContext) -> Iterator[None]:
    """Failures in the user's words, without a traceback."""
    try:
        yield
    except NotInitializedError as failure:
        abort_not_initialized(context, failure)
    except (RefusedError, ApiError, UnreachableError) as failure:
        abort(context, str(failure))


def _changes(some: bool) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if some else provider_pb2.DiffResponse.DIFF_NONE


def _type_of(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _name_of(urn: str) -> str:
    return urn.split("::", 3)[3]
