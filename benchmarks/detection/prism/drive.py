"""Prism's validating proxy in front of the endpoint, and a client's requests through it.

With --errors an answer that does not fit the description becomes a problem of Prism's own: any of those is a finding.
A status that only the client can judge (a 404 for a session that exists) is asserted here as a client's test would.
"""

# ruff: noqa: D103  a script as others write it

import os
import re
import subprocess
import sys
import threading

import requests

AUTH = (os.environ["HPP_USERNAME"], os.environ["HPP_API_KEY"])
SESSION_IDS = os.environ["HPP_SESSION_IDS"].split()
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
LISTENING = re.compile(r"Prism is listening on (\S+)")
OURS = "stoplight.io/prism/errors#"
ARGUMENTS = ("proxy", "--errors", "--validate-request=false", "--port", "0")


def main() -> int:
    command = [os.environ["PRISM"], *ARGUMENTS, os.environ["HPP_OPENAPI_30"], os.environ["HPP_ENDPOINT"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as prism:
        try:
            problems = [problem for problem in drive(listening(prism)) if problem]
        finally:
            prism.terminate()
    print(*problems, sep="\n")
    return 1 if problems else 0


def listening(prism):
    for line in prism.stdout:
        print(line, end="")
        if found := LISTENING.search(line):
            # What it prints from now on is printed on, or the pipe would fill and stop it.
            threading.Thread(target=lambda: sys.stdout.writelines(prism.stdout), daemon=True).start()
            return found[1]
    sys.exit("Prism never listened")


def drive(base):
    for session_id in SESSION_IDS:
        for _ in range(2):
            yield problem(base, session_id, AUTH, 200)
    yield problem(base, UNKNOWN_ID, AUTH, 404)
    # Without credentials Prism answers itself, whatever --validate-request says: nothing would reach the endpoint.
    yield problem(base, SESSION_IDS[0], ("nobody", "wrong"), 401)


def problem(base, session_id, auth, expected):
    try:
        response = requests.get(f"{base}/hpp/v1/sessions/{session_id}", auth=auth, timeout=10)
    except requests.RequestException as error:
        return f"{session_id}: {type(error).__name__}"
    if OURS in response.text:
        return f"{session_id}: {response.text}"
    return "" if response.status_code == expected else f"{session_id}: {response.status_code}, not {expected}"


if __name__ == "__main__":
    sys.exit(main())
