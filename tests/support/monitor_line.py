"""A bedside monitor for tests, written from the standard and not from the product: MLLP over a plain socket.

A message counts as acknowledged only when its own control id came back with AA; what was not is sent again
after a lost line, as devices do.
"""

import socket
import time
from datetime import UTC, datetime


def vitals(control_id: str, device: str, local_number: str, systolic: int, at: datetime | None = None) -> bytes:
    """Return one ORU^R01 with a cuff pressure, a pulse and a saturation, in HL7's own marks."""
    when = (at or datetime.now(UTC)).strftime("%Y%m%d%H%M%S+0000")
    rows = [
        f"OBX|1|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1.1.1.1|{systolic}|266016^MDC_DIM_MMHG^MDC|||||F|||{when}",
        f"OBX|2|NM|150022^MDC_PRESS_BLD_NONINV_DIA^MDC|1.1.1.2|76|266016^MDC_DIM_MMHG^MDC|||||F|||{when}",
        f"OBX|3|NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC|1.1.2.1|72|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||F|||{when}",
        f"OBX|4|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.2.2|98|262688^MDC_DIM_PERCENT^MDC|||||F|||{when}",
    ]
    rows = [f"{row}||||{device}" for row in rows]
    head = f"MSH|^~\\&|{device}|TEST|GLIMMER||{when}||ORU^R01^ORU_R01|{control_id}|P|2.6"
    pid = f"PID|||{local_number}^^^CLINIC^MR||Applewhistle^Amina"
    return "\r".join([head, pid, f"OBR|1||{control_id}|monitor|||{when}", *rows, ""]).encode()


class MonitorLine:
    """One connection to the gateway. `acknowledged` maps control ids to the code that came back."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.acknowledged: dict[str, str] = {}
        self._socket: socket.socket | None = None
        self._rest = b""

    def connect(self, within_seconds: float = 20) -> None:
        """Connect, trying again until the gateway listens."""
        self.close()
        until = time.monotonic() + within_seconds
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=5)
                self._rest = b""
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def send(self, message: bytes) -> None:
        assert self._socket is not None
        self._socket.sendall(b"\x0b" + message + b"\x1c\r")

    def answer(self) -> str:
        """Wait for the next acknowledgement, note it, and return its code."""
        assert self._socket is not None
        while b"\x1c\r" not in self._rest:
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionResetError("The gateway closed the line.")
            self._rest += data
        frame, self._rest = self._rest.split(b"\x1c\r", 1)
        msa = next(line for line in frame.decode().split("\r") if line.startswith("MSA"))
        _, code, control_id = msa.split("|")[:3]
        self.acknowledged[control_id] = code
        return code

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
