/**
 * The ends of a scenario's traffic: VMs at their ports and clients behind one uplink. They make and check every frame by themselves: which came, how often, in
 * which order, with which bytes, how late.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.loadtest.flow;
