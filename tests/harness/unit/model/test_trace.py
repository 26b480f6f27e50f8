"""Whose reads form a trace, which of them are in order, and when the API answered others meanwhile."""

from __future__ import annotations

import base64
from dataclasses import replace
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.model import Context, Exchange, Instant, Request, Response, Trace
from hpp_contract.model import trace as module
from hpp_contract.model.exchange import Created
from hpp_contract.model.instant import SECOND
from hpp_contract.model.trace import AnswerTimes, successive, traces

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
OTHER = "5c2bbed0-1111-4111-8111-111111111111"
BASE = "https://api.kustom.co"
KEY = "kco_test_api_c2VjcmV0c2VjcmV0"
BODY = b'{"session_id": "x", "status": "WAITING"}'


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def read(
    at: float | None = None,
    *,
    base: str = BASE,
    key: str | None = f"Basic {KEY}",
    session: str = ID,
    code: int = 200,
    method: str = "GET",
    elapsed: float | None = None,
    evidence: str = "log#1",
    **known: object,
) -> Exchange:
    sent = (("Authorization", key),) if key is not None else ()
    return Exchange(
        Request(method, f"{base}/hpp/v1/sessions/{session}", sent),
        Response(code, (), BODY if code == 200 else b""),
        at=Instant(round(at * SECOND)) if at is not None else None,
        elapsed=elapsed,
        evidence=evidence,
        context=Context(recorded=True, **known),  # type: ignore[arg-type]  # any facts
    )


def together(*exchanges: Exchange) -> list[int]:
    """How many exchanges each trace has."""
    return [len(trace.exchanges) for trace in traces(exchanges)]


@pytest.mark.parametrize(
    "other",
    [
        read(2, base="https://API.kustom.co:443/"),
        read(2, base="https://user@api.kustom.co"),
        read(2, session=ID.upper()),
        read(2, key=basic(f"M1-a:{KEY}")),
        read(2, key=basic(f":{KEY}")),
        read(2, evidence="other.log#7"),
    ],
)
def test_one_reader(other: Exchange) -> None:
    """A session is the same whatever the spelling of its URL and its id, and a key in each of its forms."""
    assert together(read(1), other) == [2]


@pytest.mark.parametrize(
    "other",
    [
        read(2, base="https://api.playground.kustom.co"),
        read(2, base="https://api.kustom.co/eu"),
        read(2, base="http://api.kustom.co"),
        read(2, base="https://api.kustom.co:8443"),
        read(2, session=OTHER),
        read(2, key="Basic kco_test_api_b3RoZXJvdGhlcm90aGVy"),
        read(2, key=None),
        read(2, key="Basic <scrubbed>"),
        read(2, key=basic("M1-a:[REDACTED]")),
    ],
)
def test_another_reader(other: Exchange) -> None:
    """Another host, prefix, port, session or key makes another trace, and so do no key and a placeholder."""
    assert together(read(1), other) == [1, 1]


def test_ids_that_are_no_uuids_keep_their_case() -> None:
    """Only UUIDs compare without case."""
    assert together(read(1, session="Ab"), read(2, session="aB")) == [1, 1]


def test_readers_without_a_key() -> None:
    """Where the key is not known, those in one file are taken for one, and that is known of the trace."""
    (one, two) = traces([read(1, key=None), read(2, key="Basic ***"), read(3, key=None, evidence="other#1")])
    assert (len(one.exchanges), one.identified) == (2, False)
    assert (len(two.exchanges), two.identified) == (1, False)
    assert traces([read(1)])[0].identified
    assert traces([read(1, key=None, credentials="right")])[0].identified


def test_what_is_no_read() -> None:
    """HEAD, OPTIONS, other methods, a 304 to a condition and what was known to be unauthorized are not in a trace."""
    condition = read(5, code=304)
    sent = (*condition.request.headers, ("If-None-Match", '"1"'))
    odd = [read(number, method=name) for number, name in enumerate(("HEAD", "OPTIONS", "POST", "DELETE"), 1)]
    odd += [replace(condition, request=replace(condition.request, headers=sent)), read(6, credentials="wrong")]
    assert together(read(0), *odd, read(9)) == [2]
    assert together(*odd) == []
    assert together(read(0), condition) == [2], "a 304 that nobody asked for is an answer"


def test_what_was_sent_includes_what_was_refused() -> None:
    """What a client sent for one session is one, at any base URL and with any credentials."""
    sent = [read(1, key=None), read(2), read(3, base="https://other"), read(4, method="POST"), read(5, method="HEAD")]
    assert [len(trace.exchanges) for trace in traces(sent, unauthorized=True)] == [4]


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize(("code", "before"), [(204, 2), (400, 3)])
def test_a_deletion_divides_a_trace(timed: bool, code: int, before: int) -> None:
    """What came before a DELETE, whoever sent it, is told from what came after. One that was refused says nothing."""
    deletion = read(3 if timed else None, method="DELETE", key=None, code=code)
    exchanges = [read(1 if timed else None), read(2 if timed else None), deletion, read(4 if timed else None, code=404)]
    (trace,) = traces(exchanges)
    assert (len(trace.exchanges), len(trace.before_deletion)) == (3, before)


def test_a_deletion_of_another_session() -> None:
    """A DELETE of another session, or at another place, says nothing."""
    others = [read(2, method="DELETE", session=OTHER), read(2, method="DELETE", base="https://other")]
    (trace,) = traces([read(1), *others, read(3)])
    assert len(trace.before_deletion) == 2


def test_a_session_that_this_run_disabled() -> None:
    """What a probe reads after its own DELETE comes after it."""
    made, gone = Created("x"), Created("x", disabled=True)
    (trace,) = traces([read(1, created=made), read(2, created=gone), read(3, created=gone)])
    assert len(trace.before_deletion) == 1


def pairs(*exchanges: Exchange) -> list[tuple[str, str]]:
    return [(before.evidence, after.evidence) for before, after in successive(exchanges)]


def at(start: float | None, elapsed: float | None = None, name: str = "") -> Exchange:
    return read(start, elapsed=elapsed, evidence=name or f"{start}")


def test_successive_reads() -> None:
    """Reads follow each other by time, or as they stand where one has none."""
    assert pairs(at(1), at(2), at(3)) == [("1", "2"), ("2", "3")]
    assert pairs(at(3, name="c"), at(None, name="a"), at(1, name="b")) == [("c", "a"), ("a", "b")]
    assert pairs() == pairs(at(1)) == []


def test_reads_that_overlap() -> None:
    """Reads that overlap have no order; each is compared with what ended before it began."""
    assert pairs(at(1, 5.0, "a"), at(2, 1.0, "b")) == []
    assert pairs(at(1, 5.0, "a"), at(2, 1.0, "b"), at(9, 1.0, "c")) == [("a", "c"), ("b", "c")]
    assert pairs(at(1, 1.0, "a"), at(2, 1.0, "b")) == [("a", "b")], "one ends as the other begins"


def test_reads_at_the_same_time() -> None:
    """Reads that bear the same time have no order either, and the next follows both."""
    assert pairs(at(1, name="a"), at(1, name="b")) == []
    assert pairs(at(1, name="a"), at(1, name="b"), at(2, name="c")) == [("a", "c"), ("b", "c")]


spans = st.lists(st.tuples(st.integers(0, 12), st.none() | st.integers(0, 4)), max_size=9)


@given(spans)
def test_order_is_that_of_time(generated: list[tuple[int, int | None]]) -> None:
    """A pair is two reads of which the first ended before the second began, with none between; every such pair is one,
    but for the oldest of very many."""
    reads = [at(start, elapsed, f"{index}") for index, (start, elapsed) in enumerate(generated)]
    names = {each.evidence: span for each, span in zip(reads, generated, strict=True)}

    def before(one: str, two: str) -> bool:
        (start, elapsed), (later, _) = names[one], names[two]
        return start < later and start + (elapsed or 0) <= later

    wanted = {
        (one, two)
        for one in names
        for two in names
        if before(one, two) and not any(before(one, three) and before(three, two) for three in names)
    }
    found = pairs(*reads)
    assert len(found) == len(set(found))
    assert set(found) <= wanted
    if all(sum(two == each for _, two in wanted) <= 8 for each in names):
        assert set(found) == wanted


def test_very_many_reads_at_one_time() -> None:
    """Where times are coarse, a read is compared with some of those before it, not with all."""
    many = [at(second, name=f"{second}-{number}") for second in range(2) for number in range(100)]
    assert len(pairs(*many)) == 800


def answered(*exchanges: Exchange) -> list[bool]:
    return [trace.others_answered for trace in traces(exchanges)]


def test_others_answered() -> None:
    """Another session that was answered meanwhile shows that the API was there; by the clock, so not without times."""
    own = [read(1, code=404), read(5, code=404)]
    assert answered(own[0], read(3, session=OTHER), own[1])[0]
    assert not answered(own[0], read(3, session=OTHER, code=500), own[1])[0]
    assert not answered(own[0], read(3, session=OTHER, code=503), own[1])[0]
    assert not answered(own[0], read(9, session=OTHER), own[1])[0]
    assert not answered(*own)[0]
    assert not answered(own[0], read(3, method="HEAD"), own[1])[0], "that was asked about the same session"
    assert not answered(read(None), read(None, session=OTHER), read(None))[0]


times = st.lists(st.integers(0, 4000 * 60).map(lambda seconds: seconds * SECOND // 4), max_size=60)


@given(st.lists(times, min_size=1, max_size=4), st.integers(1, 12), times, times)
def test_times_of_answers_merge(parts: list[list[int]], most: int, within: list[int], own: list[int]) -> None:
    """Whatever is merged in whatever order, and however coarse, is the same; never more is found than there was."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "MOST", most)
        every = [*own, *chain.from_iterable(parts)]
        whole, forth, back = AnswerTimes(every), AnswerTimes(own), AnswerTimes()
        for part in parts:
            forth.merge(AnswerTimes(part))
        for part in reversed(parts):
            back.merge(AnswerTimes(part))
        back.merge(AnswerTimes(own))
        for first, last in pairwise(within):
            inside = [time for time in own if first <= time <= last]
            said = {each.others(first, last, inside) for each in (whole, forth, back)}
            assert len(said) == 1
            if said == {True}:
                assert any(first <= time <= last for time in every)


def test_times_of_few_answers_are_exact() -> None:
    """As long as there are few, each answer counts to the nanosecond."""
    known = AnswerTimes([10, 20])
    assert known.others(10, 15, [])
    assert not known.others(11, 19, [])
    assert not known.others(10, 20, [10, 20])
    assert not known.others(20, 10, [])


def test_times_of_many_answers_are_coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many answers only whole seconds, minutes or hours in between count."""
    monkeypatch.setattr(module, "MOST", 3)
    known = AnswerTimes(second * SECOND for second in range(60))
    assert not known.others(0, 59 * SECOND, []), "within one minute"
    assert AnswerTimes(range(0, 7_200 * SECOND, SECOND)).others(0, 10_800 * SECOND, [])


def test_a_trace_of_nothing() -> None:
    """A trace knows its reads and its steps."""
    whole = Trace(ID, (read(1), read(2, code=404), read(3)))
    assert len(whole.reads) == 2
    assert [(one.at, two.at) for one, two in whole.steps] == [(Instant(SECOND), Instant(3 * SECOND))]
