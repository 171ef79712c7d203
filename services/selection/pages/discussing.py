"""The discussion of a file: what its reviewers say to each other under letters, and of each other's reviews."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from services.selection.commands import ReviewDraft
from services.selection.commands.discussions import GiveOpinion, PostMessage, RevisitReview
from services.selection.domain.criteria import HIGHEST, LOWEST
from services.selection.domain.discussions import STAFF, Stance
from services.selection.handlers import discussions
from services.selection.handlers.reviews import criteria_from
from services.selection.models import Review
from services.selection.pages.forms import NOTHING, Fields, Form, Typed, all_fields, one_of, read
from services.selection.pages.naming import described
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.pages.review import LONGEST
from services.selection.pages.writing import ABSTAIN, SCORE
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.repository import NoSuchReview
from services.selection.views import deliberation
from services.selection.views import discussions as views
from services.selection.views import reviews as review_views
from services.selection.views.discussions import Discussion
from services.selection.views.own_review import own_review
from shared.errors import DomainError
from shared.http import LongText, WorkDep, does
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

AT_ONCE = 200
"""Messages on one page."""
Said = Annotated[str | None, Query(pattern="^(posted|opined|revisited)$")]
Score = Annotated[int, Field(ge=LOWEST, le=HIGHEST)]


class MessageForm(Form):
    words: LongText


class OpinionForm(Form):
    """Of the review that the juror with this letter submitted."""

    about: Annotated[str, Field(pattern=r"^[A-Z]{1,3}$")]
    stance: Stance
    reason: Annotated[LongText, Field(max_length=2000)] | None = None


class ScoreForm(Form):
    score: Score


class RevisitForm(Form):
    revision: Annotated[int, Field(ge=1, le=1_000_000)]
    reason: LongText


@router.get("/{language}/reviews/{review_id}/discussion", **does("read_discussion"))
async def read_a_discussion(
    page: PageDep, work: WorkDep, review_id: UUID, said: Said = None, after: UUID | None = None
) -> Response:
    return await _show(page, await _about(review_id, work), work, said=said, after=after)


@router.post("/{language}/reviews/{review_id}/discussion", **does("post_message", accepts=[FORM]))
async def say_something(request: Request, page: PageDep, work: WorkDep, review_id: UUID) -> Response:
    about = await _about(review_id, work)
    fields = await all_fields(request)
    try:
        form = read(fields, MessageForm)
        await discussions.post_message(
            PostMessage(jury_id=about.jury_id, application_id=about.application_id, words=form.words), work
        )
    except TOLD_HERE as refusal:
        return await _show(page, about, work, refusal=refusal, typed=Typed(form="message", fields=fields))
    return _to(page, review_id, "posted")


@router.post("/{language}/reviews/{review_id}/discussion/opinions", **does("give_opinion", accepts=[FORM]))
async def say_what_one_thinks_of_a_review(request: Request, page: PageDep, work: WorkDep, review_id: UUID) -> Response:
    about = await _about(review_id, work)
    fields = await all_fields(request)
    try:
        form = read(fields, OpinionForm)
        await discussions.give_opinion(
            GiveOpinion(
                jury_id=about.jury_id,
                application_id=about.application_id,
                about=form.about,
                stance=form.stance,
                words=form.reason,
            ),
            work,
        )
    except TOLD_HERE as refusal:
        return await _show(page, about, work, refusal=refusal, typed=Typed(form="opinion", fields=fields))
    return _to(page, review_id, "opined")


@router.post("/{language}/reviews/{review_id}/revisit", **does("revisit_review", accepts=[FORM]))
async def think_again(request: Request, page: PageDep, work: WorkDep, review_id: UUID) -> Response:
    """Scores and abstentions only: the words of a review stay as they were submitted."""
    about = await _about(review_id, work)
    fields = await all_fields(request)
    try:
        form = read(fields, RevisitForm)
        await discussions.revisit_review(
            RevisitReview(
                review_id=review_id,
                juror_id=person_id(work.actor),
                revision=form.revision,
                draft=_scores_in(fields),
                reason=form.reason,
            ),
            work,
        )
    except TOLD_HERE as refusal:
        return await _show(page, about, work, refusal=refusal, typed=Typed(form="revisit", fields=fields))
    return _to(page, review_id, "revisited")


async def _about(review_id: UUID, work: Work) -> Review:
    """One's own review, or for staff any, by which the discussion of its file is found. Raises NoSuchReview."""
    me = person_id(work.actor)
    review = await review_views.review(work.session, review_id, person_id=me, organisation=work.actor.organisation)
    if review.juror_id != me and not work.actor.holds("staff"):
        raise NoSuchReview
    return review


def _scores_in(fields: Fields) -> ReviewDraft:
    """Raises Invalid."""
    judged = {name.removeprefix(SCORE): one_of(fields, name) for name in fields if name.startswith(SCORE)}
    scores = {key: value for key, value in judged.items() if value is not None and value != ABSTAIN}
    return ReviewDraft(
        scores={key: read({"score": [value]}, ScoreForm).score for key, value in scores.items()},
        abstained={key: value == ABSTAIN for key, value in judged.items() if value is not None},
        given=frozenset({"scores", "abstained"}),
    )


def _to(page: Page, review_id: UUID, said: str) -> Response:
    return RedirectResponse(f"{page.root}/reviews/{review_id}/discussion?said={said}", status_code=303)


async def _show(
    page: Page,
    about: Review,
    work: Work,
    *,
    said: str | None = None,
    after: UUID | None = None,
    refusal: DomainError | None = None,
    typed: Typed = NOTHING,
) -> Response:
    came = await views.entrance(
        work.session, work.actor, about.jury_id, about.application_id, "read_discussion", now=work.now
    )
    found = await views.discussion(work.session, came, now=work.now)
    rows = await views.messages(work.session, came, after=after, limit=AT_ONCE + 1)
    page = await in_zone(page, work.session, edition=came.jury.edition_id)
    return page.show(
        "discussion.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/reviews/{about.id}/discussion",
        review=came.own or about,
        jury=came.jury,
        voice=STAFF if came.own is None else found.voices[came.me],
        voice_of=found.voice_of,
        me=came.me,
        staff=STAFF,
        names_shown=found.names,
        posts=found.posts,
        reviews=found.reviews,
        messages=rows[:AT_ONCE],
        later=rows[AT_ONCE - 1].id if len(rows) > AT_ONCE else None,
        stances=list(Stance),
        criteria=[described(page, each) for each in criteria_from(came.jury.criteria)],
        scale=range(LOWEST, HIGHEST + 1),
        longest=LONGEST,
        typed=typed,
        voices=[each.voice for each in found.reviews if each.review.juror_id != came.me],
        said=said,
        refused=told(page, refusal) if refusal else None,
        **await _file_of(found, work),
    )


async def _file_of(found: Discussion, work: Work) -> dict[str, Any]:
    """What the file is called: for a juror as it may know it, and with the revision to which new scores would go."""
    came = found.entrance
    if came.own is not None:
        mine = await own_review(work.session, work.actor, came.own.id, now=work.now)
        dossier = mine.file.dossier if mine.file else None
        return {"dossier": dossier, "revision": mine.newest if mine.file else None}
    names = await deliberation.names_of(work.session, [came.application_id], person_id=came.me)
    return {"dossier": names.get(came.application_id), "revision": None}
