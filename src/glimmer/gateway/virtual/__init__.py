"""Virtual monitors and pumps for the demo and for training. They speak HL7 to the gateway's own port.

What they show is a drawing, not a physiology model: every curve here is a proposal that looks plausible on
a chart, and none is ever used as advice.
"""

from glimmer.gateway.virtual.bedside import SCRIPTS, Pause, VirtualBedside
from glimmer.gateway.virtual.line import run

__all__ = ["SCRIPTS", "Pause", "VirtualBedside", "run"]
