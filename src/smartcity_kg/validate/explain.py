"""Why a text is no Turtle, in words for people (layer 2).

pyoxigraph says what it met; this says it in both languages, shows the line with a caret, and guesses what was
meant. It decides nothing: the file has been refused already. The words stand in `ontology/messages/syntax.ttl`.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from smartcity_kg.errors import SyntaxProblem, close_matches
from smartcity_kg.project import Project
from smartcity_kg.turtle.parse import RDF12
from smartcity_kg.validate.messages import Rule, read_rules

# So that the place fits into 500 characters too.
_MOST = 400
_SHOWN = 88
_VALUE = 60
# What the parser says, and which message that is.
_SAID = (
    (re.compile(r"The prefix (?P<value>\S*:) has not been declared"), "S-01"),
    (re.compile(r"A dot is expected at the end of statements"), "S-02"),
    (re.compile(r"Unexpected end.*"), "S-03"),
    (re.compile(r"Invalid IRI code point (?P<value>.+)", re.DOTALL), "S-04"),
    (re.compile(r"(?P<value>.+) is not a valid RDF object", re.DOTALL), "S-05"),
    (re.compile(r"(?P<value>.+) is not a valid predicate", re.DOTALL), "S-06"),
    (re.compile(r"(?P<value>.+) is not a valid subject or graph name", re.DOTALL), "S-07"),
    (re.compile(r"No scheme found in an absolute IRI"), "S-08"),
    (re.compile(re.escape(RDF12)), "S-09"),
    (re.compile(r"the file holds no statement"), "S-10"),
    (re.compile(r"Line jumps are not allowed in string literals.*", re.DOTALL), "S-11"),
    (re.compile(r"Unexpected escape character (?P<value>.+)", re.DOTALL), "S-12"),
    (re.compile(r"Invalid IRI percent encoding (?P<value>.+)", re.DOTALL), "S-13"),
    (re.compile(r"The PREFIX keyword should be followed by a prefix.*", re.DOTALL), "S-14"),
    (re.compile(r"Unexpected character (?P<value>.+)", re.DOTALL), "S-15"),
)
_REMEDIES = {"S-09": "H-10", "S-10": "H-11", "S-12": "H-14", "S-13": "H-16"}
_OTHER_FORMATS = (
    (re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\"{\[])"), "JSON"),
    (re.compile(r"\s*<(?:!doctype html|html)\b", re.IGNORECASE), "HTML"),
    (re.compile(r"\s*<(?:\?xml|!--|rdf:RDF)\b", re.IGNORECASE), "XML"),
)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_DECIMAL_COMMA = re.compile(r"(?<![\w.,])(\d+),(\d+)(?![\w,])")
_CURLY = re.compile("[„“”‚‘’»«]")
_OPEN_IRI = re.compile(r"<[^<>\s]*(?:\s|$)")


class _Guess(NamedTuple):
    identifier: str
    value: str = ""
    match: str = ""


def explain(problem: SyntaxProblem, text: str, project: Project) -> SyntaxProblem:
    r"""The same problem in English, with translations, the line and a guess; each language at most 500 characters.

    Args:
        problem: What the parser said.
        text: The text that it read.
        project: Where messages and prefixes come from.

    >>> said = SyntaxProblem("The prefix skso: has not been declared", path="a.ttl", line=1, column=5)
    >>> print(explain(said, "e:a skso:b 1 .", Project.find()))
    a.ttl:1:5: The prefix skso: has not been declared
      In the line: e:a skso:b 1 .
                       ^
      Did you mean skos:?
    """
    rules = read_rules(project)
    identifier, value = _what(problem.message)
    guess = _guess(identifier, value, problem, text, project)
    line, before = _quoted(text, problem)
    if identifier == "S-10":
        line = ""
    said = rules[identifier].filled(value=_short(value))
    explained = SyntaxProblem("", path=problem.path, line=problem.line, column=problem.column)
    explained.rule = identifier
    explained.translations = {
        language: _fitting(said[language], _hint(language, rules, line, before, guess)) for language in said
    }
    return explained.in_language("en")


def _what(message: str) -> tuple[str, str]:
    """The message that the parser's words stand for, and the value that they name."""
    for pattern, identifier in _SAID:
        found = pattern.fullmatch(message)
        if found:
            return identifier, (found.groupdict().get("value") or "").strip("'")
    return "S-00", message


def _guess(identifier: str, value: str, problem: SyntaxProblem, text: str, project: Project) -> _Guess | None:
    lines = text.split("\n")
    number = min(problem.line or 1, len(lines))
    if identifier == "S-01":
        return _guess_prefix(value, text, project)
    if identifier in _REMEDIES:
        return _Guess(_REMEDIES[identifier])
    other = next((name for pattern, name in _OTHER_FORMATS if pattern.match(text)), None)
    if other:
        return _Guess("H-13", other)
    ending = _last_written(lines, number, problem.column or 1)
    for candidate in dict.fromkeys((number, ending)):
        guess = _guess_in_line(lines[candidate - 1], candidate, identifier)
        if guess:
            return guess
    if identifier == "S-11":
        return _Guess("H-15")
    if identifier == "S-02":
        # An indented line goes on about the same thing.
        follows = lines[number - 1]
        indented = follows[:1].isspace() and ending < number
        return _Guess("H-04" if indented else "H-05", str(ending))
    return _Guess("H-05", str(ending)) if identifier == "S-03" else None


def _guess_in_line(line: str, number: int, identifier: str) -> _Guess | None:
    outside = _STRING.sub('""', line)
    plain = re.sub(r"<[^<>\s]*>", "<>", outside)
    comma = _DECIMAL_COMMA.search(plain)
    if comma:
        return _Guess("H-08", comma[0], f"{comma[1]}.{comma[2]}")
    curly = _CURLY.search(plain)
    if curly and '"' not in plain.replace('""', ""):
        return _Guess("H-09", curly[0])
    if plain.replace('""', "").count('"') % 2:
        return _Guess("H-06", str(number))
    if identifier in {"S-00", "S-03", "S-04", "S-15"} and _OPEN_IRI.search(plain):
        return _Guess("H-07", str(number))
    return None


def _guess_prefix(value: str, text: str, project: Project) -> _Guess:
    name = value.removesuffix(":")
    known: Mapping[str, str] = project.prefixes.namespaces
    if name in known:
        return _Guess("H-01", match=f"{name}: <{known[name]}>")
    declared = re.findall(r"(?im)^\s*@?prefix\s+([\w.-]*):", text[:20_000])
    near = close_matches(name, [*declared, *known], count=1)
    return _Guess("H-02", match=f"{near[0]}:") if near else _Guess("H-03", value)


def _last_written(lines: list[str], number: int, column: int) -> int:
    """The line of the last thing written before a place, comments left out."""
    if lines[number - 1][: column - 1].strip():
        return number
    for earlier in range(number - 1, 0, -1):
        written = lines[earlier - 1].strip()
        if written and not written.startswith("#"):
            return earlier
    return number


def _quoted(text: str, problem: SyntaxProblem) -> tuple[str, int]:
    """The part of the line to show, and how many characters of it stand before the place."""
    lines = text.split("\n")
    if not problem.line or problem.line > len(lines):
        return "", 0
    line = "".join(character if character.isprintable() else " " for character in lines[problem.line - 1])
    at = min((problem.column or 1) - 1, len(line))
    start = max(0, at - _SHOWN // 2) if len(line) > _SHOWN else 0
    part = line[start : start + _SHOWN]
    left = len(part) - len(part.lstrip())
    return part.strip(), max(0, at - start - left)


def _hint(language: str, rules: Mapping[str, Rule], line: str, before: int, guess: _Guess | None) -> str:
    parts = []
    if line:
        shown = rules["H-00"].filled(value=line)[language]
        indent = len(shown) - len(line) + before
        parts.append(f"{shown}\n  {' ' * indent}^")
    if guess:
        parts.append(rules[guess.identifier].filled(value=_short(guess.value), match=guess.match)[language])
    return "\n  ".join(parts)


def _short(text: str) -> str:
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if len(plain) <= _VALUE else f"{plain[: _VALUE - 1]}…"


def _fitting(message: str, hint: str) -> tuple[str, str]:
    fits = len(message) + len(hint) <= _MOST
    return (message, hint) if fits else (_cut(message, _MOST // 2), _cut(hint, _MOST // 2))


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"
