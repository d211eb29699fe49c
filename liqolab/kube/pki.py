"""The certificates of a cluster as files, and the TLS contexts of its servers."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

from liqolab.certificates import CLIENT, SERVER, Authority, KeyPair
from liqolab.controller.tls import unverified_tls
from liqolab.kube.config import write_private


class Pki:
    """All key material of a cluster, in its ``pki`` folder: made at the first start, read at later ones."""

    def __init__(self, folder: Path, cluster: str, hosts: Iterable[str]) -> None:
        """Load or make everything.

        Args:
            folder: ``DIR/pki``.
            cluster: the cluster's name, for the authority's.
            hosts: names and addresses under which the API server is reached.

        Raises:
            OSError, ValueError: a file cannot be read or written.
        """
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (folder / "ca.crt").exists():
            self.authority = Authority.load((folder / "ca.crt").read_bytes(), (folder / "ca.key").read_bytes())
        else:
            self.authority = Authority.create(f"{cluster}-ca")
            write_private(folder / "ca.key", self.authority.key_pem)
            write_private(folder / "ca.crt", self.authority.pem)
        hosts = list(hosts)
        self._pair("apiserver", "kube-apiserver", (), hosts, {*SERVER, *CLIENT})
        self._pair("kubelet", f"system:nodes:{cluster}", ("system:nodes",), hosts, SERVER)
        self.admin = self._pair("admin", "kubernetes-admin", ("system:masters",), (), CLIENT)
        self._pair("apiserver-kubelet-client", "kube-apiserver", ("system:masters",), (), CLIENT)

    def _pair(
        self, name: str, common_name: str, organizations: Iterable[str], hosts: Iterable[str], usages: Iterable[str]
    ) -> KeyPair:
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        if certificate.exists() and key.exists():
            return KeyPair(certificate.read_bytes(), key.read_bytes())
        pair = self.authority.issue(common_name, organizations, hosts=hosts, usages=usages)
        write_private(key, pair.key)
        write_private(certificate, pair.certificate)
        return pair

    def server_context(self, name: str) -> ssl.SSLContext:
        """TLS of the API server (``apiserver``) or the nodes' kubelets (``kubelet``).

        Clients of the own authority are verified, and optional.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        context.load_verify_locations(cadata=self.authority.pem.decode())
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def kubelet_context(self) -> ssl.SSLContext:
        """TLS towards kubelets: the API server shows who it is, and takes any kubelet's certificate (as it does by
        default everywhere: virtual kubelets sign their own).
        """
        context = unverified_tls()
        context.load_cert_chain(
            self.folder / "apiserver-kubelet-client.crt", self.folder / "apiserver-kubelet-client.key"
        )
        return context
