"""What comes later on the jury's desk: a file that is discussed, and results with their minutes."""

from uuid import UUID

from tests.support.desk import ALIA, ANSWERS, BADR, CHAMA, NOISE, QUIETER, STAFF, SUMMARY, WATER, Desk, edition_of
from tests.support.selection import Applied, Season, submission

LISTENING = {"fr": "Première édition bis", "ar": "الدورة الأولى مكرر", "en": "First edition again"}
LATE = {"fr": "Édition close", "ar": "دورة مختتمة", "en": "Closed edition"}


async def tell_of_a_discussion(desk: Desk) -> None:
    """Two jurors reviewed a file, and talk about it with staff; one gave its scores again."""
    season = await edition_of(desk, LISTENING)
    challenge = await season.challenge(title=WATER)
    jury = await season.jury(challenge, [ALIA, BADR], k=2)
    file = await _handed_in(season, challenge, "Eau Écoutée")
    await season.assign(jury)
    await season.open(jury, "reviewing")
    mine: dict[UUID, str] = {}
    for juror, score in ((ALIA, 8), (BADR, 3)):
        (review,) = await desk.selection.juror(juror).items("/reviews", application=str(file.application_id))
        mine[juror] = review["id"]
        words = {"note": "À discuter.", "remarks": {"fit": "Répond au défi, mais à quel prix ?"}}
        await desk.selection.juror(juror).post(f"/reviews/{review['id']}/submit", submission(score=score, **words))
    await season.open(jury, "discussing")
    path = f"/juries/{jury['id']}/files/{file.application_id}/discussion"
    said = ((ALIA, "Qui paie les capteurs ?"), (BADR, "الشريك، حسب الملف."))
    for juror, words in said:
        await desk.selection.juror(juror).post(f"{path}/messages", {"words": words})
    await desk.selection.as_("staff", person=STAFF).post(f"{path}/messages", {"words": "Vu avec le partenaire : oui."})
    reviews = (await desk.selection.juror(BADR).get(path)).json()["reviews"]
    about = next(one["voice"] for one in reviews if not one["mine"])
    opinion = {"about": about, "stance": "disagree", "reason": "Trop généreux sur les données."}
    await desk.selection.juror(BADR).post(f"{path}/opinions", opinion)
    again = {"revision": 1, "scores": {**dict.fromkeys(submission()["scores"], 8), "data": 5}, "reason": "Convaincue."}
    answer = await desk.selection.juror(ALIA).post(f"/reviews/{mine[ALIA]}/revisit", again)
    assert answer.status_code == 200, answer.text
    desk.places |= {"discussed": mine[ALIA], "talking jury": jury["id"]}


async def tell_of_results(desk: Desk, *, lead: UUID) -> None:
    """Published, with minutes in which people have names; one person leads three startups of different outcomes."""
    season = await edition_of(desk, LATE)
    noise = await season.challenge(title=NOISE, partner="holcim")
    names = {str(ALIA): "Alia Inventée", str(BADR): "بدر المخترع"}
    jury = await season.jury(noise, [ALIA, BADR, CHAMA], k=2, names=names)
    files = [await _handed_in(season, noise, startup, lead=lead) for startup, _ in QUIETER[:3]]
    await season.assign(jury)
    scores = {str(file.application_id): 9 - 3 * place for place, file in enumerate(files)}
    remarks = {"fit": "Répond au défi tel qu’il est posé.", "mass_production": "كلفة كل موقع غير محسوبة."}
    for each in await desk.selection.staff.items("/reviews", jury=jury["id"], state="assigned", limit=200):
        body = submission(score=scores[each["application_id"]], remarks=remarks)
        await desk.selection.juror(UUID(each["juror_id"])).post(f"/reviews/{each['id']}/submit", body)
    await season.rank(jury)
    proposed = (await season.propose(capacity=1, reserves=1)).json()
    published = await season.publish(proposed)
    assert published.status_code == 200, published.text
    desk.places |= {"published": proposed["id"], "closed edition": str(season.edition_id)}
    desk.places |= {"ours": str(files[0].application_id)}


async def _handed_in(season: Season, challenge: UUID, startup: str, *, lead: UUID | None = None) -> Applied:
    led = {"lead_id": lead} if lead else {}
    applied = Applied(season, (challenge,), startup=startup, title="Écouter, puis agir", summary=SUMMARY, **led)
    await season.selection.hear(applied.submitted(), applied.dossier(answers=ANSWERS), applied.admitted())
    return applied
