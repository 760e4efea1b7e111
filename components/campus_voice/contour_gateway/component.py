"""The gateway that every campus shares, as a Pulumi component."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_random

from campus_voice.shared.enums import CertManager, IssuerKind
from campus_voice.shared.manifests import Objects
from campus_voice.shared.registration import Registrar, checked, found, known_after

from . import admission, cert_manager, certificates, checks, control_plane, crds, dns, edge, render, walls
from .args import ContourGatewayArgs


class ContourGatewayIssuer(TypedDict):
    """Who signs the certificates of the campuses."""

    name: str
    """Name of the issuer."""

    kind: str
    """Kind of the object: `ClusterIssuer`."""


class ContourGatewayService(TypedDict):
    """The Service in front of Envoy."""

    namespace: str
    """Namespace of the Service."""

    name: str
    """Name of the Service."""


class ContourGatewayDnsRecord(TypedDict):
    """A DNS record that leads to the gateway."""

    name: str
    """Host name of a campus."""

    type: str
    """`A`, `AAAA` or `CNAME`."""

    value: str
    """Address, or the name of what has one."""


class ContourGatewayCaSecret(TypedDict):
    """The Secret that holds the gateway's own certificate authority."""

    namespace: str
    """Namespace of the Secret."""

    name: str
    """Name of the Secret; its key `ca.crt` is what a client has to trust."""


class ContourGateway(pulumi.ComponentResource):
    """Contour and Envoy, ready to serve campuses that do not trust each other.

    The two namespaces and Contour's definitions are retained when the component is destroyed: others may
    have been there before, or have put things there.
    """

    namespace: pulumi.Output[str]
    """Namespace of Contour and Envoy."""

    routes_namespace: pulumi.Output[str]
    """Namespace of the campuses' virtual hosts and certificates."""

    ingress_class: pulumi.Output[str]
    """Class that a route must carry to be served here."""

    exposure: pulumi.Output[str]
    """How the world reaches Envoy."""

    issuer: pulumi.Output[ContourGatewayIssuer]
    """Who signs the certificates of the campuses: the first of `issuers`."""

    issuers: pulumi.Output[dict[str, ContourGatewayIssuer]]
    """Everybody who can sign a campus's certificate, by the name of the issuer."""

    service: pulumi.Output[ContourGatewayService]
    """The Service in front of Envoy."""

    http_port: pulumi.Output[int]
    """Port of plain HTTP, as the world sees it."""

    https_port: pulumi.Output[int]
    """Port of HTTPS, as the world sees it."""

    envoy_selector: pulumi.Output[dict[str, str]]
    """Labels of the Envoy pods, for the NetworkPolicies of what is behind them."""

    node_networks: pulumi.Output[list[str]]
    """Networks from which Envoy connects with `hostNetwork`, where its labels say nothing to a
    NetworkPolicy: a backend's `gateway_networks`. Otherwise empty."""

    dns_records: pulumi.Output[list[ContourGatewayDnsRecord]]
    """The DNS records of every campus, one per edge address; empty without `edge_addresses`."""

    ca_secret: pulumi.Output[ContourGatewayCaSecret] | None
    """The Secret with the gateway's own certificate authority; absent when no issuer is of kind `ownCa`."""

    def __init__(
        self, name: str, args: ContourGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Register the gateway.

        Raises:
            pulumi.RunError: the arguments cannot work; nothing was registered.
        """
        settings = checked(checks.settings, name, args)
        definitions = checked(lambda _, folder: crds.source(folder), name, settings.manifests)
        release = checked(lambda _, given: cert_manager.source(given), name, settings)
        super().__init__("campus-voice:index:ContourGateway", name, {}, opts)

        rendered = render.objects(settings, _authority(self, name), definitions, release)
        objects = Registrar(self, name, rendered, _existing_cert_manager(self, name, settings))
        home, routes = objects.add_all([render.NAMESPACE, render.ROUTES_NAMESPACE], retain=True)
        walled = [
            *objects.add_all([walls.HOME], [home]),
            *objects.add_all([walls.ROUTES, walls.SOLVER], [routes]),
        ]
        kinds = objects.add_all(
            [suffix for suffix, one in rendered.items() if one["kind"] == "CustomResourceDefinition"],
            retain=True,
        )
        guards = _add_policies(objects, render.policies(settings), kinds)
        brought = _add_cert_manager(objects, rendered, kinds)
        authority = _add_xds_authority(objects, [home, *brought])
        # That the authority has a certificate shows that the webhook answers, which from now on judges
        # every object of cert-manager's.
        signing = [authority, *([objects.add(cert_manager.VALIDATING, [authority])] if brought else [])]
        issuers = _add_issuers(objects, settings, signing if brought else [])
        contour = _add_control_plane(objects, home, kinds, _add_xds(objects, signing))
        envoy = _add_edge(objects, home, contour, settings)

        ready = [routes, *walled, *guards, *issuers, *envoy]
        # What is behind the gateway needs no more than the names of Envoy's pods, and may start beside it.
        self.namespace = known_after(settings.namespace, home)
        self.envoy_selector = known_after(dict(edge.SELECTOR), home)
        self.node_networks = known_after(list(settings.node_networks), home)
        self.routes_namespace = known_after(settings.routes_namespace, *ready)
        self.ingress_class = known_after(settings.ingress_class, *ready)
        self.exposure = known_after(settings.exposure.value, *ready)
        signers = [ContourGatewayIssuer(name=one.name, kind="ClusterIssuer") for one in settings.issuers]
        self.issuer = known_after(signers[0], *ready)
        self.issuers = known_after({one["name"]: one for one in signers}, *ready)
        self.service = known_after(
            ContourGatewayService(namespace=settings.namespace, name=edge.NAME), *ready
        )
        self.http_port = known_after(settings.http_port, *ready)
        self.https_port = known_after(settings.https_port, *ready)
        self.dns_records = known_after(
            [
                ContourGatewayDnsRecord(name=one["name"], type=one["type"], value=one["value"])
                for one in dns.records(settings.dns)
            ],
            *ready,
        )
        own_ca = certificates.own_ca(settings)
        self.ca_secret = (
            None
            if own_ca is None
            else known_after(
                ContourGatewayCaSecret(
                    namespace=settings.cert_manager_namespace, name=certificates.ca_secret(own_ca)
                ),
                *ready,
            )
        )
        self.register_outputs(
            {
                "namespace": self.namespace,
                "routesNamespace": self.routes_namespace,
                "ingressClass": self.ingress_class,
                "exposure": self.exposure,
                "issuer": self.issuer,
                "issuers": self.issuers,
                "service": self.service,
                "httpPort": self.http_port,
                "httpsPort": self.https_port,
                "envoySelector": self.envoy_selector,
                "nodeNetworks": self.node_networks,
                "dnsRecords": self.dns_records,
                "caSecret": self.ca_secret,
            }
        )


def _authority(component: pulumi.ComponentResource, name: str) -> pulumi.Output[str]:
    """Make the common name of the gateway's own authority, different for each deployment.

    A browser that was told to trust one authority would refuse another of the same name.
    """
    identifier = pulumi_random.RandomId(
        f"{name}-ca-id", byte_length=4, opts=pulumi.ResourceOptions(parent=component)
    )
    return pulumi.Output.concat("Campus Voice ", identifier.hex)


def _existing_cert_manager(
    component: pulumi.ComponentResource, name: str, settings: checks.GatewaySettings
) -> list[pulumi.Resource]:
    """Look for the cert-manager that is not brought, before anything is made that would need it."""
    if settings.cert_manager is CertManager.INSTALL:
        return []
    return [found(component, f"{name}-{cert_manager.MISSING}", cert_manager.DEFINITION)]


def _add_policies(
    objects: Registrar, rendered: Objects, kinds: Sequence[pulumi.Resource]
) -> list[pulumi.Resource]:
    """Register the admission policies, after the kinds whose fields they read."""
    policies = [suffix for suffix in rendered if admission.binding(suffix) in rendered]
    return [objects.add(admission.binding(suffix), [objects.add(suffix, kinds)]) for suffix in policies]


def _add_cert_manager(
    objects: Registrar, rendered: Objects, kinds: Sequence[pulumi.Resource]
) -> list[pulumi.Resource]:
    """Register cert-manager where it is brought, but for the webhook that would judge its first objects.

    The other webhook sees CertificateRequests only, which cert-manager itself makes, and makes again until
    the webhook answers: so the first certificate waits for that.
    """
    if cert_manager.NAMESPACE not in rendered:
        return []
    place = [objects.add(cert_manager.NAMESPACE, retain=True)]
    rights = objects.add_all(cert_manager.rights(rendered), place)
    programs = objects.add_all(cert_manager.programs(rendered), [*kinds, *rights])
    services = objects.add_all(cert_manager.services(rendered), place)
    return [objects.add(cert_manager.MUTATING, [*programs, *services])]


def _add_issuers(
    objects: Registrar, settings: checks.GatewaySettings, signing: Sequence[pulumi.Resource]
) -> list[pulumi.Resource]:
    """Register who signs the campuses' certificates."""
    authority = list(signing)
    if certificates.own_ca(settings) is not None:
        root = objects.add(certificates.CA_ROOT, signing)
        authority = [objects.add(certificates.CA_CERTIFICATE, [root])]
    return [
        objects.add(
            certificates.issuer_suffix(issuer), authority if issuer.kind is IssuerKind.OWN_CA else signing
        )
        for issuer in settings.issuers
        if issuer.kind is not IssuerKind.EXISTING
    ]


def _add_xds_authority(objects: Registrar, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
    """Register the authority of the certificates between Contour and Envoy."""
    root = objects.add(certificates.XDS_ROOT, after)
    return objects.add(certificates.XDS_CA, [root])


def _add_xds(objects: Registrar, signing: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
    """Register the certificates between Contour and Envoy; their pods cannot start before."""
    issuer = objects.add(certificates.XDS_ISSUER, signing)
    return objects.add_all([certificates.CONTOUR_CERTIFICATE, certificates.ENVOY_CERTIFICATE], [issuer])


def _add_control_plane(
    objects: Registrar,
    home: pulumi.Resource,
    kinds: Sequence[pulumi.Resource],
    xds: Sequence[pulumi.Resource],
) -> list[pulumi.Resource]:
    """Register Contour."""
    account, role, config, service = objects.add_all(
        [control_plane.ACCOUNT, control_plane.ROLE, control_plane.CONFIG, control_plane.SERVICE], [home]
    )
    wall = objects.add(walls.CONTOUR, [home])
    cluster_role = objects.add(control_plane.CLUSTER_ROLE)
    allowed = [
        objects.add(control_plane.CLUSTER_ROLE_BINDING, [cluster_role, account]),
        objects.add(control_plane.ROLE_BINDING, [role, account]),
    ]
    deployment = objects.add(control_plane.DEPLOYMENT, [*kinds, *xds, account, *allowed, config, wall])
    return [service, deployment, objects.add(control_plane.BUDGET, [home])]


def _add_edge(
    objects: Registrar,
    home: pulumi.Resource,
    contour: Sequence[pulumi.Resource],
    settings: checks.GatewaySettings,
) -> list[pulumi.Resource]:
    """Register Envoy, whose release may not be ahead of the control plane's."""
    account, service = objects.add_all([edge.ACCOUNT, edge.SERVICE], [home])
    wall = [] if settings.on_host_network else [objects.add(walls.ENVOY, [home])]
    return [service, objects.add(edge.DAEMON_SET, [account, *wall, *contour])]
