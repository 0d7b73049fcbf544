"""Dumps of a graph in several formats, put together from those of the run before where little changed (layer 4).

Each format says what it has to say of one subject, or of one named graph, in one block of bytes, and no block
depends on another. So a dump can be made of the old blocks and of new ones for what changed; its bytes are those
of a dump that is written anew.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from smartcity_kg.context import Context
from smartcity_kg.formats import jsonld, rdfxml, trig, turtle
from smartcity_kg.formats.order import in_order, prefixes_of
from smartcity_kg.publish.lines import Changes, Lines, parse
from smartcity_kg.terms import Prefixes

_MOST = 4  # of all blocks, one in so many may be new; beyond that writing anew is as fast


@dataclass(frozen=True)
class Form:
    """How the blocks of a format are told apart.

    Attributes:
        media_type: What the format is called on the web.
        begins: Where a block begins.
        ends: What follows after the last block.
        between: What stands between two blocks and belongs to neither.
    """

    media_type: str
    begins: re.Pattern[bytes]
    ends: bytes = b""
    between: bytes = b""


# Line feeds in texts are escaped in all of these but RDF/XML, and there a text holds no "<".
_TURTLE_BLOCK = re.compile(rb"^[^@\t]", re.MULTILINE)
FORMS: Mapping[str, Form] = {
    "ttl": Form("text/turtle", _TURTLE_BLOCK),
    "jsonld": Form("application/ld+json", re.compile(rb'^\{"id"', re.MULTILINE), b"\n]}\n", b",\n"),
    "rdf": Form("application/rdf+xml", re.compile(rb"^\t<[^/]", re.MULTILINE), b"</rdf:RDF>\n"),
    "trig": Form("application/trig", re.compile(rb"^[^@\t}]", re.MULTILINE)),
}


class Dumps:
    r"""Writes graphs in all `FORMS`.

    Args:
        lines: The graphs.
        prefixes: The prefixes of the project.
        context: The context of JSON-LD.
        address: Where that is published.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> lines = Lines.read({"http://e.org/g": [ox.Triple(a, a, a)]})
    >>> Dumps(lines, Prefixes({}), Context("1", {}, {}), "c.jsonld").write("ttl")
    b'<http://e.org/a> <http://e.org/a> <http://e.org/a> .\n'
    """

    def __init__(self, lines: Lines, prefixes: Prefixes, context: Context, address: str) -> None:
        self._lines = lines
        iris = lines.iris
        self._used = prefixes_of(iris, prefixes)
        self._used_named = prefixes_of([*iris, *lines], prefixes)
        self._narrowed = jsonld.narrow(context, iris)
        self._address = address
        self._writers: Mapping[str, Callable[[Sequence[ox.Triple]], bytes]] = {
            "ttl": lambda ordered: turtle.write_ordered(ordered, self._used),
            "jsonld": lambda ordered: jsonld.write_ordered(ordered, self._narrowed, address=self._address),
            "rdf": lambda ordered: rdfxml.write_ordered(ordered, self._used),
        }

    def write(self, ending: str) -> bytes:
        """The dump in one of the forms, made anew."""
        if ending == "trig":
            return trig.write_named(self._lines, self._used_named)
        return self._writers[ending](self._ordered)

    def patch(self, ending: str, old: bytes, changes: Changes) -> bytes:
        """The dump in one of the forms, with the blocks of an old one; empty where that cannot be done.

        Args:
            ending: The form.
            old: The dump of the run before, of the same graphs, made by the same code with the same prefixes and
                context; empty if there is none.
            changes: What changed since.
        """
        if not old or not changes.known:
            return b""
        if ending == "trig":
            names, changed = self._lines.graph_names, changes.graphs(self._lines)
            before = names
        else:
            names, changed = self._lines.names, changes.subjects(self._lines)
            before = changes.subjects_before(self._lines)
        fresh = [name for name in names if name in changed]
        if not fresh or len(fresh) * _MOST > len(names):
            return b""
        form = FORMS[ending]
        made, there = _split(self._some(ending, fresh), form), _split(old, form)
        if made.head != there.head or len(made.blocks) != len(fresh) or len(there.blocks) != len(before):
            return b""
        blocks = dict(zip(before, there.blocks, strict=True)) | dict(zip(fresh, made.blocks, strict=True))
        return made.head + form.between.join(blocks[name] for name in names) + form.ends

    @cached_property
    def _ordered(self) -> list[ox.Triple]:
        return in_order(parse(self._lines.merged))

    def _some(self, ending: str, names: Sequence[bytes]) -> bytes:
        """A dump of what is said about some subjects, or in some graphs."""
        if ending == "trig":
            return trig.write_named({name: self._lines[name] for name in map(_name, names)}, self._used_named)
        return self._writers[ending](in_order(self._lines.about(names)))


def _name(graph: bytes) -> str:
    return graph[1:-1].decode()


@dataclass(frozen=True)
class _Parts:
    head: bytes
    blocks: Sequence[bytes]


def _split(data: bytes, form: Form) -> _Parts:
    """The head and the blocks of a dump; no blocks where it does not look as expected."""
    first = form.begins.search(data)
    if first is None or not data.endswith(form.ends):
        return _Parts(data, ())
    head, body = data[: first.start()], data[first.start() : len(data) - len(form.ends)]
    if form.between:
        return _Parts(head, body.split(form.between))
    starts = [match.start() for match in form.begins.finditer(body)]
    return _Parts(head, [body[start:end] for start, end in zip(starts, [*starts[1:], len(body)], strict=True)])
