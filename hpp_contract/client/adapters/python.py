"""A client in this process: any callable `read_session(base_url, username, password, session_id, timeout)`."""

from __future__ import annotations

import importlib
import inspect
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from hpp_contract.client.adapters.adapter import Ask
from hpp_contract.client.adapters.exceptions import failure_of
from hpp_contract.client.adapters.results import parse_capabilities, parse_result
from hpp_contract.engine.errors import SystemRefused, UsageProblem, system_refusal
from hpp_contract.model.client_read import Capabilities, ClientResult

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

ARGUMENTS: Final = ("base_url", "username", "password", "session_id", "timeout")

CA_FILE: Final = "ca_file"
"""An optional further parameter: the PEM file of the certificate authority to trust, or None."""


class PythonAdapter:
    """Calls a function of this process, in a thread that is abandoned when a call hangs.

    The function may be a coroutine function, return anything with a session's members, and raise anything. `hello`, or
    its own attribute of that name (a mapping as in the adapter protocol), declares what the client can do.
    """

    def __init__(self, function: Callable[..., Any], hello: Mapping[str, Any] | None = None) -> None:
        self._function = function
        self._by_name = _takes_names(function)
        self._takes_ca_file = self._by_name and _takes(function, CA_FILE)
        self._worker: _Worker | None = None
        declared = hello if hello is not None else getattr(function, "hello", None)
        self.can = parse_capabilities(declared) if isinstance(declared, Mapping) else Capabilities()
        self.heard = True
        self.notes: list[str] = []

    def start(self) -> None:
        """Do nothing: the function is in this process."""

    def read_together(self, asks: Sequence[Ask], wait: float) -> tuple[tuple[ClientResult, float], ...]:
        """A coroutine function is awaited for all of them in one event loop, any other is called in threads."""
        calls = [self._call(ask) for ask in asks]
        if _is_async(self._function):
            self._worker = self._worker or _Worker()
            return tuple(_answered(result, wait) for result in self._worker.call_all(calls, wait))
        workers = [_Worker() for _ in calls]
        with ThreadPoolExecutor(len(calls)) as threads:
            results = tuple(threads.map(lambda worker, call: worker.call(call, wait), workers, calls))
        for worker in workers:
            worker.abandon()
        return tuple(_answered(result, wait) for result in results)

    def read(self, ask: Ask, wait: float) -> tuple[ClientResult, float]:
        self._worker = self._worker or _Worker()
        began = time.monotonic()
        result = self._worker.call(self._call(ask), wait)
        elapsed = time.monotonic() - began
        if result is None:
            self._worker.abandon()
            self._worker = None
        return _answered(result, wait)[0], elapsed

    def _call(self, ask: Ask) -> Callable[[], Any]:
        """The call that reads a session."""
        values = (ask.base_url, ask.username, ask.password, ask.session_id, ask.timeout)
        named: dict[str, Any] = dict(zip(ARGUMENTS, values, strict=True))
        if self._takes_ca_file:
            named[CA_FILE] = ask.ca_file
        return lambda: self._function(**named) if self._by_name else self._function(*values)

    def close(self) -> None:
        if self._worker is not None:
            self._worker.abandon()


def _answered(result: ClientResult | None, wait: float) -> tuple[ClientResult, float]:
    """The result, or that there was none, and about the seconds that it took at most."""
    hung = ClientResult(problem=f"no answer within {wait:g} s: the call was abandoned", hung=True)
    return (result, 0.0) if result is not None else (hung, wait)


def _is_async(function: Callable[..., Any]) -> bool:
    called = function if inspect.isroutine(function) else type(function).__call__
    return inspect.iscoroutinefunction(called)


class _Worker:
    """A thread with its own event loop for coroutines, because clients may keep connections from call to call."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[ClientResult | SystemRefused] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="hpp-contract client", daemon=True).start()

    def call(self, function: Callable[[], Any], wait: float) -> ClientResult | None:
        """The result of the call, or None when it did not end in time. Raises SystemRefused when the system refused the
        client what it needed: the client shares this process and its limits."""
        self._calls.put(function)
        try:
            result = self._results.get(timeout=wait)
        except queue.Empty:
            return None
        if isinstance(result, SystemRefused):
            raise result
        return result

    def call_all(self, functions: Sequence[Callable[[], Any]], wait: float) -> tuple[ClientResult | None, ...]:
        """The results of several coroutine functions at the same time; None for all when one does not end in time."""
        results: list[ClientResult | None] = [None] * len(functions)

        async def keep(place: int, function: Callable[[], Any]) -> None:
            try:
                results[place] = parse_result(await function())
            except Exception as error:  # that is its result
                results[place] = ClientResult(failure=failure_of(error))

        async def all_of_them() -> dict[str, Any]:
            from asyncio import gather  # slow to import, as below

            await gather(*(keep(place, function) for place, function in enumerate(functions)))
            return {}

        self.call(all_of_them, wait)
        return tuple(results)

    def abandon(self) -> None:
        """Let the thread end after its call, if that ends."""
        self._calls.put(None)

    def _work(self) -> None:
        loop: AbstractEventLoop | None = None
        while (function := self._calls.get()) is not None:
            result: ClientResult | SystemRefused
            try:
                value = function()
                if inspect.isawaitable(value):
                    loop = loop or _new_loop()
                    value = loop.run_until_complete(_awaited(value))
                result = parse_result(value)
            except BaseException as error:  # a client may raise anything, SystemExit included: that is its result
                result = system_refusal(error) or ClientResult(failure=failure_of(error))
            self._results.put(result)
        if loop is not None:
            loop.close()


def _new_loop() -> AbstractEventLoop:
    import asyncio  # slow to import, and most clients need none

    return asyncio.new_event_loop()


async def _awaited(value: Any) -> Any:
    return await value


def accepts(function: Callable[..., Any]) -> bool:
    """Whether `function` can be called with the five arguments, by name or by position."""
    try:
        _takes_names(function)
    except UsageProblem:
        return False
    return True


def _takes_names(function: Callable[..., Any]) -> bool:
    """Whether the five arguments may be given by name; raises UsageProblem when they cannot be given at all."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in callables have none
        return False
    if _binds(signature, **dict.fromkeys(ARGUMENTS)):
        return True
    if _binds(signature, *ARGUMENTS):
        return False
    name = getattr(function, "__qualname__", type(function).__name__)
    raise UsageProblem(f"{name}{signature} cannot be called with ({', '.join(ARGUMENTS)}): give it these parameters.")


def _takes(function: Callable[..., Any], name: str) -> bool:
    """Whether it has a parameter of this name."""
    return name in inspect.signature(function).parameters


def _binds(signature: inspect.Signature, *args: Any, **named: Any) -> bool:
    try:
        signature.bind(*args, **named)
    except TypeError:
        return False
    return True


def refuse_path(name: str) -> None:
    """Raise UsageProblem when a file is named in the place of a module, as in `./shop.py:read`."""
    path, _, function = name.partition(":")
    if path.endswith(".py") or "/" in path:
        parts = [part for part in PurePosixPath(path.removesuffix(".py")).parts if part not in ("/", ".", "..")]
        raise UsageProblem(
            f"{path} is a file: name the module, as `import` does, such as "
            f"{'.'.join(parts)}:{function or 'read_session'}, in the folder that it is imported from."
        )


def resolve(name: str, *, here: bool) -> Callable[..., Any]:
    """The callable that `MODULE:CALLABLE` names; `here` looks in the working directory too. Raises UsageProblem."""
    refuse_path(name)
    module_name, colon, path = name.partition(":")
    if not colon or not module_name or not path:
        raise UsageProblem(f"{name!r} names no callable: write MODULE:CALLABLE, such as shop.klarna:read_session.")
    if here and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    found: Any = _module(module_name, here)
    for part in path.split("."):
        if not hasattr(found, part):
            raise UsageProblem(
                f"module {module_name} has no {path!r}: write MODULE:CALLABLE with a function it defines."
            )
        found = getattr(found, part)
    if not callable(found):
        raise UsageProblem(f"{name} is a {type(found).__name__}, not a callable: name a function or a method.")
    function: Callable[..., Any] = found
    return function


def _module(name: str, here: bool) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            where = "in the working directory or installed here" if here else "installed here or on pytest's path"
            remedy = "" if here else " (in pytest.ini: pythonpath = ., or set PYTHONPATH=.)"
            raise UsageProblem(
                f"there is no module {name!r} {where}: install the SDK or go to its folder{remedy}."
            ) from None
        raise UsageProblem(f"module {name} needs {error.name!r}, which is not installed here: install it.") from None
    except Exception as error:  # whatever an SDK raises while it is imported
        raise UsageProblem(
            f"module {name} cannot be imported ({type(error).__name__}: {error}): fix it first."
        ) from None
