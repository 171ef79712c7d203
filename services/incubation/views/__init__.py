"""What incubation shows, and to whom: the answers, and the queries that never find what one may not see."""

from services.incubation.views import data_room, experimentations, meetings, projects

__all__ = ["data_room", "experimentations", "meetings", "projects"]
