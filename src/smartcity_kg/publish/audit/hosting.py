"""Checks of the rules files that a web server reads, since a folder cannot be asked (layer 4)."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from smartcity_kg.publish.audit.graph import MEDIA_TYPES
from smartcity_kg.publish.audit.model import Found, bad, good, note
from smartcity_kg.publish.audit.site import Site

APACHE, NGINX = ".htaccess", "hosting/nginx.conf"
_APACHE_ACCEPT = re.compile(
    r"RewriteCond\s+%\{HTTP_ACCEPT\}\s+(\S+)(?:[ \t]+\[([^\]]*)\])?(?:\s*RewriteCond[^\n]*)*"
    r"\s*RewriteRule\s+\S+\s+(\S+)"
)
_NGINX_MAP = re.compile(r"map\s+\$http_accept\s+\$\w+\s*\{(.*?)\n\}", re.S)
_NGINX_LINE = re.compile(r'"(~\*?)([^"]+)"\s+(?:""|(\w+));')
_ENDING = re.compile(r"\.(ttl|jsonld|nt|rdf)$")
_GIVEN = {
    "text/html,application/xhtml+xml,*/*;q=0.8": "",
    "text/html,text/turtle;q=0.4": "",
    "text/turtle;q=0,text/html": "",
    "application/ld+json,text/turtle;q=0.5": "jsonld",
    **{media_type: ending for ending, media_type in MEDIA_TYPES.items()},
}


def rules(site: Site) -> dict[str, str]:
    """The rules files that there are, by path."""
    return {path: text for path in (APACHE, NGINX) if (text := site.text(path))}


def _without_rules(found: Mapping[str, str]) -> Iterator[Found]:
    for path in [path for path in (APACHE, NGINX) if path not in found]:
        yield bad("missing-file", value=path)


def redirects(site: Site) -> Iterator[Found]:
    """The rules answer 303 for things."""
    found = rules(site)
    yield from _without_rules(found)
    for path, text in found.items():
        if re.search(r"id/.*(?:R=303|return 303)", text):
            yield good("rule-there", path, value="303")
        else:
            yield bad("no-rule", path, value="303")
    yield note("needs-address")


def negotiation(site: Site) -> Iterator[Found]:
    """The rules give what `Accept` asks for first, and `Vary` says so."""
    found = rules(site)
    yield from _without_rules(found)
    for path, text in found.items():
        choices = _choices(path, text)
        for accept, wanted in _GIVEN.items():
            given = next((ending for pattern, ending in choices if pattern.search(accept)), "")
            if given != wanted:
                yield bad("wrong-answer", path, value=accept, given=given or "html", wanted=wanted or "html")
        if re.search(r"Vary[^\n]*Accept", text):
            yield good("rule-there", path, value="Vary")
        else:
            yield bad("no-rule", path, value="Vary: Accept")


def _choices(path: str, text: str) -> list[tuple[re.Pattern[str], str]]:
    """What a rules file looks for in `Accept`, in its order, each with the ending it leads to."""
    if path == APACHE:
        pairs = [
            (found[1].strip('"'), found[3], re.I if "NC" in (found[2] or "") else 0)
            for found in _APACHE_ACCEPT.finditer(text)
        ]
    else:
        inner = _NGINX_MAP.search(text)
        pairs = [
            (line[2], f".{line[3] or ''}", re.I if line[1] == "~*" else 0)
            for line in (_NGINX_LINE.finditer(inner[1]) if inner else ())
        ]
    chosen = []
    for pattern, target, flags in pairs:
        ending = _ENDING.search(target)
        try:
            chosen.append((re.compile(pattern, flags), ending[1] if ending else ""))
        except re.error:
            continue
    return chosen


def cross_origin(site: Site) -> Iterator[Found]:
    """The rules allow other sites to read the data."""
    found = rules(site)
    yield from _without_rules(found)
    for path, text in found.items():
        if re.search(r'Access-Control-Allow-Origin"?\s+"?\*', text):
            yield good("rule-there", path, value="Access-Control-Allow-Origin")
        else:
            yield bad("no-rule", path, value="Access-Control-Allow-Origin: *")


def basics(site: Site) -> Iterator[Found]:
    """The rules name a page for what is not there, which exists; the address is https."""
    found = rules(site)
    yield from _without_rules(found)
    for path, text in found.items():
        named = re.search(r"(?:ErrorDocument|error_page)\s+404\s+(\S+?);?\s", text)
        if named is None:
            yield bad("no-rule", path, value="404")
        elif not site.place.exists(named[1].removeprefix(urlsplit(site.address).path).lstrip("/")):
            yield bad("missing-file", path, value=named[1])
        else:
            yield good("rule-there", path, value="404")
    if not site.address.startswith("https://"):
        yield bad("not-https", value=site.address)
    yield note("needs-address")


def profiles(site: Site) -> Iterator[Found]:
    """Profiles: who offers one only has nothing to negotiate."""
    offered = {link.href for page in site.pages for link in page.linked("profile")}
    if len(offered) > 1:
        yield note("needs-address")
    else:
        yield note("one-profile")
