"""HTTP in, commands out; answers are views."""

from services.incubation.api import data_room, experimentations, focus_groups, guests, milestones, projects, workshops

ROUTERS = [
    projects.router,
    milestones.router,
    data_room.router,
    focus_groups.router,
    workshops.router,
    guests.router,
    experimentations.router,
]
