"""Forms that visitors send, with their files: read within limits and in memory (layer 6)."""

from typing import Any

from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from smartcity_kg.errors import ParameterProblem, TooLarge
from smartcity_kg.server.headers import read_body

MULTIPART, FORM = "multipart/form-data", "application/x-www-form-urlencoded"
_ENCODED = 3  # bytes of a form for each byte of a text, at worst


async def read_form(request: Request, *, most: int, beside: int, fields: int) -> list[tuple[str, bytes]]:
    """The fields of a form in its order; the name of a file follows as a field `name`.

    Args:
        request: The request; its type is one of `MULTIPART` and `FORM`.
        most: How many bytes a field or file may have.
        beside: How many bytes the rest of the form may have.
        fields: How many fields there may be.

    Raises:
        ParameterProblem: If the form cannot be read or has too many fields.
        TooLarge: If it has too many bytes.
        HTTPException: As `read_body` does.
    """
    multipart = request.headers.get("content-type", "").lower().startswith(MULTIPART)
    body = await read_body(request, (1 if multipart else _ENCODED) * most + beside)

    async def stream() -> Any:  # noqa: ANN401 - an iterator of bytes
        yield body

    try:
        if multipart:
            parser = MultiPartParser(
                request.headers, stream(), max_files=1, max_fields=fields, max_part_size=most + beside
            )
            parser.spool_max_size = most + beside  # nothing of a text reaches the disk
            given = await parser.parse()
        else:
            given = await FormParser(request.headers, stream()).parse()
    except MultiPartException as error:
        raise ParameterProblem("the form cannot be read") from error
    found: list[tuple[str, bytes]] = []
    for name, value in given.multi_items():
        if isinstance(value, str):
            found.append((name, value.encode("utf-8", "replace")))
            continue
        found.append((name, await value.read()))
        if value.filename:
            found.append(("name", value.filename.encode("utf-8", "replace")))
        await value.close()
    if len(found) > fields + 1:
        raise ParameterProblem(f"the form has more than {fields:,} fields")
    if max((len(value) for _, value in found), default=0) > most:
        raise TooLarge(f"the text has more than the {most:,} bytes allowed")
    return found
