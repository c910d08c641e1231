"""The switches of a desk, behind the door of an API."""

import time

from fastapi import FastAPI

from tidegate.flags.desk import FlagDesk
from tidegate.flags.switching import Switching
from tidegate.server.door import Door
from tidegate.server.flags.switches import Contain, Switches
from tidegate.server.problems import answer_problems
from tidegate.store.database import Store

TOKEN = "of-the-api"


def switches_of(desk: FlagDesk, store: Store, contain: Contain | None = None) -> FastAPI:
    """Nothing but switches, as they stand in any API."""
    switches = Switches(switching=Switching(desk=desk, store=store), clock=time.time, contain=contain)
    api = FastAPI(redirect_slashes=False)
    api.include_router(switches.router())
    api.add_middleware(Door, token=TOKEN, beside=())
    answer_problems(api)
    return api
