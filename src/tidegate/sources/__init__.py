"""Files become typed values: every problem at once, with file and line.

    file ──tree──► Node ──documents──► Node checked against its schema ──► Change, Catalog, MeshFile

tree           YAML as a tree that knows the line of every part; bounded, and never raises
documents      tidegate's own kinds, checked against their published JSON Schema (`schemas/`)
folders        the files of a folder
words          how messages quote and guess; quantities: shares, durations, versions, ranges, times
entities       Backstage entities and references; annotations: what is ours in them
backstage      entities → the catalog; cycles: services that depend on each other in a circle
change         a Change file → the change; change_checks: what its schema cannot say
openslo        OpenSLO v1 files → SLOs; openslo_documents: found and checked against the schema;
               openslo_indicators and openslo_checks: what the schema cannot say
mesh           the files of the local mesh
migrations     Migration files, pgroll's, plain SQL and Alembic's → migrations; databases: Database files
records        CSV and Parquet files of counts → the intervals that `analyze` judges
"""
