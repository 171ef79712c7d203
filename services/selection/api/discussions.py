"""Routes of discussions: of a file, among those who submitted a review of it, and staff.

Nobody's words are in an answer to a POST, as those are stored for a repeat.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.selection.api.reviewing import ReviewStateView, Revision, WordsOfReviewBody
from services.selection.commands.discussions import GiveOpinion, PostMessage, RevisitReview
from services.selection.domain.discussions import STAFF, Stance
from services.selection.handlers import discussions
from services.selection.models import DiscussionMessage, Opinion, Revisit
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import discussions as views
from services.selection.views.discussions import Discussion, SpokenReview
from shared.http import Body, LongText, Page, PagingDep, View, WorkDep, does, service_router
from shared.work import Work

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["discussions"])

PLACE = "/juries/{jury_id}/files/{application_id}/discussion"
Voice = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}$")]


class SpeakerView(View):
    """Who said it: a letter that means nothing in another file, or `staff`."""

    voice: str
    mine: bool
    person_id: UUID | None = Field(description="For staff alone: among jurors a letter speaks.")


class OpinionView(SpeakerView):
    stance: Stance
    reason: str | None
    said_at: datetime


class RevisitView(View):
    """Scores that were given again after the discussion, and those before."""

    scores_before: dict[str, int]
    abstained_before: list[str]
    scores: dict[str, int]
    abstained: list[str]
    reason: str | None
    said_at: datetime


class SpokenReviewView(SpeakerView):
    """A submitted review, and what the others think of it."""

    scores: dict[str, int]
    abstained: list[str]
    remarks: dict[str, str]
    comment: str | None
    note: str | None
    revision: int
    revisits: list[RevisitView]
    opinions: list[OpinionView]


class DiscussionView(View):
    """What is talked about, and under which name the asker is there. The messages are a list of their own."""

    jury_id: UUID
    application_id: UUID
    voice: str
    posts: bool = Field(description="Whether something may be said now.")
    reviews: list[SpokenReviewView]


class MessageView(SpeakerView):
    id: UUID
    words: str | None = Field(description="Null once they are erased.")
    said_at: datetime


class SaidView(View):
    """That it was said; the words are read with GET."""

    id: UUID
    voice: str
    said_at: datetime


class MessageBody(Body):
    words: LongText


class OpinionBody(Body):
    """Of the review that the juror with this letter submitted."""

    about: Voice
    stance: Stance
    reason: Annotated[LongText, Field(max_length=2000)] | None = None


class RevisitBody(WordsOfReviewBody):
    """Other scores, merged over those that were submitted, and why."""

    revision: Revision
    reason: LongText


@router.get(PLACE, **does("read_discussion"))
async def read_discussion(jury_id: UUID, application_id: UUID, work: WorkDep) -> DiscussionView:
    found = await _entered(jury_id, application_id, work)
    return DiscussionView(
        jury_id=jury_id,
        application_id=application_id,
        voice=_own_voice(found),
        posts=found.posts,
        reviews=[_review(found, one) for one in found.reviews],
    )


@router.get(f"{PLACE}/messages", **does("read_discussion"))
async def list_messages(jury_id: UUID, application_id: UUID, work: WorkDep, paging: PagingDep) -> Page[MessageView]:
    found = await _entered(jury_id, application_id, work)
    after = paging.after(UUID)
    rows = await views.messages(work.session, found.entrance, after=after[0] if after else None, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.id,), view=lambda row: _message(found, row))


@router.post(f"{PLACE}/messages", status_code=201, **does("post_message"))
async def post_message(jury_id: UUID, application_id: UUID, body: MessageBody, work: WorkDep) -> SaidView:
    command = PostMessage(jury_id=jury_id, application_id=application_id, words=body.words)
    return await _said(await discussions.post_message(command, work), jury_id, work)


@router.post(f"{PLACE}/opinions", status_code=201, **does("give_opinion"))
async def give_opinion(jury_id: UUID, application_id: UUID, body: OpinionBody, work: WorkDep) -> SaidView:
    command = GiveOpinion(
        jury_id=jury_id, application_id=application_id, about=body.about, stance=body.stance, words=body.reason
    )
    return await _said(await discussions.give_opinion(command, work), jury_id, work)


@router.post("/reviews/{review_id}/revisit", **does("revisit_review"))
async def revisit_review(review_id: UUID, body: RevisitBody, work: WorkDep) -> ReviewStateView:
    """In the discussing phase only; the first scores are kept beside the new ones."""
    command = RevisitReview(
        review_id=review_id,
        juror_id=person_id(work.actor),
        revision=body.revision,
        draft=body.draft(),
        reason=body.reason,
    )
    return ReviewStateView.model_validate(await discussions.revisit_review(command, work))


async def _entered(jury_id: UUID, application_id: UUID, work: Work) -> Discussion:
    came = await views.entrance(work.session, work.actor, jury_id, application_id, "read_discussion", now=work.now)
    return await views.discussion(work.session, came, now=work.now)


async def _said(one: DiscussionMessage | Opinion, jury_id: UUID, work: Work) -> SaidView:
    letters = await views.letters_of(work.session, jury_id, one.application_id)
    return SaidView(id=one.id, voice=letters.get(one.author_id, STAFF), said_at=one.said_at)


def _own_voice(found: Discussion) -> str:
    return STAFF if found.entrance.own is None else found.voices[found.entrance.me]


def _speaker(found: Discussion, author_id: UUID, *, by_staff: bool = False) -> dict[str, object]:
    return {
        "voice": found.voice_of(author_id, by_staff=by_staff),
        "mine": author_id == found.entrance.me,
        "person_id": author_id if found.names else None,
    }


def _message(found: Discussion, one: DiscussionMessage) -> MessageView:
    who = _speaker(found, one.author_id, by_staff=one.by_staff)
    return MessageView.model_validate({**who, "id": one.id, "words": one.words, "said_at": one.said_at})


def _review(found: Discussion, one: SpokenReview) -> SpokenReviewView:
    review = one.review
    return SpokenReviewView.model_validate(
        {
            **_speaker(found, review.juror_id),
            "scores": review.scores,
            "abstained": review.abstained,
            "remarks": review.remarks,
            "comment": review.comment,
            "note": review.note,
            "revision": review.revision,
            "revisits": [_revisit(each) for each in one.revisits],
            "opinions": [_opinion(found, each) for each in one.opinions],
        }
    )


def _opinion(found: Discussion, one: Opinion) -> OpinionView:
    who = _speaker(found, one.author_id)
    return OpinionView.model_validate({**who, "stance": one.stance, "reason": one.words, "said_at": one.said_at})


def _revisit(one: Revisit) -> RevisitView:
    return RevisitView.model_validate({**one.model_dump(), "reason": one.words})
