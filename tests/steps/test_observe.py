import pytest

from liqolab.steps.clusters import Listing
from liqolab.steps.failure import CheckFailedError
from liqolab.steps.objects import does_not_exist
from liqolab.steps.timing import Timing


class Strange:
    """A cluster that knows no kind at all."""

    name = "venice"

    def list(self, kind: str, namespace: str | None = None, *, labels: str = "", fields: str = "") -> Listing:
        return Listing([], "")


class Lab:
    def cluster(self, name: str) -> Strange:
        return Strange()


def test_of_a_kind_that_nobody_knows_nothing_holds_not_even_absence() -> None:
    with pytest.raises(CheckFailedError, match='knows no kind "nodez"'):
        does_not_exist(Lab(), "nodez", "x", "venice", Timing("now", 0))  # type: ignore[arg-type]
