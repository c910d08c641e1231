"""An imagined world and its actuator: for simulation, demonstrations and tests.

The rules are those of every actuator here, so that what holds in memory holds on a mesh:

* A token names one effect. Its repetition changes nothing and gets the same receipt.
* Within one rollout, of two tokens for one service (or task) the one with the higher attempt is newer,
  whichever steps they come from. After the newer was obeyed, the older is refused with `Superseded`.
* A newer token that asks for what is so already is obeyed and changes nothing.
* What cannot be is refused with `EffectFailed`: traffic to a version that does not run, or stopping one that
  still has traffic.

The world keeps a log of the effects that really changed it; a thing done twice stands in it twice.

world      what runs there, who gets which share, and the log
rules      what each kind of action does to it
actuator   the port, with failures to order
"""

from tidegate.actuators.memory.actuator import Fault, MemoryActuator, Moment
from tidegate.actuators.memory.world import Deed, MemoryWorld, Verb

__all__ = ["Deed", "Fault", "MemoryActuator", "MemoryWorld", "Moment", "Verb"]
