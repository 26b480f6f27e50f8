"""Wires this repository's own tests; what SDK authors use is the plugin in `hpp_contract`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import providers


def pytest_configure() -> None:
    """Choose how hard Hypothesis tries: HYPOTHESIS_PROFILE names one of the profiles."""
    slow_machine = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile("dev", max_examples=50, **slow_machine)
    settings.register_profile("ci", max_examples=20, derandomize=True, **slow_machine)
    settings.register_profile("nightly", max_examples=2000, **slow_machine)
    # For code that is wrong on purpose: nobody reads the example that shows it, so none is made smaller.
    first = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", max_examples=12, derandomize=True, database=None, phases=first, **slow_machine)
    settings.register_profile("any-day", max_examples=5, database=None, **slow_machine)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))
    if settings.default is not None and settings.default.derandomize:
        # Hypothesis also tries constants of our modules, of those that the process has loaded by then: under xdist no
        # two runs would draw the same.
        providers._get_local_constants = lambda: providers._local_constants
