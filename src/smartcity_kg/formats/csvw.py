"""What the columns of CSV tables mean: metadata of CSV on the Web, W3C 2015 (layer 3)."""

import json
from collections.abc import Iterable, Mapping

from smartcity_kg.tables import Column, Table

_GEO = "http://www.opengis.net/ont/geosparql#"
_DATATYPES: Mapping[str, object] = {
    "iri": "anyURI",
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "gyear": "gYear",
    "boolean": {"base": "boolean", "format": "true|false"},
    "edtf": {"@id": "http://id.loc.gov/datatypes/edtf/EDTF", "base": "string"},
    "geometry": {"@id": f"{_GEO}wktLiteral", "base": "string"},
}


def write_metadata(tables: Iterable[Table], *, titles: Mapping[str, str], licence: str, date: str) -> bytes:
    """The metadata of a group of tables that stand beside it as `<name>.csv`.

    Args:
        tables: The tables.
        titles: What the group is called, by language.
        licence: The IRI of the licence.
        date: The day of the release.

    >>> b'"tables": []' in write_metadata([], titles={"en": "T"}, licence="http://e.org/l", date="2026-01-01")
    True
    """
    group = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "@type": "TableGroup",
        "dc:title": _texts(titles),
        "dc:license": {"@id": licence},
        "dc:issued": {"@value": date, "@type": "xsd:date"},
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n"], "header": True},
        "tables": [_table(table) for table in tables],
    }
    return (json.dumps(group, ensure_ascii=False, indent=1) + "\n").encode()


def _table(table: Table) -> dict[str, object]:
    key = list(table.key)
    schema: dict[str, object] = {"columns": [_column(column, key) for column in table.columns]}
    if key:
        schema |= {"primaryKey": key, "aboutUrl": f"{{+{key[0]}}}"}
    return {
        "@type": "Table",
        "url": f"{table.name}.csv",
        "dc:title": _texts(table.titles),
        "dc:description": _texts(table.descriptions),
        "tableSchema": schema,
    }


def _column(column: Column, key: list[str]) -> dict[str, object]:
    found: dict[str, object] = {"name": column.name, "titles": dict(column.titles) or column.name}
    if column.language:
        found |= {"lang": column.language}
    found["datatype"] = _DATATYPES.get(column.type, "string")
    if column.name in key:
        found["required"] = True
    if column.property is None:
        found["suppressOutput"] = True
    else:
        found["propertyUrl"] = column.property.value
        if column.type == "iri":
            found["valueUrl"] = f"{{+{column.name}}}"
    return found


def _texts(by_language: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": text, "@language": language} for language, text in sorted(by_language.items())]
