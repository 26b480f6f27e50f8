"""Rules as functions: what prevents a crash of this program."""

from __future__ import annotations

import pytest

from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientRead, ClientResult
from hpp_contract.model.exchange import response_of
from hpp_contract.rules.answer.errors import errors_tell_the_truth
from tests.harness.support.exchanges import ASKED, ID


def test_a_rule_that_forgot_its_condition() -> None:
    """A rule that reads what its condition does not ensure raises an error, in words."""
    with pytest.raises(LookupError, match="its condition did not ask for"):
        response_of(Exchange(ASKED, None))
    with pytest.raises(LookupError, match="its condition did not ask for"):
        list(errors_tell_the_truth.check(ClientRead(case="x", asked=ID, result=ClientResult())))
