"""The audit of a published site: 39 conventions that publishers of linked data are judged by (layer 4).

What each convention demands and how to mend what is found stands in `ontology/messages/audit.ttl`; the checks read
a folder, or ask an address, and only say what they found.
"""

from collections.abc import Callable
from pathlib import Path

from smartcity_kg.project import Project
from smartcity_kg.publish.audit.address import Address, Limits
from smartcity_kg.publish.audit.checks import CHECKS, checks_of
from smartcity_kg.publish.audit.model import Audit, Outcome
from smartcity_kg.publish.audit.place import Folder, Place
from smartcity_kg.publish.audit.site import Site

EACH = 6
EACH_ASKED = 1


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
    return _audit(Folder(folder), project, each, tell)


def audit_address(
    url: str,
    project: Project,
    *,
    each: int = EACH_ASKED,
    limits: Limits | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Audit:
    """Check a published site over HTTP; asked are the address, what it redirects to, and endpoints it names.

    Args:
        url: The address, http or https.
        project: Whose IRIs the things have.
        each: How many pages of each kind are read.
        limits: What it may cost the server.
        tell: Called with the number of each convention as it is checked.

    Raises:
        ParameterProblem: If it is no such address.
        InputError: If there is no answer.

    >>> audit_address("file:///etc", Project.find())
    Traceback (most recent call last):
    smartcity_kg.errors.ParameterProblem: 'file:///etc' is no address of a site
      It begins with http:// or https:// and names a host.
    """
    return _audit(Address(url, limits), project, each, tell)


def _audit(place: Place, project: Project, each: int, tell: Callable[[str], None]) -> Audit:
    site = Site(place, project.base, each)
    place.paths()
    outcomes = []
    for number in CHECKS:
        tell(number)
        checks = checks_of(number, live=place.live)
        outcomes.append(Outcome.of(number, (found for check in checks for found in check(site))))
    return Audit(place.subject, tuple(outcomes), place.reads, place.unasked)


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
    if "://" in subject:
        return audit_address(subject, project, each=each or EACH_ASKED, tell=tell)
    return audit_folder(Path(subject), project, each=each or EACH, tell=tell)
