"""An idempotency key is forgotten after a day, with the answer that was stored beside it."""

from sqlalchemy import text

from shared.http.idempotency import forget_old_keys
from tests.support.backbone import rig, running, until
from tests.support.stack import Backbone


async def test_old_keys_go_and_new_ones_stay(backbone: Backbone) -> None:
    async with rig(backbone) as service:
        async with service.works.begin() as work:
            connection = await work.session.connection()
            await connection.execute(
                text(
                    "INSERT INTO idempotency_keys (actor, key, request_digest, created_at) VALUES "
                    "('a', 'old', '', now() - interval '25 hours'), ('a', 'new', '', now() - interval '23 hours')"
                )
            )

        async def old_is_gone() -> bool:
            return await service.scalar("SELECT count(*) FROM idempotency_keys WHERE key = 'old'") == 0

        async with running(forget_old_keys(service.works)):
            await until(old_is_gone, what="the old key's end")

        assert await service.scalar("SELECT string_agg(key, ',') FROM idempotency_keys") == "new"
