import sys
from pathlib import Path

import requests
from responses._recorder import Recorder  # type: ignore[import-not-found]  # installed only to record again

authorization, *urls = sys.argv[1:]
with Recorder() as recorder:
    for url in urls:
        requests.get(url, headers={"Authorization": authorization}, timeout=5)
    recorder.dump_to_file(Path("../responses.yaml"), registered=recorder.get_registry().registered)
