"""Who may ask for a certificate of a campus.

Whoever may create a Certificate may name any ClusterIssuer in it and any host, and so speak for a campus
that is not theirs.
"""

from campus_voice.shared.enums import IssuerKind
from campus_voice.shared.manifests import Manifest, Objects

from . import admission
from .checks import GatewaySettings

POLICY = "certificates-policy"

_NAMES = (
    "(has(object.spec.dnsNames) ? object.spec.dnsNames : []) + "
    "(has(object.spec.commonName) ? [object.spec.commonName] : [])"
)
_KINDS = (
    ("cert-manager.io", "certificates"),
    ("cert-manager.io", "certificaterequests"),
    ("acme.cert-manager.io", "orders"),
    ("acme.cert-manager.io", "challenges"),
)
_SUBJECT = "has(object.spec.literalSubject) ? object.spec.literalSubject.lowerAscii() : ''"


def objects(settings: GatewaySettings) -> Objects:
    """Render the policy, for every namespace but those of the routes, the gateway and cert-manager.

    Nobody uses an issuer that this gateway made, and nobody asks any issuer for a name in the gateway's
    domain. An issuer that was there before serves others too, and so only the domain is protected with it.
    What cert-manager makes of an annotated Ingress is judged as well, since it is a Certificate.

    What a Certificate is worked off by is cert-manager's own business: who writes it himself passes by the
    names, which are hidden in it, and cert-manager's chart lets every editor of a namespace do so
    (https://github.com/cert-manager/cert-manager/blob/v1.21.1/deploy/charts/cert-manager/templates/rbac.yaml).
    """
    validations = [*_own_issuers(settings), *_own_domain(settings), _steps(settings)]
    return admission.guard(
        POLICY,
        f"{settings.ingress_class}-certificates",
        namespaces=admission.outside(
            settings.routes_namespace, settings.namespace, settings.cert_manager_namespace
        ),
        kinds=_KINDS,
        validations=validations,
        variables=[{"expression": _NAMES, "name": "names"}, {"expression": _SUBJECT, "name": "subject"}],
    )


def _own_issuers(settings: GatewaySettings) -> list[Manifest]:
    names = [issuer.name for issuer in settings.issuers if issuer.kind is not IssuerKind.EXISTING]
    if not names:
        return []
    return [
        {
            "expression": (
                "!has(object.spec.issuerRef.kind) || object.spec.issuerRef.kind != 'ClusterIssuer' || "
                f"!(object.spec.issuerRef.name in {names!r})"
            ),
            "message": (
                f"only the namespace {settings.routes_namespace} may use the issuers of the gateway "
                f"{settings.ingress_class}, which sign for campuses: use an issuer of your own"
            ),
            "reason": "Forbidden",
        }
    ]


def _steps(settings: GatewaySettings) -> Manifest:
    """Render that nobody but cert-manager makes the steps towards a certificate of the gateway's issuers."""
    names = [issuer.name for issuer in settings.issuers]
    group = f"system:serviceaccounts:{settings.cert_manager_namespace}"
    return {
        "expression": (
            "object.kind == 'Certificate' || !has(object.spec.issuerRef.kind) || "
            f"object.spec.issuerRef.kind != 'ClusterIssuer' || !(object.spec.issuerRef.name in {names!r}) || "
            f"'{group}' in request.userInfo.groups"
        ),
        "message": (
            f"only cert-manager itself may ask the issuers of the gateway {settings.ingress_class} without a "
            "Certificate: make a Certificate, whose names can be judged"
        ),
        "reason": "Forbidden",
    }


def _own_domain(settings: GatewaySettings) -> list[Manifest]:
    domain = settings.dns.domain
    if domain is None:
        return []
    pattern = domain.replace(".", "[.]")
    return [
        {
            "expression": (
                f"!variables.names.exists(name, name.lowerAscii().matches('(^|[.]){pattern}[.]?$')) && "
                # A subject is a sentence of its own language, too rich to be taken apart here.
                f"!variables.subject.contains('{domain}')"
            ),
            "message": (
                f"only the namespace {settings.routes_namespace} may hold a certificate for {domain} and the "
                "names in it: ask the platform for a campus"
            ),
            "reason": "Forbidden",
        }
    ]
