"""What the machine may decide: read once from `GLIMMER_...` environment variables and checked."""

import secrets
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput

PREFIX = "GLIMMER_"


class Environment(BaseSettings):
    """Every setting that may differ between machines. Defaults suit a laptop with nothing set up."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    data_dir: Path = Field(default=Path("var"), description="Folder for the database, keys and letters.")
    database_url: str = Field(default="", description="postgres://user:password@host:port/name; empty means SQLite.")
    host: str = Field(default="127.0.0.1", description="Address the web pages listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port of the web pages.")
    gateway_host: str = Field(default="127.0.0.1", description="Address the bedside gateway listens on.")
    gateway_port: int = Field(
        default=2575, ge=0, le=65535, description="MLLP port of the bedside gateway; 0 picks one."
    )
    gateway: bool = Field(default=True, description="Whether this process runs the bedside gateway.")
    gateway_connections: int = Field(default=600, ge=1, description="How many devices may be connected at once.")
    gateway_spool_megabytes: int = Field(
        default=512, ge=1, description="Most megabytes of messages kept on disk while the database is away."
    )
    gateway_allowed_networks: str = Field(
        default="", description="Networks whose devices may connect, as 10.1.0.0/16,10.2.3.4; empty: all."
    )
    gateway_allowed_senders: str = Field(default="", description="Senders (MSH-3) that are taken; empty: all.")
    gateway_tls_certificate: str = Field(default="", description="PEM file: then devices must speak TLS.")
    gateway_tls_key: str = Field(default="", description="PEM file of the certificate's key; empty: in the same file.")
    gateway_tls_client_authority: str = Field(
        default="", description="PEM file of the authority that signs the devices' certificates; they then need one."
    )
    local_authority: str = Field(
        default="", description="How devices name the clinic as giver of its own patient numbers (PID-3.4); empty: any."
    )
    demo: bool = Field(default=False, description="Demo clinic: shows the sign-ins and runs virtual monitors.")
    training: bool = Field(
        default=False, description="Training clinic: a database of its own, SIMULATED on every page, print and export."
    )
    secret_key: str = Field(default="", description="Django's signing key; empty: made once and kept in data_dir.")
    sealing_key: str = Field(
        default="", description="Key that seals the secrets of apps; empty: made once and kept in data_dir."
    )
    second_factor: str = Field(
        default="",
        description="Whose sign-in needs a second factor: all, none, or roles as nurse,manager; empty: all, and none "
        "in the demo clinic.",
    )
    idle_minutes: int = Field(default=15, ge=1, le=30, description="Minutes without a press until the screen locks.")
    sign_in_hours: int = Field(default=12, ge=1, le=12, description="Hours until everybody signs in again.")
    oidc_issuer: str = Field(default="", description="OpenID provider, such as NHS Care Identity; empty: none.")
    oidc_name: str = Field(default="NHS Care Identity", description="What the provider is called on the sign-in page.")
    oidc_client_id: str = Field(default="", description="How the provider knows this installation.")
    oidc_client_secret: str = Field(default="", description="Secret of the client; empty where it has a key.")
    oidc_client_key: str = Field(default="", description="PEM file of an RSA key: private_key_jwt, signed RS512.")
    oidc_scope: str = Field(default="openid profile", description="What is asked for.")
    oidc_acr: str = Field(default="", description="The acr values that are strong enough, separated by blanks.")
    oidc_subject: str = Field(default="sub", description="The claim that names the person for good.")
    audit_key: str = Field(default="", description="Key of the audit chain; empty: made once and kept in data_dir.")
    audit_signing_key: str = Field(
        default="",
        description="PEM file of the Ed25519 key that signs the audit's exported heads; empty: none exported.",
    )
    audit_export_to: str = Field(
        default="", description="Folder that leaves this machine, for a signed head each day; empty: audit-export."
    )
    allowed_hosts: str = Field(default="127.0.0.1,localhost,[::1],testserver", description="Host names served.")
    https: bool = Field(default=False, description="Set when pages are reached by https: cookies become secure-only.")
    sender: str = Field(
        default="outbox",
        description="How messages leave: outbox (they are kept and shown), smtp, or a class as package.module.Class.",
    )
    mail_host: str = Field(default="", description="Mail server of the sender smtp.")
    mail_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    mail_security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="How it is spoken to.")
    mail_user: str = Field(default="", description="User name at the mail server; empty: none.")
    mail_password: str = Field(default="", description="Password at the mail server.")
    mail_from: str = Field(default="", description="Address that messages come from, as Clinic <clinic@example.org>.")
    messages_name: str = Field(
        default="your clinic", description="How messages name the clinic. It must not say what is treated there."
    )
    public_url: str = Field(
        default="", description="How patients reach the pages, as https://clinic.example; empty: this machine."
    )
    crisis_line: str = Field(default="", description="The number of the local crisis line, shown to patients.")
    clinic_telephone: str = Field(default="", description="The clinic's number that patients call.")
    planning_dir: str = Field(
        default="", description="Folder of tables of areas and sites for the planner; empty: the 68 health bodies."
    )
    debug: bool = Field(default=False, description="Developer mode. Never on a clinic's machine.")

    @property
    def own_pages_url(self) -> str:
        """The address before the path in a link to a patient's own pages."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def audit_export_folder(self) -> Path:
        """Where signed heads of the audit are exported to."""
        return Path(self.audit_export_to) if self.audit_export_to else self.data_dir / "audit-export"

    @field_validator("database_url")
    @classmethod
    def _is_an_address_of_postgresql(cls, url: str) -> str:
        parts = urlsplit(url)
        # Reading the port raises ValueError where it is no number, without repeating the password.
        known = parts.scheme in ("postgres", "postgresql") and parts.path.strip("/") and parts.port != 0
        if url and not known:
            raise ValueError("write it as postgres://user:password@host:port/name, or leave it out for SQLite")
        return url

    @field_validator("second_factor")
    @classmethod
    def _names_roles(cls, said: str) -> str:
        unknown = [name for name in _names(said) if name not in {*Role, "all", "none"}]
        if unknown or ({"all", "none"} & set(_names(said)) and len(_names(said)) > 1):
            raise ValueError(f"write all, none, or some of: {', '.join(Role)}")
        return said

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        named = self.oidc_client_id and self.oidc_acr and (self.oidc_client_secret or self.oidc_client_key)
        if self.oidc_issuer and not named:
            # No level is strong enough by default: the clinic says which.
            raise ValueError("an OIDC_ISSUER needs OIDC_CLIENT_ID, OIDC_ACR, and OIDC_CLIENT_SECRET or OIDC_CLIENT_KEY")
        return self

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.sender == "smtp" and not (self.mail_host and "@" in self.mail_from):
            raise ValueError("SENDER=smtp needs MAIL_HOST and an e-mail address in MAIL_FROM")
        return self

    @model_validator(mode="after")
    def _training_stays_inside(self) -> Self:
        if self.training and self.sender != "outbox":
            raise ValueError("no message leaves the training clinic: leave SENDER out")
        if self.training and not self.demo:
            raise ValueError("is set by: glimmer serve --training")
        return self

    @property
    def second_factor_roles(self) -> frozenset[Role]:
        """The roles whose sign-in needs a second factor."""
        names = _names(self.second_factor) or (["none"] if self.demo else ["all"])
        if names in (["all"], ["none"]):
            return frozenset(Role) if names == ["all"] else frozenset()
        return frozenset(Role(name) for name in names)


def _names(said: str) -> list[str]:
    return [name.strip() for name in said.split(",") if name.strip()]


@lru_cache
def environment() -> Environment:
    """Return the checked environment, read once per process; raise BadInput that names the settings that are wrong.

    What was set is not repeated: it may be a password.
    """
    try:
        return Environment()
    except ValidationError as problem:
        wrong = [f"{PREFIX}{''.join(map(str, error['loc'][:1])).upper()}: {error['msg']}" for error in problem.errors()]
        raise BadInput(f"Glimmer was not started. A setting is wrong: {'; '.join(wrong)}.") from None


def kept_secret(data_dir: Path, name: str) -> str:
    """Return the secret kept in `data_dir/name`, making it (readable by its owner only) the first time."""
    path = data_dir / name
    if not path.exists():
        # The folder comes to hold patients' data: nobody else on this machine may look into it.
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made aside and linked into place: of two processes starting at once, one wins and both read its key.
        fresh = path.with_name(f".{name}.{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()
