"""`GET /flags.json` as flagd asks for it."""

import json
from dataclasses import replace

from tests.server.flags.asking import MemoryFlags, asking, flag, reading, set_of

from tidegate.core.flags.document import document

PATH = "/flags.json"
SERVED = set_of(replace(flag("instant-refund"), metadata={"owner": "payments"}), metadata={"team": "shop"})


async def test_the_file_is_that_of_flagd_and_sent_once() -> None:
    flags = MemoryFlags(SERVED)
    async with asking(reading(flags)) as http:
        answer = await http.get(PATH)
        tag = answer.headers["etag"]
        assert answer.json() == json.loads(json.dumps(document(SERVED)))
        assert (answer.headers["content-type"], answer.headers["last-modified"]) == (
            "application/json",
            "Tue, 14 Nov 2023 22:13:20 GMT",
        )
        again = await http.get(PATH, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


async def test_what_changed_within_a_second_is_sent() -> None:
    flags = MemoryFlags(SERVED)
    async with asking(reading(flags)) as http:
        first = await http.get(PATH)
        flags.serve(set_of())
        headers = {
            "If-Modified-Since": first.headers["last-modified"],
            "If-None-Match": first.headers["etag"],
        }
        second = await http.get(PATH, headers=headers)
        assert (second.status_code, second.json()["flags"]) == (200, {})
        third = await http.get(PATH, headers={"If-Modified-Since": first.headers["last-modified"]})
        assert third.status_code == 200
