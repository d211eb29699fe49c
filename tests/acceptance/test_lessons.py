"""The lesson under pytest: every scenario of the feature is a test, by the same sentences that `liqolab run` uses."""

from __future__ import annotations

import pytest
from pytest_bdd import scenarios

pytestmark = pytest.mark.embedded

scenarios("offloading_with_policies.feature")
