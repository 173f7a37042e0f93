package io.portcullis.datapath.engine;

/** Takes what rules of a vNIC counted. */
@FunctionalInterface
public interface HitSink {
    /**
     * What one rule counted since the last time.
     *
     * @param ruleId {@link io.portcullis.policy.table.RuleTable#DEFAULT_RULE_ID} for the default
     * @param hits decisions: first packets of connections, packets of no connection, live connections that it cut; each that it passed on, if it says
     *     PASS; each frame, in category ETHERNET. May be 0
     * @param lastNanos when it decided last, or a connection that it allows had a packet, by the engine's clock
     */
    void hit(long ruleId, long hits, long lastNanos);
}
