"""Virtual monitors and pumps for the demo and for training. They speak HL7 to the gateway's own port.

Who lies in the bed is a virtual patient of `pharmacology/virtual`: made up, and never used as advice.
"""

from glimmer.gateway.virtual.bedside import SCRIPTS, Pause, VirtualBedside
from glimmer.gateway.virtual.line import run

__all__ = ["SCRIPTS", "Pause", "VirtualBedside", "run"]
