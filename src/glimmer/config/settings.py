"""Django's settings, all derived from `environment()`."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONCE, NONE, SELF

from glimmer.cli.demo.people import DEMO_PASSWORD as DEMO_PASSWORD  # shown on the demo's sign-in page
from glimmer.config.environment import environment, kept_secret

ENVIRONMENT = environment()
DATA_DIR = ENVIRONMENT.data_dir.resolve()
PACKAGE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = ENVIRONMENT.secret_key or kept_secret(DATA_DIR, "secret-key")
AUDIT_KEY = ENVIRONMENT.audit_key or kept_secret(DATA_DIR, "audit-key")
SEALING_KEY = ENVIRONMENT.sealing_key or kept_secret(DATA_DIR, "sealing-key")
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = [host.strip() for host in ENVIRONMENT.allowed_hosts.split(",") if host.strip()]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "glimmer.records",
    "glimmer.web",
    "glimmer.config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "glimmer.web.simulated.SimulatedMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "glimmer.web.lock.LockMiddleware",
    "glimmer.web.gate.GateMiddleware",
]

ROOT_URLCONF = "glimmer.config.urls"
ASGI_APPLICATION = "glimmer.config.asgi.application"
AUTH_USER_MODEL = "records.Staff"
LOGIN_URL = "/sign-in"
CSRF_FAILURE_VIEW = "glimmer.web.errors.forged_form"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [PACKAGE_DIR / "web" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "glimmer.web.jinja.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database(url: str) -> dict[str, Any]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "glimmer.sqlite3",
            "OPTIONS": {
                # A reading is acknowledged only after it is on the disk, so commits wait for the disk (FULL).
                # The serving process copies the log in a thread (config/checkpoints.py), a commit only at 32 MB.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                "PRAGMA wal_autocheckpoint=8000;",
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
            },
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A server that vanished with its network is noticed in seconds, and the gateway keeps on disk what comes.
        "OPTIONS": {
            # What is acknowledged is on the disk, however the server was set up. And nobody waits for ever: a row that
            # a vanished machine left locked is free after a minute, and until then messages are kept on disk.
            "options": "-c synchronous_commit=on -c lock_timeout=20s -c idle_in_transaction_session_timeout=60s",
            "connect_timeout": 5,
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
        },
    }


DATABASES = {"default": _database(ENVIRONMENT.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE_DIR / "web" / "static"]
# Served straight from the package with the finder: no collectstatic step stands between a clone and a page,
# and no STATIC_ROOT, whose absence on disk whitenoise would warn about.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# web/lock.py says when a screen locks and a sign-in ends; each sign-in sets its own last moment from these.
SESSION_COOKIE_AGE = ENVIRONMENT.sign_in_hours * 60 * 60
# The prefix makes browsers refuse the cookie from anywhere but this very host, and only by https.
# Browsers send a machine's cookies to every port of it: whoever trains must not be signed out of the clinic by that.
_COOKIES = ("__Host-" if ENVIRONMENT.https else "") + ("training-" if ENVIRONMENT.training else "")
SESSION_COOKIE_NAME = f"{_COOKIES}sessionid"
CSRF_COOKIE_NAME = f"{_COOKIES}csrftoken"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = ENVIRONMENT.https
CSRF_COOKIE_SECURE = ENVIRONMENT.https
CSRF_COOKIE_HTTPONLY = True
# Who came once by https never comes by http again, for a year.
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if ENVIRONMENT.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENVIRONMENT.https
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        # The chart library positions its parts with style attributes.
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

# A FHIR bundle is at most a few megabytes; more than this is refused before it is read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"secrets": {"()": "glimmer.config.secrets_in_logs.BlankSecrets"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "glimmer": {"level": "INFO"},
        # Also where each is written, so that a handler that somebody adds, or Django's own, sees no secret either.
        "django.server": {"level": "WARNING", "filters": ["secrets"]},
        "django.request": {"filters": ["secrets"]},
        "django.security.csrf": {"filters": ["secrets"]},
    },
}
