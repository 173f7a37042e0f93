-- The version is in Flyway's own table now.
DROP TABLE IF EXISTS portcullis_schema;
-- Names sort and compare as in H2 and in Java, whatever the language of the database, and a prefix is found by the key.
ALTER TABLE vm_placement ALTER COLUMN vm TYPE VARCHAR(127) COLLATE "C";
ALTER TABLE migration ALTER COLUMN id TYPE VARCHAR(127) COLLATE "C";
ALTER TABLE rule_hits ALTER COLUMN host TYPE VARCHAR(63) COLLATE "C";
ALTER TABLE api_token ALTER COLUMN name TYPE VARCHAR(63) COLLATE "C";
