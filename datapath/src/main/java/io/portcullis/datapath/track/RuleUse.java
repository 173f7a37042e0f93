package io.portcullis.datapath.track;

/** Is told which rules live connections rest on. */
@FunctionalInterface
public interface RuleUse {
    /**
     * A connection that this rule allows now had its last packet then.
     *
     * @param atNanos of the clock that the table is given, to some milliseconds
     */
    void seen(long ruleId, long atNanos);
}
