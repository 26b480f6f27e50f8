"""."""

from __future__ import annotations

import re
from typing import Final

API_KEY = re.compile(r"kco_(?:test|live)_api_[A-Za-z0-9_\-]+")


PRODUCTION: Final = re.compile(r"api(-[a-z0-9]+)?\.(kustom\.co|klarna\.com)")


LIVE_KEY: Final = "kco_live_api_"


PLAYGROUND: Final = "https://api.playground.kustom.co"
