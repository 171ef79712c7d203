"""Staff set who may take part in a call, before it opens."""

from services.applications import repository, schedules
from services.applications.commands import SetEligibility
from services.applications.domain import eligibility, eligibility_checks
from services.applications.models import CallEligibility
from shared.errors import PreconditionRequired, StaleVersion
from shared.events import applications as events
from shared.work import Work


async def set_eligibility(command: SetEligibility, work: Work) -> CallEligibility:
    """The first rules or the next version; fixed once the call is open, as people apply by them."""
    call = await repository.call(work, command.call_id)
    before = await repository.eligibility_set(work, call.id)
    if before is None and command.version is not None:
        raise StaleVersion
    if before is not None:
        if command.version is None:
            raise PreconditionRequired
        repository.require_version(before.number, command.version)
    eligibility_checks.require_before_opening(schedules.opening_of(call), now=work.now)

    rules = eligibility.read_rules(command.rules)
    eligibility_checks.check(rules, form=await repository.form_in_force(work, call))
    written = eligibility.written_rules(rules)
    kept = CallEligibility(
        call_id=call.id,
        number=before.number + 1 if before else 1,
        rules=written,
        digest=eligibility.digest_of_rules(written),
        set_at=work.now,
    )
    work.session.add(kept)

    work.publish(
        events.CallEligibilitySet(
            call_id=call.id,
            edition_id=call.edition_id,
            rules_version=kept.number,
            rules_digest=kept.digest,
            rule_ids=[rule.id for rule in rules],
        )
    )
    return kept
