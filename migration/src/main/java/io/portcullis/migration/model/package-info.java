/**
 * The protocol of placement and migration as pure state machines: no actor, no clock, no I/O. {@link PlacementMachine} decides,
 * {@link PlacementState} remembers, events are what is journaled. {@link SourceMachine} and {@link TargetMachine} are the two sides of
 * one migration: each turns a state and an input into the next state and orders, which an actor runs. Knows no framework.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.migration.model;
