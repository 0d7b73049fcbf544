"""A small site that keeps every convention, written file by file, so that a test can spoil one thing of it."""

import gzip
import hashlib
import json
from pathlib import Path

import pyoxigraph as ox

BASE = "https://w3id.org/smartcity-kg/"
LANGUAGES = ("de", "en")
ENDINGS = {
    "ttl": ("text/turtle", ox.RdfFormat.TURTLE),
    "jsonld": ("application/ld+json", ox.RdfFormat.JSON_LD),
    "nt": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    "rdf": ("application/rdf+xml", ox.RdfFormat.RDF_XML),
}
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
PREFIXES = f"""\
@prefix o: <{BASE}ontology#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix vann: <http://purl.org/vocab/vann/> .
@prefix void: <http://rdfs.org/ns/void#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcatde: <http://dcat-ap.de/def/dcatde/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix adms: <http://www.w3.org/ns/adms#> .
@prefix spdx: <http://spdx.org/rdf/terms#> .
"""
DOCUMENTS = {
    "ontology": f"""
<{BASE}ontology> a owl:Ontology ; dct:title "Begriffe"@de , "Terms"@en ; dct:description "Wozu"@de , "Why"@en ;
    dct:license <{LICENCE}> ; owl:versionIRI <{BASE}ontology/1.0.0> ; owl:versionInfo "1.0.0" ;
    owl:priorVersion <https://example.org/ontology/0.9.0> ; dct:creator <{BASE}id/thing/maker> ;
    dct:contributor <{BASE}id/thing/maker> ; dct:publisher <{BASE}id/thing/maker> ; dct:created "2026-01-01" ;
    dct:issued "2026-01-02" ; dct:modified "2026-01-03" ; dct:bibliographicCitation "Cite" ;
    vann:preferredNamespacePrefix "o" ; vann:preferredNamespaceUri "{BASE}ontology#" .
o:Thing a owl:Class ; rdfs:subClassOf foaf:Agent ; owl:disjointWith o:Other ; rdfs:label "Ding"@de , "thing"@en ;
    skos:definition "Etwas."@de , "Something."@en .
o:Other a owl:Class ; rdfs:subClassOf foaf:Agent ; rdfs:label "Anderes"@de , "other"@en ;
    skos:definition "Anderes."@de , "Something else."@en .
o:knows a owl:ObjectProperty ; rdfs:subPropertyOf foaf:knows ; rdfs:label "kennt"@de , "knows"@en ;
    skos:definition "Wen es kennt."@de , "Whom it knows."@en .
""",
    "ontology/1.0.0": f"<{BASE}ontology/1.0.0> owl:versionInfo '1.0.0' .",
    "ontology/borrowed/foaf": "foaf:Agent a owl:Class . foaf:knows a owl:ObjectProperty .",
    "shapes": f"""
<{BASE}shapes#prefixes> sh:declare <{BASE}shapes#o> . <{BASE}shapes#o> sh:prefix "o" .
<{BASE}shapes#Thing> a sh:NodeShape ; sh:targetClass o:Thing ; sh:property <{BASE}shapes#knows> .
<{BASE}shapes#knows> a sh:PropertyShape ; sh:path o:knows ; sh:message "Fehlt."@de , "Is missing."@en .
""",
    "scheme/status/done": f"""
<{BASE}scheme/status/done> a skos:Concept ; skos:prefLabel "fertig"@de , "done"@en ;
    skos:definition "Zu Ende."@de , "Ended."@en .
""",
    "doc/thing/maker": f"""
<{BASE}id/thing/maker> a o:Thing ; o:knows <{BASE}id/thing/other> ; skos:exactMatch <https://example.org/maker> .
<{BASE}doc/thing/maker> void:inDataset <{BASE}data> .
""",
    "doc/thing/other": f"""
<{BASE}id/thing/other> a o:Thing ; o:knows <{BASE}id/thing/maker> ; skos:exactMatch <https://example.org/other> .
<{BASE}doc/thing/other> void:inDataset <{BASE}data> .
""",
    "data": f"""
<{BASE}data#catalogue> a dcat:Catalog ; dct:title "Katalog"@de ; dct:description "Alles"@de ;
    dcat:dataset <{BASE}data> ; dct:publisher <{BASE}id/thing/maker> .
<{BASE}id/thing/maker> foaf:name "Maker" .
<{BASE}data> a dcat:Dataset , void:Dataset ; dct:title "Daten"@de ; dct:description "Daten"@de ;
    dct:publisher <{BASE}id/thing/maker> ; adms:versionNotes "Neu"@de ; dct:identifier "data" ;
    dct:spatial <https://example.org/de> ; dcatde:contributorID <https://example.org/me> ;
    dcatde:politicalGeocodingURI <https://example.org/de> ;
    dcatde:politicalGeocodingLevelURI <https://example.org/state> ; dcat:version "1.0.0" ;
    dct:modified "2026-01-03" ;
    dct:provenance <{BASE}data> ; dct:temporal <https://example.org/2019> ; dct:source <https://example.org/book> ;
    dcat:contactPoint <{BASE}id/thing/maker> ; dct:accrualPeriodicity <https://example.org/yearly> ;
    dcat:distribution <{BASE}download/data.ttl> ; void:uriSpace "{BASE}id/" ;
    void:exampleResource <{BASE}id/thing/maker> ; void:vocabulary <{BASE}ontology#> ; void:triples 9 ;
    void:classPartition <{BASE}data> ; void:propertyPartition <{BASE}data> ;
    void:dataDump <{BASE}download/data.ttl> .
<{BASE}download/data.ttl> a dcat:Distribution ; dcat:accessURL <{BASE}download/data.ttl> ;
    dct:license <http://dcat-ap.de/def/licenses/cc-by/4.0> ; dcatde:licenseAttributionByText "Maker"@de ;
    dct:format <http://publications.europa.eu/resource/authority/file-type/RDF_TURTLE> ;
    spdx:checksum <{BASE}data> ; dcat:byteSize 9 .
<{BASE}data#all> a sh:SPARQLExecutable ; sh:select "SELECT * WHERE {{ ?s ?p ?o }}" .
""",
}
FRONT = ("index", "about", "data", "not-found")
HTACCESS = """\
ErrorDocument 404 /en/not-found.html
Header always set Access-Control-Allow-Origin "*"
Header merge Vary "Accept, Accept-Language"
RewriteEngine On
RewriteRule ^id/(.+)$ /doc/$1 [R=303,L]
RewriteCond %{HTTP_ACCEPT} ^text/html
RewriteRule ^(doc/.*)$ /en/$1.html [R=303,L]
RewriteCond %{HTTP_ACCEPT} ^text/turtle(?!;q=0)
RewriteRule ^(doc/.*)$ /$1.ttl [R=303,L]
RewriteCond %{HTTP_ACCEPT} ^application/ld\\+json
RewriteRule ^(doc/.*)$ /$1.jsonld [R=303,L]
RewriteCond %{HTTP_ACCEPT} ^application/n-triples
RewriteRule ^(doc/.*)$ /$1.nt [R=303,L]
RewriteCond %{HTTP_ACCEPT} ^application/rdf\\+xml
RewriteRule ^(doc/.*)$ /$1.rdf [R=303,L]
"""
NGINX = """\
map $http_accept $ending {
    default "";
    "~^text/turtle(?!;q=0)" ttl;
    "~^application/ld\\+json" jsonld;
    "~^application/n-triples" nt;
    "~^application/rdf\\+xml" rdf;
}
add_header Access-Control-Allow-Origin "*" always;
add_header Vary "Accept, Accept-Language" always;
error_page 404 /de/not-found.html;
location ^~ /id/ { rewrite ^/id/(.+)$ /doc/$1; return 303 $uri; }
"""


def write_site(folder: Path) -> Path:
    """Write the site into a folder, and give it back."""
    for name, text in DOCUMENTS.items():
        data = PREFIXES + text
        triples = [quad.triple for quad in ox.parse(data, format=ox.RdfFormat.TURTLE)]
        for ending, (_, format_) in ENDINGS.items():
            said = data.encode() if ending == "ttl" else ox.serialize(triples, format=format_) or b""
            if ending == "nt":
                said = b"".join(sorted(said.splitlines(keepends=True)))
            _write(folder, f"{name}.{ending}", said)
    pages = [f"{name}.html" for name in (*FRONT, *(n for n in DOCUMENTS if n != "data"))]
    for language in LANGUAGES:
        for page in pages:
            _write(folder, f"{language}/{page}", _page(language, page).encode())
    canonical = f'<html lang="en"><link rel="canonical" href="{BASE}">'
    _write(folder, "index.html", f'{canonical}<a href="de/index.html">Deutsch</a>'.encode())
    listed = "".join(f"<loc>{BASE}{language}/{page}</loc>\n" for language in LANGUAGES for page in pages)
    _write(folder, "sitemap.xml", f"<sitemapindex><loc>{BASE}sitemap-1.xml</loc></sitemapindex>".encode())
    _write(folder, "sitemap-1.xml", f"<urlset>{listed}</urlset>".encode())
    _write(folder, "robots.txt", f"User-agent: *\nAllow: /\nSitemap: {BASE}sitemap.xml\n".encode())
    _write(folder, ".htaccess", HTACCESS.encode())
    _write(folder, "hosting/nginx.conf", NGINX.encode())
    _write(folder, "hosting/w3id.htaccess", b"RewriteEngine on\n")
    _write(folder, ".well-known/void", f"<{BASE}data> <http://rdfs.org/ns/void#feature> <{BASE}x> .".encode())
    dumps = {"data.ttl": b"", "data.nt.gz": gzip.compress(b"", mtime=0), "notes/release.md": b"# 1.0.0\n"}
    for name, said in dumps.items():
        _write(folder, f"download/{name}", said)
    lines = "".join(f"{hashlib.sha256(said).hexdigest()}  {name}\n" for name, said in dumps.items())
    _write(folder, "download/checksums.txt", lines.encode())
    return folder


def _write(folder: Path, path: str, data: bytes) -> None:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _page(language: str, page: str) -> str:
    name = page.removesuffix(".html")
    up = "../" * (page.count("/") + 1)
    links = [f'<link rel="canonical" href="{BASE}{language}/{page}">', f'<link rel="license" href="{LICENCE}">']
    links += [f'<link rel="alternate" hreflang="{one}" href="{BASE}{one}/{page}">' for one in LANGUAGES]
    links += [
        f'<link rel="author" href="{BASE}id/thing/maker">',
        '<link rel="type" href="https://schema.org/AboutPage">',
    ]
    links += [f'<link rel="cite-as" href="{BASE}{name}">']
    if name in DOCUMENTS:
        for ending, (media_type, _) in ENDINGS.items():
            links.append(f'<link rel="alternate" type="{media_type}" href="{up}{name}.{ending}">')
            links.append(f'<link rel="describedby" type="{media_type}" href="{up}{name}.{ending}">')
    said: dict[str, object] = {"@context": "https://schema.org/", "@type": ["Thing"], "name": name}
    body = ""
    if name == "data":
        links += [f'<link rel="{rel}" href="{up}download/data.ttl">' for rel in ("item", "linkset")]
        body = f'<a href="{up}download/notes/release.md">1.0.0</a>'
        file = {"contentUrl": f"{BASE}download/data.ttl", "encodingFormat": "text/turtle"}
        keys = ("license", "creator", "temporalCoverage", "spatialCoverage", "version", "identifier")
        said |= {"@type": "Dataset", "description": "x" * 60, "distribution": [file]} | dict.fromkeys(keys, "x")
    if name == "about":
        body = f'<p>IRIs begin with <code>{BASE}</code>.</p><a href="mailto:me@example.org">Mail</a>'
    if name == "ontology":
        body = '<p id="Thing">Thing</p><p id="Other">Other</p><p id="knows">knows</p>'
    block = f'<script type="application/ld+json">{json.dumps(said)}</script>'
    return (
        f'<!doctype html><html lang="{language}"><head><title>{name}</title>{"".join(links)}{block}</head>'
        f'<body><a href="#main">Skip</a><main id="main"><h1>{name}</h1>'
        f'<svg role="img" aria-label="Map"></svg><ul><li>twin</li></ul>{body}</main></body></html>\n'
    )
