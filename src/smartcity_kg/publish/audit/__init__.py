"""The audit of a published site: 39 conventions that publishers of linked data are judged by (layer 4).

What each convention demands and how to mend what is found stands in `ontology/messages/audit.ttl`; the checks read
a folder, or ask an address, and only say what they found.
"""

from collections.abc import Callable
from pathlib import Path

from smartcity_kg.project import Project
from smartcity_kg.publish.audit.checks import CHECKS
from smartcity_kg.publish.audit.model import Audit, Outcome
from smartcity_kg.publish.audit.place import Folder
from smartcity_kg.publish.audit.site import Site

EACH = 6


def audit_folder(
    folder: Path, project: Project, *, each: int = EACH, tell: Callable[[str], None] = lambda _: None
) -> Audit:
    """Check a built site in a folder; nothing is written, nothing is fetched.

    Args:
        folder: The folder that `smartcity-kg site` has written.
        project: Whose IRIs the things have.
        each: How many pages of each kind are read.
        tell: Called with the number of each convention as it is checked.

    Raises:
        InputError: If the folder cannot be read or holds no page.

    >>> audit_folder(Path("nowhere"), Project.find())
    Traceback (most recent call last):
    smartcity_kg.errors.InputError: nowhere: there is no such folder
      Name the folder that `smartcity-kg site --out` has written.
    """
    site = Site(Folder(folder), project.base, each)
    outcomes = []
    for number, checks in CHECKS.items():
        tell(number)
        outcomes.append(Outcome.of(number, (found for check in checks for found in check(site))))
    return Audit(str(folder), tuple(outcomes), site.place.reads, site.place.unasked)


def audit_site(
    subject: str, project: Project, *, each: int | None = None, tell: Callable[[str], None] = lambda _: None
) -> Audit:
    """Check a built site in a folder or at an http or https address.

    Raises:
        InputError: If it cannot be read or holds no page.

    >>> audit_site("nowhere", Project.find())
    Traceback (most recent call last):
    smartcity_kg.errors.InputError: nowhere: there is no such folder
      Name the folder that `smartcity-kg site --out` has written.
    """
    return audit_folder(Path(subject), project, each=each or EACH, tell=tell)
