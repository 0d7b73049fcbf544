"""The pages about terms, rules and schemes (layer 4): what stands in `ontology/`, on a page each."""

from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from smartcity_kg.layout import Block
from smartcity_kg.pages.article import Article
from smartcity_kg.pages.figures import draw_module
from smartcity_kg.pages.site import Page, Site, forms_of
from smartcity_kg.pages.values import Reader, Value, last_part
from smartcity_kg.pages.words import say
from smartcity_kg.terms import RDF_TYPE, RDFS, SH, SKOS, text_of
from smartcity_kg.terms import Term as Node

_CLASS = NamedNode("http://www.w3.org/2002/07/owl#Class")
_DEFINITIONS = (NamedNode(f"{SKOS}definition"), NamedNode(f"{RDFS}comment"))
_DESCRIPTION = NamedNode("http://purl.org/dc/terms/description")
_SCOPE_NOTE = NamedNode(f"{SKOS}scopeNote")
_EXAMPLE = NamedNode(f"{SKOS}example")
_RETIRED = NamedNode("http://www.w3.org/2002/07/owl#deprecated")
_IDENTIFIER = NamedNode("http://purl.org/dc/terms/identifier")
_SCHEME = NamedNode(f"{SKOS}ConceptScheme")
_NODE_SHAPE = NamedNode(f"{SH}NodeShape")
_BELOW = NamedNode(f"{SKOS}broader")
_TOP = NamedNode(f"{SKOS}topConceptOf")


@dataclass(frozen=True)
class Term:
    """A class or property as the ontology page shows it."""

    anchor: str
    curie: str
    article: Article
    definitions: tuple[str, ...]
    notes: tuple[str, ...]
    examples: tuple[str, ...]
    retired: bool
    is_class: bool
    used: int
    block: Block | None


@dataclass(frozen=True)
class Module:
    """A module of the ontology: its title, what it is about, a picture, and its terms."""

    anchor: str
    title: str
    comment: str
    figure: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class RuleText:
    """A rule as the page of rules shows it."""

    anchor: str
    number: str
    name: str
    why: str
    message: str
    level: str
    path: Value | None


def ontology_page(site: Site, language: str, path: str = "ontology") -> str:
    """The page with all terms of the ontology, at its path or that of a version; anchors are the terms' names."""
    page = Page(
        path, language, say("ontology", language), iri=f"{site.index.base}ontology", area="ontology",
        forms=forms_of(path),
    )  # fmt: skip
    reader = site.reader(page)
    modules = [_module(site, name, reader, page) for name in _modules(site)]
    return site.render(
        "ontology.html",
        page,
        article=site.writer(language).article(NamedNode(page.iri), reader),
        lead=_texts(site, NamedNode(page.iri), (_DESCRIPTION,), language),
        modules=[module for module in modules if module.terms],
    )


def _modules(site: Site) -> list[str]:
    """The names of the graphs that define terms of our own."""
    own = f"{site.index.base}ontology#"
    return [
        name
        for name, things in sorted(site.index.members.items())
        if any(getattr(thing, "value", "").startswith(own) for thing in things)
        and not name.startswith(site.project.inferred)
        and name.startswith(f"{site.index.base}graph/ontology/modules/")
    ]


def _module(site: Site, graph: str, reader: Reader, page: Page) -> Module:
    index = site.index
    own = f"{index.base}ontology#"
    things = [t for t in index.members[graph] if isinstance(t, NamedNode)]
    terms = sorted((t for t in things if t.value.startswith(own)), key=lambda t: t.value.casefold())
    header = next((t for t in things if not t.value.startswith(own)), None)
    shown = [_term(site, term, reader) for term in terms]
    ordered = sorted(shown, key=lambda term: (not term.is_class, term.anchor.casefold()))
    name = last_part(graph)
    title = reader.name(header) if header else name
    comment = _text(site, header, _DEFINITIONS, reader.language) if header else ""
    return Module(f"module-{name}", title, comment, draw_module(site, terms, page, title=title), tuple(ordered))


def _term(site: Site, term: NamedNode, reader: Reader) -> Term:
    index = site.index
    pairs = index.outgoing.get(term, ())
    is_class = (RDF_TYPE, _CLASS) in pairs
    used = sum(1 for p, _ in index.incoming.get(term, ()) if p == RDF_TYPE) if is_class else site.uses[term]
    writer = site.writer(reader.language)
    block = next((block for block in writer.layout.blocks if block.class_iri == term.value), None)
    return Term(
        last_part(term.value),
        site.project.prefixes.compress(term.value),
        writer.article(term, reader),
        _texts(site, term, _DEFINITIONS, reader.language),
        _texts(site, term, (_SCOPE_NOTE,), reader.language),
        _texts(site, term, (_EXAMPLE,), reader.language),
        any(p == _RETIRED for p, _ in pairs),
        is_class,
        used,
        block,
    )


def _texts(site: Site, thing: NamedNode, predicates: tuple[NamedNode, ...], language: str) -> tuple[str, ...]:
    """The texts of some properties in a language, or in any where there is none in it."""
    found = [o for p, o in site.index.outgoing.get(thing, ()) if p in predicates and isinstance(o, Literal)]
    spoken = [o.value for o in found if o.language == language]
    return tuple(sorted(spoken or [o.value for o in found]))


def _text(site: Site, thing: NamedNode, predicates: tuple[NamedNode, ...], language: str) -> str:
    return next(iter(_texts(site, thing, predicates, language)), "")


def rules_page(site: Site, language: str, path: str = "shapes") -> str:
    """The page with all rules for records; anchors are the names of the shapes."""
    page = Page(
        path, language, say("rules", language), iri=f"{site.index.base}shapes", area="check",
        forms=forms_of(path),
    )  # fmt: skip
    reader = site.reader(page)
    iris = [NamedNode(iri) for iri in site.index.things.get("shapes", ()) if "#" in iri]
    rules = [rule for rule in (_rule(site, iri, reader) for iri in iris) if rule]
    shapes = [
        site.writer(language).article(iri, reader)
        for iri in iris
        if last_part(iri.value) not in {rule.anchor for rule in rules}
        if (RDF_TYPE, _NODE_SHAPE) in site.index.outgoing.get(iri, ())
    ]
    others = {rule.anchor for rule in rules} | {shape.anchor for shape in shapes}
    rest = [site.writer(language).article(iri, reader) for iri in iris if last_part(iri.value) not in others]
    return site.render(
        "rules.html",
        page,
        rules_of_records=sorted(rules, key=lambda rule: (rule.number, rule.anchor)),
        shapes=sorted(shapes, key=lambda shape: shape.title),
        rest=rest,
    )


def _rule(site: Site, shape: NamedNode, reader: Reader) -> RuleText | None:
    index, language = site.index, reader.language
    numbers = index.values(shape, _IDENTIFIER)
    if not numbers:
        return None
    severity = index.values(shape, NamedNode(f"{SH}severity"))
    paths = [p for p in index.values(shape, NamedNode(f"{SH}path")) if isinstance(p, NamedNode)]
    message = _text(site, shape, (NamedNode(f"{SH}message"),), language)
    return RuleText(
        last_part(shape.value),
        text_of(numbers[0]),
        _text(site, shape, (NamedNode(f"{SH}name"), NamedNode(f"{RDFS}label")), language),
        _text(site, shape, (NamedNode(f"{SH}description"), NamedNode(f"{RDFS}comment")), language),
        message or _inner_message(site, shape, language),
        last_part(text_of(severity[0])) if severity else "Violation",
        reader.value(paths[0]) if paths else None,
    )


def _inner_message(site: Site, shape: NamedNode, language: str) -> str:
    """The message of the query inside a shape."""
    for constraint in site.index.values(shape, NamedNode(f"{SH}sparql")):
        found = [
            o.value
            for p, o in site.index.outgoing.get(constraint, ())
            if p == NamedNode(f"{SH}message") and isinstance(o, Literal) and o.language == language
        ]
        if found:
            return found[0]
    return ""


def schemes_page(site: Site, language: str, path: str = "scheme") -> str:
    """The page with all schemes and their concepts as trees."""
    page = Page(path, language, say("schemes", language), area="ontology")
    reader = site.reader(page)
    index = site.index
    schemes = [s for p, s in index.incoming.get(_SCHEME, ()) if p == RDF_TYPE and isinstance(s, NamedNode)]
    trees = [
        {
            "scheme": reader.value(scheme),
            "definition": _text(site, scheme, _DEFINITIONS, language),
            "concepts": _tree(site, [s for p, s in index.incoming.get(scheme, ()) if p == _TOP], reader),
        }
        for scheme in schemes
        if scheme.value.startswith(index.base)
    ]
    return site.render("schemes.html", page, trees=sorted(trees, key=lambda tree: str(tree["scheme"])))


@dataclass(frozen=True)
class Branch:
    """A concept with what is narrower."""

    value: Value
    narrower: "tuple[Branch, ...]"


def _tree(site: Site, concepts: list[Node], reader: Reader, depth: int = 6) -> tuple[Branch, ...]:
    found = []
    for concept in concepts:
        inner = [s for p, s in site.index.incoming.get(concept, ()) if p == _BELOW] if depth else []
        found.append(Branch(reader.value(concept), _tree(site, inner, reader, depth - 1)))
    return tuple(sorted(found, key=lambda branch: branch.value.text))
