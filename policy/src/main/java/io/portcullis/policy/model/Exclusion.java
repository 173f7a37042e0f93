package io.portcullis.policy.model;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * vNICs that the tenant's rules do not hold for: of management VMs that no mistake in a rule may lock out, or of a VM that is itself a
 * firewall. What they send and get passes, whatever the state of its connection; their protection stays ({@link
 * io.portcullis.policy.VnicProtection}).
 *
 * <p>The provider's rules hold for them all the same: what these say nothing of passes.
 *
 * <p>A vNIC in the tenant's group {@link Quarantine#GROUP} is excluded by nobody: a VM can always be isolated.
 *
 * @param groups whose vNICs are excluded
 * @param vms of which all vNICs are excluded, by name
 * @param description for people; empty for none
 */
public record Exclusion(String name, List<String> groups, SortedSet<String> vms, String description) {
    public Exclusion {
        groups = List.copyOf(groups);
        vms = Collections.unmodifiableSortedSet(new TreeSet<>(vms));
        description = Objects.requireNonNullElse(description, "");
    }

    public static Exclusion ofGroups(String name, String... groups) {
        return new Exclusion(name, List.of(groups), new TreeSet<>(), "");
    }

    public static Exclusion ofVms(String name, String... vms) {
        return new Exclusion(name, List.of(), new TreeSet<>(List.of(vms)), "");
    }
}
