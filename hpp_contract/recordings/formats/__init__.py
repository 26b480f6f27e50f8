"""One module for each format of recordings, and the list of them.

A new format is a module here, its line in `FORMATS`, and a sample in `tests/harness/support/recordings`. The help of
`hpp-contract recording` is made from this list; a test holds that `docs/recordings.md` has a row for each.
"""

from __future__ import annotations

from typing import Final

from hpp_contract.recordings.formats.convert import Format
from hpp_contract.recordings.formats.go_vcr import GO_VCR
from hpp_contract.recordings.formats.har import HAR
from hpp_contract.recordings.formats.mockserver import MOCKSERVER
from hpp_contract.recordings.formats.nock import NOCK
from hpp_contract.recordings.formats.pact import PACT
from hpp_contract.recordings.formats.php_vcr import PHP_VCR
from hpp_contract.recordings.formats.ruby_vcr import RUBY_VCR
from hpp_contract.recordings.formats.schemathesis import SCHEMATHESIS
from hpp_contract.recordings.formats.vcrpy import VCRPY
from hpp_contract.recordings.formats.wiremock import WIREMOCK

FORMATS: Final[tuple[Format, ...]] = (
    VCRPY, GO_VCR, RUBY_VCR, HAR, SCHEMATHESIS, PACT, NOCK, MOCKSERVER, WIREMOCK, PHP_VCR,
)  # fmt: skip
"""Formats whose files are one document. The first that recognizes a document reads it."""
