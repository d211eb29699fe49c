"""What a client wants to see: JSON, YAML, a Table, or metadata only; the first wish that can be granted wins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from liqolab.apimachinery.errors import status_error

View = Literal["", "Table", "PartialObjectMetadata"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The form of an answer.

    Attributes:
        yaml: YAML instead of JSON.
        view: what becomes of objects; empty leaves them whole.
        version: of ``meta.k8s.io`` for the view.
        parameters: all parameters of the media type that was granted (discovery looks at them).
    """

    yaml: bool = False
    view: View = ""
    version: str = "v1"
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def content_type(self) -> str:
        return "application/yaml" if self.yaml else "application/json"

    def parameter(self, name: str) -> str:
        return dict(self.parameters).get(name, "")


_JSON = Answer()


def _parse(part: str) -> tuple[str, dict[str, str]]:
    kind, *rest = (piece.strip() for piece in part.split(";"))
    return kind.lower(), {key.strip(): value.strip() for key, _, value in (text.partition("=") for text in rest)}


@lru_cache(maxsize=256)
def media_ranges(accept: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The entries of an Accept header in order: media type, and its parameters except the quality."""
    parsed = (_parse(part) for part in accept.split(",") if part.strip())
    return tuple((kind, tuple((k, v) for k, v in parameters.items() if k != "q")) for kind, parameters in parsed)


@lru_cache(maxsize=256)
def negotiate(accept: str) -> Answer:
    """The form in which to answer a request for objects.

    Raises:
        ApiError: 406, nothing on the list can be had.
    """
    if not accept:
        return _JSON
    for kind, pairs in media_ranges(accept):
        parameters = dict(pairs)
        view = parameters.get("as", "")
        if kind in ("application/json", "application/yaml"):
            yaml = kind == "application/yaml"
            if not view:
                return Answer(yaml=yaml, parameters=pairs)
            if parameters.get("g") == "meta.k8s.io" and parameters.get("v") in ("v1", "v1beta1"):
                name = view.removesuffix("List")
                if name == "Table":
                    return Answer(yaml=yaml, view="Table", version=parameters["v"])
                if name == "PartialObjectMetadata":
                    return Answer(yaml=yaml, view="PartialObjectMetadata", version=parameters["v"])
            elif parameters.get("g") == "apidiscovery.k8s.io":
                return Answer(yaml=yaml, parameters=pairs)
        elif kind in ("*/*", "application/*"):
            return _JSON
    accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    text = f"only the following media types are accepted: {accepted}"
    raise status_error(406, "NotAcceptable", text, {})
