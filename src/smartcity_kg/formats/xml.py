"""SPARQL Query Results XML Format (layer 3)."""

from xml.etree import ElementTree as ET

from pyoxigraph import BlankNode, Literal, NamedNode

from smartcity_kg.answer import Answer, Truth
from smartcity_kg.formats.cells import grid
from smartcity_kg.terms import LANG_STRING, XSD, Term, text_of

_NAMESPACE = "http://www.w3.org/2005/sparql-results#"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def write_answer(answer: Answer) -> str:
    """The answer as SPARQL results XML; triples as rows of subject, predicate, object.

    >>> "<boolean>true</boolean>" in write_answer(Truth(True))
    True
    """
    root = ET.Element("sparql", xmlns=_NAMESPACE)
    head = ET.SubElement(root, "head")
    if isinstance(answer, Truth):
        ET.SubElement(root, "boolean").text = str(answer.value).lower()
    else:
        columns, rows = grid(answer)
        for name in columns:
            ET.SubElement(head, "variable", name=name)
        results = ET.SubElement(root, "results")
        for row in rows:
            result = ET.SubElement(results, "result")
            for name, term in zip(columns, row, strict=True):
                if term is not None:
                    _add_term(ET.SubElement(result, "binding", name=name), term)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_term(parent: ET.Element, term: Term) -> None:
    kind = "uri" if isinstance(term, NamedNode) else "bnode" if isinstance(term, BlankNode) else "literal"
    element = ET.SubElement(parent, kind)
    element.text = term.value if isinstance(term, (NamedNode, BlankNode)) else text_of(term)
    if isinstance(term, Literal):
        if term.language:
            element.set(_LANG, term.language)
        elif term.datatype.value not in {f"{XSD}string", LANG_STRING}:
            element.set("datatype", term.datatype.value)
