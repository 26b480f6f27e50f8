#!/usr/bin/env bash
# The documented examples only: a few requests in each of its three formats.
set -euo pipefail
schemathesis run ../../../../schemas/openapi.json --url http://127.0.0.1:18080 --phases examples,coverage --mode positive \
  --header "Authorization: $1" --report vcr,har,ndjson --report-vcr-path ../schemathesis.vcr.yaml \
  --report-har-path ../schemathesis.har --report-ndjson-path ../schemathesis.ndjson --checks not_a_server_error > /dev/null || true
