"""The list of what carries each row, and the page that sums it up."""

import csv
import io
from collections import Counter

from tools.registers.build import Build
from tools.registers.places import is_city

_TABLES = ("networks", "programmes", "memberships", "awards")


def write_list(build: Build) -> str:
    """Which entry carries which row, as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("table", "id", "entry", "remark"))
    writer.writerows(sorted(build.carried))
    return out.getvalue()


def write_page(build: Build) -> str:
    """How many rows are carried, and how what is no plain case was modelled."""
    cities = [node for node in build.sheets["cities"].entries if is_city(node) and node in build.labels]
    without_point = sum(1 for row in build.tables["cities"] if not row["lat"])
    return _PAGE.format(
        rows=_rows(build, len(cities)), without_point=without_point, kinds="\n".join(_kinds(build))
    )


def _rows(build: Build, cities: int) -> str:
    lines = [f"| cities | {len(build.tables['cities'])} | {cities} | 0 | 0 |"]
    for table in _TABLES:
        remarks = Counter(remark for of, _, _, remark in build.carried if of == table)
        numbers = (
            len(build.tables[table]),
            remarks.total(),
            remarks["kept by hand"],
            remarks["joined with another row"],
        )
        lines.append(f"| {table} | {' | '.join(map(str, numbers))} |")
    return "\n".join(lines)


def _kinds(build: Build) -> list[str]:
    entries = [entry for sheet in build.sheets.values() for entry in sheet.entries.values()]
    numbers = Counter(entry.kind for entry in entries if build.news(entry).facts)
    return [f"| `{kind}` | {number} |" for kind, number in sorted(numbers.items())]


_PAGE = """\
# What the registers carry

Made by `tools/registers` from the tables in `data/sources/`. Which entry carries which row
stands in [rows.csv](rows.csv).

| table | rows | carried | of these kept by hand | joined with another row |
|---|--:|--:|--:|--:|
{rows}

- **Networks that are none**: some of the rows are funding programmes, projects or organisations (a competence
  centre, a support body, an institute, a platform). They are entries of those kinds; `data/sources/slugs.csv`
  says which.
- **Programmes**: some of the rows are competitions, one is a publication, one a law; projects with several
  partners are consortia.
- **Model projects**: a project of several municipalities is one funding with several recipients. Where a
  record already holds the funding for all of them, it is not made a second time.
- **Programmes without money**: who takes part in one of three initiatives of the European Union has a
  participation, or an application where it was not chosen.
- **The fifty cities of the atlas** are links of the publication (`sckg:portrays`), not memberships.
- **Status** of a membership: completed where an end has passed; unknown where the row is concluded; else
  ongoing, which says that no list names an end. Who has left, will join or only supports a network has a
  membership with such a role and is not counted as taking part.
- **Parts of the country**: each federal state belongs to exactly one of four; `data/sources/states.csv` says
  to which.
- **Municipalities outside the list of cities**: villages that the table of cities does not hold are
  organisations of their own, as are utilities and associations. Districts are regions.
- **Points**: {without_point} cities have none, because no populated place could be matched.
- **Contradictions** between sources stand in `data/shared/contradictions.ttl` and in the record of Lemgo; the
  saved query `contradictions` lists them. Left out: the smaller sum for South Westphalia (its page is not
  known), and a missing hyphen in a portrait.

## Entries by kind

| class | entries |
|---|--:|
{kinds}
"""
