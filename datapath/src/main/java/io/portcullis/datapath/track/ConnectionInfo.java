package io.portcullis.datapath.track;

import java.net.InetSocketAddress;

/**
 * One tracked connection, for people and APIs.
 *
 * @param protocol IP protocol number
 * @param originator sender of the first packet (port: ICMP identifier for ICMP, 0 where there is none)
 * @param state for example {@code ESTABLISHED}, {@code SYN_SENT}, {@code UDP_STREAM}
 * @param outbound whether the VM of the vNIC opened it
 * @param ruleId rule that admitted it
 * @param policyRevision revision under which it was admitted or last judged again
 * @param ageNanos since its first packet
 * @param idleNanos since its last packet
 */
public record ConnectionInfo(
        int protocol,
        InetSocketAddress originator,
        InetSocketAddress responder,
        String state,
        boolean outbound,
        long ruleId,
        long policyRevision,
        long ageNanos,
        long idleNanos,
        long packets,
        long bytes) {}
