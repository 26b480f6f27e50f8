# mb saves what its proxy saw as stubs, those of one path in turn.
set -e
authorization=$1; shift
origin=$(echo "$1" | cut -d/ -f1-3)
mb start --port 2525 --nologfile --loglevel error & mountebank=$!
until curl -sf http://127.0.0.1:2525/ > /dev/null; do sleep 0.2; done
curl -sf http://127.0.0.1:2525/imposters -H 'Content-Type: application/json' -d '{"port": 18082, "protocol": "http",
  "stubs": [{"responses": [{"proxy": {"to": "'"$origin"'", "mode": "proxyAlways",
  "predicateGenerators": [{"matches": {"method": true, "path": true}}]}}]}]}' > /dev/null
for url in "$@"; do curl -s "${url/$origin/http://127.0.0.1:18082}" -H "Authorization: $authorization" > /dev/null; done
mb save --port 2525 --savefile ../mountebank.json --removeProxies
kill $mountebank
