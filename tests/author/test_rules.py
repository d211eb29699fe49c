"""Every rule finds what it is about, where it is, and nothing in what is well written."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.author.lint.catalogue import RULES
from liqolab.author.lint.linter import lint_feature, lint_lesson
from liqolab.author.lint.rule import Finding
from liqolab.author.scaffold import scaffold

# Rule → line and column at which its own bad example is wrong.
EXAMPLES = {
    "step-undefined": (4, 10),
    "step-argument": (4, 10),
    "step-role": (4, 5),
    "kind-misspelt": (4, 10),
    "state-misspelt": (4, 42),
    "cluster-unknown": (7, 31),
    "check-contradicted": (5, 10),
    "cluster-missing": (4, 10),
    "time-without-unit": (4, 58),
    "never-without-time": (4, 10),
    "shape-not-yaml": (6, 7),
    "pattern-invalid": (7, 9),
    "position-unknown": (5, 11),
    "feature-syntax": (5, 5),
    "feature-empty": (1, 1),
    "feature-unnamed": (1, 1),
    "scenario-unnamed": (3, 3),
    "scenario-duplicate": (6, 3),
    "scenario-empty": (3, 3),
    "scenario-without-check": (3, 3),
    "then-before-when": (4, 5),
    "when-in-background": (4, 5),
    "outline-without-examples": (3, 3),
    "outline-column-unused": (7, 18),
    "outline-column-missing": (4, 19),
    "tag-unknown": (3, 3),
    "keywords-mixed": (4, 5),
    "edition-coverage": (12, 3),
    "trailing-space": (3, 14),
    "tab": (3, 1),
    "indentation": (4, 7),
    "table-misaligned": (8, 7),
    "line-ending": (4, 41),
}
LONG = "Feature: F\n\n  Scenario: S\n" + '    Then cluster "a" does not exist\n' * 13

# What a lesson is damaged with: rule → file, text, what takes its place, and where the rule should see it.
DAMAGES: dict[str, tuple[str, str, str, tuple[str, int, int]]] = {
    "lesson-yaml": ("lesson.yaml", "summary:", "title:", ("lesson.yaml", 2, 1)),
    "lesson-schema": ("lesson.yaml", "title: Make a", "titel: Make a", ("lesson.yaml", 19, 5)),
    "kubeconfig-pattern": ("lesson.yaml", "_{cluster}", "", ("lesson.yaml", 4, 13)),
    "step-duplicate": ("lesson.yaml", "id: destroy", "id: namespace", ("lesson.yaml", 26, 9)),
    "step-scenario": ("lesson.yaml", "id: namespace", "id: namespaces", ("lesson.yaml", 19, 9)),
    "hint-missing": ("lesson.yaml", "      nudge: There is", "      # nudge: There is", ("lesson.yaml", 15, 5)),
    "file-missing": ("lesson.yaml", "manifests/cluster.yaml", "manifests/clusters.yaml", ("lesson.yaml", 8, 13)),
    "prose-drift": ("steps/provision.md", "`kubectl get nodes`", "`kubectl get node`", ("steps/provision.md", 7, 2)),
    "prose-mark": ("steps/provision.md", "{{run 2}}", "{{run 3}}", ("steps/provision.md", 9, 1)),
    "prose-empty": ("steps/namespace.md", "", " \n", ("steps/namespace.md", 1, 1)),
    "hint-early": (
        "lesson.yaml",
        "nudge: Namespaces are",
        "nudge: Use kubectl create. Namespaces are",
        ("lesson.yaml", 23, 14),
    ),
    "task-count": ("lesson.yaml", "    minutes: 3", "    tasks: [one, two]", ("lesson.yaml", 21, 5)),
    "mistake-own-command": (
        "lesson.yaml",
        "title: New",
        "mistakes: [{id: x, when: {command: kubectl}, say: No.}]\ntitle: New",
        ("lesson.yaml", 1, 36),
    ),
    "manifest-yaml": (
        "workdir/manifests/cluster.yaml",
        "kind: Cluster",
        "kind: [Cluster",
        ("workdir/manifests/cluster.yaml", 2, 11),
    ),
    "manifest-kind": (
        "workdir/manifests/cluster.yaml",
        "kind: Cluster",
        "kind: Clusters",
        ("workdir/manifests/cluster.yaml", 1, 7),
    ),
    "cluster-config": (
        "workdir/manifests/cluster.yaml",
        "nodes:",
        "nmaes: x\nnodes:",
        ("workdir/manifests/cluster.yaml", 3, 1),
    ),
    "cluster-setting-unused": (
        "workdir/manifests/cluster.yaml",
        "nodes:",
        "featureGates: {A: true}\nnodes:",
        ("workdir/manifests/cluster.yaml", 1, 1),
    ),
    "file-unreferenced": ("workdir/notes.txt", "", "what was this?\n", ("workdir/notes.txt", 1, 1)),
    "translation-missing": ("it/lesson.yaml", "", "titel: Città\n", ("it/lesson.yaml", 1, 1)),
    "ignore-unknown": ("lesson.yaml", "title: New", "title: New # liqolab: ignore nonsense", ("lesson.yaml", 1, 12)),
}


def _feature(folder: Path, text: str) -> list[Finding]:
    path = folder / "f.feature"
    path.write_bytes(text.encode())
    return lint_feature(path)


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_bad_example_of_a_rule_is_found_where_it_is_and_the_good_one_is_clean(tmp_path: Path, rule: str) -> None:
    found = [(finding.line, finding.column) for finding in _feature(tmp_path, RULES[rule].bad) if finding.rule == rule]
    assert found[0] == EXAMPLES[rule]
    assert not [finding for finding in _feature(tmp_path, RULES[rule].good) if finding.rule == rule]


def test_a_long_scenario_is_found_and_one_step_less_is_not(tmp_path: Path) -> None:
    assert [finding.rule for finding in _feature(tmp_path, LONG)] == ["scenario-long"]
    assert not _feature(tmp_path, LONG.replace('    Then cluster "a" does not exist\n', "", 1))


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    scaffold(tmp_path, "new-lesson", ["rome"])
    return tmp_path / "scenarios" / "new-lesson"


@pytest.mark.parametrize("rule", DAMAGES)
def test_a_damaged_lesson_is_found_where_it_is_damaged(lesson: Path, rule: str) -> None:
    name, old, new, place = DAMAGES[rule]
    path = lesson / name
    path.parent.mkdir(exist_ok=True)
    text = path.read_text() if path.exists() else ""
    assert old in text
    path.write_text(text.replace(old, new, 1) if old else new)
    found = [
        (finding.path.partition("new-lesson/")[2], finding.line, finding.column)
        for finding in lint_lesson(lesson)
        if finding.rule == rule
    ]
    assert found[0] == place


@pytest.mark.parametrize("mark", ["{{ran 1}}", "{{run1}}", "Type {{run 1}} now.", "{{run 1}", "{{ run 1 }}"])
def test_what_only_looks_like_a_mark_is_found(lesson: Path, mark: str) -> None:
    (lesson / "steps" / "namespace.md").write_text(f"A namespace.\n\n{mark}\n\n`{{{{.Name}}}}` is a template.\n")
    found = [(finding.line, finding.message) for finding in lint_lesson(lesson) if finding.rule == "prose-mark"]
    assert [line for line, _ in found] == [3]
    assert "on a line of its own" in found[0][1]


@pytest.mark.parametrize(
    ("command", "check", "contradicted"),
    [
        ("kubectl create ns demo", 'namespace "demo" does not exist in cluster "rome"', True),
        ("kubectl delete ns demo", 'namespace "demo" in cluster "rome" exists', True),
        ("kubectl create cm a -n demo", 'configmap "a" in namespace "demo" in cluster "rome" does not exist', True),
        ("kubectl create ns demo; kubectl delete ns demo", 'namespace "demo" in cluster "rome" does not exist', False),
        ("kubectl create ns demo", 'namespace "demo" does not exist in cluster "milan"', False),
        (
            "kubectl create ns demo --kubeconfig kubeconfig_milan",
            'namespace "demo" does not exist in cluster "milan"',
            True,
        ),
        ("kubectl create cm a -n demo", 'configmap "a" in namespace "other" in cluster "rome" does not exist', False),
        ("kubectl create ns demo --dry-run=client", 'namespace "demo" does not exist in cluster "rome"', False),
    ],
)
def test_a_check_that_wants_the_opposite_of_a_command(
    tmp_path: Path, command: str, check: str, contradicted: bool
) -> None:
    before = '    When I run:\n      """\n      export KUBECONFIG=kubeconfig_rome\n      """\n'
    text = f'Feature: F\n\n  Scenario: S\n{before}    When I run "{command}"\n    Then {check}\n'
    found = [finding.line for finding in _feature(tmp_path, text) if finding.rule == "check-contradicted"]
    assert found == ([9] if contradicted else [])


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ("{command: kubectl create}", True),
        ("{command: kubectl create, without: --dry-run}", True),
        ("{command: kubectl create, without: namespace}", False),
        ("{command: kubectl create, output: already exists}", False),
        ("{command: kubectl create, fails: true}", False),
        ("{command: kubectl create, cluster: rome}", False),
        ("{command: kubectl delete}", False),
        ("{command: (}", False),
        ("{output: no such file}", False),
    ],
)
def test_a_mistake_that_the_steps_own_command_would_be(lesson: Path, when: str, matches: bool) -> None:
    path = lesson / "lesson.yaml"
    entry = f"  - id: namespace\n    mistakes: [{{id: m, when: {when}, say: No.}}]\n"
    path.write_text(path.read_text().replace("  - id: namespace\n", entry, 1))
    found = [finding.message for finding in lint_lesson(lesson) if finding.rule == "mistake-own-command"]
    assert bool(found) == matches
    assert all('"m"' in message and "kubectl create namespace" in message for message in found)


def test_a_new_lesson_is_clean_in_every_respect(lesson: Path) -> None:
    assert not lint_lesson(lesson)
    assert not lint_feature(lesson.parents[1] / "features" / "new_lesson.feature")


def test_a_translated_feature_with_another_command_has_drifted(lesson: Path) -> None:
    features = lesson.parents[1] / "features"
    text = (features / "new_lesson.feature").read_text()
    (features / "nuova.feature").write_text(text.replace("create namespace demo", "create namespace prova"))
    (lesson / "it").mkdir()
    (lesson / "it" / "lesson.yaml").write_text("feature: nuova.feature\n")
    drifted = [finding for finding in lint_lesson(lesson) if finding.rule == "translation-drift"]
    assert [(finding.line, finding.column) for finding in drifted] == [(1, 10)]
    assert "kubectl create namespace prova" in drifted[0].message
    (features / "nuova.feature").write_text(text)
    assert not [finding for finding in lint_lesson(lesson) if finding.rule == "translation-drift"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("# liqolab: ignore scenario-long\n" + LONG, []),
        (LONG.replace("  Scenario", "  # liqolab: ignore scenario-long, step-role\n  Scenario"), []),
        (LONG.replace("  Scenario", "  # liqolab: ignore step-role\n  Scenario"), ["scenario-long"]),
        (
            LONG + "\n  # liqolab: ignore scenario-long\n  Scenario: T\n    Then the command succeeds\n",
            ["scenario-long"],
        ),
        (
            "Feature: F\n\n  Scenario: S\n    # liqolab: ignore step-undefined\n    Then nonsense\n    And nonsense\n",
            ["step-undefined"],
        ),
    ],
)
def test_a_comment_covers_what_it_stands_above(tmp_path: Path, text: str, left: list[str]) -> None:
    assert [finding.rule for finding in _feature(tmp_path, text)] == left


@pytest.mark.parametrize(
    ("tag", "known"),
    [
        ("@needs(kind)", 1),
        ("@needs", 0),
        ("@req:NS-1", 1),
        ("@slwo", 0),
        ("@stpe:a", 0),
        ("@step", 0),
        # Of one's own: free, and where it is like one of the others, made known by the comment.
        ("@smoke", 1),
        ("@team-a", 1),
        ("@regression", 1),
        ("@sloe", 1),
        ("@sloa", 0),
    ],
)
def test_tags_are_known_by_their_form_and_by_what_the_feature_says(tmp_path: Path, tag: str, known: int) -> None:
    text = (
        f'# liqolab: tags @sloe, @team:NAME\n{tag}\nFeature: F\n\n  Scenario: S\n    Then cluster "a" does not exist\n'
    )
    assert bool(_feature(tmp_path, text)) != bool(known)


def test_every_rule_says_what_and_why_and_is_tried_here() -> None:
    elsewhere = {"scenario-long", "translation-drift", "step-ambiguous", "face-drift"}
    of_files = {rule.id for rule in RULES.values() if rule.scope == "file"}
    assert set(RULES) - of_files == (set(EXAMPLES) | set(DAMAGES) | elsewhere) - of_files
    assert all(rule.what.endswith(".") and rule.why.endswith(".") for rule in RULES.values())
