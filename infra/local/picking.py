"""The local issuer's sign-in page, where a developer picks who to be."""

import html
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from infra.local.codes import ROLES, Codes, Granted
from infra.local.tokens import same_person

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
PRESETS = (("staff", "numa"), ("auditor", None), ("staff juror", "numa"), ("partner", "lydec"), ("applicant", None))
ASKED = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge")

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Who do you want to be?</title>
</head>
<body>
<main>
<h1>Who do you want to be?</h1>
<p>This is the issuer of development: it believes whatever you say. <strong>{client}</strong> asks who you are.</p>
{presets}
<h2>Or somebody else</h2>
<form method="post" action="{action}">
{hidden}
<p><label>Person (a UUID; empty: the usual one of these roles) <input name="sub" autocomplete="off"></label></p>
<fieldset><legend>Roles</legend>
{roles}
</fieldset>
<p><label>Organisation <input name="organisation" autocomplete="off"></label></p>
<p><button>Sign in</button></p>
</form>
</main>
</body>
</html>
"""


class Picking:
    """Shows the page, and sends the browser back with a code."""

    def __init__(self, url: str, codes: Codes) -> None:
        self._url = url
        self._codes = codes

    async def show(self, request: Request) -> Response:
        asked = {name: request.query_params[name] for name in ASKED if name in request.query_params}
        if reason := self._wrong(asked, request.query_params.get("code_challenge_method")):
            return _refused(reason)
        hidden = "\n".join(
            f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in asked.items()
        )
        action = html.escape(f"{self._url}/authorize")
        page = _PAGE.format(
            client=html.escape(asked["client_id"]),
            action=action,
            hidden=hidden,
            presets="\n".join(_preset(action, hidden, roles, organisation) for roles, organisation in PRESETS),
            roles="\n".join(
                f'<label><input type="checkbox" name="roles" value="{role}"> {role}</label>' for role in sorted(ROLES)
            ),
        )
        return HTMLResponse(page, headers=_headers(asked["redirect_uri"]))

    async def take(self, request: Request) -> Response:
        async with request.form(max_files=0, max_fields=30) as sent:
            form = {name: value for name, value in sent.items() if isinstance(value, str)}
            chosen = sorted({role for each in sent.getlist("roles") for role in str(each).split()})
        if reason := self._wrong(form, "S256"):
            return _refused(reason)
        if unknown := set(chosen) - ROLES:
            return _refused(f"no such role: {', '.join(sorted(unknown))}")
        organisation = form.get("organisation") or None
        try:
            sub = str(UUID(form["sub"])) if form.get("sub") else str(same_person(chosen, organisation))
        except ValueError:
            return _refused("the person must be a UUID")
        granted = Granted(
            sub=sub,
            roles=tuple(chosen),
            organisation=organisation,
            client_id=form["client_id"],
            nonce=form.get("nonce"),
        )
        code = self._codes.promise(granted, redirect_uri=form["redirect_uri"], challenge=form["code_challenge"])
        back = {"code": code, "iss": self._url} | ({"state": form["state"]} if "state" in form else {})
        join = "&" if "?" in form["redirect_uri"] else "?"
        return RedirectResponse(form["redirect_uri"] + join + urlencode(back), status_code=303)

    def _wrong(self, asked: Mapping[str, str], method: str | None) -> str | None:
        """Why the browser is not sent back: whoever asks wrongly may not be who they seem."""
        if not asked.get("client_id") or not self._is_ours(asked.get("redirect_uri", "")):
            return "redirect_uri must be on this machine, and client_id must be there"
        if asked.get("response_type") != "code" or method != "S256" or not asked.get("code_challenge"):
            return "ask for response_type=code, with a code_challenge by S256"
        return None

    def _is_ours(self, redirect_uri: str) -> bool:
        at = urlsplit(redirect_uri)
        return at.scheme in {"http", "https"} and at.hostname in {*LOOPBACK, urlsplit(self._url).hostname}


def _preset(action: str, hidden: str, roles: str, organisation: str | None) -> str:
    named = f"{roles.replace(' ', ' and ')}{f' of {organisation}' if organisation else ''}"
    return (
        f'<form method="post" action="{action}">{hidden}'
        f'<input type="hidden" name="roles" value="{roles}">'
        f'<input type="hidden" name="organisation" value="{organisation or ""}">'
        f"<p><button>{named}</button></p></form>"
    )


def _headers(redirect_uri: str) -> dict[str, str]:
    at = urlsplit(redirect_uri)
    csp = f"default-src 'none'; form-action 'self' {at.scheme}://{at.netloc}; frame-ancestors 'none'; base-uri 'none'"
    return {"Content-Security-Policy": csp, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def _refused(reason: str) -> Response:
    return HTMLResponse(f"<!doctype html><title>Refused</title><p>{html.escape(reason)}</p>", status_code=400)
