"""How many mails, deliveries and subscriptions are in which state."""

from pydantic import Field

from services.notifications.api.shown import PREFIX
from services.notifications.domain.mail import MailState
from services.notifications.domain.webhooks import DeliveryState, SubscriptionState
from services.notifications.models import Delivery, Mail, Subscription
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import entries, messages
from shared.http import View, WorkDep, does, service_router

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["event log"])


class SummaryView(View):
    """The service at this moment, in numbers."""

    head: int = Field(description="The log's last position, which is also how many events it holds.")
    mails: dict[MailState, int]
    deliveries: dict[DeliveryState, int]
    subscriptions: dict[SubscriptionState, int]


@router.get("/summary", **does("read_summary"))
async def read_summary(work: WorkDep) -> SummaryView:
    return SummaryView.model_validate(
        {
            "head": await entries.head(work.session),
            "mails": await messages.counted(work.session, Mail, MailState),
            "deliveries": await messages.counted(work.session, Delivery, DeliveryState),
            "subscriptions": await messages.counted(work.session, Subscription, SubscriptionState),
        }
    )
