"""The ontology as a published thing: complete, consistent, readable by any parser, true to what it borrows."""

import re
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from owlrl import DeductiveClosure, OWLRL_Semantics
from pymantic.parsers import turtle_parser
from rdflib import Graph

from cases import ROOT, SHARED, cases

ONTOLOGY = ROOT / "ontology"
VOCABULARIES = SHARED / "vocab"

THIS = "https://w3id.org/smartcity-kg/ontology"
SCKG = f"{THIS}#"
OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SH = "http://www.w3.org/ns/shacl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
OWLRL_ERROR = "http://www.daml.org/2002/03/agents/agent-ont#ErrorMessage"
IN_EXAMPLES = {  # prefixes that each record binds for itself
    "md": "https://w3id.org/smartcity-kg/id/city/magdeburg/",
    "p": "https://w3id.org/smartcity-kg/id/portrait/bitkom-magdeburg-2019#",
}

HEADERS = [*cases("ontology", "smartcity.ttl", at_least=1), *cases("ontology", "prefixes.ttl", at_least=1)]
MODULES = cases("ontology/modules", "*.ttl", at_least=8)
SCHEMES = cases("ontology/schemes", "*.ttl", at_least=12)
BORROWED = cases("ontology/borrowed", "*.ttl", at_least=7)
ALIGNMENTS = cases("ontology/alignments", "*.ttl", at_least=6)
SHAPES = cases("ontology/shapes", "*.ttl", at_least=8)
OWN = [*HEADERS, *MODULES, *SCHEMES, *BORROWED, *ALIGNMENTS]

Row = tuple[str, ...]


def iri(text: str) -> ox.NamedNode:
    return ox.NamedNode(text)


@cache
def triples(path: Path) -> frozenset[ox.Triple]:
    parsed = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    return frozenset(ox.Triple(quad.subject, quad.predicate, quad.object) for quad in parsed)


@cache
def graph_of(*folders: str) -> ox.Store:
    """All files of some folders of `ontology/` in one graph; "" stands for the header and the prefixes."""
    loaded = ox.Store()
    for folder in folders:
        for path in sorted((ONTOLOGY / folder).glob("*.ttl")):
            loaded.extend(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples(path))
    return loaded


def meaning() -> ox.Store:
    return graph_of("", "modules", "borrowed", "schemes")


def select(graph: ox.Store, query: str) -> list[Row]:
    solutions = graph.query(query, prefixes=prefixes())
    assert isinstance(solutions, ox.QuerySolutions)
    return sorted(tuple(str(getattr(term, "value", term)) for term in row) for row in solutions)


@cache
def prefixes() -> dict[str, str]:
    def values(name: str) -> dict[str, str]:
        quads = graph_of("").quads_for_pattern(None, iri(SH + name), None)
        return {str(quad.subject): getattr(quad.object, "value", "") for quad in quads}

    names, namespaces = values("prefix"), values("namespace")
    return {names[node]: namespaces[node] for node in sorted(names)}


def is_described(graph: ox.Store, name: str) -> bool:
    return any(graph.quads_for_pattern(iri(name), iri(f"{RDF}type"), None))


def literals(subject: str, predicate: str) -> list[str]:
    found = graph_of("modules").quads_for_pattern(iri(subject), iri(predicate), None)
    return sorted(quad.object.value for quad in found if isinstance(quad.object, ox.Literal))


TERMS = sorted(
    {
        quad.subject.value
        for quad in graph_of("modules").quads_for_pattern(None, iri(f"{RDF}type"), None)
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(SCKG)
    }
)
TERM_CASES = [pytest.param(term, id=term.removeprefix(SCKG)) for term in TERMS]

# Reading


@pytest.mark.parametrize("path", [*OWN, *SHAPES])
def test_three_parsers_read_the_same_number_of_triples(path: Path) -> None:
    expected = len(triples(path))
    text = path.read_text(encoding="utf-8")
    assert expected > 0
    assert len(Graph().parse(data=text, format="turtle")) == expected
    assert len(turtle_parser.parse(text)) == expected


@pytest.mark.parametrize("path", [*OWN, *SHAPES])
def test_a_file_binds_prefixes_as_the_list_does(path: Path) -> None:
    parser = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
    list(parser)
    assert dict(parser.prefixes).items() <= prefixes().items()


@pytest.mark.parametrize("path", OWN)
def test_a_file_binds_no_prefix_in_vain(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    bound = set(re.findall(r"^@prefix ([\w-]+):", text, flags=re.MULTILINE))
    body = re.sub(
        r'^@prefix .*$|"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|<[^>\s]*>|^#.*$', " ", text, flags=re.MULTILINE
    )
    used = set(re.findall(r"(?<![\w-])([a-z]+):", body))
    assert bound - used == set()


def test_each_namespace_has_one_prefix() -> None:
    assert len(set(prefixes().values())) == len(prefixes())
    assert len(prefixes()) >= 45


# What must not be found

TERM = """?term a ?kind . VALUES ?kind { owl:Class owl:ObjectProperty owl:DatatypeProperty }
    FILTER(STRSTARTS(STR(?term), STR(sckg:)))"""
CONCEPT = "?concept a skos:Concept ; skos:inScheme ?scheme ."


def one_per_language(subject: str, pattern: str, predicate: str, language: str) -> str:
    return f"""SELECT ?{subject} (COUNT(?text) AS ?number) {{ {pattern}
        OPTIONAL {{ ?{subject} {predicate} ?text FILTER(LANG(?text) = "{language}") }}
    }} GROUP BY ?{subject} HAVING(COUNT(?text) != 1)"""


IN_BOTH_LANGUAGES = (
    ("term", TERM, ("rdfs:label", "skos:definition", "skos:scopeNote")),
    ("concept", CONCEPT, ("skos:prefLabel", "skos:definition")),
    ("scheme", "?scheme a skos:ConceptScheme .", ("skos:prefLabel", "skos:definition")),
    ("ontology", "?ontology a owl:Ontology .", ("dct:title",)),
)
TEXTS = {
    f"{subject} without one {predicate} in {language}": one_per_language(subject, pattern, predicate, language)
    for subject, pattern, predicates in IN_BOTH_LANGUAGES
    for predicate in predicates
    for language in ("de", "en")
}
MUST_BE_EMPTY = TEXTS | {
    "a text in another language, or in none": """SELECT ?subject ?text {
        VALUES ?predicate { rdfs:label skos:prefLabel skos:altLabel skos:definition skos:scopeNote dct:title }
        ?subject ?predicate ?text FILTER(LANG(?text) NOT IN ("de", "en")) }""",
    "a text that begins or ends with a blank, or has two in a row": """SELECT ?subject ?text {
        VALUES ?predicate { rdfs:label skos:prefLabel skos:altLabel skos:definition skos:scopeNote }
        ?subject ?predicate ?text FILTER(REGEX(?text, "^\\\\s|\\\\s$|  ")) }""",
    "a definition that is no sentence": """SELECT ?subject ?text {
        VALUES ?predicate { skos:definition skos:scopeNote }
        ?subject ?predicate ?text FILTER(!REGEX(?text, "^\\\\p{Lu}.{15,}[.]$")) }""",
    "a definition that two terms share": f"""SELECT ?term ?other {{ {TERM}
        ?term skos:definition ?text . ?other skos:definition ?text FILTER(?term != ?other) }}""",
    "a label that two terms share": f"""SELECT ?term ?other {{ {TERM}
        ?term rdfs:label ?text . ?other rdfs:label ?text
        FILTER(?term != ?other && STRSTARTS(STR(?other), STR(sckg:))) }}""",
    "a term without rdfs:isDefinedBy this ontology": f"""SELECT ?term {{ {TERM}
        FILTER NOT EXISTS {{ ?term rdfs:isDefinedBy <{THIS}> }} }}""",
    "a term without a known vs:term_status": f"""SELECT ?term {{ {TERM}
        OPTIONAL {{ ?term vs:term_status ?status }}
        FILTER(COALESCE(?status, "none") NOT IN ("stable", "testing", "archaic")) }}""",
    "a term without dct:created": f"""SELECT ?term {{ {TERM} FILTER NOT EXISTS {{ ?term dct:created ?day }} }}""",
    "a term without one example": f"""SELECT ?term (COUNT(?text) AS ?number) {{ {TERM}
        OPTIONAL {{ ?term skos:example ?text FILTER(LANG(?text) = "") }}
    }} GROUP BY ?term HAVING(COUNT(?text) != 1)""",
    "a term of two kinds": """SELECT ?term {
        VALUES (?one ?two) { (owl:Class owl:ObjectProperty) (owl:Class owl:DatatypeProperty)
            (owl:ObjectProperty owl:DatatypeProperty) (owl:AnnotationProperty owl:ObjectProperty)
            (owl:AnnotationProperty owl:DatatypeProperty) (owl:AnnotationProperty owl:Class) }
        ?term a ?one , ?two }""",
    "a class not in UpperCamel, or a property not in lowerCamel": f"""SELECT ?term {{ {TERM}
        BIND(STRAFTER(STR(?term), "#") AS ?name)
        FILTER(!REGEX(?name, IF(?kind = owl:Class, "^[A-Z][A-Za-z]+$", "^[a-z][A-Za-z]+$"))) }}""",
    "a domain, a range or a key": """SELECT ?term ?predicate {
        VALUES ?predicate { rdfs:domain rdfs:range owl:hasKey } ?term ?predicate ?any }""",
    "a kind of property from which a slip makes wrong conclusions": """SELECT ?term ?kind {
        VALUES ?kind { owl:FunctionalProperty owl:InverseFunctionalProperty owl:IrreflexiveProperty
            owl:AsymmetricProperty owl:ReflexiveProperty owl:AllDisjointProperties } ?term a ?kind }""",
    "an axiom outside the OWL 2 RL profile, or one that this ontology does not need": """SELECT ?term ?predicate {
        VALUES ?predicate { owl:unionOf owl:intersectionOf owl:complementOf owl:oneOf owl:onProperty
            owl:disjointUnionOf owl:equivalentClass owl:equivalentProperty owl:sameAs owl:differentFrom
            owl:propertyDisjointWith owl:hasSelf owl:onClass owl:withRestrictions owl:onDatatype }
        ?term ?predicate ?any }""",
    "a disjointness of unnamed or undeclared classes": """SELECT ?set ?member {
        ?set owl:members/rdf:rest*/rdf:first ?member FILTER NOT EXISTS { ?member a owl:Class } }""",
    "a superclass that is no class": """SELECT ?term ?super {
        ?term rdfs:subClassOf ?super FILTER NOT EXISTS { ?super a owl:Class } }""",
    "a super-property of another kind": """SELECT ?term ?super {
        ?term a ?kind ; rdfs:subPropertyOf ?super VALUES ?kind { owl:ObjectProperty owl:DatatypeProperty }
        FILTER NOT EXISTS { ?super a ?kind } }""",
    "a chain with a link that is no object property": """SELECT ?term ?link {
        ?term owl:propertyChainAxiom/rdf:rest*/rdf:first ?link
        FILTER NOT EXISTS { ?link a owl:ObjectProperty } }""",
    "a transitive, symmetric or inverse property that is no object property": """SELECT ?term {
        { ?term a owl:TransitiveProperty } UNION { ?term a owl:SymmetricProperty }
        UNION { ?term owl:inverseOf ?any } UNION { ?any owl:inverseOf ?term }
        FILTER NOT EXISTS { ?term a owl:ObjectProperty } }""",
    "an inverse of an inverse that is not the property itself": """SELECT ?term ?other {
        ?term (owl:inverseOf|^owl:inverseOf)/(owl:inverseOf|^owl:inverseOf) ?other FILTER(?term != ?other) }""",
    "a circle of classes or properties": """SELECT ?term {
        { ?term rdfs:subClassOf+ ?term } UNION { ?term rdfs:subPropertyOf+ ?term } }""",
    "a class that contradicts the disjointness": """SELECT ?term ?one ?two {
        ?set owl:members/rdf:rest*/rdf:first ?one , ?two FILTER(STR(?one) < STR(?two))
        ?term rdfs:subClassOf* ?one ; rdfs:subClassOf* ?two }""",
    "a term in a domain or range note that is not described": """SELECT ?term ?other {
        VALUES ?predicate { schema:domainIncludes schema:rangeIncludes } ?term ?predicate ?other
        FILTER NOT EXISTS { ?other a ?kind }
        FILTER(!REGEX(STR(?other), CONCAT("^(", STR(xsd:), "|", STR(rdf:), "|", STR(edtf:), ")"))) }""",
    "a retired term without a successor": """SELECT ?term {
        ?term owl:deprecated true FILTER NOT EXISTS { ?term dct:isReplacedBy ?successor } }""",
    "a concept with a narrower one written down": "SELECT ?concept { ?concept skos:narrower ?narrower }",
    "a concept of no scheme, or of two": """SELECT ?concept (COUNT(?scheme) AS ?number) { ?concept a skos:Concept
        OPTIONAL { ?concept skos:inScheme ?scheme } } GROUP BY ?concept HAVING(COUNT(?scheme) != 1)""",
    "a concept of an unknown scheme": f"""SELECT ?concept ?scheme {{ {CONCEPT}
        FILTER NOT EXISTS {{ ?scheme a skos:ConceptScheme }} }}""",
    "a concept whose IRI is not below that of its scheme": f"""SELECT ?concept ?scheme {{ {CONCEPT}
        FILTER(!REGEX(STRAFTER(STR(?concept), CONCAT(STR(?scheme), "/")), "^[a-z][a-z0-9-]*$")) }}""",
    "a concept neither at the top nor below another, or both": f"""SELECT ?concept {{ {CONCEPT}
        BIND(EXISTS {{ ?concept skos:topConceptOf ?top }} AS ?isTop)
        BIND(EXISTS {{ ?concept skos:broader ?broader }} AS ?isBelow) FILTER(?isTop = ?isBelow) }}""",
    "a top concept that its scheme does not name": """SELECT ?concept ?scheme {
        ?concept skos:topConceptOf ?scheme FILTER NOT EXISTS { ?scheme skos:hasTopConcept ?concept } }""",
    "a top concept that does not name its scheme": """SELECT ?concept ?scheme {
        ?scheme skos:hasTopConcept ?concept FILTER NOT EXISTS { ?concept skos:topConceptOf ?scheme } }""",
    "a broader concept of another scheme": f"""SELECT ?concept ?broader {{ {CONCEPT}
        ?concept skos:broader ?broader FILTER NOT EXISTS {{ ?broader skos:inScheme ?scheme }} }}""",
    "a concept above itself": "SELECT ?concept { ?concept skos:broader+ ?concept }",
    "a name that two concepts of a scheme share": f"""SELECT ?concept ?other ?text {{ {CONCEPT}
        ?concept skos:prefLabel ?text . ?other skos:inScheme ?scheme ; skos:prefLabel ?text
        FILTER(?concept != ?other) }}""",
    "another name that repeats the first": """SELECT ?concept ?text {
        ?concept skos:prefLabel ?text ; skos:altLabel ?text }""",
    "a notation that two concepts of a scheme share": f"""SELECT ?concept ?other {{ {CONCEPT}
        ?concept skos:notation ?text . ?other skos:inScheme ?scheme ; skos:notation ?text
        FILTER(?concept != ?other) }}""",
    "a section without a number for its place on the page": """SELECT ?concept {
        ?concept skos:inScheme <https://w3id.org/smartcity-kg/scheme/section>
        FILTER NOT EXISTS { ?concept skos:notation ?number FILTER(REGEX(?number, "^[0-9]{2}$")) } }""",
    "a file of the ontology without a licence or a source's licence": """SELECT ?ontology {
        ?ontology a owl:Ontology FILTER(STRSTARTS(STR(?ontology), "https://w3id.org/smartcity-kg/ontology"))
        FILTER NOT EXISTS { ?ontology dct:license ?licence }
        FILTER NOT EXISTS { ?ontology dct:source ?source } }""",
}


@pytest.mark.parametrize("finding", sorted(MUST_BE_EMPTY))
def test_nothing_is(finding: str) -> None:
    assert select(meaning(), MUST_BE_EMPTY[finding]) == []


SPOILT = """
sckg:bad_name a owl:Class , owl:ObjectProperty , owl:FunctionalProperty ; rdfs:label "city"@en .
sckg:Bad a owl:Class ; rdfs:label " Stadt"@de , "ville"@fr ; skos:definition "kurz"@de ; rdfs:domain sckg:City ;
    owl:oneOf ( sckg:City ) ; rdfs:subClassOf sckg:Bad , sckg:None , sckg:City , sckg:Network .
sckg:date a owl:DatatypeProperty , owl:TransitiveProperty ; skos:definition "kurz"@de ; owl:deprecated true ;
    rdfs:subPropertyOf sckg:ofCity ; schema:rangeIncludes sckg:None .
sckg:town a owl:ObjectProperty ; owl:inverseOf sckg:ofCity ; owl:propertyChainAxiom ( sckg:when ) .
[] owl:members ( sckg:None ) .
<https://w3id.org/smartcity-kg/ontology/none> a owl:Ontology .
<https://w3id.org/smartcity-kg/scheme/x> a skos:ConceptScheme ; skos:hasTopConcept <https://example.org/C> .
<https://w3id.org/smartcity-kg/scheme/x/a> a skos:Concept ;
    skos:inScheme <https://w3id.org/smartcity-kg/scheme/x> ;
    skos:topConceptOf <https://w3id.org/smartcity-kg/scheme/x> ; skos:prefLabel "n"@de ; skos:altLabel "n"@de ;
    skos:broader <https://w3id.org/smartcity-kg/scheme/x/a> , fld:energy ; skos:narrower fld:energy ;
    skos:notation "1" .
<https://example.org/C> a skos:Concept ; skos:prefLabel "n"@de ; skos:notation "1" ;
    skos:inScheme <https://w3id.org/smartcity-kg/scheme/x> , <https://w3id.org/smartcity-kg/scheme/none> .
sec:z skos:inScheme <https://w3id.org/smartcity-kg/scheme/section> .
"""


def turtle_head() -> str:
    bound = prefixes() | IN_EXAMPLES
    return "".join(f"@prefix {name}: <{namespace}> .\n" for name, namespace in sorted(bound.items()))


@cache
def spoilt() -> ox.Store:
    loaded = ox.Store()
    loaded.extend(meaning())
    loaded.load(turtle_head() + SPOILT, format=ox.RdfFormat.TURTLE)
    return loaded


@pytest.mark.parametrize("finding", sorted(MUST_BE_EMPTY))
def test_what_must_not_be_found_would_be_found(finding: str) -> None:
    assert select(spoilt(), MUST_BE_EMPTY[finding]) != []


def test_no_class_is_an_orphan() -> None:
    """Each class has a superclass, or is told apart from others, or is checked by a shape."""
    graph = graph_of("modules", "borrowed", "shapes")
    query = f"""SELECT ?term {{ {TERM} FILTER(?kind = owl:Class)
        FILTER NOT EXISTS {{ ?term rdfs:subClassOf ?super }}
        FILTER NOT EXISTS {{ ?set owl:members/rdf:rest*/rdf:first ?term }}
        FILTER NOT EXISTS {{ ?shape sh:targetClass ?term }} }}"""
    assert select(graph, query) == []


# Term by term


def test_there_are_terms() -> None:
    assert len(TERMS) > 120


@pytest.mark.parametrize("term", TERM_CASES)
def test_the_example_of_a_term_is_turtle_that_uses_it_and_known_terms(term: str) -> None:
    (example,) = literals(term, f"{SKOS}example")
    used = {
        node.value
        for triple in ox.parse(input=turtle_head() + example, format=ox.RdfFormat.TURTLE)
        for node in (triple.subject, triple.predicate, triple.object)
        if isinstance(node, ox.NamedNode)
    }
    things = ("https://w3id.org/smartcity-kg/id/", RDF, RDFS, "http://publications.europa.eu/")
    assert term in used
    assert {name for name in used if not name.startswith(things) and not is_described(meaning(), name)} == set()


@pytest.mark.parametrize("term", TERM_CASES)
def test_a_term_is_told_apart_only_from_terms_that_exist(term: str) -> None:
    prose = " ".join(text for note in ("definition", "scopeNote") for text in literals(term, SKOS + note))
    named = {
        prefixes()[prefix] + local
        for prefix, local in re.findall(r"\b([a-z]+):([A-Za-z]\w*)", prose)
        if prefix not in {"rdf", "rdfs", "owl"}
    }
    schemes = {
        f"https://w3id.org/smartcity-kg/scheme/{slug}" for slug in re.findall(r"the scheme ([a-z-]+)", prose)
    }
    assert {name for name in named | schemes if not is_described(meaning(), name)} == set()


@pytest.mark.parametrize("term", TERM_CASES)
def test_a_term_stands_in_one_module(term: str) -> None:
    homes = [path.name for path in sorted((ONTOLOGY / "modules").glob("*.ttl")) if _describes(path, term)]
    assert len(homes) == 1


def _describes(path: Path, term: str) -> bool:
    return any(triple.subject == iri(term) for triple in triples(path))


# File by file


@pytest.mark.parametrize("path", MODULES)
def test_a_module_says_what_it_is_part_of_and_is_imported(path: Path) -> None:
    module = iri(f"{THIS}/module/{path.stem}")
    found = triples(path)
    assert ox.Triple(module, iri(f"{RDF}type"), iri(f"{OWL}Ontology")) in found
    assert ox.Triple(module, iri("http://purl.org/dc/terms/isPartOf"), iri(THIS)) in found
    assert ox.Triple(iri(THIS), iri(f"{OWL}imports"), module) in triples(ONTOLOGY / "smartcity.ttl")


@pytest.mark.parametrize("path", MODULES)
def test_a_module_imports_the_slices_that_its_axioms_use(path: Path) -> None:
    axioms = {f"{RDFS}subClassOf", f"{RDFS}subPropertyOf", f"{RDF}first"}
    used = {
        triple.object.value
        for triple in triples(path)
        if triple.predicate.value in axioms and isinstance(triple.object, ox.NamedNode)
    }
    imported = {
        getattr(triple.object, "value", "").removeprefix(f"{THIS}/borrowed/")
        for triple in triples(path)
        if triple.predicate.value == f"{OWL}imports"
    }
    homes = {
        slice_.stem
        for slice_ in (ONTOLOGY / "borrowed").glob("*.ttl")
        for name in used
        if _describes(slice_, name)
    }
    assert imported == homes


@pytest.mark.parametrize("path", SCHEMES)
def test_a_scheme_file_holds_the_scheme_that_it_is_named_after(path: Path) -> None:
    schemes = {
        triple.subject
        for triple in triples(path)
        if triple.predicate.value == f"{RDF}type" and triple.object == iri(f"{SKOS}ConceptScheme")
    }
    assert schemes == {iri(f"https://w3id.org/smartcity-kg/scheme/{path.stem}")}


def test_the_header_imports_nothing_but_modules() -> None:
    imported = select(graph_of(""), f"SELECT ?module {{ <{THIS}> owl:imports ?module }}")
    assert imported == [(f"{THIS}/module/{path.stem}",) for path in sorted((ONTOLOGY / "modules").glob("*.ttl"))]


def test_the_header_gives_one_version() -> None:
    rows = select(
        graph_of(""), f"SELECT ?iri ?number {{ <{THIS}> owl:versionIRI ?iri ; owl:versionInfo ?number }}"
    )
    assert [(version.removeprefix(f"{THIS}/"), number) for version, number in rows] == [(rows[0][1], rows[0][1])]


# Borrowed and mapped terms, against the vocabularies themselves


def _with_one_scheme(name: str) -> str:
    return name.replace("http://schema.org/", "https://schema.org/")


@cache
def vocabularies() -> ox.Store:
    """The copies of the vocabularies; a checkout without them cannot run the tests that need them."""
    if not VOCABULARIES.is_dir():
        pytest.skip("the copies of the vocabularies are not beside this checkout")
    loaded = ox.Store()
    for path in sorted([*VOCABULARIES.glob("*.nq"), *VOCABULARIES.glob("*.ttl")]):
        form = ox.RdfFormat.N_QUADS if path.suffix == ".nq" else ox.RdfFormat.TURTLE
        parsed = ox.parse(path=str(path), format=form, base_iri=path.as_uri(), rename_blank_nodes=True)
        loaded.extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in parsed)
    return loaded


@cache
def names_in_vocabularies() -> frozenset[str]:
    quads = vocabularies().quads_for_pattern(None, iri(f"{RDF}type"), None)
    return frozenset(
        _with_one_scheme(quad.subject.value) for quad in quads if isinstance(quad.subject, ox.NamedNode)
    )


@pytest.mark.parametrize("path", BORROWED)
def test_a_borrowed_term_says_nothing_that_its_vocabulary_does_not_say(path: Path) -> None:
    """Save that DCMI terms are annotation properties here, and that labels have a language."""
    added = {f"{OWL}Ontology", f"{OWL}AnnotationProperty"} if path.stem == "dcterms" else {f"{OWL}Ontology"}
    claims = {
        triple
        for triple in triples(path)
        if not str(triple.subject).startswith(f"<{THIS}")
        and triple.predicate.value != f"{RDFS}label"
        and getattr(triple.object, "value", "") not in added
    }
    known = vocabularies()
    assert claims
    assert {str(claim) for claim in claims if ox.Quad(*claim) not in known} == set()


@pytest.mark.parametrize("path", BORROWED)
def test_a_borrowed_term_keeps_its_english_name(path: Path) -> None:
    labels = {f"{RDFS}label", f"{SKOS}prefLabel"}
    ours = {
        (str(triple.subject), triple.object.value)
        for triple in triples(path)
        if isinstance(triple.object, ox.Literal)
        and triple.predicate.value in labels
        and triple.object.language == "en"
    }
    theirs = {
        (str(quad.subject), quad.object.value)
        for label in labels
        for quad in vocabularies().quads_for_pattern(None, iri(label), None)
        if isinstance(quad.object, ox.Literal)
    }
    assert ours
    assert ours - theirs == set()


@pytest.mark.parametrize("path", ALIGNMENTS)
def test_a_mapping_joins_a_term_of_ours_to_one_that_exists(path: Path) -> None:
    mapped = {
        (triple.subject.value, getattr(triple.object, "value", ""))
        for triple in triples(path)
        if triple.predicate.value.startswith(SKOS) and isinstance(triple.subject, ox.NamedNode)
    }
    assert mapped
    assert {ours for ours, _ in mapped if not is_described(meaning(), ours)} == set()
    assert {theirs for _, theirs in mapped} - names_in_vocabularies() == set()


@pytest.mark.parametrize("path", ALIGNMENTS)
def test_an_alignment_holds_nothing_to_reason_with(path: Path) -> None:
    matches = {SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")}
    about_terms = {
        triple.predicate.value for triple in triples(path) if not str(triple.subject).startswith(f"<{THIS}/")
    }
    assert about_terms <= matches


# Consistency


def _errors_after_reasoning(*more: str) -> list[str]:
    graph = Graph()
    for folder in ("modules", "borrowed", "schemes"):
        for path in sorted((ONTOLOGY / folder).glob("*.ttl")):
            graph.parse(path, format="turtle")
    for text in more:
        graph.parse(data=turtle_head() + text, format="turtle")
    DeductiveClosure(OWLRL_Semantics).expand(graph)
    return [str(row) for row in graph.query(f"SELECT ?x {{ ?x a <{OWLRL_ERROR}> }}")]


def test_the_ontology_is_consistent() -> None:
    assert _errors_after_reasoning() == []


def test_an_inconsistency_would_be_found() -> None:
    assert _errors_after_reasoning("city:ulm a sckg:City , sckg:Network .") != []
