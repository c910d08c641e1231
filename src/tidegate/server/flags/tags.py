"""Entity tags: whether who asks has what would be answered. Source: RFC 9110, 8.8.3 and 13.1.2."""


def quoted(tag: str) -> str:
    """A tag as headers have it."""
    return f'"{tag}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Whether one of the tags in the header is `tag`."""
    given = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return quoted(tag) in given or given == ["*"]
