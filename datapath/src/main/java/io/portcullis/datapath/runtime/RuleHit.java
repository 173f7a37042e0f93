package io.portcullis.datapath.runtime;

/**
 * What a rule counted, at all vNICs of a tenant on one host or on several.
 *
 * @param ruleId {@link io.portcullis.policy.table.RuleTable#DEFAULT_RULE_ID} for the default
 * @param hits as {@link io.portcullis.datapath.engine.HitSink#hit} says; 0 if only a connection was seen that was opened elsewhere
 * @param lastMillis when it decided last, or a connection that it allows had a packet; since 1970, to about half a minute for the latter
 */
public record RuleHit(long ruleId, long hits, long lastMillis) {
    /** The sum of both, of the same rule. */
    public RuleHit plus(RuleHit other) {
        return new RuleHit(ruleId, hits + other.hits, Math.max(lastMillis, other.lastMillis));
    }
}
