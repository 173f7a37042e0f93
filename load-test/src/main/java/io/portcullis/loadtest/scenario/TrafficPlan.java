package io.portcullis.loadtest.scenario;

/**
 * A stream of traffic from clients beyond the uplink to every VM of a name.
 *
 * @param to name of VMs
 * @param isIpv6 whether clients and VM speak IPv6 in it
 * @param connections flows to each VM; 0 for kinds that have no lasting ones
 * @param framesPerSecond to and from each VM, on flows drawn at random, half of them in each direction
 * @param newPerSecond connections to each VM that begin; SYNs of a flood
 * @param payloadBytes of each numbered frame
 * @param isAllowed whether the policy lets it pass; else none of it may arrive
 */
public record TrafficPlan(
        String name,
        TrafficKind kind,
        String to,
        int port,
        boolean isIpv6,
        int connections,
        int framesPerSecond,
        int newPerSecond,
        int payloadBytes,
        boolean isAllowed) {
    /** The same with so many times the connections and the rates, at least one where there was any. */
    TrafficPlan scaled(double connectionsFactor, double ratesFactor) {
        return new TrafficPlan(
                name,
                kind,
                to,
                port,
                isIpv6,
                Script.scaled(connections, connectionsFactor),
                Script.scaled(framesPerSecond, ratesFactor),
                Script.scaled(newPerSecond, ratesFactor),
                payloadBytes,
                isAllowed);
    }
}
