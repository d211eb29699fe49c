"""In which form a client wants its answer, and whether it can have it.

Of the media types that a client would like, by their quality, the first that can be had wins; what stands behind one
(``as=Table``) is part of it. Built-in kinds are asked twice: the router of a real server looks at the bare types first,
and has words of its own when it knows none of them. Errors are negotiated like answers, but without views; what cannot
be negotiated at all is said in indented JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import orjson
import yaml

from liqolab.apimachinery.errors import ApiError, status_error

View = Literal["", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"]

JSON: Final = "application/json"
YAML: Final = "application/yaml"
_PRODUCED: Final = (JSON, YAML, "application/vnd.kubernetes.protobuf")
_STREAMED: Final = ("application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch")
_VIEWS: Final = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")
_META_VERSIONS: Final = ("v1", "v1beta1")
_BROWSERS: Final = ("curl", "Wget", "Mozilla/5.0")
"""How the User-Agent of a program begins that shows answers to people."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The form of an answer.

    Attributes:
        yaml: YAML instead of JSON.
        view: what becomes of objects; empty leaves them whole.
        version: of ``meta.k8s.io`` for the view.
        pretty: indented, for people.
    """

    yaml: bool = False
    view: View = ""
    version: str = "v1"
    pretty: bool = False

    @property
    def content_type(self) -> str:
        return YAML if self.yaml else JSON


PLAIN: Final = Answer()
_INDENTED: Final = Answer(pretty=True)

Range = tuple[str, tuple[tuple[str, str], ...]]


def _parse(part: str) -> tuple[str, dict[str, str]]:
    kind, *rest = (piece.strip() for piece in part.split(";"))
    return kind.lower(), {key.strip(): value.strip() for key, _, value in (text.partition("=") for text in rest)}


@lru_cache(maxsize=256)
def media_ranges(accept: str) -> tuple[Range, ...]:
    """The entries of an Accept header by their quality: media type, and its parameters except the quality."""
    parsed = [_parse(part) for part in accept.split(",") if part.strip()]
    parsed.sort(key=lambda entry: (-_quality(entry[1]), entry[0].startswith("*"), entry[0].endswith("*")))
    return tuple((kind, tuple((k, v) for k, v in parameters.items() if k != "q")) for kind, parameters in parsed)


def _quality(parameters: Mapping[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 1.0


@lru_cache(maxsize=512)
def negotiate(accept: str, *, routed: bool = True, tables: bool = True, listed: bool = False) -> Answer:
    """The form in which to answer a request for objects.

    Args:
        accept: the header.
        routed: built-in kinds, whose router asks first.
        tables: whether there can be a Table.
        listed: the router also offers watches here (a collection).

    Raises:
        ApiError: 406, nothing on the list can be had.
    """
    if not accept:
        return PLAIN
    if routed:
        check_route(accept, (*_PRODUCED, *_STREAMED) if listed else _PRODUCED)
    found = _first(accept, tables=tables, views=True)
    if found is None:
        raise _not_acceptable(_PRODUCED)
    return found


def negotiate_watch(accept: str, *, routed: bool, tables: bool) -> Answer:
    """As `negotiate`, for a watch, which is never YAML.

    Raises:
        ApiError: 406.
    """
    answer = negotiate(accept, routed=routed, tables=tables, listed=True)
    if answer.yaml:
        raise _not_acceptable(_STREAMED)
    return answer


def negotiate_error(accept: str) -> Answer:
    """The form of an error, which is found for every header."""
    return PLAIN if not accept else _first(accept, tables=False, views=False) or _INDENTED


def negotiate_document(accept: str, *, routed: bool) -> Answer:
    """The form of a document of discovery, which has no views.

    Raises:
        ApiError: 406.
    """
    if routed:
        check_route(accept)
    found = _first(accept, tables=False, views=False) if accept else PLAIN
    if found is None:
        raise _not_acceptable(_PRODUCED)
    return found


def check_route(accept: str, produced: tuple[str, ...] = _PRODUCED) -> None:
    """What the router of a real server says: one of the types, or all of them, must be asked for in so many words.

    Raises:
        ApiError: 406.
    """
    if not accept or any(kind == "*/*" or kind in produced for kind, _ in media_ranges(accept)):
        return
    text = f"406: Not Acceptable\n\nAvailable representations: {', '.join(produced)}"
    raise status_error(406, "NotAcceptable", text, {})


def _not_acceptable(accepted: tuple[str, ...]) -> ApiError:
    text = f"only the following media types are accepted: {', '.join(accepted)}"
    return status_error(406, "NotAcceptable", text)


@lru_cache(maxsize=512)
def _first(accept: str, *, tables: bool, views: bool) -> Answer | None:
    for kind, pairs in media_ranges(accept):
        found = _answer(kind, dict(pairs), tables=tables, views=views)
        if found is not None:
            return found
    return None


def _answer(kind: str, parameters: Mapping[str, str], *, tables: bool, views: bool) -> Answer | None:
    if kind not in (JSON, YAML, "*/*", "application/*"):
        return None
    if parameters.get("stream", "") not in ("", "watch") or parameters.get("sv"):
        return None
    pretty, as_yaml = parameters.get("pretty") == "1", kind == YAML
    if not {"as", "g", "v"} & parameters.keys():
        return Answer(yaml=as_yaml, pretty=pretty)
    view, version = parameters.get("as", ""), parameters.get("v", "")
    known = view in _VIEWS and parameters.get("g") == "meta.k8s.io" and version in _META_VERSIONS
    if not views or not known or (view == "Table" and not tables):
        return None
    chosen: Any = view
    return Answer(yaml=as_yaml, view=chosen, version=version, pretty=pretty)


def wants_pretty(raw_target: str, user_agent: str) -> bool:
    """Whether JSON shall be indented: as the query says, else for programs that show it to people."""
    if "pretty" in raw_target:
        for pair in raw_target.partition("?")[2].split("&"):
            name, _, value = pair.partition("=")
            if name == "pretty" and value:
                return value in ("1", "t", "T", "true", "TRUE", "True")
    return user_agent.startswith(_BROWSERS)


def indented(body: bytes) -> bytes:
    """JSON for people: a real server writes it without the newline that ends its compact form."""
    return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2)


def dump(value: Any, answer: Answer) -> bytes:
    """A document as YAML, or as compact JSON without its newline."""
    if answer.yaml:
        return str(yaml.safe_dump(value, default_flow_style=False)).encode()
    return orjson.dumps(value)
