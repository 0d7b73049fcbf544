"""A form for a record, made from the shapes: entry by entry, checked as it goes (layer 6).

The page carries the text of the record; nothing of it is kept here. Each step sends it back with the open entry,
whose block in the text is written anew. It works without script.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from pyoxigraph import NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from smartcity_kg.errors import NotFound, ParameterProblem
from smartcity_kg.labels import Choice, resolve
from smartcity_kg.layout import new_record, slug_of
from smartcity_kg.pages.site import LANGUAGES, Page
from smartcity_kg.pages.words import say
from smartcity_kg.server.negotiate import best_language
from smartcity_kg.server.record_fields import Entry, FormFields
from smartcity_kg.server.record_inputs import Inputs, usual_entries
from smartcity_kg.server.record_text import TOPIC, Change, Record, from_json
from smartcity_kg.server.serving import DEFAULT_LANGUAGE, Serving
from smartcity_kg.server.submitted import FORM, MULTIPART, read_form
from smartcity_kg.server.versions import Version

_MOST_FIELDS = 2_000
_FIELD_BYTES = 200_000  # of all fields beside the text
_RECORDS = "data/cities"
_NAME = re.compile(r"[\w-][\w.-]{0,99}")
_LONGEST_NAME = 100
_NO_STORE = {"cache-control": "no-store", "vary": "Accept-Language"}
_VALUE, _SPOKEN = "v:", "l:"


def routes(serving: Serving) -> list[Route]:
    """The routes of the form."""
    desk = RecordDesk(serving)
    return [
        Route("/form", desk.begin, methods=["GET", "HEAD"]),
        Route("/form", desk.step, methods=["POST"]),
        Route("/{language:str}/form.html", desk.begin, methods=["GET", "HEAD"]),
    ]


@dataclass(frozen=True)
class Sent:
    """What the form sends.

    Attributes:
        text: The text of the record.
        name: What the file is called.
        language: The language of the form.
        do: What is to be done: a word, and after a colon what with.
        entry: The entry that was open; empty for a new one or none.
        classes: What it is; empty if none was open.
        add: The class of which a new entry is wanted.
        raw: Its values as texts with their languages, by property.
    """

    text: bytes
    name: str = "record.ttl"
    language: str = DEFAULT_LANGUAGE
    do: str = "check"
    entry: str = ""
    classes: tuple[str, ...] = ()
    add: str = ""
    raw: Mapping[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def order(self) -> tuple[str, str]:
        """What is to be done, and what with."""
        word, _, what = self.do.partition(":")
        return word, what


class RecordDesk:
    """Where records are written with a form.

    Args:
        serving: What is served.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._most = serving.project.limit("file_bytes", 10_000_000)
        self._forms: dict[tuple[str, str, str], FormFields] = {}
        self._usual: tuple[str, Mapping[str, Entry]] = ("", {})

    async def begin(self, request: Request) -> Response:
        """The page where one chooses what to write, or the form for what the address names."""
        language = request.path_params.get("language") or _language(request, request.query_params.get("lang", ""))
        if language not in LANGUAGES:
            raise HTTPException(404, "There is no such page.")
        version = await self._serving.ready()
        names = [name for name, _ in request.query_params.multi_items()]
        if unknown := sorted({name for name in names if name not in {"city", "lang"} or names.count(name) > 1}):
            said = f"the parameter {unknown[0][:50]!r} is none, or is given twice"
            raise ParameterProblem(said, hint="There are city, lang.")
        name = request.query_params.get("city", "")
        if name:
            return await self._shown(
                request, version, await asyncio.to_thread(self._begun, version, name, language)
            )
        return self._page(request, version, language, records=self._records(version, language))

    async def step(self, request: Request) -> Response:
        """The form after a step."""
        sent = await self._sent(request)
        version = await self._serving.ready()
        if not sent.text.strip():
            records = self._records(version, sent.language)
            return self._page(request, version, sent.language, records=records, missing=True)
        return await self._shown(request, version, sent)

    # What to begin with

    def _records(self, version: Version, language: str) -> list[str]:
        """What there are records about."""
        site = version.maker.site
        documents = (NamedNode(site.project.graph_name(path)) for path in site.project.files(_RECORDS))
        topics = [topic for document in documents for topic in site.index.values(document, TOPIC)]
        return sorted((site.index.label(topic, language) for topic in topics), key=str.casefold)

    def _begun(self, version: Version, name: str, language: str) -> Sent:
        """The record of a city that is there, or a new one."""
        plain = " ".join(name.replace('"', "").replace("\\", "").split())[:_LONGEST_NAME]
        if not slug_of(plain) or not plain.isprintable():
            hint = "Give the German name, for example Ulm."
            raise ParameterProblem(f"{plain[:50]!r} is no name of a city", hint=hint)
        project = version.maker.site.project
        known = _registered(version, self._fields(version, language), plain)
        slug, label = known or (slug_of(plain), plain)
        for path in project.files(_RECORDS):
            if path.stem == slug:
                return Sent(path.read_bytes(), path.name, language)
        text = new_record(project, label, slug=slug, language=language, blanks=False)
        return Sent(text.encode(), f"{slug}.ttl", language)

    # A step

    async def _shown(self, request: Request, version: Version, sent: Sent) -> Response:
        """The form with what the checks say, or the text to take away."""
        word, what = sent.order
        change = None
        if sent.classes or sent.entry:
            before = await self._record(sent, change=None, wanted=sent.entry, checked=False)
            if "problem" in before:
                return self._page(request, version, sent.language, sent=sent, problem=before["problem"])
            inputs = self._inputs(version, from_json(before["record"]), sent.language)
            change, wrong = self._change(inputs, sent)
            if wrong:
                told = await self._record(sent, change=None, wanted=sent.entry)
                said = _of(told, sent.entry)
                return self._entry_page(request, version, inputs, sent, told, sent.raw, wrong, said)
        wanted = {"open": what, "close": "", "remove": "", "new": ""}.get(word, sent.entry)
        language = what if word == "lang" and what in LANGUAGES else sent.language
        sent = replace(sent, language=language)
        told = await self._record(sent, change=change, wanted=wanted, checked=word != "download")
        if "problem" in told:
            return self._page(request, version, language, sent=sent, problem=told["problem"])
        record = from_json(told["record"])
        if word == "download":
            return _download(record, sent)
        inputs = self._inputs(version, record, language)
        blank = not sent.entry and change is None and word not in {"open", "close", "new"}
        if blank or word in {"new", "close", "remove"}:
            known = word == "new" and sent.add in inputs.forms.names
            classes = (sent.add,) if known else sent.classes if blank else ()
            raw = inputs.preset(inputs.fields(classes)) if classes else {}
            shown = Sent(record.text.encode(), sent.name, language, classes=classes)
            return self._entry_page(request, version, inputs, shown, told, raw, {}, [])
        classes = next((one.classes for one in record.entries if one.iri == record.iri), ())
        shown = Sent(record.text.encode(), sent.name, language, sent.do, record.iri, classes)
        raw = inputs.raw(inputs.fields(classes, [path for path, _ in record.opened]))
        return self._entry_page(request, version, inputs, shown, told, raw, {}, _of(told, record.iri))

    def _change(self, inputs: Inputs, sent: Sent) -> tuple[Change | None, dict[str, list[str]]]:
        """What the form changes, and by property what is wrong with what it sends."""
        if sent.order[0] == "remove":
            return (Change(sent.entry, remove=True) if sent.entry else None), {}
        if not sent.classes:
            return None, {}
        paths = [path for path, _ in inputs.record.opened]
        fields = inputs.fields(sent.classes, paths)
        pairs, wrong = inputs.terms(fields, sent.raw)
        if wrong or (not pairs and not sent.entry):
            return None, wrong
        shown = frozenset(one.field.path for one in fields if one.field.path in sent.raw)
        return Change(sent.entry, sent.classes, shown, tuple(pairs)), {}

    async def _record(
        self, sent: Sent, *, change: Change | None, wanted: str, checked: bool = True
    ) -> Mapping[str, Any]:
        return await self._serving.checkers.record(
            sent.name, sent.text, change=change, wanted=wanted, language=sent.language, checked=checked
        )

    def _fields(self, version: Version, language: str) -> FormFields:
        key = (version.name, version.stamp, language)
        if key not in self._forms:
            self._forms = {one: form for one, form in self._forms.items() if one[:2] == key[:2]}
            self._forms[key] = FormFields.read(version.maker.site.project, language)
        return self._forms[key]

    def _inputs(self, version: Version, record: Record, language: str) -> Inputs:
        site = version.maker.site
        if self._usual[0] != version.name:
            self._usual = version.name, usual_entries(site.index)
        return Inputs(site, self._fields(version, language), record, language, self._usual[1])

    # Pages

    def _entry_page(
        self,
        request: Request,
        version: Version,
        inputs: Inputs,
        sent: Sent,
        told: Mapping[str, Any],
        raw: Mapping[str, Sequence[tuple[str, str]]],
        wrong: Mapping[str, Sequence[str]],
        said: Sequence[Mapping[str, Any]],
    ) -> Response:
        word, what = sent.order
        paths = [path for path, _ in inputs.record.opened]
        fields = inputs.fields(sent.classes, paths) if sent.classes or sent.entry else []
        shown = {one.field.path for one in fields}
        groups = inputs.groups(fields, raw, wrong, said, what if word == "more" else "")
        return self._page(
            request,
            version,
            sent.language,
            sent=sent,
            told=told,
            text=inputs.record.text,
            topic=inputs.label(inputs.record.topic) if inputs.record.topic else "",
            groups=groups,
            lists=inputs.lists(groups),
            general=[one for one in said if one["path"] not in shown],
            heading=inputs.label(sent.entry) if sent.entry else _kind(inputs.forms, sent.classes),
            kind=_kind(inputs.forms, sent.classes),
            kinds=_kinds(inputs.forms, sent.classes),
            entries=_listed(inputs, told),
            adds=[(one.class_iri, inputs.forms.name(one.class_iri)) for one in inputs.forms.section_blocks()],
        )

    def _page(self, request: Request, version: Version, language: str, **shown: object) -> Response:
        page = Page("form", language, say("form_title", language), area="check", scripts=("page.js",))
        values: dict[str, object] = {"sent": None, "told": None, "problem": None, "records": [], "missing": False}
        text = version.maker.site.render("form.html", page, **{**values, "text": "", **shown})
        headers = {**_NO_STORE, "content-language": language}
        body = b"" if request.method == "HEAD" else text.encode()
        return Response(body, 200, headers, "text/html; charset=utf-8")

    # What is sent

    async def _sent(self, request: Request) -> Sent:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in {MULTIPART, FORM}:
            raise HTTPException(415, "Send a form.")
        pairs = await read_form(request, most=self._most, beside=_FIELD_BYTES, fields=_MOST_FIELDS)
        one = {name: value for name, value in pairs if not name.startswith((_VALUE, _SPOKEN))}
        name = one.get("name", b"").decode("utf-8", "replace").rpartition("/")[2].rpartition("\\")[2]
        words = {key: one.get(key, b"").decode("utf-8", "replace") for key in ("lang", "do", "entry", "add")}
        classes = tuple(value.decode("utf-8", "replace") for key, value in pairs if key == "class" and value)
        entry = words["entry"] if _is_iri(words["entry"]) else ""
        return Sent(
            # A browser ends the lines of a field with both signs, whatever they were.
            one.get("file") or one.get("text", b"").replace(b"\r\n", b"\n"),
            name if _NAME.fullmatch(name) else Sent(b"").name,
            _language(request, words["lang"]),
            words["do"] or "check",
            entry,
            tuple(iri for iri in classes if _is_iri(iri)),
            words["add"] if _is_iri(words["add"]) else "",
            _raw(pairs),
        )


def _raw(pairs: Sequence[tuple[str, bytes]]) -> dict[str, list[tuple[str, str]]]:
    """The values of fields with their languages, by property; in a row the language comes before the value."""
    found: dict[str, list[tuple[str, str]]] = {}
    spoken: dict[str, str] = {}
    for name, value in pairs:
        text = value.decode("utf-8", "replace")
        if name.startswith(_SPOKEN):
            spoken[name.removeprefix(_SPOKEN)] = text
        elif name.startswith(_VALUE):
            path = name.removeprefix(_VALUE)
            found.setdefault(path, []).append((text, spoken.pop(path, "")))
    return found


def _is_iri(text: str) -> bool:
    return re.fullmatch(r"https?://[^\x00-\x20<>\"{}|^`\\]+", text) is not None


def _language(request: Request, wanted: str) -> str:
    if wanted and wanted not in LANGUAGES:
        raise ParameterProblem(f"there is no language {wanted[:20]!r} here", hint="There are de and en.")
    return wanted or best_language(request.headers.get("accept-language", ""), LANGUAGES, DEFAULT_LANGUAGE)


def _of(told: Mapping[str, Any], iri: str) -> list[Mapping[str, Any]]:
    """What the checks say of an entry."""
    return [finding for finding in told.get("findings", ()) if iri and finding["focus"] == iri]


def _kind(forms: FormFields, classes: Sequence[str]) -> str:
    return next((forms.name(iri) for iri in classes if forms.name(iri)), "")


def _kinds(forms: FormFields, classes: Sequence[str]) -> list[tuple[str, str]]:
    """The classes that an entry may be instead: those below the one that the shapes describe."""
    blocks = forms.blocks(classes)
    if len(classes) != 1 or not blocks:
        return []
    found = [(iri, forms.name(iri)) for iri in forms.kinds(blocks[0].class_iri)]
    return found if classes[0] in dict(found) and len(found) > 1 else []


def _listed(inputs: Inputs, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries of the record by kind, in the order of the sections, with how much is said of each."""
    forms = inputs.forms
    places = {block.class_iri: place for place, block in enumerate(forms.layout.blocks)}
    groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for one in inputs.record.entries:
        blocks = forms.blocks(one.classes)
        place = min((places[block.class_iri] for block in blocks), default=len(places))
        said = _of(told, one.iri)
        entry = {
            "iri": one.iri,
            "label": inputs.label(one.iri),
            "plain": one.plain,
            "faults": sum(finding["level"] == "violation" for finding in said),
            "notes": sum(finding["level"] != "violation" for finding in said),
        }
        groups.setdefault((place, _kind(forms, one.classes)), []).append(entry)
    return [{"kind": kind, "entries": found} for (_, kind), found in sorted(groups.items())]


def _registered(version: Version, forms: FormFields, name: str) -> tuple[str, str] | None:
    """Slug and German name of the one thing that a name stands for and that a record can be about, if any."""
    site = version.maker.site
    for class_iri in forms.classes_of(TOPIC.value):
        with suppress(NotFound, ParameterProblem):
            found = resolve(
                site.store, site.project.prefixes, name, Choice(class_iri=class_iri), kind=forms.name(class_iri)
            )
            return re.split(r"[/#]", found.value)[-1], site.index.label(found, "de") or name
    return None


def _download(record: Record, sent: Sent) -> Response:
    headers = {**_NO_STORE, "content-disposition": f'attachment; filename="{sent.name}"'}
    return Response(record.text.encode(), 200, headers, "text/turtle; charset=utf-8")
