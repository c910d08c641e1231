"""Data migrations on PostgreSQL: what `core.migrations` unfolds is carried out here, forth and back."""
