"""What people query: rollouts, evidence and the hash-chained journal, through SQLAlchemy."""
