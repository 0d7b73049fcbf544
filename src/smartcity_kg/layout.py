"""What a record and a page have in which order, read from the shapes (layer 2).

The shapes say it with `sh:targetClass`, `sh:group`, `sh:order`, `sh:name` and `sckg:section`; nothing about any
class stands in this code.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pyoxigraph import NamedNode

from smartcity_kg.answer import Rows
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import Term, text_of

_FIELDS = """
SELECT DISTINCT ?class ?section ?section_order ?path ?group ?group_order ?order ?name ?rule ?kind ?derived
  ?label ?key
WHERE {
  ?shape a sh:NodeShape ; sh:targetClass ?class ; sh:property ?property .
  ?property sh:path ?path .
  FILTER(ISIRI(?path))
  MINUS { ?property sh:maxCount 0 }
  OPTIONAL { ?property dash:readOnly ?derived }
  OPTIONAL { ?property dash:propertyRole dash:KeyInfoRole . BIND(true AS ?key) }
  OPTIONAL { ?shape sckg:section ?section . OPTIONAL { ?section skos:notation ?section_order } }
  OPTIONAL { ?shape sckg:section ?part ; rdfs:label ?label . FILTER(LANG(?label) = ?language) }
  OPTIONAL { ?property sh:group ?group . OPTIONAL { ?group sh:order ?group_order } }
  OPTIONAL { ?property sh:order ?order }
  OPTIONAL { ?property sh:name ?name . FILTER(LANG(?name) = ?language) }
  OPTIONAL { ?property dct:identifier ?rule }
  OPTIONAL {
    ?property sh:minCount|sh:qualifiedMinCount ?min .
    FILTER(?min > 0)
    OPTIONAL { ?property sh:severity ?level }
    BIND(IF(COALESCE(?level, sh:Violation) = sh:Violation, "required", "recommended") AS ?kind)
  }
}
"""
_LAST = 10**6


@dataclass(frozen=True)
class Field:
    """One property of a block: its IRI, its place in the order, its name.

    `required`: a record must give it. `recommended`: it should. `derived`: a rule gives it, a record never does.
    `group`: the IRI of the group that the shapes put it in. `key`: it is among the few facts shown first.
    """

    path: str
    order: tuple[float, float]
    name: str
    required: bool
    derived: bool
    recommended: bool = False
    group: str = ""
    key: bool = False


@dataclass(frozen=True)
class Block:
    """What a record gives about one thing of a class, in the order of the shape."""

    class_iri: str
    section: str
    section_order: str
    fields: tuple[Field, ...]
    name: str = ""


@dataclass(frozen=True)
class Layout:
    """The blocks of all classes, in the order of the portrait's sections."""

    blocks: tuple[Block, ...]

    def property_order(self) -> dict[str, tuple[float, float]]:
        """The place of each property: group, then order; the first one where several shapes name it."""
        places: dict[str, tuple[float, float]] = {}
        for block in self.blocks:
            for field in block.fields:
                places[field.path] = min(field.order, places.get(field.path, (_LAST, _LAST)))
        return places

    def property_names(self) -> dict[str, str]:
        """What the shapes call each property; the first name where several shapes name it."""
        names: dict[str, str] = {}
        for block in self.blocks:
            for field in block.fields:
                if field.name:
                    names.setdefault(field.path, field.name)
        return names


def read_layout(project: Project, language: str = "en", *, targets: str = "sh:targetClass") -> Layout:
    """The layout that the shapes of a project describe, with names in a language.

    Args:
        project: Where the shapes come from.
        language: The language of the names.
        targets: What leads from a shape to what it is for, as a property path: blocks are of classes, and of
            properties if `sh:targetSubjectsOf` is among them.

    >>> layout = read_layout(Project.find())
    >>> any(field.required for block in layout.blocks for field in block.fields)
    True
    """
    from pyoxigraph import Literal

    store = EmbeddedStore(project.prefixes)
    for path in (*project.shape_files, *project.files("ontology/schemes")):
        store.load(project.read(path).triples, graph=project.graph_name(path))
    answer = store.query(_FIELDS.replace("sh:targetClass", targets), {"language": Literal(language)})
    if not isinstance(answer, Rows):
        raise TypeError("a SELECT must answer with rows")
    by_class: dict[str, list[dict[str, str]]] = {}
    for row in answer.as_dicts():
        by_class.setdefault(row["class"], []).append(row)
    # A rule's name is its title; what a property is called says a shape that only shows it, in whatever class.
    names: dict[str, str] = {}
    for row in sorted(answer.as_dicts(), key=lambda row: row.get("name", "")):
        if "name" in row and "rule" not in row:
            names.setdefault(row["path"], row["name"])
    blocks = [_block(class_iri, rows, names) for class_iri, rows in by_class.items()]
    return Layout(tuple(sorted(blocks, key=lambda block: (block.section_order, block.section, block.class_iri))))


def _block(class_iri: str, rows: list[dict[str, str]], names: Mapping[str, str]) -> Block:
    """A class may be the target of several shapes; the section is that of the one that names one."""
    section = max(row.get("section", "") for row in rows)
    section_order = min(row.get("section_order", "~") for row in rows)
    by_path: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_path.setdefault(row["path"], []).append(row)
    fields = [_field(path, found, names.get(path, "")) for path, found in by_path.items()]
    ordered = tuple(sorted(fields, key=lambda field: (field.order, field.path)))
    return Block(class_iri, section, section_order, ordered, max(row.get("label", "") for row in rows))


def _field(path: str, rows: list[dict[str, str]], name: str) -> Field:
    order = min((float(row.get("group_order", _LAST)), float(row.get("order", _LAST))) for row in rows)
    names = sorted(row["name"] for row in rows if "name" in row and "rule" not in row)
    derived = any("derived" in row for row in rows)
    kinds = {row.get("kind") for row in rows}
    required = "required" in kinds
    recommended = "recommended" in kinds and not required
    group = min((row["group"] for row in rows if "group" in row), default="")
    return Field(
        path,
        order,
        names[0] if names else name,
        required,
        derived,
        recommended,
        group,
        any("key" in row for row in rows),
    )


_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def slug_of(name: str) -> str:
    """The slug of a city's name: lower case, umlauts spelt out, all else hyphens.

    >>> slug_of("Frankfurt (Oder)"), slug_of("Köln"), slug_of("Sankt Augustin")
    ('frankfurt-oder', 'koeln', 'sankt-augustin')
    """
    lowered = unicodedata.normalize("NFC", name).lower().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def new_record(
    project: Project,
    name: str,
    *,
    slug: str = "",
    language: str = "en",
    today: date | None = None,
    blanks: bool = True,
) -> str:
    """The head of a record as Turtle: prefixes and the blocks that every record has.

    A commented block to fill in follows for each class that the shapes give a section, unless `blanks` is false.

    Args:
        project: Where prefixes and shapes come from.
        name: The city's German name.
        slug: The last part of the city's IRI where the register has one; made from the name if absent.
        language: The language of the comments.
        today: The date to write; the day of the call if absent.
        blanks: Whether blocks to fill in follow.
    """
    slug = slug or slug_of(name)
    base = project.base
    day = (today or date.today()).isoformat()
    namespaces = {
        **project.prefixes.namespaces,
        "this": f"{base}id/city/{slug}/",
        "p": f"{base}id/portrait/{slug}-{day[:4]}#",
    }
    labels = section_names(project, language)
    names = "" if _is_described(project, f"{base}id/city/{slug}") else _CITY_NAMES.format(name=name)
    text = _TEMPLATES[language].format(base=base, name=name, slug=slug, day=day, year=day[:4], names=names)
    for block in read_layout(project, language).blocks if blanks else ():
        if block.section:
            text += _commented(block, project, labels.get(block.section, ""), language)
    ours = {prefix for prefix, namespace in namespaces.items() if namespace.startswith(base)}
    written = {prefix for prefix in namespaces if re.search(rf"\b{re.escape(prefix)}:", text)}
    used = sorted((ours | written | {"edtf", "rdf"}) & set(namespaces))
    return "".join(f"@prefix {prefix}: <{namespaces[prefix]}> .\n" for prefix in used) + "\n" + text


def _is_described(project: Project, iri: str) -> bool:
    node = NamedNode(iri)
    return any(t.subject == node for path in project.files("data/shared") for t in project.read(path).triples)


def _commented(block: Block, project: Project, section: str, language: str) -> str:
    prefixes = project.prefixes
    class_name = prefixes.compress(block.class_iri)
    local = re.sub(r"(?<!^)(?=[A-Z])", "-", class_name.partition(":")[2]).lower()
    needed = {"de": "nötig", "en": "required"}[language]
    lines = [f"this:{local}-1 a {class_name} ;"]
    for field in (field for field in block.fields if not field.derived):
        mark = f" ({needed})" if field.required else ""
        lines.append(f"    {prefixes.compress(field.path)} … ; # {field.name}{mark}")
    heading = f"{section}: {class_name}" if section else class_name
    return f"\n# {heading}\n" + "".join(f"#   {line}\n" for line in lines)


def section_names(project: Project, language: str) -> Mapping[str, str]:
    """What the schemes call each concept, sections among them, in a language; keyed by the IRI.

    >>> names = section_names(Project.find(), "en")
    >>> names["https://w3id.org/smartcity-kg/scheme/section/goals"]
    'motivation and goals'
    """
    store = EmbeddedStore(project.prefixes)
    for path in project.files("ontology/schemes"):
        store.load(project.read(path).triples, graph=project.graph_name(path))
    label: dict[str, str] = {}
    wanted = NamedNode(f"{project.prefixes.namespaces['skos']}prefLabel")
    for triple in store.triples():
        literal: Term = triple.object
        if triple.predicate == wanted and getattr(literal, "language", None) == language:
            label[text_of(triple.subject)] = text_of(literal)
    return label


_RECORD = """\
# {head}
<{{base}}doc/city/{{slug}}> a foaf:Document ;
    foaf:primaryTopic city:{{slug}} ;
    dct:title "Datensatz {{name}}"@de , "Record of {{name}}"@en ;
    dct:source port:{{slug}}-{{year}} ;
    dct:license <http://publications.europa.eu/resource/authority/licence/CC_BY_4_0> ;
    dct:valid "{{day}}"^^xsd:date .

# {source}
port:{{slug}}-{{year}} a sckg:Portrait ;
    skos:prefLabel "Smart City {{name}}"@de , "Smart City {{name}}"@en ;
    dct:issued "{{day}}"^^xsd:date ;
    sckg:ofCity city:{{slug}} .

# {city}
city:{{slug}} a sckg:City{{names}} .

# {rest}
"""
_CITY_NAMES = ' ;\n    skos:prefLabel "{name}"@de , "{name}"@en'
_TEMPLATES = {
    "en": _RECORD.format(
        head="The record itself: what it is about, where it comes from, under which licence.",
        source="The text that the record rests on: who published it, and when.",
        city="The city. Its name and its municipality key (AGS) stand in the register of cities, or here: "
        'sckg:municipalityKey "15003000" ;',
        rest="One block for each thing. Take away the signs # and fill in what the text says.",
    ),
    "de": _RECORD.format(
        head="Der Datensatz selbst: wovon er handelt, woher er kommt, unter welcher Lizenz.",
        source="Der Text, auf dem der Datensatz beruht: wer ihn herausgab und wann.",
        city="Die Stadt. Ihr Name und ihr Gemeindeschlüssel (AGS) stehen im Städteverzeichnis oder hier: "
        'sckg:municipalityKey "15003000" ;',
        rest="Ein Block für jede Sache. Die Zeichen # wegnehmen und eintragen, was der Text sagt.",
    ),
}
