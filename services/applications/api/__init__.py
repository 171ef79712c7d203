"""HTTP in, command out."""

from services.applications.api import applications, attachments, erasure, programme, teams

ROUTERS = [programme.router, teams.router, erasure.router, applications.router, attachments.router]
