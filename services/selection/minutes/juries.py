"""What the minutes say of one jury: its rule, who sat, conflicts and recusals, reviews, and the frozen ranking."""

from collections.abc import Mapping
from typing import Any

from services.selection.minutes.naming import Names, Piece, code, heading, number, strong, table, text
from services.selection.minutes.speech import Speech

Block = dict[str, Any]


def jury_blocks(jury: Mapping[str, Any], names: Names, speech: Speech) -> list[Block]:
    criteria = speech.together(
        *(f"{_called(one, speech)} {speech.apart(str(one['weight']))}" for one in jury["criteria"])
    )
    reviews = {state: jury["reviews"].get(state, 0) for state in ("submitted", "recused", "cancelled")}
    return [
        heading(2, names.challenge(jury["challenge_id"])),
        text(
            speech.say("partner", partner=names.partner(jury["challenge_id"])) + ". ",
            speech.say("appointed", when=speech.moment(jury["appointed_at"])) + " ",
            speech.say("rule", reviews=jury["reviews_per_file"], files=jury["files_per_juror"]),
        ),
        text(speech.say("criteria") + criteria + "."),
        *([text(speech.say("blind"))] if jury.get("blind") == "both" else []),
        *_phases(jury, speech),
        text(strong(speech.say("sat"))),
        _seats(jury, names, speech),
        text(strong(speech.say("conflicts"))),
        *_conflicts(jury, names, speech),
        text(speech.say("reviews", **reviews)),
        text(strong(speech.say("ranking"))),
        *_ranking(jury["ranking"], names, speech),
        *_shortlist(jury["shortlist"], names, speech),
    ]


def _called(criterion: Mapping[str, Any], speech: Speech) -> str:
    """By its own title; minutes that were frozen before there were titles in them have the words of Paris."""
    title = speech.titled(criterion.get("title") or {})
    return speech.apart(title) if title else speech.of("criterion", criterion["key"])


def _phases(jury: Mapping[str, Any], speech: Speech) -> list[Block]:
    if not jury["phases"]:
        return []
    opened = [f"{speech.of('phase', one['phase'])} {speech.moment(one['opened_at'])}" for one in jury["phases"]]
    return [text(speech.say("phases") + speech.together(*opened) + ".")]


def _seats(jury: Mapping[str, Any], names: Names, speech: Speech) -> Block:
    rows: list[list[Piece]] = [[names.who(juror), speech.say("seated")] for juror in jury["jurors"]]
    rows += [[names.who(juror), speech.say("left")] for juror in jury["judged_and_left"]]
    return table([speech.say("juror"), speech.say("standing")], rows)


def _conflicts(jury: Mapping[str, Any], names: Names, speech: Speech) -> list[Block]:
    rows: list[list[Piece]] = [
        [
            names.who(one["juror_id"]),
            names.file(one["application_id"]),
            speech.together(speech.of("conflict", one["kind"]), speech.of("conflict_state", one["state"])),
            speech.moment(one["known_at"]),
        ]
        for one in jury["conflicts"]
    ]
    for one in jury["recusals"]:
        kind = "abstention" if one["could_not_judge"] else "recusal_after" if one["after_submitting"] else "recusal"
        rows.append(
            [names.who(one["juror_id"]), names.file(one["application_id"]), speech.say(kind), speech.say("none")]
        )
    if not rows:
        return [text(speech.say("no_conflicts"))]
    header = [speech.say(key) for key in ("juror", "file", "nature", "since")]
    return [table(header, rows, widths=["auto", "1", "1", "1"]), text(speech.say("no_effect"))]


def _ranking(ranking: Mapping[str, Any] | None, names: Names, speech: Speech) -> list[Block]:
    if ranking is None:
        return [text(speech.say("no_ranking"))]
    facts: list[Piece] = [speech.say("method"), code(ranking["method"]), ". "]
    if ranking["seed"] is not None:
        facts += [speech.say("seed"), number(ranking["seed"]), ". ", speech.say("places", places=ranking["places"])]
    blocks = [
        text(speech.say("frozen", when=speech.moment(ranking["frozen_at"])), names.person(ranking["frozen_by"]), "."),
        text(*facts),
        text(speech.say("inputs"), code(ranking["inputs_digest"])),
    ]
    if ranking["result_digest"]:
        blocks.append(text(speech.say("result"), code(ranking["result_digest"])))
    if ranking["agreement"] is not None:
        blocks.append(text(speech.say("agreement"), number(speech.decimal(ranking["agreement"], places=3)), "."))
    if ranking["groups"] > 1:
        blocks.append(text(speech.say("groups", groups=ranking["groups"])))
    blocks.append(_lines(ranking, names, speech))
    if any(line.get("coin_toss") for line in ranking["files"]):
        blocks.append(text(speech.say("toss_why")))
    return blocks


def _lines(ranking: Mapping[str, Any], names: Names, speech: Speech) -> Block:
    sure = ranking["seed"] is not None
    header: list[Piece] = [speech.say("rank"), speech.say("file"), speech.say("score")]
    if sure:
        percent = ranking["interval_percent"]
        header += [speech.say("mean"), speech.say("interval", percent=percent), speech.say("above")]
    rows = []
    for line in ranking["files"]:
        row: list[Piece] = [
            number(line["rank"]),
            names.file(line["application_id"]),
            number(speech.decimal(line["score"])),
        ]
        if sure:
            chance: list[Piece] = [number(f"{100 * line['above_cut']:.0f} %")]
            if line["coin_toss"]:
                chance.append(f" – {speech.say('toss')}")
            row += [number(speech.decimal(line["mean"])), number(f"{line['rank_low']}–{line['rank_high']}"), chance]
        rows.append(row)
    return table(header, rows, widths=["auto", "1", *["auto"] * (len(header) - 2)])


def _shortlist(shortlist: Mapping[str, Any] | None, names: Names, speech: Speech) -> list[Block]:
    if shortlist is None:
        return []
    opened = speech.say("shortlist", files=shortlist["files"], score=speech.decimal(shortlist["lowest_score"]))
    if shortlist["order"] is None:
        return [text(opened + " " + speech.say("not_ordered"))]
    ordered = speech.say("ordered", when=speech.moment(shortlist["ordered_at"]))
    return [text(opened + " " + ordered, names.person(shortlist["ordered_by"]), ".")]
