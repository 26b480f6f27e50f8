"""JUnit XML as its readers take it."""

from __future__ import annotations

import xml.etree.ElementTree as ET


def passing(text: str) -> list[str]:
    """The names of the test cases that a reader takes for passed."""
    cases = ET.fromstring(text).iter("testcase")  # noqa: S314  our own output
    return [case.get("name", "") for case in cases if {child.tag for child in case} <= {"system-out"}]
