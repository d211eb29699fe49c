"""What is known of images, and of how containers are started and started again."""

from __future__ import annotations

import pytest

from liqolab.kube.node.back_off import BackOff, Corrections, go_duration
from liqolab.kube.node.environment import expand, service_variables
from liqolab.kube.node.images import parse_image, simulation


@pytest.mark.parametrize(
    ("image", "repository", "canonical"),
    [
        ("nginx", "nginx", "docker.io/library/nginx:latest"),
        ("docker.io/library/nginx:1.25", "nginx", "docker.io/library/nginx:1.25"),
        ("liqo/auth:v0.5.4", "liqo/auth", "docker.io/liqo/auth:v0.5.4"),
        ("ghcr.io/a/b/c", "ghcr.io/a/b/c", "ghcr.io/a/b/c:latest"),
        ("localhost:5000/x:1", "localhost:5000/x", "localhost:5000/x:1"),
    ],
)
def test_images_are_spelt_out(image: str, repository: str, canonical: str) -> None:
    found = parse_image(image)
    assert (found.repository, found.canonical) == (repository, canonical)


@pytest.mark.parametrize("image", ["", "Nginx", "nginx:", "a b", "http://nginx"])
def test_what_is_no_image(image: str) -> None:
    with pytest.raises(ValueError, match="invalid reference format"):
        parse_image(image)


def test_a_tag_says_on_which_system_an_image_is_built() -> None:
    assert simulation(parse_image("nginx:1.29-alpine")).userland == "alpine"
    assert simulation(parse_image("nginx:1.29")).userland == "nginx"


def test_references_in_commands() -> None:
    assert expand("$(A)-$(B)-$$(A)-$A", {"A": "1"}) == "1-$(B)-$(A)-$A"


def test_service_variables() -> None:
    port = {"name": "https", "port": 443}
    service = {"metadata": {"name": "my-svc"}, "spec": {"clusterIP": "10.0.0.1", "ports": [port]}}
    headless = {"metadata": {"name": "none"}, "spec": {"clusterIP": "None", "ports": [port]}}
    assert service_variables([service, headless]) == {
        "MY_SVC_SERVICE_HOST": "10.0.0.1",
        "MY_SVC_SERVICE_PORT": "443",
        "MY_SVC_SERVICE_PORT_HTTPS": "443",
        "MY_SVC_PORT": "tcp://10.0.0.1:443",
        "MY_SVC_PORT_443_TCP": "tcp://10.0.0.1:443",
        "MY_SVC_PORT_443_TCP_PROTO": "tcp",
        "MY_SVC_PORT_443_TCP_PORT": "443",
        "MY_SVC_PORT_443_TCP_ADDR": "10.0.0.1",
    }


def test_back_off_doubles_up_to_five_minutes_and_forgives() -> None:
    back_off = BackOff(free=True)
    assert [go_duration(back_off.failed(1)) for _ in range(7)] == ["0s", "10s", "20s", "40s", "1m20s", "2m40s", "5m0s"]
    assert back_off.failed(601) == 0


def test_what_is_made_wrong_again_and_again_is_put_right_ever_more_slowly() -> None:
    corrections, now = Corrections(), 0.0
    pauses = []
    for _ in range(9):
        pauses.append(corrections.pause(now))
        now += pauses[-1]
    assert pauses == [0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0]
    assert corrections.pause(now + 60) == 0.0
