"""What the lab knows about container images.

Three kinds of images: those with a *program* (found through entry points, they run for real), those with a *simulation*
in the table below (they answer HTTP as the real image would, or end as its command would), and all others, which
become generic simulated containers that simply run. Some are kept for teaching: tags that say of themselves that they
do not exist, and the misspelt ones of Kubernetes' own documentation, are never found by any registry.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

MISSING_TAGS = frozenset(("does-not-exist", "doesnotexist", "not-found", "nonexistent", "non-existent", "404"))
"""An image with one of these tags fails to be pulled, as a misspelt tag does on a real node."""

MISSING_IMAGES = frozenset((("nginx", "1.161"), ("nginx", "1.91")))
"""(Repository, tag) of the documentation's examples of a rollout that is stuck."""

_DOCKER_HUB = "docker.io"
_REFERENCE = re.compile(
    r"^(?:[a-zA-Z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
    r"(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$"
)


@dataclass(frozen=True, slots=True)
class Simulation:
    """How an image is imitated.

    Attributes:
        page: which page it serves (see `pages`); empty for images that serve nothing.
        port: where it serves when its container declares no port.
        command: what it executes when its container names no command; empty for images that run until stopped.
        programs: what its own server is called, for command lines and scripts that start it.
        userland: which family of images its files and commands are of (see `machine.userlands`); empty: not known.
        entrypoint: what is put before arguments: before all if it is the image's own server, else before options.
        server: ``package.module:function`` that carries out the image's own server, as a command of the container.
        cost: how long answering a request keeps a processor, in seconds.
        root: the folder whose files its server serves; empty where it has none.
        named_user: whom the image names as its user; of the images whose userland is known, the others run as root.
    """

    page: str = ""
    port: int = 80
    command: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    userland: str = ""
    entrypoint: str = ""
    root: str = ""
    server: str = ""
    cost: float = 0.0005
    named_user: str = ""

    @property
    def user(self) -> str:
        """Whom the image runs as: a name or a number; empty where nobody here knows."""
        return self.named_user or ("root" if self.userland else "")

    @property
    def serves(self) -> bool:
        """Whether what the image would serve is served here, so that probes can tell."""
        return bool(self.page or self.server)


GENERIC = Simulation()

_BUSYBOX = Simulation(command=("sh",), userland="busybox")
_HTTPD = Simulation(
    page="httpd", programs=("httpd-foreground", "httpd"), userland="httpd", root="/usr/local/apache2/htdocs"
)
_NGINX = Simulation(page="nginx", programs=("nginx",), userland="nginx", root="/usr/share/nginx/html")

_REDIS = Simulation(
    command=("redis-server",),
    programs=("redis-server", "redis-cli", "docker-entrypoint.sh"),
    userland="redis",
    entrypoint="redis-server",
    server="liqolab.kube.node.imitations.redis:redis",
    root="/data",
)

_MIRRORS = ("public.ecr.aws/docker/library/", "mirror.gcr.io/library/", "quay.io/libpod/", "registry.k8s.io/library/")
"""Registries that have Docker's official images under their own names."""

SIMULATIONS: dict[str, Simulation] = {
    "nginx": _NGINX,
    "nginxinc/nginx-unprivileged": replace(_NGINX, port=8080),
    "nginxdemos/hello": replace(_NGINX, page="hello", userland="alpine", root=""),
    "httpd": _HTTPD,
    "liqo/flights-service": Simulation(page="flights", port=7999),
    "registry.k8s.io/hpa-example": Simulation(
        page="ok", programs=("apache2-foreground",), userland="debian", root="/var/www/html", cost=0.01
    ),
    "hashicorp/http-echo": Simulation(page="echo", port=5678, programs=("/http-echo",)),
    "traefik/whoami": Simulation(page="whoami", programs=("/whoami",)),
    "registry.k8s.io/e2e-test-images/agnhost": Simulation(
        command=("/agnhost", "pause"),
        programs=("/agnhost", "agnhost", "/agnhost-2"),
        userland="agnhost",
        entrypoint="/agnhost",
        server="liqolab.kube.node.agnhost:agnhost",
    ),
    "registry.k8s.io/e2e-test-images/nonewprivs": Simulation(
        command=("/nnp",), programs=("/nnp",), server="liqolab.kube.node.agnhost.privileges:nonewprivs"
    ),
    "registry.k8s.io/e2e-test-images/nginx": _NGINX,
    "registry.k8s.io/e2e-test-images/httpd": _HTTPD,
    "registry.k8s.io/e2e-test-images/nautilus": Simulation(page="picture", programs=("nautilus",)),
    "registry.k8s.io/e2e-test-images/kitten": Simulation(page="picture", programs=("kitten",)),
    "quay.io/argoproj/argocd": Simulation(
        programs=("argocd", "/usr/local/bin/argocd"), server="liqolab.kube.node.imitations.argocd:argocd"
    ),
    "redis": _REDIS,
    "perl": Simulation(
        command=("perl", "-de0"), programs=("perl",), userland="perl", server="liqolab.kube.node.imitations.perl:perl"
    ),
    "python": Simulation(
        programs=("python", "python3"),
        userland="python",
        server="liqolab.kube.node.imitations.python:python",
    ),
    "postgres": Simulation(
        command=("postgres",),
        programs=("postgres", "psql", "pg_isready"),
        userland="postgres",
        entrypoint="postgres",
        server="liqolab.kube.node.imitations.postgres:postgres",
        root="/var/lib/postgresql/data",
    ),
    "restic/restic": Simulation(
        command=("restic",),
        programs=("restic",),
        userland="alpine",
        entrypoint="restic",
        server="liqolab.kube.node.imitations.restic:restic",
    ),
    "restic/rest-server": Simulation(
        command=("rest-server",),
        programs=("rest-server",),
        userland="alpine",
        entrypoint="rest-server",
        server="liqolab.kube.node.imitations.restic:restic",
    ),
    "valkey/valkey": _REDIS,
    "busybox": _BUSYBOX,
    "registry.k8s.io/busybox": _BUSYBOX,
    "registry.k8s.io/e2e-test-images/busybox": _BUSYBOX,
    "alpine": Simulation(command=("/bin/sh",), userland="alpine"),
    "ubuntu": Simulation(command=("/bin/bash",), userland="ubuntu"),
    "debian": Simulation(command=("bash",), userland="debian"),
    "bash": Simulation(command=("bash",), userland="bash", entrypoint="bash"),
    "hello-world": Simulation(command=("/hello",), programs=("/hello",)),
    "curlimages/curl": Simulation(command=("curl",), userland="curl", entrypoint="curl", named_user="curl_user"),
}
"""Repository (without registry ``docker.io`` and ``library/``, without tag) → simulation."""


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image, spelt out.

    Attributes:
        repository: as the tables of programs and simulations have it: ``nginx``, ``liqolab/liqonet``, ``ghcr.io/a/b``.
        canonical: with registry and tag: ``docker.io/library/nginx:latest``.
        tag: ``latest`` unless given.
    """

    repository: str
    canonical: str
    tag: str

    @property
    def image_id(self) -> str:
        """What stands in for the digest: derived from the name, since no bytes of the image are here."""
        digest = hashlib.sha256(self.canonical.encode()).hexdigest()
        return f"{self.canonical.rpartition(':')[0]}@sha256:{digest}"


def parse_image(text: str) -> ImageReference:
    """Spell an image out.

    Raises:
        ValueError: it is no image reference.
    """
    if not _REFERENCE.match(text):
        raise ValueError("invalid reference format")
    name, _, _ = text.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    path = f"{head}{slash}{last}"
    first, slash, rest = path.partition("/")
    has_registry = bool(slash) and ("." in first or ":" in first or first == "localhost")
    registry, repository = (first, rest) if has_registry else (_DOCKER_HUB, path)
    if registry == _DOCKER_HUB:
        repository = repository.removeprefix("library/")
        full = repository if "/" in repository else f"library/{repository}"
    else:
        full = repository
        repository = f"{registry}/{repository}"
    tag = tag or "latest"
    return ImageReference(repository, f"{registry}/{full}:{tag}", tag)


def simulation(reference: ImageReference) -> Simulation:
    """How to imitate an image; of one that is built on several systems, the tag says on which."""
    repository = reference.repository
    for mirror in _MIRRORS:
        repository = repository.removeprefix(mirror)
    found = SIMULATIONS.get(repository, GENERIC)
    if "alpine" in reference.tag and found.userland and found.userland != "alpine":
        return replace(found, userland="alpine")
    return found


def is_missing(reference: ImageReference) -> bool:
    """Whether no registry has the image."""
    return reference.tag in MISSING_TAGS or (reference.repository, reference.tag) in MISSING_IMAGES
