"""
Where everything is kept: SQLite in a data folder, or PostgreSQL. The same code, tables and answers on both.

`database.Database` opens it, `unit_of_work.Unit` is one transaction, `writer.Writer` commits many requests together,
`tables` names what is stored. The state, the schedule and the outbox are rows of one database, so a change and all its
consequences are one commit.
"""
