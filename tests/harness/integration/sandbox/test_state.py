"""The sandbox's state: a file that outlives servers, is shared by processes, and is never another program's."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import re
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest
import requests

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.server import Application, Sandbox
from hpp_contract.server.sandbox import Unusable, store
from hpp_contract.server.sandbox.store import APPLICATION
from tests.harness.support.merchant import ORDER, Clock, Consumer, Merchant, content
from tests.harness.support.serving import run, serving

HEADERS = {"Authorization": CREDENTIALS.authorization}


def shop_on(file: Path, clock: Clock | None = None) -> Merchant:
    return Merchant(Application(sandbox=Sandbox(file, clock=clock or Clock(), limits={})))


def test_state_outlives_a_server(tmp_path: Path) -> None:
    """What one server made, paid and disabled, the next one on the same file shows, expiry included."""
    clock = Clock()
    first = Sandbox(tmp_path / "state", clock=clock)
    shop = Merchant(Application(sandbox=first))
    paid, disabled, waiting = (shop.session(options={"place_order_mode": "PLACE_ORDER"}) for _ in range(3))
    Consumer(shop.application, paid["redirect_url"]).open()
    Consumer(shop.application, paid["redirect_url"]).do("pay")
    shop.disable(disabled)
    before = [content(shop.read(session)) for session in (paid, disabled, waiting)]
    first.close()
    reopened = shop_on(tmp_path / "state", clock)
    assert [content(reopened.read(session)) for session in (paid, disabled, waiting)] == before
    Consumer(reopened.application, waiting["redirect_url"]).open()
    assert reopened.status(waiting) == "IN_PROGRESS"
    clock.turn(hours=47)
    assert reopened.read(waiting).status == 404


def test_state_in_memory_is_gone() -> None:
    """Without a file, a server remembers nothing of another."""
    session = Merchant(Application(sandbox=Sandbox())).session()
    assert Merchant(Application(sandbox=Sandbox())).read(session).status == 404


@pytest.mark.process
def test_two_processes_share_a_file(tmp_path: Path) -> None:
    """`serve --state FILE` twice: what one makes, the other shows and changes, and a third after both knows it all."""
    state = ("--state", str(tmp_path / "state.sqlite"))
    with serving(*state) as one, serving(*state) as other:
        made = requests.post(f"{one.url}/checkout/v3/orders", json=ORDER, headers=HEADERS, timeout=60)
        order = f"{other.url}/checkout/v3/orders/{made.json()['order_id']}"
        made = requests.post(
            f"{other.url}/hpp/v1/sessions", json={"payment_session_url": order}, headers=HEADERS, timeout=60
        )
        wanted = made.json()["session_id"]
        assert one.get(wanted).json()["status"] == "WAITING"
        assert requests.get(made.json()["redirect_url"], timeout=60).status_code == 200
        assert one.get(wanted).json() == other.get(wanted).json()
        code, said = one.end()
        assert code == 0
        assert "holds 1 order and 1 session." in said
    with serving(*state) as third:
        assert third.get(wanted).json()["status"] == "IN_PROGRESS"


def pay_or_cancel(file: Path, page: str, act: str) -> int:
    return Consumer(shop_on(file).application, page).do(act).status


@pytest.mark.process
def test_processes_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """Of many processes that end a session at once, exactly one succeeds: final is final."""
    file = tmp_path / "state"
    shop = shop_on(file)
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=spawn) as pool:
        for _ in range(5):
            session = shop.session()
            Consumer(shop.application, session["redirect_url"]).open()
            acts = [pool.submit(pay_or_cancel, file, session["redirect_url"], act) for act in ("pay", "cancel") * 2]
            codes = [act.result() for act in acts]
            assert sorted(codes) == [303, 409, 409, 409]
            assert shop.status(session) == ("COMPLETED" if 303 in codes[::2] else "CANCELLED")


def test_threads_make_one_session_of_an_order(tmp_path: Path) -> None:
    """Of many threads that ask for a session of one order, exactly one gets it."""
    shop = shop_on(tmp_path / "state")
    order_id = content(shop.order())["order_id"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: shop.host(order_id).status, range(16))
    assert sorted(answers) == [201] + [400] * 15


def make_new(file: Path) -> str:
    return shop_on(file).status(shop_on(file).session())


@pytest.mark.process
def test_many_processes_may_make_the_file(tmp_path: Path) -> None:
    """Processes that start at once on a file that is not there yet all get to use it."""
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(3, mp_context=spawn) as pool:
        for number in range(2):
            file = tmp_path / f"state-{number}"
            assert set(pool.map(make_new, [file] * 6)) == {"WAITING"}


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    """Merchants' URLs may hold one-time tokens: the file is its owner's alone."""
    Sandbox(tmp_path / "state").close()
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o600


def test_credentials_are_not_kept(tmp_path: Path) -> None:
    """Neither form of the credentials reaches the file."""
    shop_on(tmp_path / "state").session()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in CREDENTIALS.secrets:
        assert secret.encode() not in stored


def test_other_databases_are_not_touched(tmp_path: Path) -> None:
    """A database of something else, and one of another version of hpp-contract, are refused and not changed."""
    other_version = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 9"
    for number, mark in enumerate(["CREATE TABLE mine (x)", other_version]):
        file = tmp_path / f"{number}.sqlite"
        with sqlite3.connect(file) as database:
            database.executescript(mark)
        database.close()
        before = file.read_bytes()
        with pytest.raises(Unusable):
            Sandbox(file)
        assert file.read_bytes() == before


@pytest.mark.process
@pytest.mark.parametrize("kind", ["text", "folder", "nowhere", "database"])
def test_unusable_state_is_a_usage_error(kind: str, tmp_path: Path) -> None:
    """A --state that cannot hold the state is one sentence with its name, and exit code 2."""
    file = tmp_path / "state"
    if kind == "text":
        file.write_text("this is no database, and long enough to be read as one's header: " * 20)
    elif kind == "folder":
        file.mkdir()
    elif kind == "nowhere":
        file = tmp_path / "missing" / "state"
    else:
        sqlite3.connect(file).executescript("CREATE TABLE mine (x)")
    done = run("--state", str(file))
    assert done.returncode == 2
    assert re.fullmatch(rf"hpp-contract: --state {re.escape(str(file))} cannot be used \(.+\): .+\n", done.stderr)
    assert os.listdir(tmp_path) == ([file.name] if kind != "nowhere" else [])  # noqa: PTH208


class Busy:
    """A database that another process is changing for a while."""

    def __init__(self, times: int) -> None:
        self.times, self.done = times, list[str]()

    def execute(self, statement: str) -> None:
        self.times -= 1
        if self.times >= 0:
            raise sqlite3.OperationalError("database is locked")
        self.done.append(statement)


def test_a_busy_database_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening the state file waits for another process that is opening it, and not without an end."""
    busy: Any = Busy(2)
    store._write_ahead(busy)
    assert busy.done == ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"]
    monkeypatch.setattr(store, "LOCK_LIMIT_S", -1)
    with pytest.raises(sqlite3.OperationalError):
        store._write_ahead(Busy(1))  # type: ignore[arg-type]  # as far as a database is asked for
