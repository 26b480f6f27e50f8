"""Every recording format there is, asked in this order; our own NDJSON is read line by line, beside them."""

from __future__ import annotations

from typing import Final

from hpp_contract.recordings.form import Format
from hpp_contract.recordings.go_vcr import GO_VCR
from hpp_contract.recordings.har import HAR
from hpp_contract.recordings.mockserver import MOCKSERVER
from hpp_contract.recordings.nock import NOCK
from hpp_contract.recordings.pact import PACT
from hpp_contract.recordings.php_vcr import PHP_VCR
from hpp_contract.recordings.ruby_vcr import RUBY_VCR
from hpp_contract.recordings.schemathesis import SCHEMATHESIS
from hpp_contract.recordings.vcrpy import VCRPY
from hpp_contract.recordings.wiremock import WIREMOCK

FORMATS: Final[tuple[Format, ...]] = (
    VCRPY, GO_VCR, RUBY_VCR, HAR, SCHEMATHESIS, PACT, NOCK, MOCKSERVER, WIREMOCK, PHP_VCR,
)  # fmt: skip
"""Formats whose files are one document. The first that recognises a document reads it."""
