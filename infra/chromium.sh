#!/bin/sh
# Installs Debian's Chromium, in which the page tests run. Where it can't be had, those tests are skipped and say so.
set -u

say() { printf '%s\n' "$*" >&2; }

if command -v chromium >/dev/null 2>&1 || [ -n "${DATACITY_CHROMIUM:-}" ]; then
    exit 0
fi
install() {
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium fonts-noto-core
}
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    say "Install Chromium (Debian: apt-get install chromium fonts-noto-core), or name one: DATACITY_CHROMIUM=/path/to/it."
    exit 0
fi
say "Installing Chromium, in which the page tests run (once, about 150 MB)."
said=$({ install || { apt-get update && install; }; } 2>&1) || say "$said" "Without Chromium the page tests are skipped."
