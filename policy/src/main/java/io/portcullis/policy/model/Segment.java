package io.portcullis.policy.model;

/**
 * A layer-2 network of the tenant.
 *
 * @param vlan IEEE 802.1Q VLAN on the hosts' uplinks, {@value #MIN_VLAN} to {@value #MAX_VLAN}
 * @param description for people; empty for none
 */
public record Segment(String name, int vlan, String description) {
    public static final int MIN_VLAN = 1;
    public static final int MAX_VLAN = 4_094;

    public Segment(String name, int vlan) {
        this(name, vlan, "");
    }
}
