"""Write the expected results of all saved queries anew, for `tests/test_queries.py`.

Run it after a change of data or queries, and read the difference before you commit it.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from cases import sample_project  # noqa: E402
from smartcity_kg.files import write_whole  # noqa: E402
from smartcity_kg.formats.csv import write_answer  # noqa: E402
from smartcity_kg.graph import open_store  # noqa: E402
from smartcity_kg.project import Project  # noqa: E402
from smartcity_kg.queries import read_saved_queries, run_saved_query  # noqa: E402
from test_queries import GOLDEN, golden_cases  # noqa: E402


def main() -> None:
    """Write one CSV file for each query and each of its optional parameters."""
    with tempfile.TemporaryDirectory() as folder:
        project = sample_project(Path(folder) / "project")
        write_all(project)


def write_all(project: Project) -> None:
    """Write the expected results of the queries of a project."""
    store = open_store(project)
    written = set()
    for query in read_saved_queries(project):
        folder = GOLDEN / query.topic
        folder.mkdir(parents=True, exist_ok=True)
        for name, values in golden_cases(query).items():
            answer = run_saved_query(query, store, project.prefixes, values, language="de")
            write_whole(folder / name, write_answer(answer))
            written.add(folder / name)
    for path in GOLDEN.rglob("*.csv"):
        if path not in written:
            path.unlink()
    print(f"{len(written)} expected results in {GOLDEN.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
