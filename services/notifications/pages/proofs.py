"""How far an event of the log is proven to outsiders."""


def proof_state(position: int, *, sealed: int) -> str:
    """The word for it; `sealed` is how many events are under the journal's last signed checkpoint."""
    return "sealed" if position <= sealed else "unsealed"
