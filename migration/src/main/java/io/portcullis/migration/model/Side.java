package io.portcullis.migration.model;

/** Which part a host has in a migration. */
public enum Side {
    SOURCE,
    TARGET
}
