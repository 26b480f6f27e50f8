"""The contract as data: finding the JSON Schema files, and judging values by them.

The schemas say what is demanded; under `x-contract` each constraint names the rule that reports it. Rules read this
room; nothing here knows what a rule is.
"""

from hpp_contract.schemas.files import DOCUMENTED, SHAPES, example, folder, load
from hpp_contract.schemas.validate import Violation, violations

__all__ = ["DOCUMENTED", "SHAPES", "Violation", "example", "folder", "load", "violations"]
