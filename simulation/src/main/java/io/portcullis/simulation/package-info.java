/**
 * {@code portcullis simulate}: the control plane of many hosts in one process. The actors are those of the product; the network, the clock, sharding, the database
 * and the data path are simulated, on one thread, so that every message can be counted and the same run counts the same. What it is for: how many messages a change
 * costs, and that none of it grows with the square of anything.
 */
@NullMarked
package io.portcullis.simulation;

import org.jspecify.annotations.NullMarked;
