"""What bytes are, by how they begin: for the `contentType` matcher."""

import json
from typing import Final

MAGIC: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"BM": "image/bmp",
    b"%PDF-": "application/pdf",
    b"PK\x03\x04": "application/zip",
    b"\x1f\x8b": "application/gzip",
    b"<?xml": "application/xml",
}
ALIASES: Final = {
    "image/jpg": "image/jpeg",
    "text/xml": "application/xml",
    "application/x-gzip": "application/gzip",
}


def is_media(content: bytes, wanted: str) -> bool | None:
    """Are the bytes of the content type? None where their beginning does not tell."""
    meant = ALIASES.get(wanted, wanted)
    found = next((media for magic, media in MAGIC.items() if content.startswith(magic)), None)
    if found == meant:
        return True
    if meant == "application/json":
        return _is_json(content)
    if meant == "text/plain" and found is None:
        return b"\0" not in content
    return False if meant in MAGIC.values() else None


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
