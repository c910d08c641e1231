"""Data migrations: what applications notice of them, and whether anything is lost, also where everything is killed."""
