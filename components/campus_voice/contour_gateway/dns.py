"""The DNS records that lead the world to a ContourGateway."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campus_voice.shared import names
from campus_voice.shared.enums import Exposure
from campus_voice.shared.fields import Fields

if TYPE_CHECKING:
    from .args import ContourGatewayArgs

_EXTERNAL_DNS = "external-dns.alpha.kubernetes.io"


@dataclass(frozen=True)
class DnsSettings:
    """The names of the campuses and the addresses at which the gateway is reached."""

    domain: str | None
    campuses: Sequence[str]
    edge_addresses: Sequence[str]
    external_dns: bool


def settings(fields: Fields, args: "ContourGatewayArgs", exposure: Exposure) -> DnsSettings:
    """Check the arguments about names and addresses."""
    checked = DnsSettings(
        domain=fields.domain("domain") if fields.given("domain") is not None else None,
        campuses=tuple(args.get("campuses", ())),
        edge_addresses=tuple(args.get("edge_addresses", ())),
        external_dns=fields.flag("external_dns", default=False),
    )
    _check_campuses(fields, checked)
    _check_addresses(fields, checked)
    if checked.external_dns and not checked.campuses:
        fields.refuse(
            "external_dns",
            "it needs campuses",
            "external-dns is told the host name of each campus",
            "Name the campuses and their domain, or remove external_dns.",
        )
    if checked.external_dns and exposure is not Exposure.LOAD_BALANCER and not checked.edge_addresses:
        fields.refuse(
            "external_dns",
            f"with {exposure.value} it needs edge_addresses",
            "no load balancer tells external-dns where the gateway is",
            "Name the addresses of the edge nodes, or of what is in front of them.",
        )
    return checked


def records(checked: DnsSettings) -> list[dict[str, str]]:
    """List the records, by campus and then by address: `name`, `type` and `value` of each."""
    return [
        {"name": host, "type": _type(address), "value": address}
        for host in _hosts(checked)
        for address in checked.edge_addresses
    ]


def annotations(checked: DnsSettings) -> dict[str, str]:
    """Make what external-dns reads on Envoy's Service, if it is wanted.

    The target is stated where there is one, since external-dns finds it by itself only on a load balancer
    (https://kubernetes-sigs.github.io/external-dns/latest/docs/annotations/annotations/).
    """
    if not checked.external_dns:
        return {}
    made = {f"{_EXTERNAL_DNS}/hostname": ",".join(_hosts(checked))}
    if checked.edge_addresses:
        made[f"{_EXTERNAL_DNS}/target"] = ",".join(checked.edge_addresses)
    return made


def _hosts(checked: DnsSettings) -> list[str]:
    return [names.host(campus, checked.domain) for campus in checked.campuses if checked.domain is not None]


def _type(address: str) -> str:
    version = _ip_version(address)
    return {None: "CNAME", 4: "A", 6: "AAAA"}[version]


def _ip_version(address: str) -> int | None:
    try:
        return ipaddress.ip_address(address).version
    except ValueError:
        return None


def _check_campuses(fields: Fields, checked: DnsSettings) -> None:
    for campus in checked.campuses:
        if not names.is_campus(campus):
            fields.refuse(
                "campuses",
                f"{campus!r} has to be a DNS label of at most {names.CAMPUS_MAXIMUM} characters, a letter "
                "first",
                "it becomes a part of a host name",
                "Choose ids such as 'north' or 'music-school'.",
            )
    if checked.campuses and checked.domain is None:
        fields.refuse(
            "domain",
            "campuses need a domain",
            "each campus answers at <campus>.<domain>",
            "Name the domain, such as 'voice.example.org'.",
        )


def _check_addresses(fields: Fields, checked: DnsSettings) -> None:
    host_names = [one for one in checked.edge_addresses if _ip_version(one) is None]
    if host_names and len(checked.edge_addresses) > 1:
        fields.refuse(
            "edge_addresses",
            "it has to be a list of IP addresses, or one host name",
            "a name with a CNAME record may have no other record (RFC 1034, section 3.6.2)",
            "Name the addresses only, or the host name only.",
        )
    for name in host_names:
        if not names.is_domain(name):
            fields.refuse(
                "edge_addresses",
                f"{name!r} is neither an IP address nor a host name in lower case",
                "DNS records lead there",
                "Write it like '192.0.2.10', '2001:db8::10' or 'edge.example.org'.",
            )
