"""``liqolab lint``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from liqolab.author.lint import linter, output
from liqolab.cli.options import lessons_option
from liqolab.scenario.library import FEATURES, LESSONS_VARIABLE, SCENARIOS


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@lessons_option
@click.option("-o", "--output", "form", type=click.Choice(list(output.FORMATS)), default="text", show_default=True)
@click.option("--fix", is_flag=True, help="Mend the spacing of features, and show what is left.")
@click.option("--select", multiple=True, metavar="RULE", help="Only this rule, or rules that begin so; repeatable.")
@click.option("--ignore", multiple=True, metavar="RULE", help="Without this rule, or rules that begin so; repeatable.")
@click.option("--rules", is_flag=True, help="List the rules.")
def lint(
    paths: tuple[Path, ...], form: str, fix: bool, select: tuple[str, ...], ignore: tuple[str, ...], rules: bool
) -> None:
    """Find mistakes in features and lessons before anything runs. No cluster is needed.

    PATHS are .feature files, lesson.yaml files, or folders that contain some; without any, the folders features and
    scenarios of your own libraries and of the current folder. A comment `# liqolab: ignore RULE` lets a finding stand.

    Exits 0 when there is no finding, 1 when there is one, 2 when the command line was wrong.

    \b
    Examples:
      liqolab lint
      liqolab lint features/peering.feature --fix
      liqolab lint -o sarif > lint.sarif
      liqolab lint --select step- --ignore step-role
    """
    if rules:
        click.echo(output.rules_text(), nl=False)
        return
    choice = linter.Choice(_listed(select), _listed(ignore))
    if unknown := choice.unknown():
        raise click.UsageError(f"there is no rule {', '.join(unknown)}; see: liqolab lint --rules")
    try:
        targets = linter.find(paths or _default())
        if fix:
            for path in linter.fix(targets):
                click.echo(f"mended {linter.shown(path)}", err=True)
        findings = linter.lint(targets, choice)
    except linter.PathError as error:
        raise click.UsageError(str(error)) from None
    if not targets.features and not targets.lessons:
        raise click.UsageError("there is no feature and no lesson in what was named")
    click.echo(output.FORMATS[form](findings), nl=False)
    sys.exit(1 if findings else 0)


def _default() -> tuple[Path, ...]:
    own = [Path(folder) for folder in os.environ.get(LESSONS_VARIABLE, "").split(os.pathsep) if folder]
    found = (folder / name for folder in (*own, Path()) for name in (FEATURES, SCENARIOS))
    here = tuple(path for path in found if path.is_dir())
    if not here:
        raise click.UsageError("there is no folder features or scenarios here: name what is to be linted")
    return here


def _listed(values: tuple[str, ...]) -> tuple[str, ...]:
    """Both ``--select a --select b`` and ``--select a,b``."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())
