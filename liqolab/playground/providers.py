"""Which provider a playground has: how it is chosen, where that is noted, and how to get at it.

Nothing outside of `liqolab.playground` names a provider's class. A playground keeps its choice in a file of its own, so
that every later command, and the programs of its shell, mean the same provider without being told again.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from liqolab import installed
from liqolab.playground import dialect as dialects
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.existing import Reference
from liqolab.playground.home import Playground
from liqolab.playground.kind_config.versions import version_of
from liqolab.playground.provider import Provider
from liqolab.playground.topology import ClusterSpec
from liqolab.playground.upstream import LIQO_VARIABLE, LIQOS, OWN, UPSTREAM, find_liqoctl

PROVIDER_VARIABLE: Final = "LIQOLAB_PROVIDER"
NODE_IMAGE_VARIABLE: Final = "LIQOLAB_NODE_IMAGE"
EMBEDDED, KIND, EXISTING = "embedded", "kind", "existing"
MAKERS: Final = (EMBEDDED, KIND)
"""Providers that make clusters; the other one is given them."""

_NOTE = "provider.json"
_POSSESSIVE = {OWN: "this project's", UPSTREAM: "upstream's"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A provider, and what it is told.

    Attributes:
        node_image: in the place of the image that a topology names for its nodes; empty for the topology's own.
        kubeconfigs: the clusters of the provider ``existing``.
        liqo: whose Liqo they have: see `liqolab.playground.upstream`.
        dialect: whose texts it uses: see `liqolab.playground.dialect`; empty for the usual one of that Liqo.
    """

    provider: str = EMBEDDED
    node_image: str = ""
    kubeconfigs: tuple[Reference, ...] = ()
    liqo: str = OWN
    dialect: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "dialect", self.dialect or dialects.implied(self.liqo))

    def wordings(self, specs: Sequence[ClusterSpec]) -> dict[str, str]:
        """What checks of a topology's clusters expect → what it is here: the version that the chosen node image has in
        its tag, and what release 0.5.4 says otherwise than the seed.
        """
        version = version_of(self.node_image) if self.node_image else None
        found = {spec.version: version for spec in specs if version and spec.version != version}
        return {**found, **dialects.wordings(self.dialect)}


def chosen(
    provider: str | None = None,
    node_image: str | None = None,
    kubeconfigs: tuple[str, ...] = (),
    liqo: str | None = None,
    dialect: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Choice:
    """What a command line, else the environment asks for; embedded clusters where neither says anything.

    Args:
        provider: named on the command line.
        node_image: likewise.
        kubeconfigs: texts ``NAME=PATH[:CONTEXT]``.
        liqo: named on the command line.
        dialect: likewise.
        environ: where the variables are looked up.
        folder: from which paths are taken; None for the current one.

    Raises:
        PlaygroundError: there is no such provider, or what is asked for does not go together.
    """
    named = provider or (environ.get(PROVIDER_VARIABLE) if not kubeconfigs else None) or ""
    image = node_image or environ.get(NODE_IMAGE_VARIABLE, "")
    whose = _whose(liqo, environ)
    spoken = dialects.resolve(dialect, whose, environ)
    if kubeconfigs:
        if named not in ("", EXISTING):
            raise PlaygroundError(f"--kubeconfig gives clusters that exist, and {named} makes its own: use one")
        return Choice(EXISTING, "", references(kubeconfigs, folder or Path.cwd()), whose, spoken)
    if named and named not in MAKERS:
        if named == EXISTING:
            raise PlaygroundError(
                f'the provider "{EXISTING}" needs clusters', "add --kubeconfig NAME=PATH for each of them"
            )
        source = "" if provider else f" ({PROVIDER_VARIABLE})"
        raise PlaygroundError(f'there is no provider "{named}"{source}', f"known: {', '.join(MAKERS)}")
    if whose == UPSTREAM and (named or EMBEDDED) == EMBEDDED:
        raise PlaygroundError(
            "upstream's Liqo needs nodes that run containers, and those of embedded clusters run none",
            f"add --provider {KIND}, or --kubeconfig NAME=PATH for clusters of yours",
        )
    return Choice(named or EMBEDDED, image, (), whose, spoken)


def _whose(named: str | None, environ: Mapping[str, str]) -> str:
    liqo = named or environ.get(LIQO_VARIABLE) or OWN
    if liqo not in LIQOS:
        source = "" if named else f" ({LIQO_VARIABLE})"
        raise PlaygroundError(f'there is no Liqo "{liqo}"{source}', f"known: {', '.join(LIQOS)}")
    if liqo == UPSTREAM:
        # Before anything is made for it.
        find_liqoctl(environ)
    return liqo


def references(texts: tuple[str, ...], folder: Path) -> tuple[Reference, ...]:
    """The clusters that texts ``NAME=PATH[:CONTEXT]`` give, each once.

    Raises:
        PlaygroundError: one is not of that form, gives no access, or a name is given twice.
    """
    from liqolab.playground.existing import reference

    found: dict[str, Reference] = {}
    for text in texts:
        one = reference(text, folder)
        if one.name in found:
            raise PlaygroundError(f'cluster "{one.name}" is given twice')
        found[one.name] = one
    return tuple(found.values())


def settle(playground: Playground, choice: Choice) -> Choice:
    """Have a playground keep to a choice.

    Raises:
        PlaygroundError: it has clusters of another provider, or its folder cannot be written.
    """
    now = settled(playground)
    if now == choice and ((playground.root / _NOTE).exists() or choice == Choice()):
        return choice
    if now.provider != choice.provider and not playground.is_empty:
        raise PlaygroundError(
            f'playground "{playground.name}" has clusters of the provider {now.provider}, not {choice.provider}',
            f"take it down first ({installed.command(f'down -p {playground.name}')}), or use another playground",
        )
    if now.liqo != choice.liqo and not playground.is_empty:
        raise PlaygroundError(
            f'playground "{playground.name}" has {_POSSESSIVE[now.liqo]} Liqo, not {_POSSESSIVE[choice.liqo]}',
            f"take it down first ({installed.command(f'down -p {playground.name}')}), or use another playground",
        )
    if now.dialect != choice.dialect and not playground.is_empty:
        raise PlaygroundError(
            f'the Liqo of playground "{playground.name}" speaks the dialect {now.dialect}, not {choice.dialect}',
            f"take it down first ({installed.command(f'down -p {playground.name}')}), or use another playground",
        )
    _note(playground, choice)
    return choice


def speak(playground: Playground, dialect: str) -> None:
    """Note that the clusters of a playground were replaced by others, which speak a dialect.

    Raises:
        PlaygroundError: its folder cannot be written.
    """
    now = settled(playground)
    if now.dialect != dialect:
        _note(playground, replace(now, dialect=dialect))


def _note(playground: Playground, choice: Choice) -> None:
    playground.create()
    document = {
        "provider": choice.provider,
        "nodeImage": choice.node_image,
        "kubeconfigs": [[entry.name, str(entry.path), entry.context] for entry in choice.kubeconfigs],
        "liqo": choice.liqo,
        "dialect": choice.dialect,
    }
    try:
        (playground.root / _NOTE).write_text(json.dumps(document) + "\n")
    except OSError as error:
        raise PlaygroundError(f"{playground.root} cannot be written: {error.strerror}", "free some space") from None


def settled(playground: Playground) -> Choice:
    """What a playground keeps to; embedded clusters where nobody has chosen.

    Raises:
        PlaygroundError: its note is damaged.
    """
    path = playground.root / _NOTE
    try:
        note = json.loads(path.read_bytes())
        given = tuple(Reference(name, Path(file), context) for name, file, context in note["kubeconfigs"])
        return Choice(note["provider"], note["nodeImage"], given, note.get("liqo", OWN), note.get("dialect", ""))
    except FileNotFoundError:
        return Choice()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlaygroundError(f"{path} cannot be read: {error}", "delete its clusters by hand") from None


def settle_for(
    playground: Playground,
    provider: str | None,
    node_image: str | None,
    kubeconfigs: tuple[str, ...] = (),
    liqo: str | None = None,
    dialect: str | None = None,
) -> Choice:
    """`settle` what a command line asks for; where it and the environment are silent, what is settled already stays.

    Raises:
        PlaygroundError: as for `chosen` and `settle`.
    """
    now = settled(playground)
    noted = (playground.root / _NOTE).exists()
    if not (provider or node_image or kubeconfigs or liqo or dialect) and (noted or not playground.is_empty):
        # A playground goes on with what it has, whatever has come into the environment meanwhile.
        return now
    if noted and not provider and not kubeconfigs and now.provider in MAKERS:
        # Another node image, or another Liqo, is asked of a playground that has its provider already.
        provider = now.provider
    if noted and not liqo:
        liqo, dialect = now.liqo, dialect or now.dialect
    return settle(playground, chosen(provider, node_image, kubeconfigs, liqo, dialect))


def provider_of(playground: Playground) -> Provider:
    """The provider of a playground's clusters.

    Raises:
        PlaygroundError: the playground's note of it is damaged.
    """
    choice = settled(playground)
    # A command on embedded clusters should not pay for the others.
    if choice.provider == KIND:
        from liqolab.playground.containers.provider import KindProvider

        return KindProvider(playground, node_image=choice.node_image, liqo=choice.liqo)
    if choice.provider == EXISTING:
        from liqolab.playground.given import GivenProvider

        return GivenProvider(playground, choice.kubeconfigs)
    from liqolab.playground.embedded import EmbeddedProvider

    return EmbeddedProvider(playground, node_image=choice.node_image)


def delete_clusters(playground: Playground) -> None:
    """Delete all clusters of a playground and leave the rest of it.

    Raises:
        PlaygroundError: one does not end.
    """
    asyncio.run(provider_of(playground).delete_all())
