"""E-mail over SMTP: the sender of a clinic that has a mail server, by Django's own e-mail back-end."""

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from glimmer.actions.delivery import EMAIL, Parcel, SendingFailed

BACKEND = "django.core.mail.backends.smtp.EmailBackend"
# A mail server that does not answer holds up no more than this, and less than a message is held for.
TIMEOUT_SECONDS = 20


class Smtp:
    """Sends e-mail through the server that the settings name; text messages it cannot send."""

    name = "smtp"
    keeps = False

    def send(self, parcel: Parcel) -> None:
        """Hand the message to the mail server; raise SendingFailed where it does not take it."""
        if parcel.channel != EMAIL:
            raise SendingFailed(
                "No sender for text messages is set up. Read the message out, or send it by e-mail.", is_final=True
            )
        try:
            _email(parcel).send()
        except smtplib.SMTPRecipientsRefused as problem:
            codes = [code for code, _ in problem.recipients.values()]
            # 5xx: never; 4xx: not now (RFC 5321, 4.2.1).
            raise SendingFailed("The mail server does not take this address.", is_final=min(codes) >= 500) from problem
        except smtplib.SMTPResponseException as problem:
            says = f"The mail server refused it with code {problem.smtp_code}."
            raise SendingFailed(says) from problem
        except (smtplib.SMTPException, OSError) as problem:
            raise SendingFailed("The mail server could not be reached, or stopped in between.") from problem


def _email(parcel: Parcel) -> EmailMessage:
    environment = settings.ENVIRONMENT
    _, sender = parseaddr(environment.mail_from)
    connection = get_connection(
        BACKEND,
        host=environment.mail_host,
        port=environment.mail_port,
        username=environment.mail_user,
        password=environment.mail_password,
        use_tls=environment.mail_security == "starttls",
        use_ssl=environment.mail_security == "tls",
        timeout=TIMEOUT_SECONDS,
    )
    headers = {
        # The same in every try: a mail system that has it already drops the second.
        "Message-ID": f"<{parcel.identifier}@{sender.partition('@')[2]}>",
        # Nobody answers this, and no absence notice is sent back (RFC 3834).
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(
        parcel.subject, parcel.words, environment.mail_from, [parcel.address], headers=headers, connection=connection
    )
