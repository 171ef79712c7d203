"""How far an event of the log is proven to outsiders."""


def proof_state(position: int) -> str:
    """The word for it: nothing is sealed yet."""
    del position
    return "unsealed"
