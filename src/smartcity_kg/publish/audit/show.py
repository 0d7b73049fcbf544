"""An audit as text for people and as JSON for programs (layer 4)."""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from smartcity_kg.publish.audit.model import FAIL, NOTE, PASS, Audit, Found, Outcome
from smartcity_kg.publish.audit.words import Words

_MOST = 4
_LEVELS = {
    "en": {"pass": "passes", "fail": "fails", "not-applicable": "does not apply"},
    "de": {"pass": "erfüllt", "fail": "verfehlt", "not-applicable": "trifft nicht zu"},
}
_TEXTS = {
    "en": {
        "mend": "To mend",
        "more": "and {} more of this kind",
        "sum": "{passes} of {all} conventions pass, {fails} fail, {rest} do not apply.",
        "files": "{} files read.",
        "requests": "{} requests made.",
        "unasked": "{} addresses were not asked: the limit on requests was reached.",
    },
    "de": {
        "mend": "Zu tun",
        "more": "und {} weitere dieser Art",
        "sum": "{passes} von {all} Konventionen erfüllt, {fails} verfehlt, {rest} treffen nicht zu.",
        "files": "{} Dateien gelesen.",
        "requests": "{} Anfragen gestellt.",
        "unasked": "{} Adressen wurden nicht gefragt: Die Grenze für Anfragen war erreicht.",
    },
}


def write_text(audit: Audit, words: Words, *, language: str = "en") -> str:
    """The audit for people: each convention with its level; what is wrong, where, and how to mend it.

    >>> from smartcity_kg.project import Project
    >>> from smartcity_kg.publish.audit.model import good
    >>> from smartcity_kg.publish.audit.words import read_words
    >>> done = Audit("public", (Outcome("A-28", (good("rule-there", ".htaccess", value="CORS"),)),), files=1)
    >>> print(write_text(done, read_words(Project.find())), end="")
    A-28  passes          Data may be read from other sites
    <BLANKLINE>
    1 of 1 conventions pass, 0 fail, 0 do not apply.
    1 files read.
    """
    lines = [line for outcome in audit.outcomes for line in _outcome(outcome, words, language)]
    texts = _TEXTS[language]
    levels = [outcome.level for outcome in audit.outcomes]
    lines += [
        "",
        texts["sum"].format(
            passes=levels.count(PASS),
            all=len(levels),
            fails=levels.count(FAIL),
            rest=len(levels) - levels.count(PASS) - levels.count(FAIL),
        ),
        texts["requests" if "://" in audit.subject else "files"].format(audit.files),
    ]
    if audit.unasked:
        lines.append(texts["unasked"].format(audit.unasked))
    return "\n".join(lines) + "\n"


def _outcome(outcome: Outcome, words: Words, language: str) -> Iterator[str]:
    convention = words.conventions[outcome.number]
    level = _LEVELS[language][outcome.level]
    yield f"{outcome.number}  {level:<15} {convention.titles[language]}"
    wrong = [one for one in outcome.found if one.state == FAIL]
    for _, members in groupby(sorted(wrong, key=lambda one: one.kind), key=lambda one: one.kind):
        same = list(members)
        for one in same[:_MOST]:
            yield f"      {_said(one, words, language)}"
        if len(same) > _MOST:
            yield f"      … {_TEXTS[language]['more'].format(len(same) - _MOST)}"
    if wrong:
        yield f"      {_TEXTS[language]['mend']}: {convention.messages[language]}"
    for one in [one for one in outcome.found if one.state == NOTE]:
        yield f"      {_said(one, words, language)}"


def _said(found: Found, words: Words, language: str) -> str:
    text = words.kinds[found.kind].filled(language, found.values)
    return f"{found.path}: {text}" if found.path else text


def write_json(audit: Audit, words: Words) -> str:
    """The audit for programs: all that was found, texts in both languages.

    >>> from smartcity_kg.project import Project
    >>> from smartcity_kg.publish.audit.model import good
    >>> from smartcity_kg.publish.audit.words import read_words
    >>> done = Audit("public", (Outcome("A-28", (good("rule-there", ".htaccess", value="CORS"),)),))
    >>> json.loads(write_json(done, read_words(Project.find())))["checks"][0]["level"]
    'pass'
    """
    checks = [_check(outcome, words) for outcome in audit.outcomes]
    whole = {
        "subject": audit.subject,
        "passes": audit.passes,
        "files": audit.files,
        "unasked": audit.unasked,
        "checks": checks,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _check(outcome: Outcome, words: Words) -> dict[str, Any]:
    convention = words.conventions[outcome.number]
    return {
        "id": outcome.number,
        "level": outcome.level,
        "title": _sorted(convention.titles),
        "explanation": _sorted(convention.explanations),
        "remedy": _sorted(convention.messages),
        "found": [
            {
                "kind": one.kind,
                "state": one.state,
                "file": one.path,
                "values": dict(one.values),
                "messages": {
                    language: words.kinds[one.kind].filled(language, one.values)
                    for language in sorted(words.kinds[one.kind].messages)
                },
            }
            for one in outcome.found
        ],
    }


def _sorted(texts: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(texts.items()))
