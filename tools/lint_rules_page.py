"""The reference page of the linter's rules, made of the rules themselves."""

from __future__ import annotations

from liqolab.author.lint import tags
from liqolab.author.lint.catalogue import RULES
from liqolab.author.lint.rule import Rule, Scope

_HEAD = """\
# Rules of `liqolab lint`

What the linter looks for in features and lessons. It starts no cluster and needs none.

```console
$ liqolab lint                                     # the folders features and scenarios
$ liqolab lint features/vocabulary --fix           # mends the spacing first
$ liqolab lint --select step- --ignore step-role   # rules by their names, or how these begin
$ liqolab lint -o sarif > lint.sarif               # or json, or github (annotations of a workflow)
```

A finding is one line: `file:line:column rule message`. Exit codes: 0 no finding, 1 findings (warnings count), 2 the
command line was wrong.

A comment `# liqolab: ignore RULE` (several with commas) lets a finding stand. In a feature it covers the next line;
above a scenario, all of the scenario; above the feature, the file. In YAML it covers its line, or the next one when it
stands alone; in Markdown, as `<!-- liqolab: ignore RULE -->`, the next line; in the first line of either, the file.

`--fix` mends what is marked *fixable*: blanks, tabs, line ends, indentation and tables of features. It compiles the
feature before and after, and writes nothing unless both mean the same.
"""

_TAGS = """\
## Tags

The vocabulary of tags that `tag-unknown` knows. Capitals stand for anything. A feature that uses others says so in a
comment, `# liqolab: tags @smoke, @team:NAME`.
"""

_SECTIONS: tuple[tuple[Scope, str], ...] = (
    ("feature", "Features"),
    ("lesson", "Lessons"),
    ("file", "Files of either kind"),
)


def lint_rules_page() -> str:
    """The whole page, without the notice that it is generated."""
    parts = [_HEAD]
    for scope, title in _SECTIONS:
        parts.append(f"## {title}\n")
        parts += [_rule(rule, scope) for rule in RULES.values() if rule.scope == scope]
    parts.append(_tags())
    return "\n".join(parts)


def _rule(rule: Rule, scope: Scope) -> str:
    marks = [rule.severity, *(["fixable"] if rule.fixable else [])]
    text = f"### `{rule.id}`\n\n*{', '.join(marks)}.* {rule.what}\n\n{rule.why}\n"
    if not rule.bad:
        return text
    language = "gherkin" if scope == "feature" else "yaml" if ":" in rule.bad.splitlines()[0] else "markdown"
    return text + f"\nInstead of\n\n{_block(rule.bad, language)}\nwrite\n\n{_block(rule.good, language)}"


def _block(text: str, language: str) -> str:
    # Blanks at the end of a line are what some examples are about, and editors take them away.
    visible = "\n".join(line.rstrip(" ") + "·" * (len(line) - len(line.rstrip(" "))) for line in text.split("\n"))
    end = "" if visible.endswith("\n") else "\n"
    return f"```{language}\n{visible}{end}```\n".replace("\t", "→   ")


def _tags() -> str:
    rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in tags.KNOWN.items())
    return f"{_TAGS}\n| Tag | Meaning |\n|---|---|\n{rows}\n"
