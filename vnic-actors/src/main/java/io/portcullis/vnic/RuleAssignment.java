package io.portcullis.vnic;

/**
 * The rule table of one vNIC.
 *
 * @param revision revision of the tenant at which the vNIC got this table; only grows
 * @param hash {@link io.portcullis.policy.table.RuleTable#hash()}; empty if there is none yet
 */
public record RuleAssignment(long revision, String hash) {
    /** No table yet. */
    public static final RuleAssignment NONE = new RuleAssignment(0, "");
}
