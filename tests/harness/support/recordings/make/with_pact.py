import sys
from pathlib import Path
from urllib.parse import urlsplit

import requests
from pact import Pact, match  # type: ignore[import-not-found]  # installed only to record again

authorization, *urls = sys.argv[1:]
SESSION = {"session_id": urlsplit(urls[0]).path.rsplit("/", 1)[1], "status": "WAITING",
           "updated_at": "2019-05-13T14:51:46.288Z", "expires_at": "2019-05-15T13:51:43.507Z"}  # fmt: skip
ERROR = {"error_code": "NOT_FOUND", "error_messages": [], "correlation_id": "6a1c3f0e-9e0b-4c55-8f0e-2f3b1f0f9b55"}

for version in ("V2", "V3", "V4"):
    pact = Pact("shop", f"hpp-{version.lower()}").with_specification(version)
    for name, url, status, body in (
        ("a waiting session", urls[0], 200, match.like(SESSION) if version != "V2" else SESSION),
        ("an unknown session", urls[3], 404, ERROR),
        ("an order", urls[4], 404, ERROR),
    ):
        (
            pact.upon_receiving(name)
            .with_request("GET", urlsplit(url).path)
            .with_header("Authorization", authorization)
            .will_respond_with(status)
            .with_body(body, "application/json")
        )
    with pact.serve() as server:
        for url in (urls[0], urls[3], urls[4]):
            path = urlsplit(url).path
            requests.get(f"{server.url}".rstrip("/") + path, headers={"Authorization": authorization}, timeout=5)
    folder = Path("..") / "pact"
    folder.mkdir(exist_ok=True)
    pact.write_file(folder, overwrite=True)
