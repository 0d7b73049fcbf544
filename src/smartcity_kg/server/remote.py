"""Queries that a remote SPARQL endpoint answers, with the limits of the workers (layer 6)."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import pyoxigraph as ox

from smartcity_kg.answer import Answer, Triples
from smartcity_kg.errors import BackendError, ParameterProblem, Refused, TimedOut, TooBusy, TooLarge
from smartcity_kg.formats import csv, json, ntriples, rdfxml, tsv, turtle, xml
from smartcity_kg.server.answers import Answers, Result
from smartcity_kg.server.workers import GRAPH_TYPES, RESULT_TYPES, QueryLimits
from smartcity_kg.sparql import check_query
from smartcity_kg.store.remote import RemoteStore
from smartcity_kg.terms import Prefixes

_SOLUTIONS = dict(
    zip(RESULT_TYPES, (json.write_answer, xml.write_answer, csv.write_answer, tsv.write_answer), strict=True)
)
_LOG = logging.getLogger(__name__)


class Remote:
    """Asks an endpoint; used as `Workers` are.

    Args:
        endpoint: Its address.
        prefixes: Prefixes that a query may use undeclared.
        workers: How many questions are with the endpoint at the same time.
        limits: What a query may use.

    Raises:
        ParameterProblem: If the address is none.

    >>> Remote("https://sparql.example.org/", Prefixes({})).figures()
    {'asked': 0}
    """

    def __init__(
        self, endpoint: str, prefixes: Prefixes, *, workers: int = 2, limits: QueryLimits | None = None
    ) -> None:
        self.limits = limits or QueryLimits()
        self.answers = Answers(0)  # what the endpoint says may change at any time
        self.graphs: frozenset[str] = frozenset()
        self._prefixes = prefixes
        self._store = RemoteStore(
            endpoint,
            prefixes,
            timeout=self.limits.seconds,
            max_bytes=self.limits.bytes,
            max_query_bytes=self.limits.query_bytes,
        )
        self._threads = ThreadPoolExecutor(workers, "endpoint")
        self._most = workers + self.limits.queue
        self._asked = 0

    async def start(self) -> None:
        """Nothing has to be started."""

    async def close(self) -> None:
        """Send no more questions."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def switch(self, store: Path) -> None:
        """The endpoint has its own versions."""

    def figures(self) -> Mapping[str, int]:
        """What `/metrics` says."""
        return {"asked": self._asked}

    async def run(
        self,
        text: str,
        *,
        media_type: str,
        client: str = "",  # noqa: ARG002 - the endpoint does not know our clients
        inferred: bool = True,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Result:
        """See `Workers.run`.

        Raises:
            QueryProblem: If the text is malformed.
            Refused: If it is an update, calls another endpoint, or wants another data set.
            TooLarge: If the answer has too many rows.
            TimedOut: If the endpoint takes too long.
            TooBusy: If too many wait.
            ParameterProblem: If the media type does not fit the query's form.
            BackendError: If the endpoint fails.
        """
        form = check_query(text, max_bytes=self.limits.query_bytes)
        if media_type not in (_SOLUTIONS if form in {"SELECT", "ASK"} else GRAPH_TYPES):
            raise ParameterProblem(f"the answer to {form} cannot be given as {media_type}")
        if default_graphs or named_graphs or not inferred:
            raise Refused("the data set cannot be chosen here", hint="Name graphs with GRAPH in the query.")
        if self._asked >= self._most:
            raise TooBusy("too many queries wait", seconds=5)
        begun = perf_counter()
        self._asked += 1
        try:
            loop = asyncio.get_running_loop()
            body = await loop.run_in_executor(self._threads, self._ask, text, media_type)
        except TimedOut:
            raise TimedOut(f"the query took longer than {self.limits.seconds:g} seconds") from None
        except BackendError as error:
            # Where the endpoint is and what it says of itself is for the log.
            _LOG.error("%s", error.message)
            raise BackendError("the queries' endpoint fails at the moment", hint="Try again later.") from None
        finally:
            self._asked -= 1
        return Result(body, media_type, {"evaluate": perf_counter() - begun})

    def _ask(self, text: str, media_type: str) -> bytes:
        answer = self._store.query(text)
        size = len(answer) if hasattr(answer, "__len__") else 1
        if size > self.limits.rows:
            raise TooLarge(f"the answer has more than {self.limits.rows:,} rows", hint="Add LIMIT.")
        return self._written(answer, media_type)

    def _written(self, answer: Answer, media_type: str) -> bytes:
        if not isinstance(answer, Triples):
            return _SOLUTIONS[media_type](answer).encode()
        triples = tuple(answer)
        if media_type == "text/turtle":
            return turtle.write_graph(triples, self._prefixes)
        if media_type == "application/n-triples":
            return ntriples.write_graph(triples)
        if media_type == "application/rdf+xml":
            return rdfxml.write_graph(triples, self._prefixes)
        return ox.serialize(triples, format=ox.RdfFormat.JSON_LD) or b""
