package io.portcullis.policy.model;

import io.portcullis.policy.VnicProtection;

/** What one tenant may have. Beyond a limit an edit is refused with a {@link Problem} that names it. */
public final class Limits {
    /** Every VLAN of an uplink. */
    public static final int MAX_SEGMENTS = Segment.MAX_VLAN;

    public static final int MAX_VMS = 100_000;
    public static final int MAX_VNICS_PER_VM = 16;
    public static final int MAX_ADDRESSES_PER_VNIC = 32;
    /** Beside those that it declares; a vNIC's own limit may be lower. */
    public static final int MAX_DISCOVERED_PER_VNIC = VnicProtection.MAX_LEARNED_ADDRESSES;

    public static final int MAX_TAGS_PER_VM = 64;
    public static final int MAX_FINDINGS_PER_VM = 64;
    public static final int MAX_GROUPS = 100_000;
    public static final int MAX_EXPRESSION_NODES = 1_000;
    public static final int MAX_EXPRESSION_DEPTH = 32;
    /** Longest regular expression that names or operating systems are compared with, in characters. */
    public static final int MAX_PATTERN_LENGTH = 255;
    /** Of one regular expression for each character of a text; what is written out in full within the length needs no more. */
    public static final int MAX_PATTERN_STEPS = 600;
    /** Of all regular expressions of the tenant's groups together: what the name of a new VM may cost. */
    public static final int MAX_PATTERN_STEPS_PER_TENANT = 20_000;
    /** Longest chain of groups within groups. */
    public static final int MAX_GROUP_NESTING = 32;

    public static final int MAX_MEMBERS_PER_GROUP = 100_000;
    /** Literals in one address set, and in one side of a rule. */
    public static final int MAX_ADDRESSES_PER_SET = 10_000;

    public static final int MAX_EXCLUSIONS = 1_000;
    public static final int MAX_SERVICES = 10_000;
    public static final int MAX_MATCHES_PER_SERVICE = 256;
    public static final int MAX_POLICIES = 100_000;
    public static final int MAX_RULES = 200_000;
    /** Beside those that are enforced. */
    public static final int MAX_STAGED_POLICIES = 10_000;

    public static final int MAX_STAGED_RULES = 100_000;
    public static final int MAX_RULES_PER_POLICY = 100_000;
    /** Groups on one side of a rule, and in one applied-to list. */
    public static final int MAX_GROUPS_PER_LIST = 256;

    public static final int MAX_SERVICES_PER_RULE = 256;
    /** In one Ethernet rule; each frame is compared with them. */
    public static final int MAX_ETHER_TYPES_PER_RULE = 64;
    /** On one side of an Ethernet rule. */
    public static final int MAX_MACS_PER_SIDE = 256;

    /** Of the provider, whose groups every tenant judges for its own vNICs. */
    public static final int MAX_PROVIDER_GROUPS = 10_000;

    public static final int MAX_PROVIDER_SERVICES = 1_000;
    public static final int MAX_PROVIDER_POLICIES = 1_000;
    /** Of the provider: every tenant has them, beside its own. */
    public static final int MAX_PROVIDER_RULES = 10_000;

    public static final int MAX_WINDOWS_PER_SCHEDULE = 16;
    /** Of the dates of schedules and expiries. */
    public static final int MIN_YEAR = 1970;

    public static final int MAX_YEAR = 9_999;
    /** Longest free text (description, operating system, value of a finding, port), in characters. */
    public static final int MAX_TEXT_LENGTH = 255;
    /** Longest label of the lines that a rule logs, in characters. */
    public static final int MAX_LOG_LABEL_LENGTH = 64;
    /** Problems that one refusal reports; more would help nobody. */
    public static final int MAX_PROBLEMS = 100;

    private Limits() {}
}
