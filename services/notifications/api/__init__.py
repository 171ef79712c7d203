"""The HTTP entrances of notifications."""

from services.notifications.api import events, files, log, mails, proofs, stream, subscriptions, summary

# The stream comes before the events: its address would else be read as a position.
ROUTERS = [
    stream.router,
    events.router,
    files.router,
    mails.router,
    subscriptions.router,
    summary.router,
    log.router,
    proofs.router,
]
