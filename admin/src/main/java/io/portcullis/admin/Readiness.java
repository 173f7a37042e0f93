package io.portcullis.admin;

/** Whether this node serves; {@code reason} says what is missing, for people. */
public record Readiness(boolean ready, String reason) {}
