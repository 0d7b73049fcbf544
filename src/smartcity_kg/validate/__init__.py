"""From files to a report (layer 2): read strictly, spell out, check with SHACL, keep the files' own findings.

Records are checked as they were written: of the rules only those of the stage `expand` run before. A file that
cannot be read is an error; a file that does not conform is a report.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import pyoxigraph as ox

from smartcity_kg.errors import InputError, SmartCityError
from smartcity_kg.project import Project
from smartcity_kg.reason import find_sources, read_rules, run_rules
from smartcity_kg.report import Finding, Report
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import Term
from smartcity_kg.turtle.parse import Document
from smartcity_kg.validate.engine import Engine
from smartcity_kg.validate.hints import Suggestions
from smartcity_kg.validate.memory import PlaceMemory
from smartcity_kg.validate.places import Sources, find_place
from smartcity_kg.validate.policy import TOPIC, Policy
from smartcity_kg.validate.remembered import Units
from smartcity_kg.validate.results import join_report, split_report
from smartcity_kg.validate.shacl import Shapes
from smartcity_kg.validate.snippets import Snippets
from smartcity_kg.validate.statements import Statements
from smartcity_kg.validate.submission import is_own, parse_submission, read_checked


@dataclass(frozen=True)
class Checked:
    """A report, the triples of the SHACL report that it was made from, and why other files have no report."""

    report: Report
    shacl_report: tuple[ox.Triple, ...]
    refusals: tuple[SmartCityError, ...] = ()


def validate_files(project: Project, paths: Sequence[str | Path] = ()) -> Report:
    """What the shapes say about some files, or about all data and schemes of the project where none is named.

    Each file is checked together with the ontology and the project's data; a record that the project holds
    already gives way to the file about the same city. Only findings about the files' own entries are kept. A file
    that is not the project's own is also checked against the policy for what comes from outside.
    Reads files; writes nothing; no network.

    Raises:
        InputError: If a file cannot be read or is no Turtle.

    >>> validate_files(Project.find()).conforms
    True
    """
    return check_files(project, paths).report


def validate_bytes(project: Project, data: bytes, *, name: str = "submission.ttl") -> Report:
    """What policy and shapes say about a text in Turtle that comes from outside; nothing is written.

    It is checked in this process: whoever takes texts from strangers runs this where it can be stopped, as
    `sandbox` does for files.

    Raises:
        InputError: If the text exceeds a limit or is no Turtle.

    >>> report = validate_bytes(Project.find(), b"<http://e.org/a> <http://e.org/b> 1 .")
    >>> report.conforms, report.findings[0].place
    (False, 'submission.ttl:1:1')
    """
    return Desk(project).check([parse_submission(project, data, name)]).report


def check_files(
    project: Project,
    paths: Sequence[str | Path] = (),
    *,
    remember: Path | None = None,
    processes: int = 1,
    tell: Callable[[int, int], None] | None = None,
    keep_going: bool = False,
    contents: Mapping[Path, bytes] = MappingProxyType({}),
) -> Checked:
    """As `validate_files`, with the triples of the SHACL report.

    Args:
        project: Where shapes, rules and data come from.
        paths: The files to check.
        remember: A folder for results, so that only what a change concerns is checked again; nothing is written
            if absent.
        processes: How many processes may work at once, where there is enough to do.
        tell: Called with how many checks are done and how many there are in all.
        keep_going: Whether a file that cannot be read becomes one of the refusals, and the others are checked.
        contents: Bytes to take for those of some of the files, which are not read then.
    """
    desk = Desk(project, contents=contents)
    documents, refusals = desk.read([Path(path) for path in paths] or list(project.checked_files))
    if refusals and not keep_going:
        raise refusals[0]
    if not documents:
        return Checked(Report((), ()), join_report([]), refusals)
    checked = desk.check(documents, remember=remember, processes=processes, tell=tell)
    return replace(checked, refusals=refusals)


class Desk:
    """Where files are read and checked against a project, one call after the other.

    Args:
        project: Where shapes, rules and data come from.
        strict: Whether the limits for what comes from outside apply to files that are not the project's own.
        contents: Bytes to take for those of some files, which are not read then.
    """

    def __init__(
        self,
        project: Project,
        *,
        strict: bool = False,
        contents: Mapping[Path, bytes] = MappingProxyType({}),
    ) -> None:
        self.project = project
        self._strict = strict
        self._contents = contents
        self._known: dict[Path, Document] = {}
        self._shapes: Shapes | None = None
        self._at_hand: _Surroundings | None = None

    def prepare(self) -> None:
        """Read all that does not depend on the files to be checked, so that it need not be read for each."""
        self._known = {path: self.project.read(path) for path in self._context_files}
        self._shapes = Shapes.read(self.project)
        self._shapes.prepare()

    def read(self, paths: Sequence[Path]) -> tuple[list[Document], tuple[SmartCityError, ...]]:
        """The files that can be read, and why the others cannot."""
        documents, refusals = [], []
        for path in paths:
            try:
                documents.append(self._read(path))
            except InputError as error:
                refusals.append(error)
        return documents, tuple(refusals)

    def _read(self, path: Path) -> Document:
        return read_checked(self.project, path, strict=self._strict, data=self._contents.get(path))

    def check(
        self,
        documents: Sequence[Document],
        *,
        remember: Path | None = None,
        processes: int = 1,
        tell: Callable[[int, int], None] | None = None,
    ) -> Checked:
        """What policy and shapes say about some documents; the arguments are those of `check_files`."""
        around = self._surroundings(documents)
        checked = around.checker.check(documents, remember=remember, processes=processes, tell=tell)
        foreign = [document for document in documents if not is_own(self.project, document.path)]
        if not foreign:
            return checked
        own = [document for document in documents if document not in foreign]
        policy = around.policy(own)
        found = [one for document in foreign for one in policy.check(document)]
        refused = {one.focus for one in (*found, *checked.report.findings) if one.level == "violation"}
        found += [one for document in foreign for one in policy.unclassed(document, refused)]
        return _with_policy(checked, policy, found)

    def _context(self, documents: Sequence[Document]) -> list[Document]:
        """What the documents may refer to; a record gives way to one about the same city."""
        return self._split(documents)[0]

    def _surroundings(self, documents: Sequence[Document]) -> "_Surroundings":
        """What some documents are checked with; that of the call before if it is the same."""
        context, replaced = self._split(documents)
        at_hand = self._at_hand
        if at_hand is None or not at_hand.same(context, replaced):
            checker = Checker(self.project, context, shapes=self._shapes)
            at_hand = _Surroundings(self.project, context, replaced, checker)
        # Only what was read once for all calls is sure to be the same object in the next one.
        self._at_hand = at_hand if self._known else None
        return at_hand

    def _split(self, documents: Sequence[Document]) -> tuple[list[Document], list[Document]]:
        """What the documents may refer to, and the records that give way to one about the same city."""
        submitted = {self._resolved(document.path) for document in documents}
        topics = {topic for document in documents for topic in _topics(document)}
        paths = [path for path in self._context_files if path.resolve() not in submitted]
        records = set(self.project.data_files)
        read = [(path, self._known.get(path) or self.project.read(path)) for path in paths]
        replaced = [one for path, one in read if path in records and topics & set(_topics(one))]
        return [one for _, one in read if one not in replaced], replaced

    def _resolved(self, name: str) -> Path:
        return (self.project.root / name).resolve() if is_own(self.project, name) else Path(name).resolve()

    @cached_property
    def _context_files(self) -> tuple[Path, ...]:
        return (*self.project.ontology_files, *self.project.data_files)


@dataclass(frozen=True)
class _Surroundings:
    """What documents are checked with, and what is made of it once."""

    project: Project
    context: Sequence[Document]
    replaced: Sequence[Document]
    checker: "Checker"

    def same(self, context: Sequence[Document], replaced: Sequence[Document]) -> bool:
        """Whether these are the very same documents."""
        mine, others = (*self.context, None, *self.replaced), (*context, None, *replaced)
        return len(mine) == len(others) and all(one is other for one, other in zip(mine, others, strict=True))

    def policy(self, own: Sequence[Document]) -> Policy:
        """The policy, where some more documents are known to be our own."""
        return self._policy if not own else self._policy_with(own)

    def _policy_with(self, own: Sequence[Document]) -> Policy:
        return Policy(self.project, [*self.context, *own], replaced=self.replaced)

    @cached_property
    def _policy(self) -> Policy:
        return self._policy_with(())


class Checker:
    """The shapes of a project and a context, ready to check documents one after the other.

    Args:
        project: Where shapes and rules come from.
        context: The documents that those to be checked may refer to, ontology included.
    """

    def __init__(
        self,
        project: Project,
        context: Iterable[Document],
        *,
        reference: bool = False,
        engine: Engine | None = None,
        shapes: Shapes | None = None,
    ) -> None:
        self.project = project
        self.shapes = shapes or Shapes.read(project, reference=reference, engine=engine)
        self._context = {triple: None for document in context for triple in document.triples}

    def check(
        self,
        documents: Sequence[Document],
        *,
        remember: Path | None = None,
        processes: int = 1,
        tell: Callable[[int, int], None] | None = None,
    ) -> Checked:
        """What the shapes say about the entries of some documents, read together with the context.

        The other arguments are those of `check_files`.

        Raises:
            BackendError: If the shapes cannot be applied.
        """
        stated = {triple: document.path for document in reversed(documents) for triple in document.triples}
        given = {**self._context, **dict.fromkeys(stated)}
        store, expanded = self._expand(given)
        owners = _owners(documents, expanded)
        units = Units(owners, remember, processes, tell) if remember or processes > 1 else None
        data = Statements((*given, *expanded))
        found, shacl_report = self.shapes.check(data, store, focus_nodes=owners, units=units)
        placed = (replace(finding, file=_file_of(finding, stated) or owners[finding.focus]) for finding in found)
        # One value may break two parts of one rule; it is said once.
        once = {finding.sort_key: finding for finding in placed}
        suggestions, snippets = Suggestions(store), Snippets(self.project, store)
        by_path = {document.path: document for document in documents}
        helped = (
            replace(once[key], suggestion=suggestions.find(once[key]), snippet=snippets.find(once[key]))
            for key in sorted(once)
        )
        places = PlaceMemory(remember, self.shapes.name if remember else "")
        findings = [self._placed(finding, by_path[finding.file], places) for finding in helped]
        places.keep()
        return Checked(Report(tuple(d.path for d in documents), tuple(findings)), shacl_report)

    def _placed(self, finding: Finding, document: Document, places: PlaceMemory) -> Finding:
        """A finding with its place in the file."""
        sources = self._sources
        place = places.get(finding, document, sources, lambda: find_place(finding, document.positions, sources))
        return finding if place is None else replace(finding, **place._asdict())

    @cached_property
    def _sources(self) -> Sources:
        """What the properties are computed from that records do not give themselves."""
        rules = (rule for rule in read_rules(self.project) if rule.stage == "expand")
        return find_sources(rules, self.project.prefixes)

    def _expand(self, triples: Iterable[ox.Triple]) -> tuple[EmbeddedStore, list[ox.Triple]]:
        """A store with some triples and what rules of the stage `expand` add, and the latter apart."""
        store = EmbeddedStore(self.project.prefixes)
        # No shape asks which graph a statement is in, so the merged one will do; two take twice as long.
        store.quads.extend(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples)
        run_rules(store, self.project, "expand")
        names = [name for name in store.graphs() if name.startswith(self.project.inferred)]
        return store, [triple for name in names for triple in store.triples(graph=name)]


def _with_policy(checked: Checked, policy: Policy, findings: Sequence[Finding]) -> Checked:
    """A report with findings of the policy before those of the shapes, file by file."""
    report = checked.report
    together = sorted((*findings, *report.findings), key=lambda finding: finding.file)
    shacl_report = join_report([*policy.results(findings), *split_report(checked.shacl_report)])
    return replace(checked, report=replace(report, findings=tuple(together)), shacl_report=shacl_report)


def _topics(document: Document) -> list[Term]:
    return [triple.object for triple in document.triples if triple.predicate == TOPIC]


def _owners(documents: Sequence[Document], expanded: Sequence[ox.Triple]) -> dict[Term, str]:
    spelt_out = {triple.subject for triple in expanded}
    owners: dict[Term, str] = {}
    for document in documents:
        for triple in document.triples:
            owners.setdefault(triple.subject, document.path)
            if triple.object in spelt_out:
                owners.setdefault(triple.object, document.path)
    return owners


def _file_of(finding: Finding, stated: Mapping[ox.Triple, str]) -> str | None:
    """The file that makes the statement concerned, since several may describe one entry."""
    if finding.path is None or finding.value is None:
        return None
    if not isinstance(finding.focus, ox.NamedNode) or not isinstance(finding.path, ox.NamedNode):
        return None
    return stated.get(ox.Triple(finding.focus, finding.path, finding.value))
