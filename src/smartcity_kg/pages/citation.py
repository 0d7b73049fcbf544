"""How to cite a page of an edition: in words, BibTeX, CSL-JSON and RIS (layer 4)."""

import json
import re
from dataclasses import dataclass

from smartcity_kg.pages.values import day_in_words

_WORDS = {"de": "In: {title}, Ausgabe {version} vom {day}", "en": "In: {title}, edition {version} of {day}"}


@dataclass(frozen=True)
class Edition:
    """What is cited: a title, the publisher, a version and its day (ISO 8601)."""

    title: str
    publisher: str
    version: str
    day: str


@dataclass(frozen=True)
class Citation:
    """One citation in four forms."""

    text: str
    bibtex: str
    csl_json: str
    ris: str


def cite(name: str, iri: str, edition: Edition, language: str) -> Citation:
    """The citation of what an edition says about a thing.

    >>> edition = Edition("Atlas", "The authors", "1.0", "2026-11-22")
    >>> cite("Ulm", "https://e.org/id/city/ulm", edition, "en").text
    'The authors: Ulm. In: Atlas, edition 1.0 of 22 November 2026. CC BY 4.0.'
    """
    year, month, day = edition.day.split("-")
    where = _WORDS[language].format(
        title=edition.title, version=edition.version, day=day_in_words(edition.day, language)
    )
    key = re.sub(r"[^A-Za-z0-9]+", "-", iri.rpartition("/id/")[2] or iri).strip("-")[:60]
    fields = {
        "author": f"{{{_bibtex(edition.publisher)}}}",
        "title": _bibtex(name),
        "booktitle": _bibtex(edition.title),
        "edition": edition.version,
        "year": year,
        "month": month,
        "url": iri,
        "note": "CC BY 4.0",
    }
    bibtex = "\n".join(f"  {field} = {{{value}}}," for field, value in fields.items())
    csl = [
        {
            "id": iri,
            "type": "entry-encyclopedia",
            "title": name,
            "container-title": edition.title,
            "author": [{"literal": edition.publisher}],
            "issued": {"date-parts": [[int(year), int(month), int(day)]]},
            "version": edition.version,
            "URL": iri,
            "language": language,
        }
    ]
    ris = [
        ("TY", "ENCYC"),
        ("AU", edition.publisher),
        ("TI", name),
        ("T2", edition.title),
        ("ET", edition.version),
        ("DA", f"{year}/{month}/{day}"),
        ("UR", iri),
        ("LA", language),
        ("ER", ""),
    ]
    return Citation(
        f"{edition.publisher}: {name}. {where}. CC BY 4.0.",
        f"@incollection{{{key},\n{bibtex}\n}}",
        json.dumps(csl, ensure_ascii=False, indent=2),
        "\n".join(f"{tag}  - {' '.join(value.split())}".rstrip() for tag, value in ris),
    )


def _bibtex(text: str) -> str:
    """A text without the characters that BibTeX reads as commands."""
    return re.sub(r"[\\{}%#&_$^~]", lambda match: "" if match[0] in "{}\\" else "\\" + match[0], text)
