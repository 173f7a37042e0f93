package io.portcullis.migration;

import com.typesafe.config.Config;
import io.portcullis.policy.model.Tag;
import java.util.Set;

/**
 * Which VMs have a replica although the order to attach them does not say whether they are to: {@code portcullis.migration.replica.default} and {@code default-tag},
 * explained in this module's {@code reference.conf}.
 */
public record ReplicaDefault(Vms vms, Tag tag) {
    /** Of which VMs. */
    public enum Vms {
        NONE,
        /** Those that have the tag. */
        TAGGED,
        ALL
    }

    /**
     * Of the settings of a node.
     *
     * @throws IllegalArgumentException if one of them is none
     */
    public static ReplicaDefault of(Config config) {
        Config replica = config.getConfig("portcullis.migration.replica");
        return new ReplicaDefault(vms(replica.getString("default")), tag(replica.getString("default-tag")));
    }

    private static Vms vms(String text) {
        for (Vms vms : Vms.values()) {
            if (vms.name().equalsIgnoreCase(text)) {
                return vms;
            }
        }
        throw new IllegalArgumentException(
                "portcullis.migration.replica.default must be none, tagged or all, not '" + text + "'");
    }

    private static Tag tag(String text) {
        try {
            return Tag.parse(text);
        } catch (IllegalArgumentException noTag) {
            throw new IllegalArgumentException(
                    "portcullis.migration.replica.default-tag: " + noTag.getMessage(), noTag);
        }
    }

    /** Whether a VM with these tags has one. */
    public boolean wanted(Set<Tag> tags) {
        return switch (vms) {
            case NONE -> false;
            case TAGGED -> tags.contains(tag);
            case ALL -> true;
        };
    }
}
