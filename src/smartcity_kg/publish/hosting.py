"""Files that a web server or a search engine reads: redirects, site map, well-known addresses (layer 4).

An IRI `id/…` leads to the document `doc/…` with 303 (Cool URIs for the Semantic Web, section 4.3); the document is
RDF or a page, in German or English, as the request says.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from smartcity_kg.pages.site import FORMATS, Site

_MOST_IN_A_MAP = 40_000


def hosting_files(site: Site, pages: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The files, by name; `pages` are those of the site in all languages."""
    maps = [pages[start : start + _MOST_IN_A_MAP] for start in range(0, len(pages), _MOST_IN_A_MAP)]
    day = site.editions["en"].day
    for number, part in enumerate(maps, start=1):
        yield f"sitemap-{number}.xml", _map(site.address, part, day).encode()
    yield "sitemap.xml", _map_index(site.address, len(maps), day).encode()
    yield "robots.txt", f"User-agent: *\nAllow: /\nSitemap: {site.address}sitemap.xml\n".encode()
    place = urlsplit(site.address).path.rstrip("/")
    yield ".htaccess", apache_rules(site.index.base, place).encode()
    yield "hosting/apache.conf", apache_rules(site.index.base, place).encode()
    yield "hosting/nginx.conf", nginx_rules(site.languages[0], place).encode()
    yield "hosting/w3id.htaccess", w3id_rules(site.address).encode()


def _map(address: str, pages: Sequence[str], day: str) -> str:
    urls = "".join(f"<url><loc>{escape(address + page)}</loc><lastmod>{day}</lastmod></url>\n" for page in pages)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    )


def _map_index(address: str, count: int, day: str) -> str:
    parts = "".join(
        f"<sitemap><loc>{escape(address)}sitemap-{number}.xml</loc><lastmod>{day}</lastmod></sitemap>\n"
        for number in range(1, count + 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{parts}</sitemapindex>\n'
    )


_ACCEPT = {"ttl": "text/turtle", "jsonld": "application/ld+json", "nt": "application/n-triples"}
_NEGOTIATED = "doc|scheme|ontology|shapes|data|queries"
_PAGES = "map|networks|sparql|check|about|accessibility|privacy|search"
# A version ends in digits and dots, a file in letters.
_ENDING = "[.][a-z][a-z0-9]*"
_ACCEPT_XML = "application/rdf+xml"


def _pattern(media: str, *, weak: bool = False) -> str:
    """A regular expression for a media type in `Accept`: asked for without a weight, or with one above 0."""
    tail = r"\s*;\s*q=0\.[0-9]*[1-9]" if weak else r"\s*(,|$|;\s*q=1|;\s*charset)"
    return media.replace("+", "[+]").replace(".", "[.]") + tail


def _wishes() -> list[tuple[str, str]]:
    """Patterns with the ending to answer with: first what is asked for most, then what will do."""
    kinds = (*_ACCEPT.items(), ("rdf", _ACCEPT_XML))
    return [(_pattern(media, weak=weak), ending) for weak in (False, True) for ending, media in kinds]


def _stop_for_pages(pattern: str, rules: int) -> str:
    """A rule that passes over the next ones where a page is asked for."""
    return f'RewriteCond %{{HTTP_ACCEPT}} "{_pattern("text/html")}"\nRewriteRule {pattern} - [S={rules}]'


def apache_rules(base: str, place: str) -> str:
    """Rules for Apache's `.htaccess` in the root of the site: content negotiation and redirects.

    Args:
        base: What the IRIs of the things begin with, for the comment.
        place: The path below which the site lies; empty at the root.

    >>> "R=303" in apache_rules("https://e.org/", "")
    True
    """
    types = "\n".join(f"AddType {media};charset=utf-8 .{ending}" for _, media, ending in FORMATS)
    rdf = "\n".join(
        f'RewriteCond %{{HTTP_ACCEPT}} "{pattern}"\n'
        f"RewriteCond %{{DOCUMENT_ROOT}}{place}/$1.{ending} -f\n"
        f"RewriteRule ^((?:{_NEGOTIATED})(?:/.*)?)$ {place}/$1.{ending} [R=303,L]"
        for pattern, ending in _wishes()
    )
    pages = _stop_for_pages(rf"^(?:{_NEGOTIATED})(?:/.*)?$", len(_wishes()))
    return f"""\
# Things, documents and pages of {base}
{types}
AddType application/wasm .wasm
AddType text/csv .csv
AddType application/json .json
AddType application/geo+json .geojson
AddDefaultCharset utf-8
ErrorDocument 404 {place}/en/not-found.html
<IfModule mod_headers.c>
Header always set Access-Control-Allow-Origin "*"
Header always set X-Content-Type-Options "nosniff"
Header always set Referrer-Policy "no-referrer"
Header always merge Vary "Accept, Accept-Language"
</IfModule>
Options -MultiViews
DirectorySlash Off
RewriteEngine On
# A thing is no document: the answer names one.
RewriteRule ^id/(.+)$ {place}/doc/$1 [R=303,L]
{pages}
{rdf}
RewriteRule ^\\.well-known/void$ {place}/data.ttl [R=303,L]
# Pages in the reader's language.
RewriteCond %{{HTTP:Accept-Language}} ^de [NC]
RewriteCond %{{DOCUMENT_ROOT}}{place}/de/$1.html -f
RewriteRule ^(.+)$ {place}/de/$1.html [R=303,L]
RewriteCond %{{DOCUMENT_ROOT}}{place}/en/$1.html -f
RewriteRule ^(.+)$ {place}/en/$1.html [R=303,L]
"""


def nginx_rules(default: str, place: str) -> str:
    """A part of an nginx configuration with the same rules.

    Args:
        default: The language of who names none.
        place: The path below which the site lies; empty at the root.

    >>> "return 303 /atlas/data.ttl" in nginx_rules("en", "/atlas")
    True
    """
    wishes = "\n".join(f'    "~{pattern}" {ending};' for pattern, ending in _wishes())
    return f"""\
# In the http block:
map $http_accept $smartcity_ending {{
    default "";
    "~{_pattern("text/html")}" "";
{wishes}
}}
map $http_accept_language $smartcity_language {{
    default {default};
    "~*^en" en;
    "~*^de" de;
}}

# In the server block; root is the folder of the site:
types {{ text/turtle ttl; application/ld+json jsonld; application/n-triples nt; application/rdf+xml rdf;
        application/wasm wasm; text/html html; text/css css; text/javascript js; application/json json;
        text/csv csv; application/geo+json geojson; application/gzip gz; text/plain txt; application/xml xml; }}
charset utf-8;
charset_types text/turtle text/csv text/plain application/n-triples;
add_header Access-Control-Allow-Origin "*" always;
add_header X-Content-Type-Options "nosniff" always;
add_header Referrer-Policy "no-referrer" always;
add_header Vary "Accept, Accept-Language" always;
error_page 404 {place}/{default}/not-found.html;
location ^~ {place}/id/ {{ rewrite ^{place}/id/(.+)$ {place}/doc/$1; return 303 $uri; }}
location = {place}/.well-known/void {{ return 303 {place}/data.ttl; }}
# The page has a name of its own, since the patterns above use up the numbers.
location ~ ^{place}/(?<smartcity_page>(?:{_NEGOTIATED})(?:/(?!.*{_ENDING}$).*)?)$ {{
    if ($smartcity_ending) {{ return 303 {place}/$smartcity_page.$smartcity_ending; }}
    return 303 {place}/$smartcity_language/$smartcity_page.html;
}}
location ~ ^{place}/(?<smartcity_page>(?:{_PAGES})(?:/[^.]*)?)$ {{
    return 303 {place}/$smartcity_language/$smartcity_page.html;
}}
"""


def w3id_rules(address: str) -> str:
    """Rules for a service of permanent identifiers that reads `.htaccess` files, such as w3id.org.

    >>> "https://data.example.org/" in w3id_rules("https://data.example.org/")
    True
    """
    rdf = "\n".join(
        f'RewriteCond %{{HTTP_ACCEPT}} "{pattern}"\n'
        f"RewriteRule ^(?:id|doc)/(.+)$ {address}doc/$1.{ending} [R=303,L]\n"
        f'RewriteCond %{{HTTP_ACCEPT}} "{pattern}"\n'
        f"RewriteRule ^((?:ontology|shapes|scheme|data|queries)(?:/.*)?)$ {address}$1.{ending} [R=303,L]"
        for pattern, ending in _wishes()
    )
    pages = _stop_for_pages("^.*$", 2 * len(_wishes()))
    return f"""\
# Permanent identifiers of the knowledge graph at {address}
Options +FollowSymLinks
RewriteEngine on
# What has an ending is a file.
RewriteRule ^(.+{_ENDING})$ {address}$1 [R=303,L]
{pages}
{rdf}
RewriteCond %{{HTTP:Accept-Language}} ^de [NC]
RewriteRule ^(?:id|doc)/(.+)$ {address}de/doc/$1.html [R=303,L]
RewriteRule ^(?:id|doc)/(.+)$ {address}en/doc/$1.html [R=303,L]
RewriteCond %{{HTTP:Accept-Language}} ^de [NC]
RewriteRule ^((?:ontology|shapes|scheme|data|queries)(?:/.*)?)$ {address}de/$1.html [R=303,L]
RewriteRule ^((?:ontology|shapes|scheme|data|queries)(?:/.*)?)$ {address}en/$1.html [R=303,L]
RewriteRule ^(.*)$ {address}$1 [R=303,L]
"""
