"""The public site and the founders' pages without a browser: who sees what, and that no word is lost on the way."""

import json
import re
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest_asyncio

from shared.tlog.keys import SigningKey
from tests.support.applications import RECEIPTS, pdf
from tests.support.site import FOUNDER, MATE, STAFF, STRANGER, Shown, draft, fields_of, open_season, site
from tests.support.stack import Backbone

HTML = {"Accept": "text/html"}
BY_SCRIPT = {"Accept": "application/json"}
PROSE = ("team", "experimentation", "growth", "problem", "data")
SUMMARY = "Nous écoutons la nuit, quand la ville dort."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shown(backbone: Backbone, tmp_path_factory: object) -> AsyncIterator[Shown]:
    async with site(backbone, tmp_path_factory.mktemp("issuer")) as made:  # type: ignore[attr-defined]
        await open_season(made)
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def file(shown: Shown) -> str:
    return await draft(shown, mates=[MATE])


async def whole(shown: Shown, client: httpx.AsyncClient, file: str, **changes: str) -> httpx.Response:
    """The form filled in and sent as a browser without scripts does."""
    page = await client.get(f"/fr/files/{file}/write")
    assert page.status_code == 200, page.text
    sent = fields_of(page.text) | {
        "title": ["Des oreilles sur les conduites"],
        "summary": [SUMMARY],
        "challenge_ids": [shown.season["challenges"][0], "", ""],
        "answers/registered": ["no"],
        "answers/stage": ["idea"],
    }
    sent |= {f"answers/{name}": ["Une réponse inventée."] for name in PROSE}
    sent |= {name: [text] for name, text in changes.items()}
    return await client.post(f"/fr/files/{file}/write", data=sent)


async def test_anyone_reads_the_public_pages_in_each_language_and_caches_may_keep_them(shown: Shown) -> None:
    for language, dir_ in (("fr", "ltr"), ("ar", "rtl"), ("en", "ltr")):
        challenge, call = f"challenges/{shown.season['challenges'][0]}", f"calls/{shown.season['call']}"
        for place in ("", "challenges", challenge, "calls", call, "results"):
            answer = await shown.client.get(shown.address(place, language), headers=HTML)

            assert answer.status_code == 200, f"{language} {place}: {answer.text}"
            assert f'<html lang="{language}" dir="{dir_}">' in answer.text
            assert answer.headers["cache-control"] == "public, max-age=60"
            assert answer.headers["vary"] == "Cookie"
            assert len(answer.content) < 40_000


async def test_the_deadline_is_told_with_its_zone_and_in_utc(shown: Shown) -> None:
    page = await shown.client.get(shown.address(f"calls/{shown.season['call']}", "fr"), headers=HTML)

    assert re.search(
        r"23:59</time> <small class=\"zone\"><bdi>Africa/Casablanca</bdi> · <bdi>23:59 UTC</bdi>", page.text
    )


async def test_what_is_not_below_a_language_is_left_to_the_api(shown: Shown) -> None:
    lost = await shown.client.get(f"{shown.url}/fr/nothing/here", headers=HTML)
    api = await shown.client.get(f"{shown.url}/api/applications/v1/nothing", headers=HTML)
    wrong = await shown.client.get(f"{shown.url}/api/applications/v1/calls/{uuid4()}/open-files")

    elsewhere = await shown.client.get(f"{shown.url}/nothing", headers=HTML | {"Accept-Language": "ar"})

    assert (lost.status_code, lost.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert (elsewhere.status_code, elsewhere.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert 'lang="ar"' in elsewhere.text
    assert (api.status_code, api.headers["content-type"]) == (404, "application/problem+json")
    assert wrong.status_code == 405


async def test_nobody_s_own_page_is_kept_by_a_cache(shown: Shown) -> None:
    async with shown.signed_in() as client:
        answer = await client.get("/fr")

    assert answer.headers["cache-control"] == "no-store"


async def test_a_stranger_is_told_of_no_file(shown: Shown, file: str) -> None:
    async with shown.signed_in(sub=STRANGER) as client:
        for place in ("", "/write", "/preview", "/attachments", "/withdraw", "/receipts/1"):
            assert (await client.get(f"/fr/files/{file}{place}")).status_code == 404, place
        saved = await client.post(f"/fr/files/{file}/write", data={"base": "1", "shown": "title", "title": "Ha"})

    assert saved.status_code == 404


async def test_a_founder_comes_from_nothing_to_a_receipt_without_any_script(shown: Shown) -> None:
    who = uuid4()
    async with shown.signed_in(sub=who) as client:
        first = await client.get("/fr/files")
        assert "/fr/profile" in first.text
        wrong = await client.post("/fr/profile", data={"name": "Zineb", "email": "zineb", "language": "fr"})
        assert wrong.status_code == 422
        assert 'value="zineb"' in wrong.text
        kept = await client.post("/fr/profile", data={"name": "Zineb", "email": "z@people.example", "language": "ar"})
        assert kept.status_code == 303
        team = await client.post("/fr/teams", data={"name": "Vannes Vaillantes"})
        begun = await client.post(
            "/fr/files", data={"call_id": shown.season["call"], "team_id": team.headers["location"].rpartition("/")[2]}
        )
        file = begun.headers["location"].split("/")[3]

        assert (await whole(shown, client, file)).headers["location"] == f"/fr/files/{file}/write?saved=1"
        attached = await client.post(
            f"/fr/files/{file}/attachments", files={"file": ("deck.pdf", pdf(), "application/pdf")}
        )
        assert attached.status_code == 303
        refused = await client.post(
            f"/fr/files/{file}/attachments", files={"file": ("deck.pdf", b"no", "application/pdf")}
        )
        assert "Exportez votre présentation en PDF" in refused.text
        preview = await client.get(f"/fr/files/{file}/preview")
        assert SUMMARY in preview.text
        handed = await client.post(f"/fr/files/{file}/submit", data=fields_of(preview.text))
        assert handed.headers["location"] == f"/fr/files/{file}?handed-in=1", handed.text
        page = await client.get(handed.headers["location"])
        assert "version <bdi>1</bdi>" in page.text
        receipt = await client.get(f"/fr/files/{file}/receipts/1")
        again = await client.get(f"/fr/files/{file}/receipts/1")

    assert receipt.headers["content-disposition"].startswith("attachment")
    assert receipt.content == again.content
    assert receipt.text.startswith("datacity-receipt/1\n")
    assert SigningKey.parse(RECEIPTS.skey).verifier.name in receipt.text


async def test_handing_in_what_somebody_changed_since_it_was_previewed_is_refused(shown: Shown, file: str) -> None:
    async with shown.signed_in() as client, shown.signed_in(sub=MATE) as mate:
        await whole(shown, client, file)
        preview = fields_of((await client.get(f"/fr/files/{file}/preview")).text)
        await whole(shown, mate, file, summary="Autre chose, écrit entre-temps.")
        refused = await client.post(f"/fr/files/{file}/submit", data=preview)

    assert refused.status_code == 412
    assert "entre-temps" in refused.text


async def test_two_who_write_at_the_same_place_see_both_texts_and_lose_none(shown: Shown, file: str) -> None:
    async with shown.signed_in() as client, shown.signed_in(sub=MATE) as mate:
        await whole(shown, client, file, summary="Tous ensemble.")
        mine, theirs = [fields_of((await each.get(f"/fr/files/{file}/write")).text) for each in (client, mate)]
        assert (
            await mate.post(f"/fr/files/{file}/write", data=theirs | {"summary": ["Tous séparés."]})
        ).status_code == 303
        met = await client.post(f"/fr/files/{file}/write", data=mine | {"summary": ["Tous réunis."]})
        assert met.status_code == 200
        assert "Yassine Imaginé" in met.text
        assert {"Tous séparés.", "Tous réunis."} <= set(re.findall(r"Tous \w+\.", met.text))
        decided = await client.post(
            f"/fr/files/{file}/write", data=fields_of(met.text) | {"summary": ["Tous d’accord."]}
        )
        page = await mate.get(f"/fr/files/{file}/write")

    assert decided.status_code == 303
    assert "Tous d’accord." in page.text


async def test_words_that_can_t_be_saved_come_back_with_the_reason(shown: Shown, file: str) -> None:
    async with shown.signed_in() as client:
        refused = await whole(shown, client, file, challenge_ids=str(uuid4()), title="Un titre tout neuf")

    assert refused.status_code == 422
    assert "Choisissez parmi les défis de cet appel" in refused.text
    assert 'value="Un titre tout neuf"' in refused.text


async def test_what_was_sent_after_the_session_ended_is_given_back_and_saved_once_signed_in(
    shown: Shown, file: str
) -> None:
    async with shown.signed_in() as client:
        sent = fields_of((await client.get(f"/fr/files/{file}/write")).text)
        await shown.end_sessions()
        words = "Des centaines de mots écrits pendant que la session finissait."
        kept = await client.post(f"/fr/files/{file}/write", data=sent | {"summary": [words]})
        assert kept.status_code == 401
        assert words in kept.text

        await shown.sign_in(client, "applicant", sub=FOUNDER)
        again = await client.post(f"/fr/files/{file}/write", data=fields_of(kept.text))
        page = await client.get(f"/fr/files/{file}/write")

    assert again.status_code == 303
    assert words in page.text


async def test_a_script_is_told_what_became_of_each_field(shown: Shown, file: str) -> None:
    async with shown.signed_in() as client:
        base = fields_of((await client.get(f"/fr/files/{file}/write")).text)["base"][0]
        saved = await client.post(
            f"/fr/files/{file}/write",
            data={"base": base, "shown": ["title", "answers/team"], "title": "T" * 300, "answers/team": "Deux."},
            headers=BY_SCRIPT,
        )
        await shown.end_sessions()
        ended = await client.post(f"/fr/files/{file}/write", data={"base": base}, headers=BY_SCRIPT)
        foreign = await client.post(f"/fr/files/{file}/write", headers=BY_SCRIPT | {"Sec-Fetch-Site": "cross-site"})

    told = saved.json()
    assert saved.status_code == 200, saved.text
    assert told["fields"]["title"]["outcome"] == "saved"
    assert told["said"].startswith("Enregistré à ")
    assert told["number"] == told["base"] > int(base)
    assert (ended.status_code, foreign.status_code) == (401, 401)


async def test_another_site_s_form_is_not_obeyed(shown: Shown, file: str) -> None:
    async with shown.signed_in() as client:
        answer = await client.post(
            f"/fr/files/{file}/write", data={"base": "1", "shown": "title"}, headers={"Sec-Fetch-Site": "cross-site"}
        )

    assert answer.status_code == 403


async def test_withdrawing_asks_first_and_is_told_to_be_for_good(shown: Shown) -> None:
    who = uuid4()
    file = await draft(shown, who=who)
    async with shown.signed_in(sub=who) as client:
        asked = await client.get(f"/fr/files/{file}/withdraw")
        done = await client.post(f"/fr/files/{file}/withdraw")
        page = await client.get(done.headers["location"])
        closed = await client.get(f"/fr/files/{file}/write")

    assert "ne peut pas être rétablie" in asked.text
    assert "Retiré" in page.text
    assert "data-key" not in closed.text


async def test_who_is_selected_is_told_that_withdrawing_ends_the_project(shown: Shown) -> None:
    who = uuid4()
    file = await draft(shown, who=who)
    await shown.execute("UPDATE application SET status = 'selected' WHERE id = :id", id=UUID(file))
    async with shown.signed_in(sub=who) as client:
        asked = [await client.get(f"/{language}/files/{file}/withdraw") for language in ("fr", "ar", "en")]

    words = ("met fin à votre projet", "ينهي مشروعكم", "ends your project")
    assert all(each in page.text for each, page in zip(words, asked, strict=True))


async def test_whoever_has_the_link_joins_the_team_after_saying_who_it_is(shown: Shown) -> None:
    lead, guest = uuid4(), uuid4()
    file = await draft(shown, who=lead)
    async with shown.signed_in(sub=lead) as client:
        (row,) = await shown.fetch("SELECT team_id FROM application WHERE id = :id", id=file)
        made = await client.post(f"/fr/teams/{row.team_id}/invitations", data={"role": "editor", "language": "fr"})
        link = fields_of(made.text)  # the link stands in a field to be copied from
        assert made.status_code == 200, made.text
    (address,) = re.findall(r'value="(http[^"]+/fr/invitations/[^"]+)"', made.text)
    assert link is not None

    anybody = await shown.client.get(address, headers=HTML)
    assert "Oreilles sur Rue" in anybody.text
    assert anybody.headers["cache-control"] == "no-store"
    async with shown.signed_in(sub=guest) as client:
        page = await client.get(address)
        (onward,) = re.findall(r'href="(/fr/profile\?next=[^"]+)"', page.text)
        profile = fields_of((await client.get(onward)).text) | {"name": ["Invité"], "email": ["i@people.example"]}
        kept = await client.post("/fr/profile", data=profile)
        assert address.endswith(kept.headers["location"])
        joined = await client.post(f"{address}/accept")
        assert joined.headers["location"] == f"/fr/teams/{row.team_id}"
        assert (await client.get(f"/fr/files/{file}/write")).status_code == 200
        again = await client.post(f"{address}/accept")

    assert again.status_code == 409
    assert "elle sert une fois" in again.text


async def test_after_the_profile_nobody_is_sent_to_another_site(shown: Shown) -> None:
    async with shown.signed_in(sub=uuid4()) as client:
        body = {"name": "Zineb", "email": "z@people.example", "language": "fr", "next": "//evil.example/"}
        answer = await client.post("/fr/profile", data=body)

    assert answer.headers["location"] == "/"


async def test_a_reader_of_the_team_reads_the_draft_and_is_offered_no_field(shown: Shown, file: str) -> None:
    async with shown.signed_in() as lead:
        (row,) = await shown.fetch(
            "SELECT t.id, t.version FROM team t JOIN application a ON a.team_id = t.id WHERE a.id = :id", id=file
        )
        body = {"role": "reader", "version": str(row.version)}
        assert (await lead.post(f"/fr/teams/{row.id}/members/{MATE}/role", data=body)).status_code == 303
        async with shown.signed_in(sub=MATE) as mate:
            page = await mate.get(f"/fr/files/{file}/write")
            refused = await mate.post(f"/fr/files/{file}/write", data={"base": "1", "shown": "title", "title": "Ha"})
        team = await lead.get(f"/fr/teams/{row.id}")
        version = fields_of(team.text)["version"][0]
        await lead.post(f"/fr/teams/{row.id}/members/{MATE}/role", data={"role": "editor", "version": version})

    assert page.status_code == 200
    assert "data-key" not in page.text
    assert refused.status_code in {403, 404}


async def test_what_was_said_before_is_shown_word_by_word_and_brought_back(shown: Shown) -> None:
    who = uuid4()
    file = await draft(shown, who=who)
    async with shown.signed_in(sub=who) as client:
        await whole(shown, client, file, summary="Un deux trois.")
        (first,) = await shown.fetch(
            "SELECT max(number) AS number FROM draft_version WHERE application_id = :id", id=file
        )
        await whole(shown, client, file, summary="Un deux quatre.")
        versions = await client.get(f"/fr/files/{file}/versions")
        shown_ = await client.get(f"/fr/files/{file}/differences?before=version-{first.number}")
        back = await client.post(f"/fr/files/{file}/versions/{first.number}/restore")
        page = await client.get(back.headers["location"])

    assert "Amina Inventée" in versions.text
    assert "<del>trois</del>" in shown_.text.replace("<del>trois.</del>", "<del>trois</del>")
    assert fields_of(page.text)["summary"] == ["Un deux trois."]


async def test_results_are_for_anyone_once_they_are_published(shown: Shown, file: str) -> None:
    before = await shown.client.get(shown.address("results", "fr"), headers=HTML)
    who = uuid4()
    chosen = await draft(shown, who=who, team="Flux Fictif")
    async with shown.signed_in(sub=who) as client:
        await whole(shown, client, chosen)
        preview = await client.get(f"/fr/files/{chosen}/preview")
        await client.post(f"/fr/files/{chosen}/submit", data=fields_of(preview.text))
    sets = "status = 'selected', matched_challenge_id = :challenge, matched_partner = 'lydec'"
    await shown.execute(
        f"UPDATE application SET {sets} WHERE id = :id", id=chosen, challenge=shown.season["challenges"][0]
    )

    page = await shown.client.get(shown.address("results", "fr"), headers=HTML)

    assert "Aucun résultat n’est encore publié." in before.text
    assert {"Flux Fictif", "Lydec", "Des oreilles sur les conduites"} <= set(re.findall(r"[A-ZD][\w ]+\w", page.text))
    assert "Amina" not in page.text
    assert file not in page.text


async def test_staff_announce_a_call_and_set_its_form_which_anyone_reads(shown: Shown) -> None:
    definition = {
        "sections": [
            {
                "id": "only",
                "title": {"fr": "Une seule question", "ar": "سؤال واحد", "en": "One question"},
                "fields": [
                    {
                        "id": "why",
                        "kind": "text",
                        "label": {"fr": "Pourquoi pas ?", "ar": "لم لا؟", "en": "Why not?"},
                        "required": True,
                    }
                ],
            }
        ]
    }
    async with shown.signed_in("staff", sub=STAFF) as client:
        nothing = await client.post("/fr/calls/new", data={"opens": "2027-01-01T08:00"})
        assert nothing.status_code == 422
        times = {"opens": "2031-01-01T08:00", "closes": "2031-02-28T23:59"}
        made = await client.post("/fr/calls/new", data={**times, "challenge_ids": shown.season["challenges"][:2]})
        assert made.status_code == 303, made.text
        at = made.headers["location"]
        version = fields_of((await client.get(at)).text)["version"]
        wrong = await client.post(at, data={"definition": '{"sections": 1}', "version": version, "act": "set"})
        assert wrong.status_code == 422
        looked = await client.post(at, data={"definition": json.dumps(definition), "version": version})
        assert "Pourquoi pas" in looked.text
        unchanged = await shown.client.get(f"{shown.url}{at}", headers=HTML)
        assert "Pourquoi pas" not in unchanged.text
        set_ = await client.post(at, data={"definition": json.dumps(definition), "version": version, "act": "set"})
        assert set_.status_code == 303, set_.text
    page = await shown.client.get(f"{shown.url}{at}", headers=HTML)
    anybody = await shown.client.post(f"{shown.url}{at}", data={"definition": "{}"}, headers={"Accept": "text/html"})
    await shown.execute("DELETE FROM call_challenge WHERE call_id = :id", id=at.split("/")[3])

    assert "Pourquoi pas" in page.text
    assert 'name="definition"' not in page.text
    assert anybody.status_code == 401


async def test_a_founder_finds_the_result_and_its_reasons_from_my_files(shown: Shown) -> None:
    who = uuid4()
    file = await draft(shown, who=who, team="Pompes Patientes")
    async with shown.signed_in(sub=who) as client:
        before = await client.get("/ar/files")
        await shown.execute("UPDATE application SET status = 'not-selected' WHERE id = :id", id=UUID(file))
        after = [await client.get(place) for place in ("/ar/files", f"/ar/files/{file}")]

    assert "/jury/" not in before.text
    assert all(f'href="/jury/ar/result#f-{file}"' in page.text for page in after)
