"""The baseline: a folder of recordings, or of the facts that somebody accepted.

`facts.json` is written by accepting and has everything observed so far; recordings beside it are then ignored. Its
format is `schemas/tool/facts.json`. Nothing is written here: the caller writes the text of `as_json`, atomically.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, get_args

from hpp_contract import __version__
from hpp_contract.drift.collect import collect_facts
from hpp_contract.drift.facts import SESSION, FactCounts, FactKey, Facts, Kind, Situation, possible
from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.engine.report import SEPARATOR, Change
from hpp_contract.recordings import read_recordings

FACTS_FILE: Final = "facts.json"
FORMAT: Final = 1
_HOW_TO_MAKE_ONE: Final = (
    "make one with hpp-contract record --to {folder}, or with hpp-contract drift --baseline {folder} "
    "--accept --reason …"
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """When (`at`, RFC 3339) and why somebody accepted what `source`, an endpoint or recordings, shows."""

    at: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """What fresh facts are compared with; `accepted` oldest first."""

    facts: Facts
    accepted: tuple[Accepted, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def confirmed(self) -> bool:
        """Whether any of it comes from a real endpoint."""
        return any(situation.confirmed for situation in self.facts.values())


def read_baseline(folder: Path) -> Baseline:
    """The baseline in `folder`. UsageProblem when there is none, Unverifiable when it cannot be read."""
    file = folder / FACTS_FILE
    if file.is_file():
        return read_facts(file)
    if folder.is_file():
        named = f"name the folder that it is in, {folder.parent}" if folder.name == FACTS_FILE else "name a folder"
        raise UsageProblem(f"the baseline {folder} is a file: {named}.")
    if not folder.is_dir() or not any(folder.iterdir()):
        raise UsageProblem(f"there is no baseline in {folder}: {_HOW_TO_MAKE_ONE.format(folder=folder)}.")
    reading = read_recordings([str(folder)])
    if reading.unreadable:
        raise Unverifiable(f"the baseline cannot be read: {reading.unreadable[0]}")
    return Baseline(collect_facts(reading.exchanges).facts, notes=tuple(reading.notes))


def read_facts(file: Path) -> Baseline:
    """The baseline that this file holds. Raises Unverifiable when it cannot be read."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        facts = {str(name): _situation(value) for name, value in document["situations"].items()}
        accepted = tuple(Accepted(e["at"], e["reason"], e["source"]) for e in document["accepted"])
        written = document["format"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise Unverifiable(
            f"the baseline {file} cannot be read ({type(error).__name__}): restore it from version control, or delete "
            "it and accept a new one."
        ) from None
    if written != FORMAT:
        raise Unverifiable(
            f"the baseline {file} has format {str(written)[:20]}, and this version reads {FORMAT}: use the version "
            "that wrote it, or delete it and accept a new one."
        )
    return Baseline(MappingProxyType(facts), accepted)


def _situation(value: Mapping[str, Any]) -> Situation:
    aspects = dict(_aspect(each) for each in value["facts"])
    return Situation(int(value["samples"]), MappingProxyType(aspects), int(value["confirmed"]))


def _aspect(value: Mapping[str, Any]) -> tuple[FactKey, FactCounts]:
    if value["kind"] not in get_args(Kind):
        raise ValueError("an unknown kind of fact")
    counts = {str(name): int(count) for name, count in value["values"].items()}
    key = FactKey.shown(value["kind"], str(value["name"]))
    return key, FactCounts(int(value["samples"]), int(value["of"]), counts)


def as_json(baseline: Baseline) -> str:
    """The text of `facts.json`: sorted, a fact a line, so that version control shows what was accepted."""
    document = {
        "tool": "hpp-contract",
        "version": __version__,
        "format": FORMAT,
        "accepted": [{"at": e.at, "reason": e.reason, "source": e.source} for e in baseline.accepted],
    }
    head = json.dumps(document, indent=1, ensure_ascii=False).removesuffix("\n}")
    situations = ",\n".join(_situation_text(name, baseline.facts[name]) for name in sorted(baseline.facts))
    return f'{head},\n "situations": {{\n{situations}\n }}\n}}\n'


def _situation_text(name: str, situation: Situation) -> str:
    facts = [json.dumps(_fact(aspect, seen), ensure_ascii=False) for aspect, seen in sorted(situation.aspects.items())]
    head = json.dumps({"samples": situation.samples, "confirmed": situation.confirmed}).removesuffix("}")
    return f'  {json.dumps(name)}: {head}, "facts": [\n   ' + ",\n   ".join(facts) + "\n  ]}"


def _fact(aspect: FactKey, seen: FactCounts) -> dict[str, Any]:
    counts = dict(sorted(seen.values.items()))
    return {"kind": aspect.kind, "name": aspect.name, "samples": seen.samples, "of": seen.of, "values": counts}


def accept(
    baseline: Baseline, fresh: Facts, changes: Iterable[Change], entry: Accepted, left: Iterable[Change] = ()
) -> Baseline:
    """The baseline with `fresh` accepted: what changed is replaced, what did not has more samples. Of what changed and
    is `left`, it keeps what it has."""
    changed, kept = ({change.fact for change in each} for each in (changes, left))
    merged = {name: _merged(name, baseline.facts.get(name), now, changed, kept) for name, now in fresh.items()}
    facts = MappingProxyType({**baseline.facts, **merged})
    return replace(baseline, facts=facts, accepted=(*baseline.accepted, entry))


def _merged(
    name: str, before: Situation | None, now: Situation, changed: Collection[str], left: Collection[str]
) -> Situation:
    old = before.aspects if before is not None else {}
    kept = {aspect for aspect in (*old, *now.aspects) if _is_left(name, aspect, left)}
    as_before = {aspect: old[aspect] for aspect in kept if aspect in old}
    if before is None or (now.confirmed and not before.confirmed):  # observed facts replace documented ones
        seen = {aspect: counts for aspect, counts in now.aspects.items() if aspect not in kept}
        return replace(now, aspects=MappingProxyType(seen | as_before))
    aspects: dict[FactKey, FactCounts] = {}
    for aspect in (before.aspects.keys() | now.aspects.keys()) - kept:
        has_changed = f"{name}{SEPARATOR}{aspect.text}" in changed
        if not (has_changed and aspect not in now.aspects):  # gone, and accepted as gone
            aspects[aspect] = _added(aspect, before, now, has_changed)
    aspects |= as_before
    return Situation(before.samples + now.samples, MappingProxyType(aspects), before.confirmed + now.confirmed)


def _is_left(name: str, aspect: FactKey, left: Collection[str]) -> bool:
    """Whether one of the facts that are `left` is about this aspect. Precisions are compared over all situations."""
    places = (name, SESSION) if aspect.kind == "precision" else (name,)
    return any(f"{place}{SEPARATOR}{aspect.text}" in left for place in places)


def _added(aspect: FactKey, before: Situation, now: Situation, has_changed: bool) -> FactCounts:
    """The samples of both; where something has changed, only the new values."""
    old, new = before.aspects.get(aspect), now.aspects.get(aspect) or FactCounts(0, possible(aspect, now), {})
    if old is None:
        return new
    values = Counter({} if has_changed and new.values else old.values)
    values.update(new.values)
    return FactCounts(old.samples + new.samples, old.of + new.of, values)
