"""Write docs/conformance/shacl-earl.ttl: which tests of the W3C SHACL suite pass, engine by engine.

python tools/earl.py
"""

import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run the suite with every engine and write the report."""
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]
    import earl_report
    import w3c
    from smartcity_kg.validate.engine import ENGINES, open_engine

    suite = w3c.read_suite()
    warnings.simplefilter("ignore")
    failing = {name: [test.name for test in suite if not w3c.passes(test, open_engine(name))] for name in ENGINES}
    text = earl_report.write_report([test.iri for test in suite], failing)
    (ROOT / earl_report.TARGET).write_text(text, encoding="utf-8")
    for name, failed in failing.items():
        print(f"{name}: {len(suite) - len(failed)} of {len(suite)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
