"""One file per figure of docs/performance.md; each prints its figure beside its reference, taken in the same run."""
