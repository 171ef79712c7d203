"""Who may do what in notifications, whole."""

from shared.identity import PermissionTable, Rule

PERMISSIONS = PermissionTable(
    [
        Rule("anyone", "enter_pages"),
        Rule(("staff", "auditor"), "read_events"),
        Rule(("staff", "auditor"), "watch_events"),
        Rule(("staff", "auditor"), "read_timeline"),
        Rule("applicant", "read_timeline", relations={"member"}),
        Rule(("staff", "auditor"), "read_erasure"),
        Rule("applicant", "read_erasure", relations={"self"}),
        Rule("staff", "read_people"),
        Rule("anyone", "read_log"),
        Rule("anyone", "cosign_checkpoint"),
        Rule(("staff", "auditor"), "read_proof"),
        Rule(("staff", "auditor"), "read_openings"),
        Rule("applicant", "read_proof", relations={"member", "ranked"}),
        Rule("juror", "read_proof", relations={"own", "judge"}),
        Rule("staff", "read_mails"),
        Rule("staff", "decide_letters"),
        Rule(("staff", "auditor"), "read_summary"),
        Rule("partner", "subscribe"),
        Rule("staff", "read_subscriptions"),
        Rule("partner", "read_subscriptions", relations={"own"}),
        Rule("partner", "cancel_subscription", relations={"own"}),
        Rule("partner", "rotate_secret", relations={"own"}),
        Rule("partner", "retry_delivery", relations={"own"}),
        Rule(("staff", "auditor"), "watch_operations"),
        Rule("staff", "release_quarantine"),
        Rule("staff", "discard_quarantine"),
        Rule("staff", "release_outbox"),
        Rule("staff", "export_personal_data"),
        Rule("staff", "export_tables"),
    ]
)
