"""The local broker's cluster gets a name that Kafka's own tools take for a name."""

import base64
import uuid

import pytest

from infra.local.kafka import cluster_id


@pytest.mark.parametrize("first_byte", range(256))
def test_a_cluster_id_never_looks_like_an_option(first_byte: int) -> None:
    named = cluster_id(uuid.UUID(bytes=bytes([first_byte]) + b"\xff" * 15))

    assert not named.startswith("-")
    assert len(base64.urlsafe_b64decode(named + "==")) == 16
