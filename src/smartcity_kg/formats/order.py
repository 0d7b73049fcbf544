"""The order of statements in a file, and the prefixes that it declares (layer 3)."""

from collections.abc import Iterable

import pyoxigraph as ox

from smartcity_kg.errors import InputError
from smartcity_kg.terms import RDF_TYPE, Prefixes


def in_order(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Distinct triples by subject, the class first; what has an IRI before blank nodes.

    >>> a, p = ox.NamedNode("http://e.org/a"), ox.NamedNode("http://e.org/p")
    >>> [t.predicate == RDF_TYPE for t in in_order([ox.Triple(a, p, a), ox.Triple(a, RDF_TYPE, a)])]
    [True, False]
    """
    return sorted(set(triples), key=_place)


def _place(triple: ox.Triple) -> tuple[str, bool, str, str]:
    return str(triple.subject), triple.predicate != RDF_TYPE, triple.predicate.value, str(triple.object)


def canonical(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Distinct triples in a fixed order, blank nodes named canonically (RDFC-1.0).

    The time of that grows fast with the number of blank nodes that look alike: not for what comes from outside.

    >>> len(canonical([ox.Triple(ox.BlankNode(n), RDF_TYPE, RDF_TYPE) for n in "xy"]))
    2
    """
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted((quad.triple for quad in dataset), key=str)


def used_prefixes(triples: Iterable[ox.Triple], prefixes: Prefixes) -> dict[str, str]:
    """The prefixes with a namespace that an IRI among the terms begins with.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> used_prefixes([ox.Triple(a, a, a)], Prefixes({"e": "http://e.org/", "f": "http://f.org/"}))
    {'e': 'http://e.org/'}
    """
    return prefixes_of(iris_of(triples), prefixes)


def prefixes_of(iris: Iterable[str], prefixes: Prefixes) -> dict[str, str]:
    """The prefixes with a namespace that one of some IRIs begins with.

    >>> prefixes_of(["http://e.org/a"], Prefixes({"e": "http://e.org/", "f": "http://f.org/"}))
    {'e': 'http://e.org/'}
    """
    text = "\n".join(["", *iris])
    return {
        prefix: namespace for prefix, namespace in sorted(prefixes.namespaces.items()) if f"\n{namespace}" in text
    }


def iris_of(triples: Iterable[ox.Triple]) -> set[str]:
    """All IRIs that stand in some triples, those of datatypes too.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> iris_of([ox.Triple(a, a, a)])
    {'http://e.org/a'}
    """
    iris: set[str] = set()
    for triple in triples:
        subject, value = triple.subject, triple.object
        iris.add(triple.predicate.value)
        if isinstance(subject, ox.NamedNode):
            iris.add(subject.value)
        if isinstance(value, ox.NamedNode):
            iris.add(value.value)
        elif isinstance(value, ox.Literal):
            iris.add(value.datatype.value)
    return iris


def refuse(triple: ox.Triple, what: str, format_: str) -> InputError:
    """An error for a statement that a format cannot hold.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> print(refuse(ox.Triple(a, a, a), "a blank", "X").message)
    X cannot hold a blank, which stands in a statement about <http://e.org/a>
    """
    message = f"{format_} cannot hold {what}, which stands in a statement about {triple.subject}"
    return InputError(message, hint=f"Its property is {triple.predicate}; change the statement.")
