package io.portcullis.loadtest.scenario;

/** What a stream of traffic is made of. */
public enum TrafficKind {
    /** Long TCP connections, opened before anything else happens, with numbered frames both ways. */
    TCP(true),
    /** TCP connections that are opened, asked and answered once, and closed by both ends. */
    CHURN(false),
    /** Datagrams of fixed pairs of ends, numbered, both ways. */
    UDP(true),
    /** Echo requests, numbered, and their replies. */
    ICMP(true),
    /** TCP connections that are opened, silent, and asked and answered at the end. */
    IDLE(true),
    /** SYNs of ever other clients that are never answered. */
    FLOOD(false);

    private final boolean isLasting;

    TrafficKind(boolean isLasting) {
        this.isLasting = isLasting;
    }

    /** Whether its flows are there from the begin to the end: {@code connections} says how many. */
    public boolean isLasting() {
        return isLasting;
    }
}
