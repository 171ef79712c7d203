"""`dev issuer`, `dev mail`: the two stand-ins of development, each alone."""

import os
from pathlib import Path
from typing import Annotated

import typer

group = typer.Typer(name="dev", help="Stand-ins for development; the local stack starts them itself.")
Host = Annotated[str, typer.Option(help="Address to listen on.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group)


@group.command()
def issuer(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8090,
) -> None:
    """Give tokens to whoever asks; refused unless DATACITY_ENVIRONMENT=development.

    DATACITY_ISSUER is its public URL, as tokens will name it.
    """
    from infra.local.home import Home
    from infra.local.issuer import Issuer, refuse_production

    refuse_production()
    url = os.environ.get("DATACITY_ISSUER") or f"http://{host}:{port}"
    _run(Issuer(url, Home.at().issuer / "key.pem").app(), host=host, port=port)


@group.command()
def mail(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the page and the JSON.")] = 8025,
    smtp_port: Annotated[int, typer.Option(help="Port that takes mail.")] = 1025,
) -> None:
    """Catch all mail, send none on, show it: `/` for people, `/messages?to=&subject=` for programs."""
    from infra.local.home import Home
    from infra.local.mail_catcher import mail_app
    from infra.local.mailbox import Mailbox

    folder: Path = Home.at().mail
    _run(mail_app(Mailbox(folder), smtp_host=host, smtp_port=smtp_port), host=host, port=port)


def _run(app: object, *, host: str, port: int) -> None:
    import uvicorn

    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=3)  # type: ignore[arg-type]
