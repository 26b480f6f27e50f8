import sys
from pathlib import Path

import requests
import vcr

authorization, *urls = sys.argv[1:]
for name, settings in {
    "vcrpy.yaml": {"decode_compressed_response": True},
    "vcrpy-gzip.yaml": {},
    "vcrpy.json": {"serializer": "json", "decode_compressed_response": True},
}.items():
    path = Path("..") / name
    path.unlink(missing_ok=True)
    with vcr.use_cassette(str(path), **settings):
        for url in urls:
            requests.get(url, headers={"Authorization": authorization, "Content-Type": "application/json"}, timeout=5)
