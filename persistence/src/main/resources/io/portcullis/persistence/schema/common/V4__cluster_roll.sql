-- The hosts whose nodes are in the cluster. A node counts its beat up every few seconds; what it was at no time matters.
CREATE TABLE IF NOT EXISTS cluster_roll (
    host VARCHAR(63) NOT NULL PRIMARY KEY,
    address VARCHAR(255) NOT NULL,
    beat BIGINT NOT NULL
);
