"""Writes the recordings beside this folder again, each with the library it is named after, against an embedded server.

Run from the repository's root: `python -m tests.harness.support.recordings.make.make NAME…`, where the library of each
NAME is installed (see docs/recordings.md for versions). The server's credentials are placeholders, so nothing needs
scrubbing.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from hpp_contract.cases.scenarios import session_id
from hpp_contract.model import Request
from hpp_contract.model.credentials import Credentials
from hpp_contract.server import Application

HERE = Path(__file__).parent
PORT = 18080
CREDENTIALS = Credentials("kco_test_api_scrubbed", "M000001-scrubbed")
PATHS = [*[f"/hpp/v1/sessions/{session_id('lifecycle-paid')}"] * 3,
         "/hpp/v1/sessions/5d1c7f0a-92b4-4e0e-9c59-6f7f1f0e8a11", "/checkout/v3/orders/1"]  # fmt: skip

COMMANDS = {
    "vcrpy": ["python", "with_vcrpy.py"],
    "betamax": ["python", "with_betamax.py"],
    "ruby-vcr": ["ruby", "with_vcr.rb"],
    "polly": ["node", "with_polly.mjs"],
    "nock": ["node", "with_nock.cjs"],
    "go-vcr": ["go", "run", "with_go_vcr.go"],
    "mitmproxy": ["bash", "with_mitmproxy.sh"],
    "schemathesis": ["bash", "with_schemathesis.sh"],
    "wiremock": ["bash", "with_wiremock.sh"],
    "pact": ["python", "with_pact.py"],
    "responses": ["python", "with_responses.py"],
    "talkback": ["node", "with_talkback.cjs"],
    "mountebank": ["bash", "with_mountebank.sh"],
    "playwright": ["node", "with_playwright.cjs"],
}


class Handler(BaseHTTPRequestHandler):
    """Plays the reference application, compressed for clients that accept it."""

    protocol_version = "HTTP/1.1"
    application: Application

    def do_GET(self) -> None:
        url = f"http://127.0.0.1:{PORT}{self.path}"
        answered = self.application(Request("GET", url, tuple(self.headers.items())))
        if self.path == PATHS[-1]:  # the end of one recording: the next finds the session as new
            Handler.application = Application(CREDENTIALS)
        response = answered.response
        if response is None:
            raise LookupError("the honest application always answers")
        packed = "gzip" in self.headers.get("Accept-Encoding", "")
        body = gzip.compress(response.body) if packed else response.body
        self.send_response_only(response.status)
        for name, value in (*response.headers, *([("Content-Encoding", "gzip")] if packed else [])):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(names: list[str]) -> None:
    for name in names or COMMANDS:
        Handler.application = Application(CREDENTIALS)
        server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{PORT}"
        arguments = [CREDENTIALS.authorization, *(base + path for path in PATHS)]
        done = subprocess.run([*COMMANDS[name], *arguments], cwd=HERE, check=False)
        server.shutdown()
        server.server_close()
        print(name, "failed" if done.returncode else "written")


if __name__ == "__main__":
    main(sys.argv[1:])
