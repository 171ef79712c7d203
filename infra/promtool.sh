#!/bin/sh
# Puts promtool, which tries the alerts, into .tools out of Debian's package. Nothing is installed and no service starts.
set -u

say() { printf '%s\n' "$*" >&2; }

fetch() {
    apt-get download prometheus || { [ "$(id -u)" = 0 ] && apt-get update && apt-get download prometheus; }
}

unpack() {
    dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool && [ -x usr/bin/promtool ]
}

cd "$(dirname "$0")/.." || exit 1
if command -v promtool >/dev/null 2>&1 || [ -x .tools/promtool/usr/bin/promtool ]; then
    exit 0
fi
mkdir -p .tools/promtool
said=$(cd .tools/promtool && { fetch && unpack; } 2>&1) || {
    say "$said" "Without promtool the alerts are parsed but not tried; Prometheus has it, put it into PATH."
}
rm -f .tools/promtool/*.deb
