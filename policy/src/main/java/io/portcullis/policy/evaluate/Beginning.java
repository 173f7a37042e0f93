package io.portcullis.policy.evaluate;

/** What a packet can be where nobody knows a connection that it belongs to. */
public enum Beginning {
    /** The first of a connection: a SYN, a datagram, a question of ICMP. Or one that has none by nature, about which rules decide each time. */
    OPENS,
    /** A TCP segment in mid-stream: the first only where connections may be picked up. */
    PICKED_UP,
    /** Nothing that begins: an answer, a reset, an error. Only a stateless rule lets it pass. */
    NOTHING,
    /** Nothing that anybody sends: TCP flags that do not go together. It is dropped whatever the rules say. */
    NEVER
}
