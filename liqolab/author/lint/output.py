"""How findings are said: to people, to scripts (JSON), to code hosts (SARIF 2.1.0, annotations of GitHub Actions)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from liqolab import __version__
from liqolab.author.lint.catalogue import RULES
from liqolab.author.lint.rule import Finding, Rule
from liqolab.report.html.words import plural

_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_text(findings: Sequence[Finding]) -> str:
    """One line a finding, and a last one that counts them."""
    if not findings:
        return "no findings\n"
    lines = [str(finding) for finding in findings]
    fixable = sum(finding.fixable for finding in findings)
    files = len({finding.path for finding in findings})
    total = f"{plural(len(findings), 'finding')} in {plural(files, 'file')}"
    lines.append(total + (f"; {fixable} of them can be mended with --fix" if fixable else ""))
    return "\n".join(lines) + "\n"


def as_json(findings: Sequence[Finding]) -> str:
    """A list of objects with path, line, column, rule, severity, message and fixable."""
    keys = ("path", "line", "column", "rule", "severity", "message", "fixable")
    document = [{key: getattr(finding, key) for key in keys} for finding in findings]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_sarif(findings: Sequence[Finding]) -> str:
    """One run of SARIF 2.1.0, with all rules, so that a host can show those that found nothing, too."""
    ids = list(RULES)
    run = {
        "tool": {
            "driver": {
                "name": "liqolab",
                "version": __version__,
                "rules": [_sarif_rule(rule) for rule in RULES.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            {
                "ruleId": finding.rule,
                "ruleIndex": ids.index(finding.rule),
                "level": finding.severity,
                "message": {"text": finding.message},
                "locations": [_sarif_location(finding)],
            }
            for finding in findings
        ],
    }
    document = {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_github(findings: Sequence[Finding]) -> str:
    """Workflow commands, which GitHub shows beside the lines of a change."""
    return "".join(
        f"::{finding.severity} file={_property(finding.path)},line={finding.line},col={finding.column},"
        f"title={_property(finding.rule)}::{_data(finding.message)}\n"
        for finding in findings
    )


FORMATS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}


def rules_text() -> str:
    """The table of rules for a terminal."""
    width = max(map(len, RULES))
    return "".join(f"{rule.id:<{width}}  {rule.severity:<7}  {rule.what}\n" for rule in RULES.values())


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": rule.id,
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": rule.why},
        "defaultConfiguration": {"level": rule.severity},
    }
    if rule.bad:
        entry["help"] = {"text": f"Instead of\n\n{rule.bad}\nwrite\n\n{rule.good}"}
    return entry


def _sarif_location(finding: Finding) -> dict[str, Any]:
    # A URI, so that blanks and letters beyond ASCII in file names arrive; imported here, as only SARIF needs it.
    from urllib.parse import quote

    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(finding.path)},
            "region": {"startLine": finding.line, "startColumn": finding.column},
        }
    }


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
