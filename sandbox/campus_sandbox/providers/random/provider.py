"""The ResourceProvider protocol for random values: kept in state, made anew when an input changes."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from campus_sandbox.providers.engine import EngineLog, abort
from campus_sandbox.providers.properties import Properties, from_struct, plain, to_struct
from campus_sandbox.providers.random.values import problems, random_id, random_password, random_string

_MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any]], tuple[str, Properties]]]] = {
    "RandomId": random_id,
    "RandomString": random_string,
    "RandomPassword": random_password,
}


class RandomProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The provider has no configuration; whatever it is given is ignored."""

    def __init__(self, _: EngineLog, version: str) -> None:
        self._version = version
        self._keep_secrets = True

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": "random", "version": self._version}))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._keep_secrets = request.acceptSecrets
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        failures = [
            provider_pb2.CheckFailure(property=name, reason=reason)
            for name, reason in problems(_kind_of(request.urn), plain(from_struct(request.news))).items()
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        old, new = plain(from_struct(request.old_inputs)), plain(from_struct(request.news))
        ignored = {path.split(".")[0].split("[")[0] for path in request.ignoreChanges}
        changed = [key for key in sorted({*old, *new} - ignored) if old.get(key) != new.get(key)]
        changes = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changes, diffs=changed, replaces=changed)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        inputs = from_struct(request.properties)
        identity, outputs = _MAKERS[_kind_of(request.urn)](plain(inputs))
        properties = to_struct({**inputs, **outputs}, self._keep_secrets)
        return provider_pb2.CreateResponse(id=identity, properties=properties)

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        if not request.inputs.fields:
            abort(context, "the sandbox's stand-in for the random provider cannot import values")
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        return empty_pb2.Empty()


def _kind_of(urn: str) -> str:
    return urn.split("::")[2].rpartition(":")[2]
