"""RDF/XML, the same bytes for the same triples (layer 3)."""

import re
from collections.abc import Iterable, Mapping, Sequence

import pyoxigraph as ox

from smartcity_kg.formats.order import in_order, refuse, used_prefixes
from smartcity_kg.terms import Prefixes

# XML 1.0, section 2.2: what no document may hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[^\W\d][\w.-]*\Z")


def write_graph(triples: Iterable[ox.Triple], prefixes: Prefixes) -> bytes:
    """Triples as RDF/XML 1.0, in order, the class of each thing first; blank nodes keep their names.

    Raises:
        InputError: If a text holds a character that XML forbids, or a property has no name that XML can write.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> b"<e:a rdf:resource=" in write_graph([ox.Triple(a, a, a)], Prefixes({"e": "http://e.org/"}))
    True
    """
    ordered = in_order(triples)
    return write_ordered(ordered, used_prefixes(ordered, prefixes))


def write_ordered(triples: Sequence[ox.Triple], namespaces: Mapping[str, str]) -> bytes:
    """Triples as RDF/XML 1.0 in the order given; all of the prefixes are declared.

    Raises:
        InputError: As in `write_graph`.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> b'xmlns:f="http://f.org/"' in write_ordered([ox.Triple(a, a, a)], {"f": "http://f.org/"})
    True
    """
    for triple in triples:
        _check(triple)
    data = ox.serialize(triples, format=ox.RdfFormat.RDF_XML, prefixes=dict(namespaces)) or b""
    # A reader of XML turns a bare carriage return into a line feed.
    return data.replace(b"\r", b"&#13;") + b"\n"


def _check(triple: ox.Triple) -> None:
    if not _NAME.search(triple.predicate.value):
        raise refuse(triple, "a property whose name does not end like a name of XML", "RDF/XML")
    if isinstance(triple.object, ox.Literal) and (found := _NO_XML.search(triple.object.value)):
        raise refuse(triple, f"the character U+{ord(found[0]):04X}", "RDF/XML")
