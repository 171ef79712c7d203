"""notifications: keeps the event log, writes to people in their language, and tells partners by webhook."""
