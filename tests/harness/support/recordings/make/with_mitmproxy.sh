#!/usr/bin/env bash
# mitmdump writes the HAR when it ends.
set -euo pipefail
authorization=$1; shift
mitmdump --quiet --listen-host 127.0.0.1 --listen-port 18081 --set hardump=../mitmproxy.har --set confdir="$(mktemp -d)" &
proxy=$!
sleep 4
for url in "$@"; do
  curl --silent --output /dev/null --noproxy '' --proxy http://127.0.0.1:18081 --compressed -H "Authorization: $authorization" "$url"
done
kill -TERM $proxy
wait $proxy || true
