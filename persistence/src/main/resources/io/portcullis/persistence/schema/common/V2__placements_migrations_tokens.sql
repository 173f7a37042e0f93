-- Tables of our own; times are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS vm_placement (
    vm VARCHAR(127) NOT NULL PRIMARY KEY,
    host VARCHAR(63) NOT NULL,
    epoch BIGINT NOT NULL,
    spec VARCHAR(1000000) NOT NULL,
    updated BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS vm_placement_host ON vm_placement (host);
CREATE TABLE IF NOT EXISTS migration (
    id VARCHAR(127) NOT NULL PRIMARY KEY,
    vm VARCHAR(127) NOT NULL,
    from_host VARCHAR(63) NOT NULL,
    to_host VARCHAR(63) NOT NULL,
    state VARCHAR(63) NOT NULL,
    requested_by VARCHAR(255) NOT NULL,
    started BIGINT NOT NULL,
    ended BIGINT,
    receipt VARCHAR(1000000)
);
CREATE INDEX IF NOT EXISTS migration_started ON migration (started);
CREATE INDEX IF NOT EXISTS migration_vm ON migration (vm, started);
CREATE TABLE IF NOT EXISTS api_token (
    name VARCHAR(63) NOT NULL PRIMARY KEY,
    digest VARCHAR(64) NOT NULL UNIQUE,
    role VARCHAR(16) NOT NULL,
    tenant VARCHAR(63),
    created BIGINT NOT NULL,
    created_by VARCHAR(255) NOT NULL,
    expires BIGINT
);
