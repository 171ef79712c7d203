"""Who may do what with applications: the whole table."""

from uuid import UUID

from shared.errors import Forbidden, NotFound
from shared.identity import Actor, PermissionTable, Resource, Rule

SIGNED_IN = ("applicant", "juror", "staff", "partner", "city", "coach", "auditor")

# A team's lead is one of its editors, and these are members; readers are members and no more.
#
# States of a file: `sealed` until its call is closed and its files opened; `private` what was never handed in or was
# taken back; `opened` the rest; and `own` to its team, whatever else its members are. A challenge's are its own:
# declared, published.
PERMISSIONS = PermissionTable(
    [
        Rule("anyone", "enter_pages"),
        Rule("anyone", "read_editions"),
        Rule("anyone", "read_challenge", states="published"),
        Rule("partner", "read_challenge", relations="own"),
        Rule("staff", "read_challenge"),
        Rule("anyone", "list_challenges"),
        Rule("anyone", "read_calls"),
        Rule("anyone", "read_results"),
        Rule("anyone", "read_receipt_key"),
        Rule("staff", "announce_edition"),
        Rule("partner", "declare_challenge"),
        Rule("partner", "change_challenge", relations="own"),
        Rule("staff", "change_challenge"),
        Rule("staff", "publish_challenge"),
        Rule("staff", "announce_call"),
        Rule("staff", "set_form"),
        Rule("staff", "change_call"),
        Rule("staff", "list_extensions"),
        Rule("staff", "extend_deadline", states=("sealed", "private", "opened")),
        Rule("staff", "set_eligibility"),
        Rule("staff", "open_files"),
        Rule(SIGNED_IN, "keep_own_contact"),
        Rule("staff", "forget_person"),
        Rule("applicant", "forget_person", relations="self"),
        Rule("staff", "hold_person"),
        Rule("applicant", "form_team"),
        Rule("applicant", "add_team_member", relations="lead"),
        Rule("applicant", "remove_team_member", relations=("lead", "self")),
        Rule("applicant", "give_team_role", relations="lead"),
        Rule("applicant", "pass_team_lead", relations="lead"),
        Rule("applicant", "invite_to_team", relations="lead"),
        Rule("anyone", "read_invitation"),
        Rule("anyone", "decline_invitation"),
        Rule("applicant", "accept_invitation"),
        Rule("applicant", "list_teams"),
        Rule("applicant", "read_team", relations="member"),
        Rule("staff", "read_team", states="opened"),
        Rule("applicant", "draft_application", relations="editor"),
        Rule(("applicant", "staff", "partner"), "list_applications"),
        Rule("applicant", "read_application", relations="member"),
        Rule("staff", "read_application", states="opened"),
        Rule("partner", "read_application", relations="matched", states="opened"),
        Rule("applicant", "change_application", relations="editor"),
        Rule("applicant", "read_draft_versions", relations="member"),
        Rule("applicant", "submit_application", relations="editor"),
        Rule("applicant", "withdraw_application", relations="lead"),
        Rule("applicant", "attach_file", relations="editor"),
        Rule("anyone", "read_upload_rules"),
        Rule("applicant", "read_attachment", relations="member"),
        Rule("staff", "read_attachment", states="opened"),
        Rule("partner", "read_attachment", relations="matched", states="opened"),
        Rule("juror", "read_attachment", relations="assigned", states="opened"),
        Rule("staff", "export_applications", states="opened"),
        Rule("applicant", "import_drafts"),
        Rule("staff", "read_likenesses", states="opened"),
        Rule("staff", "screen_application", states="opened"),
        Rule("staff", "publish_screening"),
        Rule("staff", "list_screening"),
        Rule("applicant", "read_requests", relations="member"),
        Rule("staff", "read_requests", states="opened"),
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
    decision = PERMISSIONS.decide(actor, action, resource)
    if decision.reason == "relation":
        raise hidden
    authorise(actor, action, resource)
