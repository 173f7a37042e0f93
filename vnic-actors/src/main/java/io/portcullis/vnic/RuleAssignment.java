package io.portcullis.vnic;

/**
 * The rule tables of one vNIC.
 *
 * @param revision revision of the tenant at which the vNIC got this table; only grows
 * @param hash {@link io.portcullis.policy.table.RuleTable#hash()}; empty if there is none yet
 * @param shadowRevision revision at which it got its shadow, or lost it; only grows
 * @param shadowHash hash of the table that it would enforce if everything staged were published; empty if that is the same
 */
public record RuleAssignment(long revision, String hash, long shadowRevision, String shadowHash) {
    /** No table yet. */
    public static final RuleAssignment NONE = new RuleAssignment(0, "");

    public RuleAssignment {
        // from nodes that know nothing of shadows
        shadowHash = shadowHash == null ? "" : shadowHash;
    }

    /** Without a shadow. */
    public RuleAssignment(long revision, String hash) {
        this(revision, hash, 0, "");
    }

    RuleAssignment withRules(RuleAssignment other) {
        return new RuleAssignment(other.revision, other.hash, shadowRevision, shadowHash);
    }

    RuleAssignment withShadow(RuleAssignment other) {
        return new RuleAssignment(revision, hash, other.shadowRevision, other.shadowHash);
    }
}
