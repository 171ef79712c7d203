"""How the programme goes on: applications, reviews, time per stage, milestones late, as charts with their numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from markupsafe import Markup
from starlette.responses import Response

from services.notifications.domain.stages import days_late
from services.notifications.models import Milestone
from services.notifications.pages.charts import Bar, Column, bars, columns
from services.notifications.pages.place import PREFIX, in_zone
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import entries as log
from services.notifications.views import progress as views
from shared.http import WorkDep, does
from shared.web import Page, PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

MOST_CHALLENGES = 4
"""Kinds in a chart; the table has all of them."""

MOST_LATE = 50

Titles = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart and the table behind it; `key` names its words."""

    key: str
    chart: Markup | None
    legend: Sequence[Markup]
    heads: Sequence[Markup]
    rows: Sequence[Sequence[Markup | str]]


@router.get("/{language}/programme", **does("read_summary"))
async def read_programme(page: PageDep, work: WorkDep) -> Response:
    page = await in_zone(page, work.session)
    titles = await log.titles_of(work.session)
    figures = [
        _applications(page, await views.per_day(work.session, "applications", zone=page.speech.zone), titles),
        _reviews(page, await views.reviews(work.session), titles),
        _stages(page, await views.between_stages(work.session)),
        _late(page, await views.milestones(work.session), now=work.now),
    ]
    return page.show("programme.html", figures=figures)


def _applications(page: Page, found: Mapping[date, Mapping[UUID, int]], titles: Titles) -> Figure:
    speech = page.speech
    totals: Counter[UUID] = Counter()
    for counts in found.values():
        totals.update(counts)
    order = [challenge for challenge, _ in totals.most_common()]
    shown = order if len(order) <= MOST_CHALLENGES else order[: MOST_CHALLENGES - 1]
    rest = order[len(shown) :]
    days = _every_day(found)
    drawn = [Column(label=speech.short_day(day), parts=_parts(found.get(day, {}), shown, rest)) for day in days]
    heads = [speech.t("chart.day"), *(_title(page, each, titles) for each in order), speech.t("chart.total")]
    rows = [
        [
            speech.day(day),
            *(speech.number(found[day].get(each, 0)) for each in order),
            speech.number(sum(found[day].values())),
        ]
        for day in sorted(found, reverse=True)
    ]
    return Figure(
        key="applications",
        chart=columns(drawn, rtl=speech.direction == "rtl", number=speech.number) if days else None,
        legend=[*(_title(page, each, titles) for each in shown), *([speech.t("chart.others")] if rest else [])],
        heads=heads,
        rows=rows,
    )


def _every_day(found: Mapping[date, object]) -> list[date]:
    """From the first to the last, those on which nothing came too: a chart's days are evenly apart."""
    if not found:
        return []
    first = min(found)
    return [first + timedelta(days=number) for number in range((max(found) - first).days + 1)]


def _parts(counts: Mapping[UUID, int], shown: Sequence[UUID], rest: Sequence[UUID]) -> list[int]:
    """One for each challenge that is shown, and one for all others, if there are others."""
    apart = [counts.get(each, 0) for each in shown]
    return [*apart, sum(counts.get(each, 0) for each in rest)] if rest else apart


def _reviews(page: Page, found: Mapping[UUID, Mapping[str, int]], titles: Titles) -> Figure:
    speech = page.speech
    kinds = ("assigned", "submitted", "recused", "cancelled")
    drawn, rows = [], []
    for challenge, counts in sorted(found.items(), key=lambda pair: -pair[1].get("assigned", 0)):
        done, due = counts.get("submitted", 0), counts.get("assigned", 0) - counts.get("cancelled", 0)
        share = done / due if due > 0 else 0.0
        said = speech.plain(
            "chart.of", done=speech.number(done), due=speech.number(due), share=speech.percent(min(1.0, share))
        )
        drawn.append(Bar(label=_plain_title(page, challenge, titles), value=share, said=said, kind="b1"))
        rows.append([_title(page, challenge, titles), *(speech.number(counts.get(kind, 0)) for kind in kinds)])
    return Figure(
        key="reviews",
        chart=bars(drawn, rtl=speech.direction == "rtl", full=1.0) if drawn else None,
        legend=[],
        heads=[speech.t("chart.challenge"), *(speech.t(f"chart.reviews_{kind}") for kind in kinds)],
        rows=rows,
    )


def _stages(page: Page, found: Sequence[views.Between]) -> Figure:
    speech = page.speech
    told = [each for each in found if each.files and each.median_seconds is not None]
    drawn = [
        Bar(
            label=speech.plain("chart.from_to", before=_stage(page, each.before), after=_stage(page, each.after)),
            value=each.median_seconds or 0,
            said=speech.duration(each.median_seconds or 0),
            kind="b2",
        )
        for each in told
    ]
    rows = [
        [
            _stage(page, each.before),
            _stage(page, each.after),
            speech.number(each.files),
            speech.duration(each.median_seconds or 0),
        ]
        for each in told
    ]
    return Figure(
        key="stages",
        chart=bars(drawn, rtl=speech.direction == "rtl") if drawn else None,
        legend=[],
        heads=[
            speech.t("chart.stage"),
            speech.t("chart.next_stage"),
            speech.t("chart.files"),
            speech.t("chart.median"),
        ],
        rows=rows,
    )


def _late(page: Page, found: Sequence[Milestone], *, now: datetime) -> Figure:
    speech = page.speech
    late = [(days_late(each, now=now, zone=speech.zone), each) for each in found]
    open_late = sum(days > 0 and each.approved_at is None for days, each in late)
    kept_late = sum(days > 0 and each.approved_at is not None for days, each in late)
    in_time = sum(days == 0 and each.approved_at is not None for days, each in late)
    to_come = len(late) - open_late - kept_late - in_time
    counted = {"late_open": open_late, "late_kept": kept_late, "in_time": in_time, "to_come": to_come}
    drawn = [
        Bar(
            label=speech.plain(f"chart.{name}"),
            value=count,
            said=speech.number(count),
            kind="late" if name.startswith("late") else "b2",
        )
        for name, count in counted.items()
    ]
    worst = sorted((pair for pair in late if pair[0] > 0), key=lambda pair: -pair[0])[:MOST_LATE]
    rows = [
        [
            Markup('<a href="{}/files/{}"><code dir="ltr">{}</code></a>').format(
                page.root, each.file_id, str(each.file_id)[-8:]
            ),
            speech.t(f"milestone.{each.kind}") if speech.has(f"milestone.{each.kind}") else each.kind,
            speech.day(each.due_on),
            speech.t("chart.approved") if each.approved_at else speech.t("chart.open"),
            speech.number(days),
        ]
        for days, each in worst
    ]
    return Figure(
        key="milestones",
        chart=bars(drawn, rtl=speech.direction == "rtl") if found else None,
        legend=[],
        heads=[speech.t(f"chart.{name}") for name in ("case", "milestone", "due", "state", "days_late")],
        rows=rows,
    )


def _stage(page: Page, name: str) -> str:
    return page.speech.plain(f"stage.{name}")


def _plain_title(page: Page, challenge: UUID, titles: Titles) -> str:
    title = titles.get(str(challenge), {})
    return title.get(page.language) or title.get("fr") or next(iter(title.values()), f"…{str(challenge)[-8:]}")


def _title(page: Page, challenge: UUID, titles: Titles) -> Markup:
    return Markup("<bdi>{}</bdi>").format(_plain_title(page, challenge, titles))
