"""The certificates of a ContourGateway: those between Contour and Envoy, and who signs the campuses'."""

import base64
from collections.abc import Mapping, Sequence

from campus_voice.shared import labels
from campus_voice.shared.certificates import API, private_key
from campus_voice.shared.enums import IssuerKind
from campus_voice.shared.manifests import WAIT_FOR_READY, Manifest, Objects, Text, metadata

from .checks import GatewaySettings
from .issuer_checks import IssuerSettings

XDS_ROOT = "xds-root-issuer"
XDS_CA = "xds-ca-certificate"
XDS_ISSUER = "xds-issuer"
CONTOUR_CERTIFICATE = "contour-certificate"
ENVOY_CERTIFICATE = "envoy-certificate"

CA_ROOT = "ca-root-issuer"
CA_CERTIFICATE = "ca-certificate"

CONTOUR_KEYS = "contourcert"
ENVOY_KEYS = "envoycert"

_TEN_YEARS = "87600h0m0s"
_THREE_MONTHS = "2160h0m0s"
"""Durations are written as cert-manager's controllers would store them."""


def xds(settings: GatewaySettings) -> Objects:
    """Render the authority and the two certificates with which Contour and Envoy know each other.

    The authority is its own, inside the gateway's namespace: whoever holds a campus's certificate must
    not be taken for Envoy, to which Contour hands every campus's private key. Envoy expects the name
    `contour` (https://github.com/projectcontour/contour/blob/v1.33.6/internal/envoy/v3/bootstrap.go).
    """
    service = f"contour.{settings.namespace}"
    return {
        XDS_ROOT: _issuer(settings, "xds-root", {"selfSigned": {}}),
        XDS_CA: _xds_certificate(
            settings,
            "xds-ca",
            {"commonName": "xDS", "duration": _TEN_YEARS, "isCA": True, "secretName": "xds-ca"},
            issuer="xds-root",
        ),
        XDS_ISSUER: _issuer(settings, "xds", {"ca": {"secretName": "xds-ca"}}),
        CONTOUR_CERTIFICATE: _xds_certificate(
            settings,
            CONTOUR_KEYS,
            _leaf(
                CONTOUR_KEYS,
                ["contour", service, f"{service}.svc", f"{service}.svc.cluster.local"],
                ["server auth", "client auth"],
            ),
            issuer="xds",
        ),
        ENVOY_CERTIFICATE: _xds_certificate(
            settings, ENVOY_KEYS, _leaf(ENVOY_KEYS, ["envoy"], ["client auth"]), issuer="xds"
        ),
    }


def campuses(settings: GatewaySettings, ca_name: Text) -> Objects:
    """Render the issuers of the campuses' certificates, but for those that exist already.

    Args:
        settings: the gateway's.
        ca_name: common name of the gateway's own authority, with which a person tells two apart.
    """
    authority = own_ca(settings)
    made = {} if authority is None else _own_ca(settings, authority, ca_name)
    for issuer in settings.issuers:
        if issuer.kind is not IssuerKind.EXISTING:
            made[issuer_suffix(issuer)] = _cluster_issuer(issuer.name, _signing(settings, issuer))
    return made


def issuer_suffix(issuer: IssuerSettings) -> str:
    """Name the suffix of an issuer's object."""
    return f"issuer-{issuer.name}"


def own_ca(settings: GatewaySettings) -> IssuerSettings | None:
    """Find the issuer that is the gateway's own authority."""
    return next((issuer for issuer in settings.issuers if issuer.kind is IssuerKind.OWN_CA), None)


def ca_secret(issuer: IssuerSettings) -> str:
    """Name the Secret of the gateway's own authority, in cert-manager's namespace."""
    return f"{issuer.name}-ca"


def _signing(settings: GatewaySettings, issuer: IssuerSettings) -> Manifest:
    if issuer.kind is IssuerKind.SELF_SIGNED:
        return {"selfSigned": {}}
    if issuer.kind is IssuerKind.ACME:
        return {"acme": _acme(settings, issuer)}
    return {"ca": {"secretName": ca_secret(issuer)}}


def _own_ca(settings: GatewaySettings, issuer: IssuerSettings, ca_name: Text) -> Objects:
    """Render the authority in the namespace in which cert-manager looks for a ClusterIssuer's secret."""
    name = ca_secret(issuer)
    root = f"{issuer.name}-ca-root"
    return {
        CA_ROOT: {
            "apiVersion": API,
            "kind": "Issuer",
            "metadata": _in_cert_manager(settings, root),
            "spec": {"selfSigned": {}},
        },
        CA_CERTIFICATE: {
            "apiVersion": API,
            "kind": "Certificate",
            "metadata": _in_cert_manager(settings, name),
            "spec": {
                "commonName": ca_name,
                "duration": _TEN_YEARS,
                "isCA": True,
                "issuerRef": {"kind": "Issuer", "name": root},
                "privateKey": private_key(),
                "secretName": name,
            },
        },
    }


def _in_cert_manager(settings: GatewaySettings, name: str) -> Manifest:
    return metadata(name, _labels(), namespace=settings.cert_manager_namespace, annotations=WAIT_FOR_READY)


def _acme(settings: GatewaySettings, issuer: IssuerSettings) -> Manifest:
    """Render an account that proves each host by a file served through this gateway, or by a DNS record."""
    file = {"ingress": {"ingressClassName": settings.ingress_class, "serviceType": "ClusterIP"}}
    made: Manifest = {
        "email": issuer.email,
        "privateKeySecretRef": {"name": f"{issuer.name}-acme-account"},
        "server": issuer.server,
        "solvers": [{"http01": file} if issuer.dns01 is None else {"dns01": issuer.dns01}],
    }
    if issuer.ca_bundle is not None:
        made["caBundle"] = base64.b64encode(issuer.ca_bundle.encode()).decode()
    return made


def _cluster_issuer(name: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": API,
        "kind": "ClusterIssuer",
        "metadata": metadata(name, _labels(), annotations=WAIT_FOR_READY),
        "spec": spec,
    }


def _issuer(settings: GatewaySettings, name: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": API,
        "kind": "Issuer",
        "metadata": metadata(name, _labels(), namespace=settings.namespace, annotations=WAIT_FOR_READY),
        "spec": spec,
    }


def _leaf(secret: str, names: Sequence[str], purposes: Sequence[str]) -> Manifest:
    return {
        "commonName": names[0],
        "dnsNames": list(names),
        "duration": _THREE_MONTHS,
        "secretName": secret,
        "usages": ["digital signature", "key encipherment", *purposes],
    }


def _xds_certificate(
    settings: GatewaySettings, name: str, spec: Mapping[str, object], *, issuer: str
) -> Manifest:
    return {
        "apiVersion": API,
        "kind": "Certificate",
        "metadata": metadata(name, _labels(), namespace=settings.namespace, annotations=WAIT_FOR_READY),
        "spec": {**spec, "issuerRef": {"kind": "Issuer", "name": issuer}, "privateKey": private_key()},
    }


def _labels() -> dict[str, str]:
    return labels.common("certificates", "gateway")
