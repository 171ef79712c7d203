"""Those who reviewed a file talk about it: they say something, judge each other's reviews, and think again."""

from uuid import UUID

from services.selection import repository
from services.selection.commands.discussions import GiveOpinion, PostMessage, RevisitReview
from services.selection.domain import reviews as domain
from services.selection.domain.discussions import STAFF, spoken_of
from services.selection.domain.juries import check_open
from services.selection.handlers.reviews import criteria_from, kept_in, own_review
from services.selection.models import DiscussionMessage, Opinion, Review, Revisit
from services.selection.views import discussions as views
from services.selection.views.discussions import Entrance
from shared.events.selection import DiscussionMessagePosted, OpinionGiven, ReviewRevisited
from shared.work import Work


async def post_message(command: PostMessage, work: Work) -> DiscussionMessage:
    """Say something to those who reviewed the file; it can't be taken back."""
    came = await _come_in(command.jury_id, command.application_id, "post_message", work)
    message = DiscussionMessage(
        jury_id=came.jury.id,
        application_id=came.application_id,
        author_id=came.me,
        by_staff=came.role == STAFF,
        words=command.words,
        said_at=work.now,
    )
    work.session.add(message)

    work.publish(
        DiscussionMessagePosted(
            message_id=message.id,
            application_id=message.application_id,
            jury_id=message.jury_id,
            challenge_id=came.jury.challenge_id,
            author_id=message.author_id,
            by_staff=message.by_staff,
        )
    )
    return message


async def give_opinion(command: GiveOpinion, work: Work) -> Opinion:
    """Say whether one agrees with another's review of the file; the last opinion counts, and all are kept."""
    came = await _come_in(command.jury_id, command.application_id, "give_opinion", work)
    discussion = await views.discussion(work.session, came, now=work.now)
    reviews = {one.review.juror_id: one.review for one in discussion.reviews}
    about = reviews[spoken_of(command.about, discussion.voices, reviews, by=came.me)]
    opinion = Opinion(
        review_id=about.id,
        application_id=about.application_id,
        author_id=came.me,
        stance=command.stance,
        words=command.words,
        said_at=work.now,
    )
    work.session.add(opinion)

    work.publish(
        OpinionGiven(
            opinion_id=opinion.id,
            review_id=about.id,
            application_id=about.application_id,
            challenge_id=about.challenge_id,
            author_id=came.me,
            stance=command.stance.value,
        )
    )
    return opinion


async def revisit_review(command: RevisitReview, work: Work) -> Review:
    """Give other scores after the discussion; those before stay beside them."""
    review, jury = await own_review(command.review_id, command.juror_id, "revisit_review", work)
    check_open(jury.state)
    candidate = await repository.share_file(work.session, review.application_id)
    newest = await repository.newest_revision(work.session, candidate)
    before = domain.Judged(review.scores, review.abstained)
    after = before.then(command.draft.scores, command.draft.abstained)
    remarks = domain.remarked(review.remarks, command.draft.remarks)
    domain.revisit(
        review.state,
        before,
        after,
        remarks,
        criteria=criteria_from(jury.criteria),
        read=command.revision,
        newest=newest,
    )
    kept_in(review, after, remarks, command.draft)
    review.revision = command.revision
    work.session.add(
        Revisit(
            review_id=review.id,
            application_id=review.application_id,
            author_id=review.juror_id,
            scores_before=dict(before.scores),
            abstained_before=list(before.abstained),
            scores=review.scores,
            abstained=review.abstained,
            words=command.reason,
            said_at=work.now,
        )
    )

    work.publish(
        ReviewRevisited(
            review_id=review.id,
            application_id=review.application_id,
            challenge_id=review.challenge_id,
            juror_id=review.juror_id,
            revision=command.revision,
            scores=review.scores,
            abstained=review.abstained,
            scores_before=dict(before.scores),
            abstained_before=list(before.abstained),
        )
    )
    await work.session.flush()
    return review


async def _come_in(jury_id: UUID, application_id: UUID, action: str, work: Work) -> Entrance:
    """Held, so that a phase that ends or a conflict that is declared comes before or after, and never between."""
    await repository.hold_discussion(work.session, jury_id, application_id)
    return await views.entrance(work.session, work.actor, jury_id, application_id, action, now=work.now)
