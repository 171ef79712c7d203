"""Who may do what in incubation, whole: what no line allows is denied."""

from shared.identity import PermissionTable, Rule

EVERY_PROJECT = {"staff", "city"}

PERMISSIONS = PermissionTable(
    [
        # Projects.
        Rule("anyone", "read_public_projects"),
        Rule(("applicant", "coach", "partner", *EVERY_PROJECT), "list_projects"),
        Rule(EVERY_PROJECT, "read_project"),
        Rule("applicant", "read_project", relations={"member"}),
        Rule("coach", "read_project", relations={"coach"}),
        Rule("partner", "read_project", relations={"partner"}),
        Rule("staff", "name_coach"),
        # Milestones.
        Rule("staff", "plan_milestone"),
        Rule("coach", "plan_milestone", relations={"coach"}),
        Rule("applicant", "submit_evidence", relations={"member"}),
        Rule("coach", "approve_milestone", relations={"coach"}),
        Rule("coach", "return_milestone", relations={"coach"}),
        # Data room.
        Rule("partner", "offer_dataset", relations={"partner"}),
        Rule(("applicant", "partner", "staff"), "list_datasets"),
        Rule("staff", "read_dataset"),
        Rule("partner", "read_dataset", relations={"partner"}),
        Rule("applicant", "read_dataset", relations={"member"}),
        Rule("applicant", "request_access", relations={"member"}),
        Rule(("applicant", "partner", "staff"), "list_grants"),
        Rule("staff", "read_grant"),
        Rule("partner", "read_grant", relations={"partner"}),
        Rule("applicant", "read_grant", relations={"member"}),
        Rule("partner", "grant_access", relations={"partner"}),
        Rule("partner", "refuse_access", relations={"partner"}),
        Rule("partner", "revoke_access", relations={"partner"}),
        Rule("applicant", "accept_licence", relations={"member"}),
        Rule("applicant", "read_data", relations={"member"}),
        Rule("partner", "read_receipts", relations={"partner"}),
        # Focus groups.
        Rule("staff", "form_focus_group"),
        Rule(("applicant", "coach", "partner", "staff"), "list_focus_groups"),
        Rule("staff", "read_focus_group"),
        Rule("partner", "read_focus_group", relations={"partner"}),
        Rule("applicant", "read_focus_group", relations={"member"}),
        Rule("coach", "read_focus_group", relations={"coach"}),
        # Workshops.
        Rule("anyone", "read_workshops"),
        Rule("anyone", "register_for_workshop"),
        Rule("anyone", "cancel_registration"),
        Rule("staff", "schedule_workshops"),
        Rule("staff", "list_registrations"),
        # Experimentations.
        Rule("anyone", "read_public_experimentations"),
        Rule(("applicant", "coach", "partner", *EVERY_PROJECT), "list_experimentations"),
        Rule(EVERY_PROJECT, "read_experimentation"),
        Rule("applicant", "read_experimentation", relations={"member"}),
        Rule("coach", "read_experimentation", relations={"coach"}),
        Rule("partner", "read_experimentation", relations={"partner"}),
        Rule("applicant", "register_experimentation", relations={"member"}),
        Rule("coach", "register_experimentation", relations={"coach"}),
        Rule("city", "authorise_experimentation"),
        Rule("city", "refuse_experimentation"),
        Rule("applicant", "start_experimentation", relations={"member"}),
        Rule("applicant", "record_measurement", relations={"member"}),
        Rule("applicant", "report_experimentation", relations={"member"}),
        # Operations.
        Rule(("staff", "auditor"), "watch_operations"),
        Rule("staff", "release_quarantine"),
        Rule("staff", "discard_quarantine"),
        Rule("staff", "release_outbox"),
        Rule("staff", "export_tables"),
    ]
)

authorise = PERMISSIONS.authorise
