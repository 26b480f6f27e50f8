"""One module for each format of recordings, and the list of them.

A new format is a module here, its line in `FORMATS`, and a sample in `tests/harness/support/recordings`. The help of
`hpp-contract recording` is made from this list; a test holds that `docs/recordings.md` has a row for each.
"""

from __future__ import annotations

from typing import Final

from hpp_contract.recordings.formats.charles import CHARLES
from hpp_contract.recordings.formats.convert import Format
from hpp_contract.recordings.formats.easyvcr import EASYVCR
from hpp_contract.recordings.formats.exvcr import EXVCR
from hpp_contract.recordings.formats.gateway_logs import GATEWAY_LOGS
from hpp_contract.recordings.formats.go_vcr import GO_VCR
from hpp_contract.recordings.formats.har import HAR
from hpp_contract.recordings.formats.hoverfly import HOVERFLY
from hpp_contract.recordings.formats.keploy import KEPLOY
from hpp_contract.recordings.formats.mockserver import MOCKSERVER
from hpp_contract.recordings.formats.mountebank import MOUNTEBANK
from hpp_contract.recordings.formats.nock import NOCK
from hpp_contract.recordings.formats.okreplay import OKREPLAY
from hpp_contract.recordings.formats.pact import PACT
from hpp_contract.recordings.formats.php_vcr import PHP_VCR
from hpp_contract.recordings.formats.postman import POSTMAN
from hpp_contract.recordings.formats.responses import RESPONSES
from hpp_contract.recordings.formats.ruby_vcr import RUBY_VCR
from hpp_contract.recordings.formats.schemathesis import SCHEMATHESIS
from hpp_contract.recordings.formats.scotch import SCOTCH
from hpp_contract.recordings.formats.talkback import TALKBACK
from hpp_contract.recordings.formats.vcrpy import VCRPY
from hpp_contract.recordings.formats.wiremock import WIREMOCK
from hpp_contract.recordings.formats.wiremock_net import WIREMOCK_NET

FORMATS: Final[tuple[Format, ...]] = (
    OKREPLAY, VCRPY, GO_VCR, RUBY_VCR, HAR, POSTMAN, SCHEMATHESIS, PACT, NOCK, MOCKSERVER, WIREMOCK, WIREMOCK_NET,
    EXVCR, EASYVCR, GATEWAY_LOGS, CHARLES, SCOTCH, KEPLOY, HOVERFLY, MOUNTEBANK, RESPONSES, TALKBACK, PHP_VCR,
)  # fmt: skip
"""Formats whose files are one document. The first that recognizes a document reads it."""
