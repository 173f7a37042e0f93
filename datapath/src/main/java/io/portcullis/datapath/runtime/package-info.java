/**
 * Runs the data path of a host: {@link io.portcullis.datapath.runtime.DataPathRuntime} behind
 * {@link io.portcullis.datapath.runtime.DataPath}.
 *
 * <p>One thread ({@code Loop}) owns the uplink, the VM ports and the firewalls. In each turn it runs commands, reads the uplink,
 * reads the VM ports, and takes cut-overs a step further; {@code HostSwitch} carries each frame through the firewall of
 * every local vNIC that it leaves or reaches. Nothing passes a vNIC that is not ENFORCING, or has no rules, or whose engine
 * failed.
 *
 * <p>A cut-over moves the decision about one vNIC from a source to a destination so that no frame is lost, doubled or
 * overtaken by a later one of its direction: {@code SourcePhase} and {@code DestinationPhase} are its state machines,
 * {@code TunnelMessage} what the two say to each other. It relies on {@link io.portcullis.datapath.port.FramePort}'s drain, on
 * the steering of a multi-queue VM port (the source's queue has index 0, the destination's 1), and on a fabric that learns where
 * a MAC address is. It may be called off at any moment; then what waits at the destination goes back.
 *
 * <p>What it does not know: policy documents, placement, who may order what. The epoch in each command is the only fence here;
 * the authority over epochs is elsewhere. A reclaim that the destination does not answer in time goes on without it.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.runtime;
