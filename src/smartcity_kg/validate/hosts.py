"""Hosts and namespaces that a record may name (layer 2).

Terms must be of a vocabulary that the project knows, since nothing else reads them. A source may stand on any host
that the public can reach: a new website is the common case, not an attack. It opens no connection.
"""

from collections.abc import Iterable
from ipaddress import ip_address

from smartcity_kg.validate.lookalike import host_of

# Names that lead nowhere, or somewhere else for everybody: RFC 6761, RFC 6762 and RFC 8375; and what routers use.
_LOCAL = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".invalid", ".intranet", ".corp", ".home")


def name_of(iri: str) -> str:
    """The name of the host of an IRI in lower case, without port and credentials; empty if it names none.

    >>> name_of("https://WWW.Example.org:80/a"), name_of("mailto:a@example.org"), name_of("http://[::1]:80/")
    ('www.example.org', '', '::1')
    """
    host = (host_of(iri) or "").rpartition("@")[2].casefold()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def is_public(host: str) -> bool:
    """Whether everybody can reach a host of that name, as far as the name tells.

    >>> [is_public(host) for host in ("www.ulm.de", "8.8.8.8", "10.0.0.7", "::1", "localhost", "intranet")]
    [True, True, False, False, False, False]
    """
    try:
        return ip_address(host).is_global
    except ValueError:
        pass
    if "." not in host or host.endswith(_LOCAL):
        return False
    # Numbers are written in ways that ip_address does not know: 127.1, 0x7f.0.0.1
    return not host.rpartition(".")[2].startswith(tuple("0123456789"))


def hosts_of(iris: Iterable[str]) -> frozenset[str]:
    """The names of the hosts of some IRIs.

    >>> sorted(hosts_of(["https://a.org/1", "https://a.org/2", "mailto:x@b.org"]))
    ['a.org']
    """
    return frozenset(filter(None, map(name_of, iris)))
