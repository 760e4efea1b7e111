"""The stand-in as the engine sees it: a process that speaks the plugin protocol."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from campus_sandbox.providers.properties import from_struct, to_struct

_PROJECT = "urn:pulumi:dev::test"


class FailedError(Exception):
    """A call that the provider refused; `state` is what it wants recorded nevertheless."""

    def __init__(self, error: grpc.RpcError) -> None:
        super().__init__(error.details())
        self.state: dict[str, Any] | None = None
        self.identity = ""
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                detail = provider_pb2.ErrorResourceInitFailed()
                status_pb2.Status.FromString(value).details[0].Unpack(detail)
                self.state, self.identity = from_struct(detail.properties), detail.id


@dataclass(frozen=True)
class Resource:
    """What the engine remembers of one resource."""

    type_token: str
    name: str
    identity: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]

    @property
    def urn(self) -> str:
        """The resource's URN."""
        return f"{_PROJECT}::{self.type_token}::{self.name}"


@dataclass(frozen=True)
class Plan:
    """What a Diff says: property path to the kind of change."""

    changes: Mapping[str, str]
    replaces: tuple[str, ...]
    delete_first: bool


class Provider:
    """Calls in the order in which the engine makes them."""

    def __init__(self, stub: provider_pb2_grpc.ResourceProviderStub) -> None:
        self._stub = stub

    @classmethod
    @contextmanager
    def started(cls, module: str = "kubernetes", **arguments: Any) -> Iterator["Provider"]:
        """Start and configure a provider process; it ends with the block."""
        command = [sys.executable, "-m", f"campus_sandbox.providers.{module}", "0.0.0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                provider = cls(provider_pb2_grpc.ResourceProviderStub(channel))
                provider.configure(**arguments)
                yield provider
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def configure(self, **arguments: Any) -> None:
        """Configure with the official provider's argument names."""
        self._call(
            self._stub.Configure,
            provider_pb2.ConfigureRequest(
                args=to_struct(arguments), acceptSecrets=True, acceptResources=True
            ),
        )

    def check(
        self, type_token: str, name: str, inputs: Mapping[str, Any], old: Resource | None = None
    ) -> dict[str, Any]:
        """The completed inputs; fails with all reasons when there are failures."""
        answer = self._call(
            self._stub.Check,
            provider_pb2.CheckRequest(
                urn=f"{_PROJECT}::{type_token}::{name}",
                olds=to_struct(old.inputs) if old else None,
                news=to_struct(inputs),
                randomSeed=name.encode(),
            ),
        )
        assert not answer.failures, "; ".join(failure.reason for failure in answer.failures)
        return from_struct(answer.inputs)

    def create(
        self,
        type_token: str,
        inputs: Mapping[str, Any],
        name: str = "it",
        timeout: float = 0,
        preview: bool = False,
    ) -> Resource:
        """Check and create."""
        checked = self.check(type_token, name, inputs)
        answer = self._call(
            self._stub.Create,
            provider_pb2.CreateRequest(
                urn=f"{_PROJECT}::{type_token}::{name}",
                properties=to_struct(checked),
                timeout=timeout,
                preview=preview,
            ),
        )
        return Resource(type_token, name, answer.id, checked, from_struct(answer.properties))

    def diff(self, resource: Resource, inputs: Mapping[str, Any], ignore: tuple[str, ...] = ()) -> Plan:
        """Check new inputs and compare."""
        checked = self.check(resource.type_token, resource.name, inputs, resource)
        answer = self._call(
            self._stub.Diff,
            provider_pb2.DiffRequest(
                urn=resource.urn,
                id=resource.identity,
                olds=to_struct(resource.outputs),
                old_inputs=to_struct(resource.inputs),
                news=to_struct(checked),
                ignoreChanges=ignore,
            ),
        )
        kinds = {
            path: provider_pb2.PropertyDiff.Kind.Name(change.kind)
            for path, change in answer.detailedDiff.items()
        }
        assert bool(kinds) == (answer.changes == provider_pb2.DiffResponse.DIFF_SOME)
        return Plan(kinds, tuple(answer.replaces), answer.deleteBeforeReplace)

    def diff_plain(self, resource: Resource, inputs: Mapping[str, Any]) -> list[str]:
        """The properties whose change replaces a resource of a provider without detailed differences."""
        request = provider_pb2.DiffRequest(
            urn=resource.urn, old_inputs=to_struct(resource.inputs), news=to_struct(inputs)
        )
        return list(self._call(self._stub.Diff, request).replaces)

    def update(
        self,
        resource: Resource,
        inputs: Mapping[str, Any],
        timeout: float = 0,
        preview: bool = False,
        ignore: tuple[str, ...] = (),
    ) -> Resource:
        """Check new inputs and update in place."""
        checked = self.check(resource.type_token, resource.name, inputs, resource)
        answer = self._call(
            self._stub.Update,
            provider_pb2.UpdateRequest(
                urn=resource.urn,
                id=resource.identity,
                olds=to_struct(resource.outputs),
                news=to_struct(checked),
                timeout=timeout,
                preview=preview,
                ignoreChanges=ignore,
            ),
        )
        return Resource(
            resource.type_token, resource.name, resource.identity, checked, from_struct(answer.properties)
        )

    def read(self, resource: Resource) -> Resource | None:
        """Refresh; None when the object is gone."""
        answer = self._call(
            self._stub.Read,
            provider_pb2.ReadRequest(
                urn=resource.urn,
                id=resource.identity,
                properties=to_struct(resource.outputs),
                inputs=to_struct(resource.inputs),
            ),
        )
        if not answer.id:
            return None
        return Resource(
            resource.type_token,
            resource.name,
            answer.id,
            from_struct(answer.inputs),
            from_struct(answer.properties),
        )

    def import_(self, type_token: str, identity: str) -> Resource:
        """Import an object by its ID alone."""
        found = self.read(Resource(type_token, "imported", identity, {}, {}))
        assert found is not None, f"{type_token} {identity} must exist to be imported"
        return found

    def delete(self, resource: Resource, timeout: float = 0) -> None:
        """Delete and wait."""
        self._call(
            self._stub.Delete,
            provider_pb2.DeleteRequest(
                urn=resource.urn,
                id=resource.identity,
                properties=to_struct(resource.outputs),
                timeout=timeout,
            ),
        )

    @staticmethod
    def _call(method: Any, request: Any) -> Any:
        try:
            return method(request, timeout=90)
        except grpc.RpcError as error:
            raise FailedError(error) from error
