import sys
from pathlib import Path

import requests
from betamax import Betamax  # type: ignore[import-not-found]  # installed only to record again

authorization, *urls = sys.argv[1:]
for name, exact in {"betamax": False, "betamax-exact": True}.items():
    session = requests.Session()
    session.headers["Authorization"] = authorization
    recorder = Betamax(session, cassette_library_dir="..")
    (Path("..") / f"{name}.json").unlink(missing_ok=True)
    with recorder.use_cassette(name, record="all", preserve_exact_body_bytes=exact):
        for url in urls:
            session.get(url, timeout=5)
