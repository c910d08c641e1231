"""Feature flags: how fast they are evaluated, how soon a kill is everywhere, and who is exposed."""
