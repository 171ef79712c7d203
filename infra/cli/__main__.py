"""The same command as `python -m infra.cli`; the local stack starts its own processes by it."""

from infra.cli import main

main()
