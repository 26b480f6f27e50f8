#!/usr/bin/env bash
# The jar of the npm package `wiremock`, recording as a proxy; once more through its recorder, and its request journal.
set -euo pipefail
authorization=$1; shift
jar=$(find -L node_modules/wiremock -name 'wiremock-standalone-*.jar' | head -n 1)
root=$(mktemp -d)
java -jar "$jar" --port 18082 --proxy-all http://127.0.0.1:18080 --record-mappings --root-dir "$root" > /dev/null &
proxy=$!
admin=http://127.0.0.1:18082/__admin
curl --silent --output /dev/null --retry 30 --retry-connrefused --retry-delay 1 "$admin/mappings"
for url in "$@"; do
  curl --silent --output /dev/null -H "Authorization: $authorization" "${url/18080/18082}"
done
rm -rf ../wiremock; mkdir ../wiremock
curl --silent "$admin/requests" > ../wiremock/requests.json
cp -r "$root"/mappings "$root"/__files ../wiremock/
curl --silent -X POST "$admin/recordings/snapshot" -H 'Content-Type: application/json' \
  -d '{"captureHeaders": {"Authorization": {}}, "persist": false, "repeatsAsScenarios": true}' > ../wiremock/snapshot.json
kill $proxy
wait $proxy || true
