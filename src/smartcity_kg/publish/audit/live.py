"""Checks that a server must be asked for: redirects, negotiation, caching, endpoints (layer 4)."""

from collections.abc import Iterator

from smartcity_kg.errors import InputError
from smartcity_kg.publish.audit.address import Address, Answer
from smartcity_kg.publish.audit.catalogue import endpoints
from smartcity_kg.publish.audit.graph import MEDIA_TYPES, Graph, parse
from smartcity_kg.publish.audit.model import Found, bad, good, note
from smartcity_kg.publish.audit.site import Site

_SERVICE = "http://www.w3.org/ns/sparql-service-description#Service"
_NEVER = "doc/there-is-no-such-thing-here"
_HTML = "text/html"
_ASKED = (
    ("text/html", _HTML),
    *((media_type, media_type) for media_type in MEDIA_TYPES.values()),
    ("text/html,text/turtle;q=0.4", _HTML),
    ("text/turtle;q=0,text/html", _HTML),
    ("application/ld+json,text/turtle;q=0.5", "application/ld+json"),
    ("text/turtle;q=0.5,application/ld+json", "application/ld+json"),
)


def _place(site: Site) -> Address:
    if not isinstance(site.place, Address):
        raise TypeError("only an address can be asked")
    return site.place


def _things(site: Site) -> list[str]:
    """A few things to ask for: the first of each third of the sample."""
    names = [name for name in site.things if name.startswith("doc/")]
    return sorted({names[number * len(names) // 3] for number in range(3)}) if names else []


def _asked(
    place: Address, path: str, *, method: str = "GET", follow: bool = False, **headers: str
) -> Answer | Found:
    """The answer, or that there was none; names of headers are written with `_` for `-`."""
    if place.is_spent:
        return note("limit")
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        return place.ask(path, method=method, follow=follow, headers=sent)
    except InputError as error:
        return bad("unreachable", path, value=path, given=error.message)


def redirects(site: Site) -> Iterator[Found]:
    """A thing answers 303, and its document 200."""
    place = _place(site)
    for name in _things(site):
        path = f"id/{name.removeprefix('doc/')}"
        answer = _asked(place, path, Accept="text/turtle")
        if isinstance(answer, Found):
            yield answer
        elif answer.status != 303:
            yield bad("wrong-status", path, value="GET", given=answer.status, wanted=303)
        else:
            end = _asked(place, path, follow=True, Accept="text/turtle")
            if isinstance(end, Found):
                yield end
            elif end.status != 200:
                yield bad("wrong-status", path, value=end.url, given=end.status, wanted=200)
            else:
                yield good("answered", path, value="GET", given="303, 200")


def negotiation(site: Site) -> Iterator[Found]:
    """`Accept` decides, with q-values; `Vary` says so; what cannot be given is 406 or a page."""
    place = _place(site)
    for name in _things(site)[:1]:
        for accept, wanted in _ASKED:
            answer = _asked(place, name, follow=True, Accept=accept)
            if isinstance(answer, Found):
                yield answer
            elif answer.status != 200 or answer.media_type != wanted:
                given = answer.media_type if answer.status == 200 else str(answer.status)
                yield bad("wrong-answer", name, value=accept, given=given, wanted=wanted)
            else:
                yield good("answered", name, value=accept, given=answer.media_type)
        yield from _vary(place, name)
        yield from _not_acceptable(place, name)


def _vary(place: Address, name: str) -> Iterator[Found]:
    answer = _asked(place, name, Accept="text/turtle")
    if isinstance(answer, Found):
        yield answer
    elif "accept" not in {part.strip().lower() for part in answer.headers.get("vary", "").split(",")}:
        yield bad("no-header", name, value="GET", wanted="Vary: Accept")


def _not_acceptable(place: Address, name: str) -> Iterator[Found]:
    answer = _asked(place, name, follow=True, Accept="application/x-none")
    if isinstance(answer, Found):
        yield answer
    elif answer.status not in {200, 406}:
        yield bad("wrong-status", name, value="Accept: application/x-none", given=answer.status, wanted="406")
    else:
        yield good("answered", name, value="Accept: application/x-none", given=answer.status)


def cross_origin(site: Site) -> Iterator[Found]:
    """Data may be read from pages of other sites."""
    place = _place(site)
    for path in [*(f"{name}.ttl" for name in _things(site)), "ontology.ttl"]:
        answer = _asked(place, path, Origin="https://example.org")
        if isinstance(answer, Found):
            yield answer
        elif answer.headers.get("access-control-allow-origin") != "*":
            yield bad("no-header", path, value="GET", wanted="Access-Control-Allow-Origin: *")
        else:
            yield good("answered", path, value="Access-Control-Allow-Origin", given="*")


def basics(site: Site) -> Iterator[Found]:
    """https, HEAD as GET, a validator with 304, 404 for what is not there."""
    place = _place(site)
    if not place.root.startswith("https://"):
        yield bad("not-https", value=place.root)
    for path in ["index.html", *(f"{name}.ttl" for name in _things(site)[:1])]:
        got = _asked(place, path)
        head = _asked(place, path, method="HEAD")
        if isinstance(got, Found) or isinstance(head, Found):
            yield from (one for one in (got, head) if isinstance(one, Found))
            continue
        if head.status != got.status or head.media_type != got.media_type or head.body:
            yield bad("wrong-status", path, value="HEAD", given=head.status, wanted=got.status)
        else:
            yield good("answered", path, value="HEAD", given=head.status)
        yield from _validated(place, path, got)
    missing = _asked(place, _NEVER, follow=True, Accept=_HTML)
    if isinstance(missing, Found):
        yield missing
    elif missing.status not in {404, 410}:
        yield bad("wrong-status", _NEVER, value="GET", given=missing.status, wanted=404)
    else:
        yield good("answered", _NEVER, value="GET", given=missing.status)


def _validated(place: Address, path: str, got: Answer) -> Iterator[Found]:
    etag, day = got.headers.get("etag"), got.headers.get("last-modified")
    if not etag and not day:
        yield bad("no-header", path, value="GET", wanted="ETag, Last-Modified")
        return
    again = _asked(place, path, If_None_Match=etag) if etag else _asked(place, path, If_Modified_Since=day or "")
    if isinstance(again, Found):
        yield again
    elif again.status != 304:
        yield bad("wrong-status", path, value="If-None-Match", given=again.status, wanted=304)
    else:
        yield good("answered", path, value="If-None-Match", given=304)


def service_description(site: Site) -> Iterator[Found]:
    """Each endpoint that is named describes itself when it is asked without a query."""
    place = _place(site)
    named = endpoints(site)
    if not named:
        yield note("no-endpoint")
    for url in named:
        answer = _asked(place, url, follow=True, Accept="text/turtle")
        if isinstance(answer, Found):
            yield answer
            continue
        try:
            said = parse(answer.body, "ttl", url)
        except InputError as error:
            yield bad("not-parsed", url, value=error.message)
            continue
        yield good("has-value", value=url) if _describes(said) else bad("none-described", url, value="sd:Service")


def _describes(graph: Graph) -> bool:
    return any(True for _ in graph.of_type(_SERVICE))


def profiles(site: Site) -> Iterator[Found]:
    """Who names several profiles lists them at `_profile=all` and answers to `Accept-Profile`."""
    place = _place(site)
    for name in _things(site)[:1]:
        answer = _asked(place, name, follow=True, Accept=_HTML)
        offered = {link.href for page in site.pages for link in page.linked("profile")}
        if isinstance(answer, Found) or len(offered) < 2:
            yield answer if isinstance(answer, Found) else note("one-profile")
            continue
        listed = _asked(place, f"{name}?_profile=all", follow=True)
        if isinstance(listed, Found) or listed.status != 200:
            yield (
                listed
                if isinstance(listed, Found)
                else bad("wrong-status", name, value="_profile=all", given=listed.status, wanted=200)
            )
        for href in sorted(offered):
            given = _asked(place, name, follow=True, Accept_Profile=f"<{href}>")
            if isinstance(given, Found):
                yield given
            elif href not in given.headers.get("content-profile", "") + given.headers.get("link", ""):
                yield bad("no-header", name, value=f"Accept-Profile: <{href}>", wanted="Content-Profile")
            else:
                yield good("answered", name, value="Accept-Profile", given=href)
