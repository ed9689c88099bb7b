#!/usr/bin/env bash
# Makes sure that there is a Chromium for the browser tests: the one on the PATH, else Playwright's
# own, else the system's package. Without any, the tests say what is missing and fail.
# Usage: ensure_chromium.sh PYTHON
set -u
python=${1:-python3}
cd "$(dirname "$0")/../.."
found() { "$python" -m tests.browser.chromium >/dev/null 2>&1; }
found && exit 0
echo "No Chromium on the PATH: installing one for the browser tests."
"$python" -m playwright install --only-shell chromium 2>&1 | tail -1
found && exit 0
if command -v apt-get >/dev/null; then
  root=""
  [ "$(id -u)" = 0 ] || root="sudo -n"
  { $root apt-get update -qq && $root apt-get install -y -qq chromium; } 2>&1 | tail -1
fi
found || echo "Still no Chromium: the browser tests will fail. Install chromium or google-chrome." >&2
exit 0
