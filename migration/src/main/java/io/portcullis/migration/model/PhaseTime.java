package io.portcullis.migration.model;

/**
 * When a phase was journaled.
 *
 * @param atMillis wall clock of the coordinator, milliseconds since 1970
 */
public record PhaseTime(PlacementPhase phase, long atMillis) {}
