"""The words that are known to be public where anybody may have written anything: names of header fields, what stands in
their values, elements of HTML, segments of paths. Plain data, in small letters.

A recording keeps these and masks all others, so a word that is also a person's name does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


METHODS: Final = frozenset({"get", "head", "post", "put", "patch", "delete", "options", "connect", "trace"})

PATH_SEGMENTS: Final = frozenset(
    {"", "api", "checkout", "eu", "hpp", "na", "oc", "orders", "payments", "sessions", "v1", "v2", "v3"}
)

HEADER_WORDS: Final = _words(
    """
    accept access after age agent alive allow allowed alt amz amzn api apigw api-key authenticate authenticated
    authorization b3 cache cdn cf charset client cloudflare code coding connection content control cookie cookie2
    cors correlation count credentials csrf date debug delivery dest device disposition dns dnt duration edge
    encoding envoy error etag expect expires expose fetch for forwarded frame frontend gateway headers hit hits host
    hpp id idempotency if info instance keep key kong klarna kustom language last length limit location logged match
    md5 message methods mod mode modified more name none nel node opener operation options origin outcome parent
    policy powered pragma protection protocol proto proxy ranges range rate ratelimit real ray reason referer
    referrer region remaining remote report reporting request reset response retry robots runtime sampled sec secret
    secure security served server service session set signature site span spanid state status store strict svc tag
    te time timestamp timing token trace traceid traceparent tracestate track trailer transaction transfer transport
    type ua unmodified upgrade upstream uri url user uuid vary verify version via wait warning www xss x y
    """
)
"""What names of header fields are made of, between hyphens."""

_NUMBERS: Final = ("age", "content-length", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining",
                   "x-ratelimit-reset")  # fmt: skip
_DATES: Final = ("date", "expires", "if-modified-since", "if-unmodified-since", "last-modified", "retry-after")
_MEDIA: Final = (
    "application audio csv css event-stream font form-data gif hal html image javascript jpeg json jsonp jwt markdown "
    "mixed mpeg msword multipart ndjson octet-stream pdf plain png problem soap svg text video webp x-ndjson "
    "x-www-form-urlencoded xhtml xml yaml zip charset boundary q profile version vnd "
    "utf-8 utf8 utf-16 utf-16le utf-16be utf-32 us-ascii ascii iso-8859-1 iso-8859-15 latin1 latin-1 windows-1252 "
    "windows-1251 gb18030 gbk shift_jis euc-jp big5 koi8-r"
)
_CODINGS: Final = "gzip x-gzip deflate br zstd compress x-compress identity chunked q"
_LANGUAGES: Final = "en de sv nb no nn da fi nl fr es it pl pt gb us se dk at ch be q"
_PRODUCTS: Final = (
    "aiohttp akamaighost apache awselb axios caddy cloudflare cowboy curl cpython envoy express firefox gecko gunicorn "
    "gws hpp-contract hpp_contract httpclient httpx hypercorn istio-envoy java java-http-client jetty kestrel khtml "
    "kong like linux macintosh microsoft-httpapi microsoft-iis mozilla nginx node node-fetch okhttp openresty openssl "
    "php python python-httpx python-requests python-urllib3 requests ruby safari scaffolding schemathesis server "
    "tornado traefik tomcat ubuntu debian undici urllib3 uvicorn varnish vegur windows x11 faraday guzzlehttp reqwest "
    "go-http-client dart"
)

HEADER_VALUES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        name: _words(words)
        for name, words in {
            "accept": _MEDIA,
            "accept-charset": _MEDIA,
            "accept-encoding": _CODINGS,
            "accept-language": _LANGUAGES,
            "accept-ranges": "bytes none",
            "allow": " ".join(METHODS),
            "alt-svc": "h2 h3 h3-29 ma clear persist",
            "cache-control": "no-cache no-store no-transform must-revalidate proxy-revalidate must-understand "
            "immutable private public max-age s-maxage max-stale min-fresh only-if-cached stale-while-revalidate "
            "stale-if-error",
            "connection": "keep-alive close upgrade te",
            "content-encoding": _CODINGS,
            "content-language": _LANGUAGES,
            "content-type": _MEDIA,
            "etag": "w",
            "keep-alive": "timeout max",
            "pragma": "no-cache",
            "server": _PRODUCTS,
            "strict-transport-security": "max-age includesubdomains preload",
            "te": "trailers deflate gzip",
            "trailer": "",
            "transfer-encoding": _CODINGS,
            "upgrade": "h2c h2 websocket tls http",
            "user-agent": _PRODUCTS,
            "vary": "",
            "via": "1.0 1.1 2 2.0 http https varnish vegur google cloudfront",
            "www-authenticate": "basic bearer digest negotiate realm charset utf-8 error error_description scope nonce "
            "qop algorithm invalid_token invalid_request insufficient_scope auth sha-256 md5 klarna kustom api hpp",
            "x-content-type-options": "nosniff",
            "x-frame-options": "deny sameorigin",
            "x-xss-protection": "mode block",
            **dict.fromkeys({*_NUMBERS, *_DATES}, ""),
        }.items()
    }
)
"""Header fields with a value of known words, and these words."""

HEADER_NAMES_IN: Final = frozenset({"trailer", "vary", "access-control-allow-headers", "access-control-expose-headers"})
"""Header fields whose value is a list of names of header fields."""

COOKIE_ATTRIBUTES: Final = re.compile(
    r"\s*(?:HttpOnly|Secure|Partitioned|Path=/|SameSite=(?:Lax|Strict|None)|Max-Age=-?[0-9]{1,6}|"
    r"Expires=[A-Z][a-z]{2}, [0-9]{2}[ -][A-Z][a-z]{2}[ -][0-9]{4} [0-9:]{8} GMT)\s*",
    re.IGNORECASE,
)

HTML_START: Final = re.compile(
    r"<!doctype\s+html|<\?xml\s+version=\"1\.[01]\"(?:\s+encoding=\"utf-8\")?\s*\?>|<html|"
    r"</?(?:a|b|body|br|button|center|code|div|em|footer|form|h[1-6]|head|header|hr|i|img|input|label|li|link|main|meta|"
    r"ol|p|pre|script|section|small|span|strong|style|table|tbody|td|th|title|tr|u|ul|html)\b",
    re.IGNORECASE,
)
"""How an element of HTML begins, or a document."""

KNOWN_WORDS: Final = _words(
    """
    accepted access account action allowed amount api at authentication authorization back bad body callback
    cancelled captured client code codes completed content correlation country created currency customer data date
    declined denied description detail details disabled duplicate endpoint entity error errors exception exists
    expired expires failed failure fault field fields forbidden format found gateway gone header host html http id
    ids in info instance internal invalid is items key kind language large level limit link links locale malformed
    many media merchant message messages method misdirected missing mode name no not note of ok on option options
    order orders page parameter params path payload payment pending phase place progress purchase range rate reason
    reasons ref reference rejected request requests required resource result retry risk scope server service session
    sessions shipping source state status status_code such success task text time timeout timestamp title token too
    total trace type unauthorized unavailable unknown unprocessable unsupported updated uri url user validation
    value values version waiting warning warnings wrong
    """
)
"""What names of members, statuses and error codes are made of, between underscores, that mean nobody: also where a
text that was masked is the same."""
