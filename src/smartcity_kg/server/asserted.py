"""A second store in a store's folder, without inferred statements, for queries that leave them out (layer 6).

The default graph of a store holds everything merged. To leave out what was concluded, all other graphs would have
to be merged anew for a query, which takes longer than most queries.
"""

import tempfile
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.server.worker import ASSERTED


def add_asserted(store: Path, inferred: str) -> bool:
    """Write the store without inferred statements into the folder of a store, unless it is there already.

    It is built beside and renamed when it is complete. Where nothing can be written, nothing changes, and workers
    merge the graphs themselves when they are asked to leave inferred statements out.

    Args:
        store: The folder of a finished store.
        inferred: What the names of graphs with inferred statements begin with.

    Returns:
        Whether it is there now.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = ox.Store(folder)
    ...     made.add(ox.Quad(*[ox.NamedNode("http://e.org/a")] * 4))
    ...     del made
    ...     add_asserted(Path(folder), "http://e.org/inferred/")
    True
    """
    target = store / ASSERTED
    if target.is_dir():
        return True
    try:
        whole = ox.Store.read_only(str(store))
        with tempfile.TemporaryDirectory(dir=store, prefix=".building-") as folder:
            place = Path(folder) / ASSERTED
            merged = ox.Store()
            for graph in whole.named_graphs():
                if not isinstance(graph, ox.NamedNode) or graph.value.startswith(inferred):
                    continue
                quads = list(whole.quads_for_pattern(None, None, None, graph))
                merged.extend(quads)
                merged.extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
            made = ox.Store(str(place))
            made.bulk_extend(merged)
            made.optimize()
            del made
            place.rename(target)
    except (OSError, RuntimeError):
        return target.is_dir()
    return True
