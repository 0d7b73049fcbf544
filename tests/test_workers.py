"""Worker processes: what they answer, what stops a hostile query, and what is left when one is killed."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyoxigraph as ox
import pytest

from cases import sample_project
from smartcity_kg.errors import (
    BackendError,
    ParameterProblem,
    QueryProblem,
    Refused,
    SmartCityError,
    TimedOut,
    TooBusy,
    TooLarge,
    TooMuch,
)
from smartcity_kg.graph import prepared_store
from smartcity_kg.project import Project
from smartcity_kg.server import pool
from smartcity_kg.server.asserted import add_asserted
from smartcity_kg.server.fairness import Budget
from smartcity_kg.server.workers import QueryLimits, Workers
from smartcity_kg.store.copy import COPY

T = TypeVar("T")
JSON = "application/sparql-results+json"
MAGDEBURG = "https://w3id.org/smartcity-kg/doc/city/magdeburg"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?l) }"
EVERYTHING = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits on a process are a matter of Linux")


@pytest.fixture(scope="module")
def kept_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return sample_project(tmp_path_factory.mktemp("workers"))


@pytest.fixture(scope="module")
def folder(kept_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("stores")
    prepared_store(kept_project, cache)
    (found,) = cache.iterdir()
    return found


def with_workers(
    store: Path, project: Project, work: Callable[[Workers], Awaitable[T]], limits: QueryLimits | None = None
) -> T:
    """What some work with workers gives; afterwards none of their processes is left."""

    async def run() -> T:
        workers = Workers(
            store, workers=2, limits=limits, prefixes=project.prefixes.namespaces, inferred=project.inferred
        )
        await workers.start()
        try:
            return await work(workers)
        finally:
            processes = workers.processes
            await workers.close()
            assert not [number for number in processes if Path(f"/proc/{number}").exists()]

    return asyncio.run(run())


async def outcome(workers: Workers, text: str, media_type: str = JSON, **options: Any) -> object:  # noqa: ANN401
    """The answer's body, or the kind of error."""
    try:
        return (await workers.run(text, media_type=media_type, **options)).body
    except SmartCityError as error:
        return type(error)


async def count(workers: Workers, text: str = EVERYTHING, **options: Any) -> int:  # noqa: ANN401
    """The number that a counting query gives."""
    result = await workers.run(text, media_type=JSON, **options)
    return int(json.loads(result.body)["results"]["bindings"][0]["n"]["value"])


@pytest.mark.parametrize(
    ("text", "media_type", "expected"),
    [
        ("ASK { city:magdeburg a sckg:City }", JSON, b'"boolean":true'),
        ("ASK { city:magdeburg a sckg:City }", "application/sparql-results+xml", b"<boolean>true</boolean>"),
        ("SELECT ?c { ?c a sckg:City } ORDER BY ?c", "text/csv", b"id/city/magdeburg\r\n"),
        ("SELECT ?c { ?c a sckg:City } ORDER BY ?c", "text/tab-separated-values", b"id/city/magdeburg>\n"),
        ("SELECT ?c { ?c a sckg:City } LIMIT 0", "text/csv", b"c\r\n"),
        ("CONSTRUCT { ?c a sckg:City } { ?c a sckg:City }", "text/turtle", b"city:magdeburg a sckg:City"),
        ("DESCRIBE city:magdeburg", "application/n-triples", b"id/city/magdeburg> <"),
        ("CONSTRUCT { ?c a sckg:City } { ?c a sckg:City }", "application/ld+json", b'"@id"'),
        ("CONSTRUCT { ?c a sckg:City } { ?c a sckg:City }", "application/rdf+xml", b"rdf:RDF"),
    ],
)
def test_answers(folder: Path, kept_project: Project, text: str, media_type: str, expected: bytes) -> None:
    async def ask(workers: Workers) -> bytes:
        result = await workers.run(text, media_type=media_type)
        assert result.media_type == media_type
        assert set(result.seconds) == {"wait", "evaluate"}
        return result.body

    assert expected in with_workers(folder, kept_project, ask)


@pytest.mark.parametrize(
    ("media_type", "prefix"), [("text/turtle", "@prefix "), ("application/rdf+xml", "xmlns:")]
)
def test_a_graph_declares_the_prefixes_that_it_uses_in_order(
    folder: Path, kept_project: Project, media_type: str, prefix: str
) -> None:
    async def ask(workers: Workers) -> bytes:
        text = "CONSTRUCT { ?c a sckg:City } { VALUES ?c { city:magdeburg } ?c a sckg:City }"
        return (await workers.run(text, media_type=media_type)).body

    told = with_workers(folder, kept_project, ask).decode()
    declared = [name for name in re.findall(rf"{prefix}(\w+)", told) if name != "its"]
    assert declared == ["city", "rdf", "sckg"]


@pytest.mark.parametrize("prepared", [False, True])
def test_inferred_statements_can_be_left_out(
    folder: Path, kept_project: Project, tmp_path: Path, prepared: bool
) -> None:
    store = tmp_path / "store"
    shutil.copytree(folder, store)
    if prepared:
        assert add_asserted(store, kept_project.inferred)
    whole = ox.Store.read_only(str(folder))
    asserted = {
        quad.triple
        for quad in whole
        if isinstance(quad.graph_name, ox.NamedNode)
        and not quad.graph_name.value.startswith(kept_project.inferred)
    }

    async def ask(workers: Workers) -> tuple[int, int, int]:
        graphs = (
            "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), '/inferred/')) }"
        )
        return (
            await count(workers),
            await count(workers, inferred=False),
            await count(workers, graphs, inferred=False),
        )

    assert with_workers(store, kept_project, ask) == (
        len(list(whole.quads_for_pattern(None, None, None, ox.DefaultGraph()))),
        len(asserted),
        0,
    )


@pytest.mark.parametrize(
    ("text", "default", "named", "expected"),
    [
        ("ASK { city:magdeburg a sckg:City }", [MAGDEBURG], [], b"true"),
        ("ASK { GRAPH ?g { ?s ?p ?o } }", [MAGDEBURG], [], b"false"),
        ("ASK { ?s ?p ?o }", [], [MAGDEBURG], b"false"),
        (f"ASK {{ GRAPH <{MAGDEBURG}> {{ city:magdeburg a sckg:City }} }}", [], [MAGDEBURG], b"true"),
        (f"ASK FROM <{MAGDEBURG}> {{ city:magdeburg a sckg:City }}", [], [], b"true"),
        (f"ASK FROM NAMED <{MAGDEBURG}> {{ ?s ?p ?o }}", [], [], b"false"),
        (
            "PREFIX d: <https://w3id.org/smartcity-kg/doc/> ASK FROM d:city\\/magdeburg { ?s ?p ?o }",
            [],
            [],
            b"true",
        ),
        # What the protocol says stands above what the query says.
        (f"ASK FROM <{MAGDEBURG}> {{ ?s ?p ?o }}", [], [MAGDEBURG], b"false"),
        # Not even a graph that is not here is looked for, since it does not count.
        ("ASK FROM <http://e.org/other> { ?s ?p ?o }", [MAGDEBURG], [], b"true"),
    ],
)
def test_data_sets(
    folder: Path, kept_project: Project, text: str, default: Sequence[str], named: Sequence[str], expected: bytes
) -> None:
    def ask(workers: Workers) -> Awaitable[object]:
        return outcome(workers, text, default_graphs=default, named_graphs=named)

    assert expected in bytes(with_workers(folder, kept_project, ask))  # type: ignore[call-overload]


def test_merged_graphs_hold_each_statement_once(kept_project: Project, tmp_path: Path) -> None:
    a, one, two = (ox.NamedNode(f"http://e.org/{name}") for name in ("a", "one", "two"))
    store = ox.Store(str(tmp_path))
    store.bulk_extend([ox.Quad(a, a, a, one), ox.Quad(a, a, a, two), ox.Quad(a, a, a)])
    del store

    def ask(workers: Workers) -> Awaitable[int]:
        return count(workers, default_graphs=[one.value, two.value])

    assert with_workers(tmp_path, kept_project, ask) == 1


@pytest.mark.parametrize(
    ("text", "media_type", "kind"),
    [
        ("ASK { ", JSON, QueryProblem),
        ("nonsense", JSON, QueryProblem),
        ("ASK { ?s ?p }", JSON, QueryProblem),
        ("ASK { nowhere:a ?p ?o }", JSON, QueryProblem),
        ("DROP ALL", JSON, Refused),
        ("ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", JSON, Refused),
        ('ASK { BIND("a\\u0022 AS ?x) \\u0053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }', JSON, Refused),
        ("ASK FROM <http://127.0.0.1:9/> { ?s ?p ?o }", JSON, Refused),
        ("ASK FROM <file:///etc/passwd> { ?s ?p ?o }", JSON, Refused),
        ("ASK FROM \\u003Chttp://127.0.0.1:9/\\u003E { ?s ?p ?o }", JSON, Refused),
        ("ASK FROM <relative> { ?s ?p ?o }", JSON, Refused),
        ("ASK " + "{" * 3_000 + "}" * 3_000, JSON, Refused),
        ("ASK { FILTER(" + "CONCAT(" * 1_000 + "'a'" + ")" * 1_000 + ") }", JSON, Refused),
        ("ASK {}", "text/turtle", ParameterProblem),
        ("DESCRIBE city:magdeburg", "text/csv", ParameterProblem),
        ("SELECT (CONCAT(" + ",".join(["?s"] * 8_000) + ") AS ?x) { ?s ?p ?o }", JSON, Refused),
    ],
)
def test_refused_without_harm(
    folder: Path, kept_project: Project, text: str, media_type: str, kind: type[SmartCityError]
) -> None:
    async def ask(workers: Workers) -> tuple[object, object]:
        before = workers.processes
        found = await outcome(workers, text, media_type)
        assert set(before) <= set(workers.processes)
        return found, await outcome(workers, "ASK {}")

    found, after = with_workers(folder, kept_project, ask)
    assert isinstance(found, type)
    assert issubclass(found, kind)
    assert b"true" in bytes(after)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        (ENDLESS, JSON),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c LIMIT 3", JSON),
        ("ASK {" + " . ".join(f"?a{n} ?b{n} ?a{n + 1}" for n in range(250)) + "}", JSON),
        ("SELECT * { ?a (!<http://e.org/a>)* ?b . ?b (!<http://e.org/b>)+ ?c . ?c ?d ?e }", JSON),
        ("SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?f))) AS ?x) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", JSON),
        ("CONSTRUCT { ?a ?b ?f } { ?a ?b ?c . ?d ?e ?f }", "text/turtle"),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f }", "text/csv"),
        ("SELECT ?a { ?a ?b ?c }", "text/tab-separated-values"),
        ("SELECT ?a { ?a ?b ?c }", "application/sparql-results+xml"),
        ("SELECT ?a { ?a ?b ?c }", JSON),
    ],
)
def test_hostile_queries_end_and_honest_ones_go_on(
    folder: Path, kept_project: Project, text: str, media_type: str
) -> None:
    limits = QueryLimits(seconds=0.5, rows=1_000, bytes=1_000_000, megabytes=300)

    async def ask(workers: Workers) -> tuple[list[object], list[float]]:
        hostile = [asyncio.ensure_future(outcome(workers, text, media_type, client="a")) for _ in range(4)]
        loop = asyncio.get_running_loop()
        waited = []
        for number in range(20):
            begun = loop.time()
            assert await count(workers, f"SELECT ({number} AS ?n) {{ city:magdeburg a sckg:City }}") == number
            waited.append(loop.time() - begun)
        return await asyncio.gather(*hostile), sorted(waited)

    kinds, waited = with_workers(folder, kept_project, ask, limits)
    assert set(kinds) <= {TooLarge, TimedOut, TooBusy}
    assert waited[18] < 0.5


def test_an_answer_is_whole_or_not_at_all(folder: Path, kept_project: Project) -> None:
    limits = QueryLimits(rows=10)

    async def ask(workers: Workers) -> list[object]:
        text = "SELECT ?s {{ ?s ?p ?o }} LIMIT {}"
        return [await outcome(workers, text.format(n), "text/csv") for n in (10, 11)]

    ten, eleven = with_workers(folder, kept_project, ask, limits)
    assert isinstance(ten, bytes)
    assert ten.count(b"\r\n") == 11
    assert eleven is TooLarge


def test_line_breaks_in_values_are_no_rows(folder: Path, kept_project: Project) -> None:
    text = "SELECT ?v { VALUES ?v { 'a\\nb\\nc' 'd' } }"

    def ask(workers: Workers) -> Awaitable[object]:
        return outcome(workers, text, "text/csv")

    assert with_workers(folder, kept_project, ask, QueryLimits(rows=2)) == b'v\r\n"a\nb\nc"\r\nd\r\n'


def kill(processes: Iterable[int]) -> None:
    for number in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def parents(processes: Iterable[int]) -> set[int]:
    """The process that workers are copied from."""
    return {
        int(Path(f"/proc/{one}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
        for one in processes
    }


def test_the_process_that_workers_come_from_is_replaced_too(folder: Path, kept_project: Project) -> None:
    async def ask(workers: Workers) -> list[object]:
        found: list[object] = []
        for number in range(4):
            await asyncio.sleep(0.5)
            before = workers.processes
            [source] = parents(before)
            question = asyncio.ensure_future(
                outcome(workers, f"SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d a ?f }} # {number}")
            )
            await asyncio.sleep(0.01 * number)
            kill([source])
            found.append(await question)
            assert not set(before) & {one for one in workers.processes if Path(f"/proc/{one}").exists()}
        return found

    assert len(set(with_workers(folder, kept_project, ask))) == 1


def test_a_process_that_makes_no_workers_any_more_is_replaced(
    folder: Path, kept_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_START_SECONDS", 1)

    async def ask(workers: Workers) -> object:
        await asyncio.sleep(0.5)
        before = workers.processes
        [source] = parents(before)
        os.kill(source, signal.SIGSTOP)
        kill(before)
        await asyncio.sleep(0.1)
        answer = await outcome(workers, "ASK { ?s a sckg:City }")
        assert not Path(f"/proc/{source}").exists()
        return answer

    assert isinstance(with_workers(folder, kept_project, ask), bytes)


@pytest.mark.parametrize("in_memory", [True, False])
def test_workers_share_the_memory_of_a_small_store(
    folder: Path, kept_project: Project, tmp_path: Path, in_memory: bool
) -> None:
    store = tmp_path / "store"
    shutil.copytree(folder, store, ignore=None if in_memory else shutil.ignore_patterns(COPY))

    async def ask(workers: Workers) -> bool:
        await outcome(workers, "ASK {}")
        maps = [Path(f"/proc/{one}/fd") for one in workers.processes]
        opened = {os.path.realpath(link) for fd in maps for link in fd.iterdir()}
        return any(name.endswith(".sst") and "asserted" not in name for name in opened)

    assert with_workers(store, kept_project, ask) == (not in_memory)


def test_a_killed_worker_is_replaced_and_its_question_answered(folder: Path, kept_project: Project) -> None:
    async def ask(workers: Workers) -> list[object]:
        found = []
        for _ in range(10):
            question = asyncio.ensure_future(outcome(workers, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d a ?f }"))
            await asyncio.sleep(0.01)
            kill(workers.processes)
            found.append(await question)
            workers.answers.clear()
        return found

    assert len(set(with_workers(folder, kept_project, ask))) == 1


def test_the_share_of_a_client(folder: Path, kept_project: Project) -> None:
    limits = QueryLimits(seconds=0.3, client_seconds=0.1)

    async def ask(workers: Workers) -> list[object]:
        hostile = [await outcome(workers, f"{ENDLESS} # {n}", client="greedy") for n in range(3)]
        return [
            *hostile,
            await outcome(workers, ENDLESS, client="other"),
            await outcome(workers, "ASK {}", client="greedy"),
        ]

    *kinds, quick = with_workers(folder, kept_project, ask, limits)
    assert kinds[0] is TimedOut
    assert kinds[2:] == [TooMuch, TimedOut]
    assert b"true" in bytes(quick)  # type: ignore[call-overload]


def test_a_full_queue_says_when_to_come_back(folder: Path, kept_project: Project) -> None:
    limits = QueryLimits(seconds=0.5, queue=2)

    async def ask(workers: Workers) -> list[object]:
        return await asyncio.gather(*(outcome(workers, f"{ENDLESS} # {n}") for n in range(8)))

    kinds = with_workers(folder, kept_project, ask, limits)
    assert set(kinds) == {TimedOut, TooBusy}


def test_clients_take_turns(folder: Path, kept_project: Project) -> None:
    limits = QueryLimits(seconds=0.5)

    async def ask(workers: Workers) -> list[str]:
        ended: list[str] = []

        async def one(client: str, number: int) -> None:
            await outcome(workers, f"{ENDLESS} # {client}{number}", client=client)
            ended.append(client)

        many = [asyncio.ensure_future(one("many", number)) for number in range(6)]
        await asyncio.sleep(0.3)
        await one("single", 0)
        await asyncio.gather(*many)
        return ended

    # Whoever comes last ends last, unless clients take turns.
    assert with_workers(folder, kept_project, ask, limits)[-1] == "many"


@pytest.mark.parametrize("damage", ["missing", "empty", "corrupt", "a file"])
def test_a_store_that_cannot_be_opened(folder: Path, kept_project: Project, tmp_path: Path, damage: str) -> None:
    store = tmp_path / "store"
    if damage == "empty":
        store.mkdir()
    elif damage == "a file":
        store.write_text("nothing")
    elif damage == "corrupt":
        shutil.copytree(folder, store)
        for path in (*store.glob("*.sst"), store / COPY):
            path.write_bytes(b"\0" * path.stat().st_size)

    async def nothing(workers: Workers) -> None:
        raise AssertionError(f"{workers} started")

    with pytest.raises(BackendError, match="cannot be opened"):
        with_workers(store, kept_project, nothing)


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_store_that_goes_away(folder: Path, kept_project: Project, tmp_path: Path, in_memory: bool) -> None:
    """What was read into memory is answered from all the same."""
    store = tmp_path / "store"
    shutil.copytree(folder, store, ignore=None if in_memory else shutil.ignore_patterns(COPY))

    async def ask(workers: Workers) -> list[object]:
        first = await outcome(workers, "ASK { ?s a sckg:City }")
        await asyncio.sleep(0.5)
        store.rename(tmp_path / "elsewhere")
        gone = await outcome(workers, "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }")
        kill(workers.processes)
        await asyncio.sleep(1)
        refused = await outcome(workers, "ASK { ?s a sckg:Network }")
        (tmp_path / "elsewhere").rename(store)
        await asyncio.sleep(2)
        return [first, gone, refused, await outcome(workers, "ASK { ?s a sckg:Network }")]

    first, gone, refused, back = with_workers(store, kept_project, ask)
    assert isinstance(first, bytes)
    assert isinstance(gone, bytes)
    assert isinstance(refused, bytes) if in_memory else refused is BackendError
    assert isinstance(back, bytes)


def test_another_store_while_a_question_runs(folder: Path, kept_project: Project, tmp_path: Path) -> None:
    a = ox.NamedNode("http://e.org/a")
    other = ox.Store(str(tmp_path / "other"))
    other.bulk_extend([ox.Quad(a, a, a)])
    del other
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d a sckg:City . ?e a sckg:City }"

    async def ask(workers: Workers) -> tuple[int, int, bool, object]:
        running = asyncio.ensure_future(count(workers, slow))
        await asyncio.sleep(0)
        before = running.done()
        await workers.switch(tmp_path / "other")
        new = await count(workers)
        with pytest.raises(BackendError):
            await workers.switch(tmp_path / "nowhere")
        return await running, new, before, await count(workers)

    old, new, done, still = with_workers(folder, kept_project, ask)
    assert (new, still) == (1, 1)
    assert old > 1
    assert not done


def test_answers_are_kept_but_not_those_that_change(folder: Path, kept_project: Project) -> None:
    async def ask(workers: Workers) -> list[bool]:
        found = []
        for text in ("ASK { ?s a sckg:City }", "SELECT (RAND() AS ?n) {}"):
            results = [await workers.run(text, media_type=JSON) for _ in range(2)]
            found.append(results[1].kept)
        return found

    assert with_workers(folder, kept_project, ask) == [True, False]


def test_a_worker_has_no_network_and_little_else(folder: Path, kept_project: Project) -> None:
    async def ask(workers: Workers) -> None:
        await asyncio.sleep(1)
        for number in workers.processes:
            assert not Path(f"/proc/{number}/environ").read_bytes().strip(b"\0")
            limits = Path(f"/proc/{number}/limits").read_text(encoding="ascii")
            sizes = [line for line in limits.splitlines() if line.startswith(("Max file size", "Max core"))]
            assert [line.split()[-3] for line in sizes] == ["0", "0"]

    with_workers(folder, kept_project, ask)


def test_a_budget_comes_back() -> None:
    now = [0.0]
    budget = Budget(seconds=10, window=60, clock=lambda: now[0])
    for moment in range(0, 40, 2):
        now[0] = moment
        budget.charge("a", 1)
    assert budget.wait("a") > 0
    now[0] += budget.wait("a")
    assert budget.wait("a") == 0


def test_a_budget_forgets_clients() -> None:
    now = [0.0]
    budget = Budget(seconds=10, window=60, clock=lambda: now[0])
    for number in range(20_000):
        budget.charge(str(number), 1)
    assert len(budget) <= 10_000
    now[0] = 100
    budget.charge("last", 1)
    assert len(budget) == 1
