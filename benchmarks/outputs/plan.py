"""The command lines that are recorded, as text: `group/name: VARIABLE=value words`.

`{waiting}` and the like are session ids, `{reports}` every report there is, `{url}` a reference server that runs
meanwhile, started with the options after `@`. The jobs of a group in CHAINS share a folder, in this order. `inputs` is
two folders up.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Job = dict[str, Any]

INPUTS: Final = "../../inputs"
VCRPY: Final = f"{INPUTS}/recordings/vcrpy.yaml"

KEY: Final = "kco_test_api_this-is-public-and-opens-nothing"
CHAINS: Final = ("drift", "embedded-drift", "record")
TIMED: Final = ("answers-late", "EndsIn2038", "MixesSessions")
"""A fault of which a probe says more or less, and clients whose failing sessions become smaller or not, as the machine
is busy or not: of these, only the server and the cases are recorded."""

_FILES: Final = "--json report.json --junit report.xml --markdown report.md --html report.html --gitlab gitlab.json"
REPORTS: Final = tuple(_FILES.split())
HISTORY: Final = "--baseline baseline --history history.jsonl"

_SINGLE: Final = f"""
endpoint/plain: endpoint {{reports}}
endpoint/narrow: COLUMNS=80 endpoint -v
endpoint/strict: endpoint --strict --annotations {{reports}}
endpoint/one-session: endpoint --session-id {{waiting}} --polls 4 {{reports}}
endpoint/provision: endpoint --provision -v {{reports}}
endpoint/fuzz: endpoint --fuzz 15 --seed 7 {{reports}}
endpoint/unreachable: HPP_API_KEY={KEY} endpoint http://127.0.0.1:9 {{reports}}
endpoint/real: endpoint {{url}} --session-id {{waiting}} {{reports}}
endpoint/wrong-key: HPP_API_KEY=kco_test_api_of-somebody-else endpoint {{url}} --session-id {{waiting}} {{reports}}
endpoint/provision-real: endpoint {{url}} --provision {{reports}}
serve/list: serve --list
client/tls: client --python clients:Client --tls --only smoke {{reports}}
client/strict: client --python clients:Client --strict -v --only *session*,smoke
client/cassettes: client --python clients:Client --only recorded-* {{reports}} --cassettes {{vcrpy}}
client/list: client --list
client/list-json: client --list --json cases.json
client/requests: client --command "python3 {{requests}}" --only {{calm}} -v {{reports}}
client/httpx: client --command "python3 {{httpx-async}}" --only {{calm}} -v {{reports}}
recording/stdin: recording - {{reports}}
recording/dask: recording {{inputs}}/cassettes --engine dask --processes 1
record/embedded: record --to recorded {{reports}}
record/again: record --to recorded
record/judged: recording recorded --strict {{reports}}
record/real: record {{url}} --to real --session-id {{waiting}} --session-id {{completed-with-order}} {{reports}}
drift/folders: drift --baseline before --fresh after {{reports}}
drift/same: drift --baseline before --fresh before {{reports}}
drift/nothing-fails: drift --baseline before --fresh after --fail-on none {{reports}}
drift/accept: drift {HISTORY} --fresh before --accept --reason first {{reports}}
drift/quiet: drift {HISTORY} --fresh before {{reports}}
drift/changed: drift {HISTORY} --fresh after {{reports}}
drift/accept-changed: drift {HISTORY} --fresh after --accept --reason meant {{reports}}
drift/back: drift {HISTORY} --fresh before {{reports}}
drift/report: drift --report {HISTORY} --json since.json --markdown since.md --html since.html
drift/page-html: drift --page {{inputs}}/pages/read-session.html {{reports}}
drift/page-md: drift --page {{inputs}}/pages/read-session.md {{reports}}
drift/page-other: drift --page {{inputs}}/cassettes/documented/waiting.yaml {{reports}}
embedded-drift/accept: drift {HISTORY} --accept --reason first {{reports}}
embedded-drift/quiet: drift {HISTORY} {{reports}}
embedded-drift/real: drift {{url}} --baseline real --accept --reason first
embedded-drift/changed: drift {{url}} --baseline real {{reports}} @ --fault answers-410
embedded-drift/confirmed: drift --baseline real
rules/text: rules
rules/narrow: COLUMNS=80 rules
rules/markdown: rules --markdown RULES.md
vectors/0: vectors vectors --seed 0
vectors/7: vectors vectors --seed 7
help/hpp-contract: --help
help/version: --version
usage/empty-key: HPP_API_KEY= endpoint
usage/key-alone: HPP_API_KEY={KEY} endpoint
usage/production: HPP_API_KEY={KEY} endpoint https://api.kustom.co --session-id x
"""

_WRONG: Final = """
 | explain | explain HPP-Z99 | explain order-with-referense | nonsense | client | client --python x
client --python nowhere:x | client --python json:nothing | client --python json:__name__ | client --timeout 0 --list
client --python clients:Client --command x | client --python clients:Client --only smok
client --command no-such-program-here | client --python clients:Client --generated-to /dev/null/x
client --python clients:Client --cassettes nowhere | recording | recording nowhere | recording . --scheduler x
recording . | record | drift | drift --accept | drift --report | drift --baseline nowhere | drift --reason x
drift --fail-on bad --baseline x | drift --page nowhere | serve --fault answers-41 | serve --scenario wating
serve --cassette nowhere | serve --body nowhere | vectors nowhere/x | vectors x --count 0 | endpoint ftp://x
endpoint https://api.kustom.co | endpoint --browser | endpoint --json nowhere/x.json | endpoint --polls 0
endpoint --known-failing nowhere | endpoint https://api.kustom.co --fuzz 3 --allow-production
"""
"""Command lines that make no sense, or ask for what is not there."""

_CALM: Final = "smoke,waiting,completed-with-order,unknown-status,unknown-id"
"""Cases for adapters: slow cases run side by side in several processes, and who is first differs from run to run."""

_CHANGES: Final = (
    ("after/waiting.yaml", "WAITING", "EXPIRED"),
    ("after/in-progress.yaml", "application/json\n    status", "text/plain\n    status"),
    ("after/completed-with-order.yaml", '"session_id"', '"channel":"web","session_id"'),
    ("after/completed-with-token.yaml", "code: 200", "code: 201"),
)
"""File, text and what becomes of it: one change of each class and more."""

_MORE: Final[Mapping[str, Job]] = {
    "recording/stdin": {"stdin": VCRPY},
    "drift/folders": {"copies": dict.fromkeys(("before", "after"), "cassettes/documented"), "edits": _CHANGES},
    "vectors/0": {"hashed": True},
    "vectors/7": {"hashed": True},
}


@dataclass(frozen=True)
class Facts:
    """The names of everything there is: session ids, the scenarios of faults, the cases of wrong clients."""

    commands: list[str]
    rules: list[str]
    sessions: dict[str, str]
    faults: dict[str, str]
    wrong: dict[str, list[str]]
    kept: list[str]


def chains(facts: Facts, inputs: Path) -> list[list[Job]]:
    """All jobs, those in chains first."""
    lines = [*_SINGLE.strip().splitlines(), *_lines(facts, inputs)]
    words = facts.sessions | {"inputs": INPUTS, "calm": _CALM, "vcrpy": VCRPY}
    words |= {name: f"{INPUTS}/examples/python-{name}/adapter.py" for name in ("requests", "httpx-async")}
    jobs = [*(_job(line, words) for line in lines), *_asked(facts)]
    jobs += [_failing(facts, name, text) for name, text in _known_failing(facts.rules).items()]
    grouped = [[each for each in jobs if each["name"].startswith(f"{group}/")] for group in CHAINS]
    return [*grouped, *([each] for each in jobs if not each["name"].startswith(tuple(f"{name}/" for name in CHAINS)))]


def _lines(facts: Facts, inputs: Path) -> Iterator[str]:
    """What there is a command line of for each rule, fault, client and recording."""
    few = ("waiting", "in-progress", "completed-with-order", "completed-with-token", "lifecycle-paid")
    for name, scenario in facts.faults.items():
        if name not in TIMED:
            ids = " ".join(dict.fromkeys(facts.sessions[one] for one in (scenario, *few) if one in facts.sessions))
            endpoint = "endpoint {url} --polls 5 -v --annotations {reports}"
            yield f"fault/{name}: 'HPP_SESSION_IDS={ids}' {endpoint} @ --fault {name}"
    for name in ("Client", "ResultClient", "TypedClient"):
        yield f"client/{name}: client --python clients:{name} --generated 10 {{reports}}"
    for name in facts.kept:
        yield f"kept/{name}: client --python clients:{name} --only smoke,unknown-status {{reports}}"
    for name, cases in facts.wrong.items():
        client = f"client --python clients:{name} --timeout 2.6 --only"
        yield f"wrong/{name}: {client} {','.join(cases)} --annotations {{reports}}"
        if name not in TIMED:
            yield f"generated/{name}: {client} generated --generated 15 --seed 7 --generated-to kept --json report.json"
    for folder in (name for name in ("recordings", "cassettes", "also") if (inputs / name).is_dir()):
        yield f"recording/{folder}: recording {{inputs}}/{folder} --strict -v {{reports}}"
        yield f"recording/{folder}-by-two: recording {{inputs}}/{folder} --processes 2 {{reports}}"
        for path in sorted(each for each in (inputs / folder).rglob("*") if each.is_file()):
            name = path.relative_to(inputs).as_posix()
            yield f"recorded/{name}: recording {shlex.quote(f'{INPUTS}/{name}')} {{reports}}"
    yield from (f"explain/{rule}: explain {rule}" for rule in facts.rules)
    yield from (f"help/{name}: {name} --help" for name in facts.commands)
    yield from (f"usage/option-{name}: {name} --no-such-option" for name in facts.commands)
    for number, line in enumerate(re.split(r" \| |\n", _WRONG.strip("\n"))):
        yield f"usage/{number:02}: {line}"


def _job(line: str, words: Mapping[str, str]) -> Job:
    """The job of one line. `live` when it shows when answers came, `made` when it shows an id that the run has made."""
    name, _, rest = line.partition(": ")
    rest, _, options = rest.partition(" @ ")
    command = shlex.split(rest)
    environ = {}
    while command and re.match(r"[A-Z_]+=", command[0]):
        variable, _, value = command.pop(0).partition("=")
        environ[variable] = value
    arguments = [part for word in command for part in (REPORTS if word == "{reports}" else [_filled(word, words)])]
    job: Job = {"name": name, "room": name.split("/")[0] if name.split("/")[0] in CHAINS else name.replace("/", "--")}
    live = arguments[:1] in (["endpoint"], ["record"]) or name.startswith(("embedded-drift/", "wrong/"))
    job |= {"args": arguments, "live": live, "made": "--provision" in arguments, "environ": environ}
    if "{url}" in arguments:
        job |= {"serve": options.split(), "environ": {"HPP_API_KEY": KEY, "HPP_USERNAME": "M000001-hpp"} | environ}
    return job | _MORE.get(name, {})


def _filled(word: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\{([a-z-]+)\}", lambda found: words.get(found[1], found[0]), word)


def _asked(facts: Facts) -> Iterator[Job]:
    """Servers, and requests to them."""
    key = {"Authorization": f"Basic {KEY}"}
    proper = {**key, "Content-Type": "application/json", "Cache-Control": "no-cache"}
    path = "/hpp/v1/sessions/"
    every = [["GET", path + each, proper, None] for each in facts.sessions.values()]
    waiting = path + facts.sessions["waiting"]
    bad = [["GET", waiting, {}, None], ["POST", waiting, key, "{}"], ["GET", f"{path}nonsense", proper, None],
           ["GET", f"{waiting}?x=1", key, None], ["GET", "/other", proper, None]]  # fmt: skip
    fresh = [["GET", path + "0" * 8 + facts.sessions["waiting"][8:], proper, None]] * 4
    servers = {
        "serve/quiet": ([*REPORTS], []),
        "serve/proper": ([*REPORTS], every),
        "serve/improper": ([*REPORTS], [*every[:2], *bad]),
        "serve/scenario": (["--scenario", "lifecycle-paid", *REPORTS], fresh),
        "serve/cassette": (["--cassette", f"{INPUTS}/cassettes/documented", *REPORTS], every[:3]),
    }
    for name, scenario in facts.faults.items():
        asked = ["GET", path + facts.sessions.get(scenario, facts.sessions["waiting"]), proper, None]
        servers[f"served/{name}"] = (["--fault", name], [asked] * 3)
    for name, (options, requests) in servers.items():
        yield {"name": name, "room": name.replace("/", "--"), "serve": options, "requests": requests}


def _known_failing(rules: list[str]) -> dict[str, str]:
    """Files for --known-failing by name."""
    reason = "# known, and accepted\n"
    listed = {"listed": reason + "\n".join(rules), "stale": reason + rules[0], "unknown": f"{reason}HPP-Z99"}
    return {name: f"{text}\n" for name, text in (listed | {"no-reason": rules[0]}).items()}


def _failing(facts: Facts, name: str, text: str) -> Job:
    client, cases = next(iter(facts.wrong.items()))
    only = f"--only {','.join(cases)} --known-failing known-failing.txt"
    line = f"known-failing/{name}: client --python clients:{client} {only} {{reports}}"
    return _job(line, {}) | {"files": {"known-failing.txt": text}}
