"""What of the settings matters to notifications alone."""

from datetime import timedelta

from shared.settings import Settings


def held_for(settings: Settings) -> timedelta:
    """How long a letter to many is a draft; demonstrations, where a season takes a minute, don't wait for it."""
    return timedelta(minutes=0 if settings.compressed_schedule else settings.mass_mail_minutes)
