import sys
from pathlib import Path
from typing import Any

import requests
import vcr  # type: ignore[import-untyped]  # vcrpy has no types

authorization, *urls = sys.argv[1:]
SETTINGS: dict[str, dict[str, Any]] = {
    "vcrpy.yaml": {"decode_compressed_response": True},
    "vcrpy-gzip.yaml": {},
    "vcrpy.json": {"serializer": "json", "decode_compressed_response": True},
}
for name, settings in SETTINGS.items():
    path = Path("..") / name
    path.unlink(missing_ok=True)
    with vcr.use_cassette(str(path), **settings):
        for url in urls:
            requests.get(url, headers={"Authorization": authorization, "Content-Type": "application/json"}, timeout=5)
