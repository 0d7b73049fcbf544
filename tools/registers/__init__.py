"""Make the shared registers from the tables in `data/sources/`.

Cities, regions, networks, programmes, competitions, memberships, results and fundings are many and alike, so they
are written by this tool and not by hand. It makes `data/shared/cities.ttl`, `data/shared/contradictions.ttl`, the
files `data/shared/register-*.ttl`, and the list `docs/registers/rows.csv` with the page beside it.

    python -m tools.registers            write the files
    python -m tools.registers --check    write nothing; exit 1 if a file is out of date

The other files in `data/shared/` and all records are kept by hand. What they say is not said again: a row whose
membership, result or funding stands there already is only named in the list.

All rows are checked first. With a single fault (unknown municipality key, slug given twice, membership in a
network that is not described, a point at sea, a date in the future, a wrong number) the tool names file and row of
each fault and writes nothing.

From below: `tables` reads, `checks` finds faults, `entries` holds what will be written, `kept` knows what is
written by hand, `build` is what the makers share; `places`, `bodies`, `parts` and `claims` make entries; `pages`
sums up.
"""
