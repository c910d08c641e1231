"""JSON in messages: numbers that are whole are integers again."""

from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from tidegate.server.flags.grpc.structs import plain, struct

EXACT = 1 << 53
LEAVES = (
    st.none() | st.booleans() | st.integers(-EXACT, EXACT) | st.floats(allow_nan=False) | st.text(max_size=5)
)
JSON = st.recursive(
    LEAVES,
    lambda of: st.lists(of, max_size=3) | st.dictionaries(st.text(max_size=5), of, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_what_is_put_in_comes_out(value: dict[str, object]) -> None:
    assert plain(Struct.FromString(struct(value).SerializeToString())) == value


def test_whole_numbers_are_integers() -> None:
    read = plain(struct({"whole": 5.0, "part": 5.5, "truth": True}))
    assert {key: type(value) for key, value in read.items()} == {"whole": int, "part": float, "truth": bool}
