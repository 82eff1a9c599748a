"""What a teacher sees of the practice of students: that of those who are linked with them."""

from sqlalchemy import select

from server.errors import ApiError
from server.identity.accounts import USERS
from server.people.links import LINKS
from server.store.transactions import Database


async def zone_of_student(database: Database, teacher_id: str, student_id: str) -> str:
    """Give the time zone in which the days of a student of this teacher begin.

    Raises
    ------
    ApiError
        404, if they are not linked.
    """
    are_linked = (LINKS.c.teacher_id == teacher_id, LINKS.c.student_id == student_id)
    query = select(USERS.c.time_zone).join(LINKS, LINKS.c.student_id == USERS.c.id)
    row = await database.row(query.where(*are_linked))
    if row is None:
        raise ApiError(404, "NOT_LINKED", "you have no such student: see GET teaching/students")
    zone: str = row.time_zone
    return zone
