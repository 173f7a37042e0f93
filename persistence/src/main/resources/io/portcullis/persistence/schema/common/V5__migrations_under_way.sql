-- Migrations that have not ended are looked for every few seconds, among all that are remembered.
CREATE INDEX IF NOT EXISTS migration_ended ON migration (ended);
