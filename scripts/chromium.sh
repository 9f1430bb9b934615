#!/bin/sh
# Print the path of a Chromium for the browser tests, or nothing. As root on Debian one is installed if there is none.
find_it() {
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        [ -n "$name" ] && command -v "$name" 2>/dev/null && return 0
    done
    return 1
}
find_it && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "browser tests: no Chromium here; installing it with apt-get …" >&2
    export DEBIAN_FRONTEND=noninteractive
    {
        timeout 120 apt-get update -qq
        # A font with Chinese in it, or every screenshot is boxes.
        timeout 600 apt-get install -y -qq --no-install-recommends chromium fonts-wqy-microhei
    } >/dev/null 2>&1 </dev/null
    find_it && exit 0
fi
echo "browser tests: no Chromium found, so they are SKIPPED. Install chromium or set CHROMIUM to its path." >&2
exit 0
