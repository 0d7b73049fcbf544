"""An rdflib graph that parses each SPARQL query once (layer 2).

pySHACL sends the text of a constraint anew for every focus node, with all declared prefixes in changing order, and
rdflib would parse it anew each time: 95 % of the time of a validation. Bindings are given apart, so a parsed query
can serve all nodes and all graphs.
"""

import re
from functools import lru_cache
from typing import Any

from rdflib import Graph
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result

_PREFIX = re.compile(r"\s*PREFIX\s+([^\s:]*):\s*<[^>]*>", re.IGNORECASE)


class PreparedGraph(Graph):
    """A graph whose queries are parsed once in the life of the process.

    >>> graph = PreparedGraph()
    >>> [bool(graph.query("ASK { ?s ?p ?o }")) for _ in range(2)]
    [False, False]
    """

    def query(self, query_object: str | Query, *args: Any, **kwargs: Any) -> Result:  # noqa: ANN401 - as in rdflib
        """As in rdflib; a text is parsed only the first time."""
        if isinstance(query_object, str):
            query_object = _prepared(with_used_prefixes(query_object))
        return super().query(query_object, *args, **kwargs)


def with_used_prefixes(text: str) -> str:
    r"""A query with only those of its leading `PREFIX` declarations that it may use, sorted.

    >>> with_used_prefixes("PREFIX b: <http://b/>\nPREFIX a: <http://a/>\nASK { ?s a:p ?o }")
    'PREFIX a: <http://a/>\nASK { ?s a:p ?o }'
    """
    declared: dict[str, str] = {}
    end = 0
    while found := _PREFIX.match(text, end):
        declared[found[1]] = found[0].strip()
        end = found.end()
    body = text[end:].strip()
    return "\n".join([*(declared[name] for name in sorted(declared) if f"{name}:" in body), body])


@lru_cache(maxsize=256)
def _prepared(text: str) -> Query:
    return prepareQuery(text)
