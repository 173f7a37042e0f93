package io.portcullis.policy.model;

import java.util.Locale;

/**
 * What a {@link TenantQuota} can limit, each over the whole tenant. The names are stored. What counts must never become more: an edit that was accepted once is checked
 * again when it is played back.
 */
public enum QuotaItem {
    VMS("VMs"),
    /** Of all VMs. */
    VNICS("vNICs"),
    SEGMENTS("segments"),
    GROUPS("groups"),
    /** The tenant's own ones. */
    SERVICES("services"),
    /** Those that are enforced, and what is staged. */
    POLICIES("policies"),
    /** Of all policies, and of what is staged. */
    RULES("rules"),
    /** Addresses and VMs that groups, rules and exclusions list one by one; a prefix or a range is one. */
    MEMBERS("listed addresses and VMs");

    private final String title;

    QuotaItem(String title) {
        this.title = title;
    }

    /** For people, as the end of {@code 7 …}. */
    public String title() {
        return title;
    }

    /** As documents and paths of problems call it: {@code vnics}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
