"""What the machine may decide: read once from `GLIMMER_...` environment variables and checked."""

import secrets
from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    """Every setting that may differ between machines. Defaults suit a laptop with nothing set up."""

    model_config = SettingsConfigDict(env_prefix="GLIMMER_", extra="ignore")

    data_dir: Path = Field(default=Path("var"), description="Folder for the database, keys and letters.")
    database_url: str = Field(default="", description="postgres://user:password@host:port/name; empty means SQLite.")
    host: str = Field(default="127.0.0.1", description="Address the web pages listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port of the web pages.")
    gateway_host: str = Field(default="127.0.0.1", description="Address the bedside gateway listens on.")
    gateway_port: int = Field(
        default=2575, ge=0, le=65535, description="MLLP port of the bedside gateway; 0 picks one."
    )
    gateway: bool = Field(default=True, description="Whether this process runs the bedside gateway.")
    demo: bool = Field(default=False, description="Demo clinic: shows the sign-ins and runs virtual monitors.")
    secret_key: str = Field(default="", description="Django's signing key; empty: made once and kept in data_dir.")
    audit_key: str = Field(default="", description="Key of the audit chain; empty: made once and kept in data_dir.")
    allowed_hosts: str = Field(default="127.0.0.1,localhost,[::1],testserver", description="Host names served.")
    https: bool = Field(default=False, description="Set when pages are reached by https: cookies become secure-only.")
    debug: bool = Field(default=False, description="Developer mode. Never on a clinic's machine.")


@lru_cache
def environment() -> Environment:
    """Return the checked environment, read once per process."""
    return Environment()


def kept_secret(data_dir: Path, name: str) -> str:
    """Return the secret kept in `data_dir/name`, making it (readable by its owner only) the first time."""
    path = data_dir / name
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
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
