"""Every setting that a service reads, with its default and a sentence; a missing one stops the start."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Read once, in a service's `main`, from the environment (prefix `DATACITY_`); nothing else reads them."""

    model_config = SettingsConfigDict(env_prefix="DATACITY_", extra="ignore", frozen=True)

    environment: Environment = Field(
        Environment.PRODUCTION, description="`development` allows the local issuer and compressed schedules."
    )
    kafka: str = Field(description="Bootstrap servers of Kafka, `host:port[,host:port]`.")
    database_url: SecretStr = Field(
        description="This service's own database, as its runtime role: `postgresql+asyncpg://…`."
    )
    migration_url: SecretStr | None = Field(
        None, description="The same database as the role that owns the tables; only `datacity migrate` reads it."
    )
    issuer: str = Field(
        description="The OIDC issuer, exactly as tokens name it in `iss`. For Keycloak there is a realm: "
        "infra/keycloak/realm.json."
    )
    issuer_discovery_url: str | None = Field(
        None, description="Where to fetch discovery from, when the issuer's own URL can't be reached from here."
    )
    audience: str = Field("datacity", description="What tokens must name in `aud`.")
    smtp_url: str = Field(
        "smtp://127.0.0.1:25",
        description="Where notifications hands its mail over: `smtp[s]://[user:password@]host:port`.",
    )
    mail_from: str = Field(
        "DataCity <no-reply@datacity.example>", description="The sender that people see on the programme's mail."
    )
    mass_mail_minutes: float = Field(
        15.0,
        ge=0,
        le=1440,
        description="How long a letter to many is a draft that staff may read, send at once or stop; then it goes.",
    )
    journal_keys: SecretStr | None = Field(
        None,
        description="The private keys that sign the journal's checkpoints, the current one first, separated by spaces; "
        "`datacity journal-key` makes one. Without any, notifications records events and seals none.",
    )
    journal_witnesses: str = Field(
        "", description="The public keys of those who may cosign the journal's checkpoints, separated by spaces."
    )
    receipt_key: SecretStr | None = Field(
        None,
        description="The private key that signs the receipts of what this service takes in; `datacity journal-key` "
        "makes one. Without it answers bring no receipt.",
    )
    public_url: str = Field("http://127.0.0.1:8080", description="The origin that people's links point to.")
    pages_url: str | None = Field(
        None, description="The origin under which this service's own pages are reached, if it is not that one."
    )
    pages_origins: dict[str, str] = Field(
        {},
        description="Where browsers reach other services' pages, as JSON: service and origin. None where, as with a "
        "gateway, all have one origin.",
    )
    client_id: str = Field("datacity-pages", description="As which client of the issuer the pages sign people in.")
    client_secret: SecretStr | None = Field(
        None, description="That client's secret, if the issuer gave it one; PKCE protects the sign-in either way."
    )
    session_hours: float = Field(
        12.0, gt=0, le=168, description="How long somebody stays signed in at most, however often the issuer renews it."
    )
    service_urls: dict[str, str] = Field(
        {},
        description="Where pages reach other services in the name of who is signed in, as JSON: service and origin.",
    )
    compressed_schedule: bool = Field(
        False, description="Allow calls shorter than a day, for demonstrations; refused in production."
    )
    outage_threshold_seconds: float = Field(
        300.0,
        ge=0,
        description="How long nobody may be able to hand in before that is an outage, whose time is given back to "
        "whoever it took it from before a deadline; 0: never.",
    )
    outage_window_hours: float = Field(
        24.0, gt=0, le=720, description="In how many last hours before a deadline an outage counts."
    )
    webhooks_allow_private: bool = Field(
        False, description="Allow webhooks to private and loopback addresses and plain http; refused in production."
    )
    rate_limit_per_minute: int = Field(
        600, ge=0, description="Requests a minute that one caller may make to one service process; 0 sets no limit."
    )
    relay_poll_seconds: float = Field(
        0.5, gt=0, description="The longest the relay sleeps before it looks for events that another process committed."
    )
    largest_record_bytes: int = Field(
        900_000,
        ge=10_000,
        description="Bytes of the largest record that the relay sends; a larger one parks its key. Raise it together "
        "with the topics' limit: `datacity topics` reads it too.",
    )
    handling_budget_seconds: float = Field(
        900.0,
        gt=0,
        description="How long a failing event is tried again, beside the others, before a person must look.",
    )
    consumer_session_seconds: float = Field(
        15.0, ge=6, description="How long the consumer may be silent before Kafka gives its partitions to another."
    )
    consumer_stuck_seconds: float = Field(
        90.0, ge=45, description="How long the consumer may make no progress, with work to do, before it is rebuilt."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    otlp_endpoint: str = Field(
        "",
        description="Where traces go, by OTLP over HTTP, such as `http://collector:4318`; empty: none are made.",
    )
    traces_sampled: float = Field(
        1.0, ge=0, le=1, description="The share of requests that are traced, of those whose caller does not decide it."
    )
    revision: str = Field("unknown", description="Which build this is, for metrics and traces; the image sets it.")
    home: Path = Field(Path(".datacity"), description="Where the local stack keeps its state.")

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.environment is Environment.PRODUCTION:
            for name in ("compressed_schedule", "webhooks_allow_private"):
                if getattr(self, name):
                    variable = f"DATACITY_{name.upper()}"
                    message = f"{variable} is for demonstrations: unset it, or set DATACITY_ENVIRONMENT=development"
                    raise ValueError(message)
        return self
