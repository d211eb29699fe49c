"""What is taken for a secret and what is not, and what is shown instead of done."""

from __future__ import annotations

import pytest

from liqolab.steps.failing.redaction import REDACTED, presentable, printable, redact

_KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nabc==\n-----END EC PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def-1", "Authorization: Bearer ‹redacted›"),
        ("-H 'Authorization: Basic dXNlcjpwYXNz' /x", "-H 'Authorization: Basic ‹redacted›' /x"),
        ("sent Bearer abcdefgh12345678 along", "sent Bearer ‹redacted› along"),
        ("is eyJhbGciOiJI.eyJzdWIiOiIx.c2ln valid", "is ‹redacted› valid"),
        ("  token: abc123def", "  token: ‹redacted›"),
        ("password: hunter2", "password: ‹redacted›"),
        ("DB_PASSWORD=hunter2 next", "DB_PASSWORD=‹redacted› next"),
        ('{"clientSecret": "a \\" b", "user": "x"}', '{"clientSecret": "‹redacted›", "user": "x"}'),
        ("peer --auth-token 0a1b2c --cluster-id 7", "peer --auth-token ‹redacted› --cluster-id 7"),
        ("peer --auth-token=0a1b2c", "peer --auth-token=‹redacted›"),
        ("create secret generic x --from-literal=user=bob", "create secret generic x --from-literal=user=‹redacted›"),
        ('denied: invalid token "deadbeef"', 'denied: invalid token "‹redacted›"'),
        ("postgres://bob:s3cr3t@db:5432/x", "postgres://bob:‹redacted›@db:5432/x"),
        ("client-key-data: LS0tLS1CRUdJTg==", "client-key-data: ‹redacted›"),
        ("id AKIAIOSFODNN7EXAMPLE.", "id ‹redacted›."),
        (_KEY, "-----BEGIN EC PRIVATE KEY-----‹redacted›-----END EC PRIVATE KEY-----"),
        (_KEY[:46], "-----BEGIN EC PRIVATE KEY-----‹redacted›"),
        ('"kind":"Secret","data":{"p":"aHVu","q":"{x}"}', '"kind":"Secret","data":{"p":"‹redacted›","q":"‹redacted›"}'),
        (
            '{\\"data\\":{\\"p\\":\\"aHVu\\"},\\"kind\\":\\"Secret\\"}',
            '{\\"data\\":{\\"p\\":\\"‹redacted›\\"},\\"kind\\":\\"Secret\\"}',
        ),
    ],
)
def test_secrets_are_taken_out_and_leave_a_mark(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        'pod "token-server" in namespace "secrets" is Pending',
        'secret "db" not found',
        "secretName: db",
        "imagePullSecrets:\n- name: registry",
        "automountServiceAccountToken: false",
        "serviceAccountToken:\n  expirationSeconds: 3607",
        "the token request failed: context deadline exceeded",
        "token: it has expired yesterday",
        "use bearer authentication here",
        "certificate-authority-data: LS0tLS1CRUdJTiBDRVJU",
        "image docker.io/nginx@sha256:7ecfe37b60f89b1575a0d6746099fa5c985cae54fbdf7c1ece1026097aec31bc",
        "https://127.0.0.1:6443/api/v1/namespaces/liqo-demo/pods?watch=true",
        "apiVersion: v1\ndata:\n  password-policy: strict\nkind: ConfigMap",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


def test_only_the_data_of_secrets_is_taken_out_of_a_list() -> None:
    listed = (
        "items:\n- apiVersion: v1\n  data:\n    a: aHVudGVy\n    b: |\n      two\n      lines\n  kind: Secret\n"
        "- apiVersion: v1\n  data:\n    a: kept\n  kind: ConfigMap\n"
    )
    shown = redact(listed)
    assert "aHVudGVy" not in shown and "two" not in shown and "lines" not in shown
    assert "a: kept" in shown


def test_values_that_are_known_are_taken_out_wherever_they_are() -> None:
    assert redact("it said xyzzy-plugh.", ["xyzzy-plugh"]) == f"it said {REDACTED}."
    assert redact("a b c", ["b"]) == "a b c"


def test_what_a_terminal_would_obey_is_shown() -> None:
    assert printable("\x1b[31mred\x1b]52;c;x\x07\0") == "␛[31mred␛]52;c;x␇␀"
    assert printable("a\u202eb\u2066\ufeff") == "a‹U+202E›b‹U+2066›‹U+FEFF›"
    assert printable("caf\udce9 \ud800") == "caf\\xe9 ‹U+D800›"
    assert printable("one\r\ntwo\rthree\tfour") == "one\ntwo␍three\tfour"
    assert printable("città, 東京, 👩‍🚀") == "città, 東京, 👩‍🚀"


def test_long_texts_say_how_much_is_missing() -> None:
    assert printable("x" * 1_000, 10) == "x" * 10 + "… (990 more characters)"
    assert printable("x" * 20, 10) == "x" * 20
    cut = presentable("x" * 95 + " token=" + "s" * 100_000, 100)
    assert "s" * 10 not in cut and cut.endswith("more characters)")
