"""Providers for applications that ask for flags by OpenFeature.

provider      of an application that tidegate serves: `TidegateProvider`
offline       of one that reads files of its own: `FileProvider`
evaluating    what both do with definitions
definitions   definitions as they are sent
following     how changes come
kept          what came last, in a file
"""

from tidegate.openfeature.offline import FileProvider
from tidegate.openfeature.provider import TidegateProvider

__all__ = ["FileProvider", "TidegateProvider"]
