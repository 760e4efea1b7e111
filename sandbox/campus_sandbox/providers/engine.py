"""What the stand-ins share: serving the plugin protocol, talking to the engine, reporting failures."""

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from campus_sandbox.providers.properties import to_struct

_WORKERS = 32
_MESSAGE_BYTES = 400 << 20
_GRPC_OPTIONS = (
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
)
_PARENT_CHECK_SECONDS = 0.5


class EngineLog:
    """Messages to the user, shown by the engine next to the resource they are about."""

    def __init__(self, address: str | None = None) -> None:
        self._engine: engine_pb2_grpc.EngineStub | None = None
        if address:
            self.attach(address)

    def attach(self, address: str) -> None:
        """Send all further messages to the engine at `address` (host:port)."""
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, options=_GRPC_OPTIONS))

    def warn(self, urn: str, message: str) -> None:
        """Show a warning that stays in the output."""
        self._send(engine_pb2.WARNING, urn, message, ephemeral=False)

    def status(self, urn: str, message: str) -> None:
        """Show what is being waited for; replaced by the next status."""
        self._send(engine_pb2.INFO, urn, message, ephemeral=True)

    def _send(
        self, severity: engine_pb2.LogSeverity.ValueType, urn: str, message: str, ephemeral: bool
    ) -> None:
        if self._engine is None:
            return
        request = engine_pb2.LogRequest(severity=severity, urn=urn, message=message, ephemeral=ephemeral)
        try:
            self._engine.Log(request)
        except grpc.RpcError as lost:
            # A message that cannot be shown must not fail the operation it is about.
            sys.stderr.write(f"{message} (not shown: {lost})\n")


class NotInitializedError(Exception):
    """An object exists but did not become what was asked for; its state is recorded all the same.

    Args:
        identity: the resource's ID.
        reasons: what is wrong with it, one sentence each.
        state: the outputs to record.
        inputs: the inputs to record, when they were read rather than given.
        keep_secrets: whether the engine accepts secrets.
    """

    def __init__(
        self,
        identity: str,
        reasons: Sequence[str],
        state: Mapping[str, Any],
        inputs: Mapping[str, Any] | None = None,
        keep_secrets: bool = True,
    ) -> None:
        super().__init__("; ".join(reasons))
        self.detail = provider_pb2.ErrorResourceInitFailed(
            id=identity,
            reasons=list(reasons),
            properties=to_struct(state, keep_secrets),
            inputs=None if inputs is None else to_struct(inputs, keep_secrets),
        )


def abort(context: grpc.ServicerContext, message: str) -> NoReturn:
    """End a call with an error that the engine shows as it is."""
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError("abort always raises")


def abort_not_initialized(context: grpc.ServicerContext, failure: NotInitializedError) -> NoReturn:
    """End a call with an error that makes the engine record the object's state and try again next time."""
    detail = any_pb2.Any()
    detail.Pack(failure.detail)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(failure), details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    abort(context, str(failure))


def serve(make: Callable[[EngineLog, str], provider_pb2_grpc.ResourceProviderServicer]) -> None:
    """Serve a provider as a Pulumi plugin until the engine ends.

    The first argument is the version of the official provider that is stood in for; the plugin's launcher
    gives it. The rest is the protocol: the engine's address is the next argument, and the port is printed
    as the first line
    (https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/plugin.go).

    Args:
        make: makes the provider from the engine's log and the version.
    """
    version, *rest = sys.argv[1:]
    address = rest[0] if rest else None
    parent = os.getppid()
    server = grpc.server(futures.ThreadPoolExecutor(_WORKERS), options=_GRPC_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(make(EngineLog(address), version), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # An engine that is killed cannot end its plugins.
    ended = threading.Event()
    while os.getppid() == parent:
        ended.wait(_PARENT_CHECK_SECONDS)
    server.stop(grace=None)
    # Calls that still wait would make objects of which nobody knows, and keep the process for minutes.
    os._exit(0)
