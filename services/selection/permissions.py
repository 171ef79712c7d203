"""Who may do what in selection: the whole table.

Roles are checked at the door; relations and states by the use cases, once they know whom the matter concerns:
`judge` (of the jury), `reviewer` (holds the review), `self` (the declaring juror), `member` (of the applying team),
`own` (the partner's own challenge).
A conflict of interest goes before all of this: whoever has one, in whatever role, gets the same answer as if the file
were not there (see `views/scope.py`).
"""

from uuid import UUID

from services.selection.domain.decisions import DecisionsState
from services.selection.domain.reviews import LIVE, ReviewState
from shared.errors import Forbidden, NotFound
from shared.identity import Actor, PermissionTable, Resource, Rule

PERMISSIONS = PermissionTable(
    [
        Rule("anyone", "enter_pages"),
        Rule(("juror", "staff", "partner", "applicant"), "open_desk"),
        Rule("juror", "list_own_files"),
        Rule("juror", "list_own_interests"),
        Rule("applicant", "list_own_results"),
        Rule("staff", "appoint_jury"),
        Rule("staff", "change_jury"),
        Rule("staff", "name_people"),
        Rule("staff", "read_jury"),
        Rule("juror", "read_jury", relations={"judge"}),
        Rule("staff", "read_phases"),
        Rule("juror", "read_phases", relations={"judge"}),
        Rule("staff", "plan_phases"),
        Rule("staff", "open_phase"),
        Rule("staff", "list_candidates"),
        Rule("juror", "list_candidates", relations={"judge"}),
        Rule("juror", "declare_conflict", relations={"judge"}),
        Rule("staff", "list_conflicts"),
        Rule("juror", "list_conflicts", relations={"self"}),
        Rule("juror", "state_interests", relations={"self"}),
        Rule("applicant", "state_team_ties", relations={"member"}),
        Rule("staff", "note_ties"),
        Rule("staff", "decide_conflicts"),
        Rule("juror", "bid_on_files", relations={"judge"}),
        Rule("staff", "assign_reviews"),
        Rule("staff", "read_review"),
        Rule("juror", "read_review", relations={"reviewer"}),
        Rule("juror", "read_file", relations={"reviewer"}, states=LIVE),
        Rule("staff", "read_judged_file"),
        Rule("juror", "write_review", relations={"reviewer"}),
        Rule("juror", "submit_review", relations={"reviewer"}),
        Rule("juror", "recuse_from_review", relations={"reviewer"}),
        Rule("juror", "abstain_from_review", relations={"reviewer"}),
        Rule("juror", "read_other_reviews", relations={"reviewer"}, states={ReviewState.SUBMITTED}),
        Rule("juror", "read_discussion", relations={"reviewer"}, states={ReviewState.SUBMITTED}),
        Rule("staff", "read_discussion"),
        Rule("juror", "post_message", relations={"reviewer"}, states={ReviewState.SUBMITTED}),
        Rule("staff", "post_message"),
        Rule("juror", "give_opinion", relations={"reviewer"}, states={ReviewState.SUBMITTED}),
        Rule("juror", "revisit_review", relations={"reviewer"}),
        Rule("staff", "freeze_ranking"),
        Rule("staff", "read_ranking"),
        Rule("staff", "preview_ranking"),
        Rule(("staff", "partner"), "list_shortlists"),
        Rule("staff", "open_shortlist"),
        Rule("staff", "read_shortlist"),
        Rule("partner", "read_shortlist", relations={"own"}),
        Rule("staff", "order_shortlist"),
        Rule("partner", "order_shortlist", relations={"own"}),
        Rule("staff", "propose_decisions"),
        Rule("staff", "promote_reserve"),
        Rule("staff", "read_decisions"),
        Rule("staff", "read_matching"),
        Rule("auditor", "read_matching", states={DecisionsState.PUBLISHED}),
        Rule(("staff", "auditor"), "read_minutes"),
        Rule("staff", "change_decisions"),
        Rule("staff", "remark_on_decisions"),
        Rule("staff", "read_reasons"),
        Rule("staff", "change_reasons"),
        Rule("staff", "sign_reasons"),
        Rule("staff", "approve_decisions"),
        Rule("staff", "take_back_approval"),
        Rule("staff", "publish_decisions"),
        Rule("anyone", "read_results"),
        Rule("staff", "read_published_rankings"),
        Rule("applicant", "read_published_rankings", relations={"member"}),
        Rule("juror", "read_published_rankings", relations={"judge"}),
        Rule("anyone", "read_receipt_key"),
        Rule("applicant", "read_own_result", relations={"member"}),
        Rule(("staff", "auditor"), "watch_operations"),
        Rule("staff", "release_quarantine"),
        Rule("staff", "discard_quarantine"),
        Rule("staff", "release_outbox"),
        Rule("staff", "export_personal_data"),
        Rule("staff", "export_tables"),
    ]
)

authorise = PERMISSIONS.authorise


class PersonIdNotUsable(Forbidden):
    slug = "person-id-not-usable"
    message = "Your sign-in does not carry a person id that we can use (a UUID in `sub`). Ask the programme team."


def person_id(actor: Actor) -> UUID:
    """Whom the issuer vouches for. Raises PersonIdNotUsable."""
    try:
        return UUID(actor.person_id)
    except ValueError:
        raise PersonIdNotUsable from None


def authorise_or_hide(actor: Actor, action: str, resource: Resource, *, hidden: NotFound) -> None:
    """Like `authorise`, but who has nothing to do with the resource is not told that it exists."""
    if PERMISSIONS.decide(actor, action, resource).reason == "relation":
        raise hidden
    authorise(actor, action, resource)
