"""What selection can be asked over HTTP: request in, command out."""

from services.selection.api import conflicts, decisions, juries, rankings, results, reviews

ROUTERS = (juries.router, conflicts.router, reviews.router, rankings.router, decisions.router, results.router)
