"""Fairness among clients: what each may use in a minute, and whose turn it is (layer 6).

A client is any text that tells one from another, such as an address. Nothing is stored beyond a minute, nothing is
written down.
"""

import asyncio
import ipaddress
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_MOST_CLIENTS = 10_000


class Budget:
    """Seconds of processing that each client may use within a window of time.

    >>> budget = Budget(seconds=30, window=60, clock=lambda: 100.0)
    >>> budget.charge("a", 31)
    >>> budget.wait("a"), budget.wait("b")
    (60, 0)
    """

    def __init__(self, *, seconds: float, window: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._window, self._clock = seconds, window, clock
        self._used: OrderedDict[str, deque[tuple[float, float]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._used)

    def charge(self, client: str, seconds: float) -> None:
        """Note that something was done for a client; a client without a name pays nothing."""
        if not client:
            return
        spent = self._used.setdefault(client, deque())
        now = self._clock()
        if spent and now - spent[-1][0] < self._window / 60:
            # Small questions are added up, so that a busy client needs no more room than an idle one.
            spent[-1] = (spent[-1][0], spent[-1][1] + seconds)
        else:
            spent.append((now, seconds))
        self._used.move_to_end(client)
        self._forget(now)

    def wait(self, client: str) -> int:
        """After how many whole seconds a client may use more; nought if it may now."""
        spent = self._used.get(client)
        if not spent:
            return 0
        now = self._clock()
        while spent and now - spent[0][0] >= self._window:
            spent.popleft()
        total = sum(seconds for _, seconds in spent)
        for moment, seconds in spent:
            if total < self._seconds:
                break
            total -= seconds
            if total < self._seconds:
                return max(1, math.ceil(moment + self._window - now))
        return 0

    def _forget(self, now: float) -> None:
        while self._used:
            spent = next(iter(self._used.values()))
            if len(self._used) <= _MOST_CLIENTS and now - spent[-1][0] < self._window:
                return
            self._used.popitem(last=False)


class Line(Generic[T]):
    """Those who wait for something to be given to them: clients in turn, and each client's own in their order.

    Args:
        most: How many may wait.
        give_back: What to do with a thing whose receiver has gone away in the same moment.
    """

    def __init__(self, most: int, give_back: Callable[[T], None]) -> None:
        self._most, self._give_back = most, give_back
        self._waiting: OrderedDict[str, deque[asyncio.Future[T]]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def full(self) -> bool:
        """Whether nobody more may wait."""
        return self._length >= self._most

    async def wait(self, client: str) -> T:
        """Wait for the thing."""
        turn: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        self._length += 1
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and not turn.exception():
                self._give_back(turn.result())
            else:
                self._leave(client, turn)
            raise

    def give(self, thing: T) -> None:
        """Give a thing to the next one; somebody must be waiting."""
        client, turns = self._waiting.popitem(last=False)
        turn = turns.popleft()
        self._length -= 1
        if turns:
            self._waiting[client] = turns
        if turn.done():
            self._give_back(thing)
        else:
            turn.set_result(thing)

    def end(self, error: Exception) -> None:
        """Send away all who wait."""
        for turns in self._waiting.values():
            for turn in turns:
                if not turn.done():
                    turn.set_exception(error)
        self._waiting.clear()
        self._length = 0

    def _leave(self, client: str, turn: "asyncio.Future[T]") -> None:
        turns = self._waiting.get(client)
        if turns and turn in turns:
            turns.remove(turn)
            self._length -= 1
            if not turns:
                del self._waiting[client]


def client_of(address: str) -> str:
    """Whom an address stands for: itself, or for IPv6 the network that one customer is given.

    >>> client_of("192.0.2.7"), client_of("2001:db8::1:2"), client_of("testclient")
    ('192.0.2.7', '2001:db8::/64', 'testclient')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
