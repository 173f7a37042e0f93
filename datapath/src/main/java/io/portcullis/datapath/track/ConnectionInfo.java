package io.portcullis.datapath.track;

import java.net.InetSocketAddress;

/**
 * One tracked connection, for people and APIs.
 *
 * @param protocol IP protocol number
 * @param originator sender of the first packet (port: ICMP identifier for ICMP, 0 where there is none)
 * @param state for example {@code ESTABLISHED}, {@code SYN_SENT}, {@code UDP_STREAM}
 * @param outbound whether the VM of the vNIC opened it
 * @param ruleId rule that allows it: that admitted it or, judged again under another revision, allowed it last
 * @param policyRevision revision under which it was admitted or last judged again
 * @param admittingRuleId rule that admitted it when it was opened, on whatever host
 * @param admittingRevision revision under which it was opened
 * @param ageNanos since its first packet; of a TCP or SCTP connection that has moved to an eighth, and where it went range-coded with each move less by an eighth at most
 * @param idleNanos since its last packet; of one that has moved to a thousandth of its time-out, and a second at most
 */
public record ConnectionInfo(
        int protocol,
        InetSocketAddress originator,
        InetSocketAddress responder,
        String state,
        boolean outbound,
        long ruleId,
        long policyRevision,
        long admittingRuleId,
        long admittingRevision,
        long ageNanos,
        long idleNanos,
        long packets,
        long bytes) {}
