package io.portcullis.datapath.guard;

/**
 * How much of the firewall one vNIC may use. What happens at each limit is counted; a connection that both ends have taken part in is never
 * ended by any of them.
 *
 * @param connections tracked at once; beyond it a connection that waits for its other end gives way, else the new one is dropped
 * @param halfOpen TCP handshakes under way, each for connections that the VM opens and for those that others open; beyond it see
 *     {@link ConnectionLimiter}. As many as {@code connections} or more: no limit
 * @param unanswered other connections that wait for a first answer, likewise for each direction; beyond it the oldest is forgotten
 * @param newPerSecond connections that may begin per second, likewise for each direction, and that many at once; 0 for no limit
 */
public record ConnectionLimits(int connections, int halfOpen, int unanswered, int newPerSecond) {
    public static final int DEFAULT_HALF_OPEN = 16_384;
    public static final int DEFAULT_UNANSWERED = 65_536;
    public static final int DEFAULT_NEW_PER_SECOND = 100_000;

    public ConnectionLimits {
        if (connections < 1 || halfOpen < 1 || unanswered < 1 || newPerSecond < 0) {
            throw new IllegalArgumentException("limits of connections must be at least 1: " + connections + ", "
                    + halfOpen + ", " + unanswered + ", " + newPerSecond);
        }
    }

    /** The default limits of a vNIC that may have so many connections. */
    public static ConnectionLimits of(int connections) {
        return new ConnectionLimits(connections, DEFAULT_HALF_OPEN, DEFAULT_UNANSWERED, DEFAULT_NEW_PER_SECOND);
    }

    /** Nothing but the number of connections is limited. */
    public static ConnectionLimits onlyConnections(int connections) {
        return new ConnectionLimits(connections, connections, connections, 0);
    }

    public ConnectionLimits withConnections(int count) {
        return count == connections ? this : new ConnectionLimits(count, halfOpen, unanswered, newPerSecond);
    }
}
