"""The rollout machine: `advance(state, event) -> (state, commands)`."""
