#!/bin/sh
# Reads one hosted payment page session with curl and prints it, or what went wrong, as one line of JSON (with jq):
# read-session.sh BASE_URL USERNAME API_KEY SESSION_ID TIMEOUT_MS
set -eu
sessions="${1%/}/hpp/v1/sessions" username=$2 key=$3 timeout=$5
session=$(printf %s "$4" | jq -sRr @uri)
body=$(mktemp)
trap 'rm -f "$body"' EXIT

# The key goes to curl by stdin: other users of the machine can read the words of a command.
escaped=$(printf %s "$username:$key" | sed 's/["\\]/\\&/g')
status=$(printf 'user = "%s"\n' "$escaped" | curl --config - --silent --compressed --output "$body" \
  --max-time "$((timeout / 1000)).$(printf %03d $((timeout % 1000)))" --write-out '%{http_code}' \
  --path-as-is "$sessions/$session") || {
  code=$?
  kind=network
  [ "$code" != 28 ] || kind=timeout
  jq -cn --arg kind "$kind" --arg message "no answer (curl $code)" '{error: {kind: $kind, type: "curl", message: $message}}'
  exit
}

if [ "$status" != 200 ]; then
  jq -c --arg status "$status" -Rs '
    ((fromjson? | objects) // {}) as $said
    | {error: ({kind: "http", type: "http", message: "refused with HTTP \($status)", http_status: ($status | tonumber)}
        + ($said | {error_code, error_messages, correlation_id}))}' "$body"
else
  jq -c -Rs '{session: (fromjson? | objects)} // {error: {kind: "decode", type: "jq", message: "the answer is no session",
    http_status: 200}}' "$body"
fi
