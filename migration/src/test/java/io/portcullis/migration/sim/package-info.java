/**
 * The protocol of placement and migration in a simulation: the machines that the actors run, under one scheduler, one seed and virtual
 * time, with everything around them that can go wrong.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.migration.sim;
