"""HTTP in, command out."""

from services.applications.api import applications, attachments, programme, teams

ROUTERS = [programme.router, teams.router, applications.router, attachments.router]
