/**
 * The placement protocol as a pure state machine: no actor, no clock, no I/O. {@link PlacementMachine} decides,
 * {@link PlacementState} remembers, events are what is journaled. Knows no framework.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.migration.model;
