from pathlib import Path

import pytest
import yaml

from liqolab.controller.kubeconfig import Access, KubeconfigError, load, render
from liqolab.playground import kubeconfigs
from liqolab.playground.errors import PlaygroundError

_ONE = (
    "contexts: [{{name: x, context: {{cluster: x, user: x}}}}]\nclusters: [{{name: x, cluster: {cluster}}}]\n"
    "users: [{{name: x, user: {user}}}]\ncurrent-context: x\n"
)


@pytest.fixture
def addition(tmp_path: Path) -> Path:
    path = tmp_path / "addition"
    path.write_text(render("kind-venice", Access("https://127.0.0.1:1", ca=b"ca", token="t")))
    return path


def test_merging_keeps_what_was_there_and_removing_takes_only_its_own(tmp_path: Path, addition: Path) -> None:
    file = tmp_path / "config"
    file.write_text(render("mine", Access("https://example.org", token="secret")))
    kubeconfigs.merge(file, addition)
    assert load(file).server == "https://127.0.0.1:1"
    assert load(file, "mine").server == "https://example.org"
    assert file.stat().st_mode & 0o777 == 0o600
    kubeconfigs.remove(file, "kind-venice")
    assert load(file, "mine").token == "secret"
    assert yaml.safe_load(file.read_text())["current-context"] == ""


def test_a_file_that_is_no_kubeconfig_is_left_as_it_is(tmp_path: Path, addition: Path) -> None:
    file = tmp_path / "diary"
    for text in ("just some text", "clusters: 3", "contexts: [1]"):
        file.write_text(text)
        with pytest.raises(PlaygroundError, match="left as it is"):
            kubeconfigs.merge(file, addition)
        assert file.read_text() == text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        ("a: [", "not valid YAML"),
        ("current-context: gone\n", 'context "gone" does not exist'),
        ("clusters: []\n", "no current-context"),
        ("clusters: 3\n", "clusters is not a list"),
        ("contexts: [1]\n", r"contexts\[0\] is not a mapping with a name"),
        ("users: [{name: x, user: [1]}]\n", r"users\[0\].user is not a mapping"),
        ("current-context: [x]\n", "current-context is not a text"),
        ("\0", "not valid YAML"),
        (_ONE.format(cluster="{server: 's', proxy-url: 'socks5://x'}", user="{}"), "proxy-url is not supported here"),
        (_ONE.format(cluster="{server: s}", user="{exec: {command: aws}}"), "exec is not supported here; use a"),
        (_ONE.format(cluster="{server: s}", user="{username: me}"), "username is not supported here"),
        (_ONE.format(cluster="{server: s}", user="{token: t, as: you}"), "as is not supported here"),
    ],
)
def test_an_unusable_kubeconfig_says_why(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(KubeconfigError, match=complaint):
        load(file)


def test_a_missing_kubeconfig_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="does not exist; set --kubeconfig or KUBECONFIG"):
        load(tmp_path / "nowhere")
