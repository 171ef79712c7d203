"""What answers hold: never tables, but views that say field by field what is shown."""
