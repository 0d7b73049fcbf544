"""What the graph holds, in numbers, for programs that look for data: VoID (layer 2)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode, Triple

from smartcity_kg.catalogue.description import FOAF, VOID, Description, Distribution
from smartcity_kg.terms import RDF_TYPE, SKOS, text_of

_SAME = frozenset((
    "http://www.w3.org/2002/07/owl#sameAs",
    *(f"{SKOS}{name}" for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")),
))  # fmt: skip
_FEWEST_LINKS = 10
_MOST_EXAMPLES = 20
_RDF = frozenset((
    "text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml", "application/trig",
    "application/n-quads",
))  # fmt: skip
WHOLE = "graph"


def describe_dumps(description: Description, files: Iterable[Distribution], *, address: str) -> None:
    """Add which files hold which datasets.

    Args:
        description: What is added to.
        files: The files of the release.
        address: Where they will lie.

    >>> from smartcity_kg.project import Project
    >>> file = Distribution("data/data.ttl", "data", "text/turtle", 1, "00", {"en": "Data"})
    >>> description = Description(Project.find(), {})
    >>> describe_dumps(description, [file], address="https://e.org/")
    >>> description.values(description.node("data"), f"{VOID}dataDump")
    [<NamedNode value=https://e.org/data/data.ttl>]
    """
    dumped = {one.value for one in description.things(f"{VOID}Dataset")}
    for file in files:
        dataset = description.node(file.dataset)
        if dataset.value in dumped and file.media_type in _RDF:
            description.add(dataset, f"{VOID}dataDump", address + file.path)


def describe_counts(description: Description, triples: Sequence[Triple]) -> None:
    """Add what the graph holds: numbers, partitions by class and property, links, examples.

    Args:
        description: What is added to.
        triples: The graph.

    >>> from smartcity_kg.project import Project
    >>> description = Description(Project.find(), {})
    >>> describe_counts(description, [])
    >>> description.values(description.node("graph"), f"{VOID}classPartition")
    []
    """
    node, base = description.node(WHOLE), description.project.base
    for dataset in description.things(f"{VOID}Dataset"):
        description.add(dataset, f"{FOAF}homepage", description.page)
        description.add(dataset, f"{VOID}uriSpace", Literal(base))
    by_property: dict[NamedNode, list[Triple]] = defaultdict(list)
    for triple in triples:
        by_property[triple.predicate].append(triple)
    types = by_property.get(RDF_TYPE, [])
    classes = Counter(text_of(triple.object) for triple in types)
    properties = Counter({predicate.value: len(told) for predicate, told in by_property.items()})
    subjects = {triple.subject for triple in triples}
    for name, number in (
        ("triples", len(triples)),
        ("entities", sum(1 for s in subjects if isinstance(s, NamedNode) and s.value.startswith(base))),
        ("classes", len(classes)),
        ("properties", len(properties)),
        ("distinctSubjects", len(subjects)),
        ("distinctObjects", len({triple.object for triple in triples})),
    ):
        description.count(node, f"{VOID}{name}", number)
    _partitions(description, node, "class", "entities", classes)
    _partitions(description, node, "property", "triples", properties)
    description.add(node, f"{VOID}vocabulary", *sorted({_namespace(iri) for iri in (*classes, *properties)}))
    description.add(node, f"{VOID}exampleResource", *_examples(base, types))
    _links(description, node, [triple for name in _SAME for triple in by_property[NamedNode(name)]])


def _partitions(description: Description, node: NamedNode, kind: str, counted: str, found: Counter[str]) -> None:
    for iri, number in sorted(found.items()):
        part = description.node(f"{kind}-{_short(description, iri)}")
        description.add(node, f"{VOID}{kind}Partition", part)
        description.add(part, f"{VOID}{kind}", iri)
        description.count(part, f"{VOID}{counted}", number)


def _short(description: Description, iri: str) -> str:
    """A prefixed name as a part of an IRI."""
    name = description.project.prefixes.compress(iri)
    return "".join(sign if sign.isalnum() else "-" for sign in name)


def _examples(base: str, types: Iterable[Triple]) -> list[str]:
    """Of each of our classes the first thing by name."""
    own = f"{base}ontology#"
    first: dict[str, str] = {}
    for triple in types:
        kind, thing = text_of(triple.object), text_of(triple.subject)
        if kind.startswith(own) and thing.startswith(f"{base}id/"):
            first[kind] = min(thing, first.get(kind, thing))
    return sorted(set(first.values()))[:_MOST_EXAMPLES]


def _links(description: Description, node: NamedNode, same: Iterable[Triple]) -> None:
    """The links to each other host, by property, where there are some."""
    base = description.project.base
    found: Counter[tuple[str, str, str]] = Counter()
    for triple in same:
        target = triple.object.value if isinstance(triple.object, NamedNode) else ""
        if not target.startswith(base):
            parts = urlsplit(target)
            found[parts.netloc, parts.scheme, triple.predicate.value] += 1
    for (host, scheme, predicate), number in sorted(found.items()):
        if number < _FEWEST_LINKS or not host:
            continue
        links = description.node(f"links-{scheme}-{host.replace('.', '-')}-{_short(description, predicate)}")
        description.add_type(links, f"{VOID}Linkset")
        description.add(links, f"{VOID}subjectsTarget", node)
        description.add(links, f"{VOID}objectsTarget", f"{scheme}://{host}/")
        description.add(links, f"{VOID}linkPredicate", predicate)
        description.count(links, f"{VOID}triples", number)
        description.add(node, f"{VOID}subset", links)


def _namespace(iri: str) -> str:
    head, sign, _ = iri.rpartition("#") if "#" in iri else iri.rpartition("/")
    return head + sign
