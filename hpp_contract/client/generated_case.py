"""A generated session as a case of its own: its id, its bytes, and the file that shows it again."""

from __future__ import annotations

import hashlib
import json
import secrets
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from hpp_contract.cases import Case
from hpp_contract.cases.case import GENERATED
from hpp_contract.cases.scenarios import session_id
from hpp_contract.engine.fault import Fault
from hpp_contract.generate.bodies import Body, distinct_ids

SHOWN: Final = 600
"""Characters of a body that a finding shows."""


@dataclass(frozen=True)
class GeneratedCase(Case):
    """One generated session; `content` is what the server sends when its `own_id` is read."""

    own_id: str = ""
    content: bytes = b""

    @cached_property
    def uuids(self) -> tuple[str, ...]:
        return self.own_id, session_id(f"case-{GENERATED}-decoy")

    @property
    def size(self) -> tuple[int, bytes]:
        """What makes one simpler than another: fewer bytes, then earlier ones."""
        return len(self.content), self.content

    @property
    def text(self) -> str:
        """The body for a person, cut where it is very long."""
        text = self.content.decode()
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def generated_case(body: Body, attempt: int = 0) -> GeneratedCase:
    """The case of a generated body, under an id that is its own: a client may keep what it has read before.

    The drawn id gives the version and the variant, the body and the `attempt` the rest. It is in small letters, since
    who holds ids as UUIDs asks so, and another case is about capitals.
    """
    digest = hashlib.sha256(f"{_text(body)}#{attempt}".encode()).hexdigest()
    own = f"{digest[:8]}{body['session_id'][8:24].lower()}{digest[8:20]}"
    content = _text(distinct_ids(body | {"session_id": own})).encode()
    fault = Fault(GENERATED, "waiting", ())
    return GeneratedCase(fault, "A session that the contract allows.", (), own_id=own, content=content)


def repeat(case: GeneratedCase) -> GeneratedCase:
    """The same session under another id."""
    return generated_case(json.loads(case.content), attempt=1)


def _text(body: Body) -> str:
    return json.dumps(body, ensure_ascii=False)


def keep(case: GeneratedCase, rule: str, folder: Path | None) -> str:
    """Write the body to a file in `folder`, in a new one for None, all of it or nothing; the command that serves it.

    Raises OSError."""
    folder = folder or Path(mkdtemp(prefix="hpp-contract-"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{rule}-{case.own_id[:8]}.json"
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(case.content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return f"hpp-contract serve --body {shlex.quote(str(path))}"
