"""Feature flags: how fast and how truly they are evaluated, and how soon a change is everywhere."""
