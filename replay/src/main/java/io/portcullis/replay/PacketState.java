package io.portcullis.replay;

/** Where a packet stands with its connection, in the words of connection tracking. */
public enum PacketState {
    /** First packet of a connection, or one more before the other end answered. */
    NEW,
    /** Of a connection whose both ends have been seen. */
    ESTABLISHED,
    /** ICMP error about a connection, or first packet of one that another connection announced. */
    RELATED,
    /** No valid packet, or none that can be where it is. */
    INVALID,
    /** Not IP, IP that has no connections by nature (neighbour discovery), or a packet about which a stateless rule decided by itself. */
    NONE
}
