package io.portcullis.api;

/**
 * When a phase of a migration was journaled.
 *
 * @param at ISO 8601, UTC, to the millisecond
 */
public record PhaseView(String phase, String at) {}
