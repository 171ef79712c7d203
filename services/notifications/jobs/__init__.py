"""The loops of the worker: mail out, webhooks out, the journal sealed."""

from services.notifications.jobs.mailing import send_mails
from services.notifications.jobs.sealing import seal_journal
from services.notifications.jobs.webhooks import deliver_webhooks

JOBS = [send_mails, deliver_webhooks, seal_journal]
