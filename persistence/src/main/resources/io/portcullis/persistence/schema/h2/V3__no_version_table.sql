-- The version is in Flyway's own table now.
DROP TABLE IF EXISTS portcullis_schema;
