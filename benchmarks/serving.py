"""Measure the server beside Oxigraph's own, on the same store and the same machine, in one run.

    python benchmarks/serving.py [SECONDS]

It needs wrk, and the package oxigraph for the comparison. What it prints: start and memory; ten small queries as
they are, and each time with another comment, so that no answer can be given again; a page of a city; honest
questions while hostile ones run in a loop, and what is left afterwards.
"""

import http.client
import itertools
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from smartcity_kg.graph import prepared_folder
from smartcity_kg.project import Project
from smartcity_kg.server.asserted import add_asserted

ROOT = Path(__file__).resolve().parents[1]
CONNECTIONS = 8
ROUNDS = 3
HOSTILE_CLIENTS = 6
_PREFIX = (
    "PREFIX sckg: <https://w3id.org/smartcity-kg/ontology#> "
    "PREFIX city: <https://w3id.org/smartcity-kg/id/city/> "
    "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
)
SMALL = (
    "ASK { city:magdeburg a sckg:City }",
    "SELECT ?label { city:magdeburg skos:prefLabel ?label }",
    "SELECT ?p ?o { city:magdeburg ?p ?o } LIMIT 50",
    "SELECT ?network (COUNT(?city) AS ?n) { ?city sckg:participatesIn ?network . ?network a sckg:Network }"
    " GROUP BY ?network ORDER BY DESC(?n) LIMIT 5",
    "SELECT ?network ?label { ?network a sckg:Network ; skos:prefLabel ?label } ORDER BY ?label LIMIT 20",
    "SELECT ?class (COUNT(*) AS ?n) { city:magdeburg ?p ?o . ?o a ?class } GROUP BY ?class",
    "SELECT DISTINCT ?type { city:magdeburg a ?type }",
    "SELECT ?s { ?s ?p city:magdeburg } LIMIT 20",
    "SELECT ?label { ?x a sckg:Competition ; skos:prefLabel ?label FILTER(LANG(?label) = 'de') } LIMIT 20",
    "SELECT ?other { city:magdeburg sckg:participatesIn ?n . ?other sckg:participatesIn ?n"
    " FILTER(?other != city:magdeburg) } LIMIT 20",
)
HOSTILE = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?i) }",
    "SELECT * { ?a (!<http://e.org/a>)* ?b . ?b (!<http://e.org/b>)+ ?c }",
    "SELECT (" + "CONCAT(" * 60 + "'a'" + ")" * 60 + " AS ?x) { ?s ?p ?o . ?t ?q ?r }",
    "SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), '(a*)*(b|c)*d{5,50}$')) . ?t ?q ?r FILTER(REGEX(?r, '^(a+)+$')) }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY STR(?c) STR(?f) LIMIT 5",
    "SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?f))) AS ?x) { ?a ?b ?c . ?d ?e ?f }",
    "ASK { " + " . ".join(f"?a{n} ?b{n} ?a{n + 1}" for n in range(300)) + " }",
    "SELECT ?s ?p ?o { ?s ?p ?o }",
)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, path: str) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A server, and after how many seconds it first answered."""
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT) as process:
        try:
            while status_of(port, path) != 200:
                if process.poll() is not None or time.perf_counter() - begun > 120:
                    raise SystemExit(f"{command[0]} does not answer")
                time.sleep(0.01)
            yield process, time.perf_counter() - begun
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def status_of(port: int, path: str, *, source: str = "127.0.0.1", seconds: float = 30) -> int:
    """The status of an answer; nought if there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds, source_address=(source, 0))
    try:
        connection.request("GET", path, headers={"Accept": "application/sparql-results+json, */*;q=0.1"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    else:
        return answer.status
    finally:
        connection.close()


def load(port: int, path: str, seconds: int, *, fresh: bool = False, accept: str = "") -> tuple[float, float, int]:
    """Requests a second, median latency in milliseconds and failures, as wrk sees them.

    With `path` empty it asks the ten small queries in turn at `/sparql` or `/query`.
    """
    accept = accept or "application/sparql-results+json"
    asked = [quote(_PREFIX + query, safe="") for query in SMALL] if path.endswith("=") else [""]
    listed = ", ".join(f'"{path}{text}"' for text in asked)
    mark = f' .. "%20%23" .. n .. "x{random.randrange(10**9)}"' if fresh else ""  # noqa: S311 - no secret
    script = (
        f"local paths = {{ {listed} }}\nlocal n = 0\n"
        f'request = function()\n  n = n + 1\n  return wrk.format("GET", paths[n % #paths + 1]{mark})\nend\n'
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", file.name]
        command += ["-H", f"Accept: {accept}", f"http://127.0.0.1:{port}/"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
    number, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return rate, float(number) * {"us": 0.001, "ms": 1, "s": 1_000}[unit], int(failed[1]) if failed else 0


def family(process: int) -> list[int]:
    """A process and all that descend from it."""
    found = [process]
    for number in found:
        for path in Path(f"/proc/{number}/task").glob("*/children"):
            found += map(int, path.read_text(encoding="ascii").split())
    return found


def left(process: int) -> tuple[int, int, float]:
    """How many processes there are, open files of the server, and megabytes of all (shared ones counted once)."""
    kilobytes = 0
    for number in family(process):
        text = Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii")
        kilobytes += int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1])  # type: ignore[index]
    return len(family(process)), len(os.listdir(f"/proc/{process}/fd")), kilobytes / 1_000  # noqa: PTH208


def compare(port: int, other: int | None, seconds: int) -> None:
    """Print the ten small queries on both servers, in turns."""
    for fresh in (False, True):
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(load(port, "/sparql?query=", seconds, fresh=fresh))
            if other:
                theirs.append(load(other, "/query?query=", seconds, fresh=fresh))
        what = "each with another comment" if fresh else "ten small queries"
        for name, runs in (("smartcity-kg", ours), ("oxigraph", theirs)):
            if runs:
                rate, median = (statistics.median(run[place] for run in runs) for place in (0, 1))
                failed = sum(run[2] for run in runs)
                print(f"{what}: {name}: {rate:,.0f} a second, median {median:.2f} ms, {failed} failed")
        if theirs:
            pairs = [mine[0] / other[0] for mine, other in zip(ours, theirs, strict=True)]
            print(f"{what}: ratio {statistics.median(pairs):.2f} (of {', '.join(f'{p:.2f}' for p in pairs)})")


def attack(port: int, process: int, seconds: int) -> None:
    """Print how honest questions fare while hostile ones run, and what is left."""
    before = left(process)
    stop = threading.Event()
    statuses: Counter[int] = Counter()
    numbers = itertools.count()

    def hostile(source: str) -> None:
        while not stop.is_set():
            number = next(numbers)
            query = f"{HOSTILE[number % len(HOSTILE)]} # {number}"
            statuses[status_of(port, f"/sparql?query={quote(query)}", source=source)] += 1

    threads = [threading.Thread(target=hostile, args=(f"127.0.0.{n + 2}",)) for n in range(HOSTILE_CLIENTS)]
    for thread in threads:
        thread.start()
    waited, failed, until = [], 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        begun = time.perf_counter()
        query = f"{_PREFIX} ASK {{ city:magdeburg a sckg:City }} # {begun}"
        failed += status_of(port, f"/sparql?query={quote(query)}") != 200
        waited.append(time.perf_counter() - begun)
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    time.sleep(5)
    after = left(process)
    waited.sort()
    at = waited[int(len(waited) * 0.95)]
    print(f"hostile: {sum(statuses.values())} in {seconds} s, answered with {dict(sorted(statuses.items()))}")
    print(
        f"honest ASK meanwhile: {len(waited)}, {failed} failed, median {statistics.median(waited) * 1000:.0f} ms, "
        f"95 % {at * 1000:.0f} ms, most {waited[-1] * 1000:.0f} ms"
    )
    for name, (processes, files, megabytes) in (("before", before), ("after", after)):
        print(f"{name}: {processes} processes, {files} open files, {megabytes:.0f} MB")


def main() -> None:
    """Measure everything."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    project = Project.at(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        store = prepared_folder(project, Path(folder))
        add_asserted(store, project.inferred)
        port, other = free_port(), free_port()
        ask = f"?query={quote('ASK {}')}"
        command = [sys.executable, "-m", "smartcity_kg", "serve", "--port", str(port), "--store", str(store), "-q"]
        oxigraph = shutil.which("oxigraph", path=Path(sys.executable).parent)
        theirs = [str(oxigraph), "serve-read-only", "--location", str(store), "--bind", f"127.0.0.1:{other}"]
        with running(command, port, f"/sparql{ask}") as (process, started):
            begun = time.perf_counter()
            while status_of(port, "/readyz") != 200:
                time.sleep(0.02)
            ready = started + time.perf_counter() - begun
            time.sleep(12)  # until the first pages are made too
            processes, files, megabytes = left(process.pid)
            print(f"start: first query {started:.1f} s, pages {ready:.1f} s")
            print(f"idle: {processes} processes, {files} open files, {megabytes:.0f} MB")
            if oxigraph:
                with running(theirs, other, f"/query{ask}"):
                    compare(port, other, seconds)
            else:
                compare(port, None, seconds)
            load(port, "/doc/city/magdeburg", 2, accept="text/html")  # made once, then kept
            rate, median, failed = load(port, "/doc/city/magdeburg", seconds, accept="text/html")
            print(f"page of a city: {rate:,.0f} a second, median {median:.2f} ms, {failed} failed")
            attack(port, process.pid, max(60, 6 * seconds))


if __name__ == "__main__":
    main()
