package io.portcullis.policy.model;

import io.portcullis.policy.Action;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.TimeoutPreset;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One change of a tenant's model. Edits are values, so that they can be sent, journaled and played back; a list of them is
 * applied atomically and judged by its outcome, so its order matters only between edits of the same object.
 */
public sealed interface ModelEdit {
    record PutSegment(Segment segment) implements ModelEdit {}

    record RemoveSegment(String name) implements ModelEdit {}

    record PutVm(Vm vm) implements ModelEdit {}

    record RemoveVm(String name) implements ModelEdit {}

    record PutGroup(Group group) implements ModelEdit {}

    record RemoveGroup(String name) implements ModelEdit {}

    record PutService(Service service) implements ModelEdit {}

    record RemoveService(String name) implements ModelEdit {}

    record PutPolicy(SecurityPolicy policy) implements ModelEdit {}

    record RemovePolicy(String name) implements ModelEdit {}

    record PutStagedPolicy(StagedPolicy policy) implements ModelEdit {}

    /** What was staged is dropped; the policy of this name stays as it is. */
    record RemoveStagedPolicy(String name) implements ModelEdit {}

    record PutExclusion(Exclusion exclusion) implements ModelEdit {}

    record RemoveExclusion(String name) implements ModelEdit {}

    /** The VM has exactly these tags from now on. */
    record SetTags(String vm, SortedSet<Tag> tags) implements ModelEdit {
        public SetTags {
            tags = Collections.unmodifiableSortedSet(new TreeSet<>(tags));
        }
    }

    record SetFinding(String vm, String finding, String value) implements ModelEdit {}

    record ClearFinding(String vm, String finding) implements ModelEdit {}

    /** The vNIC was found to have exactly these addresses beside those that it declares; which are held back follows from the others. */
    record SetDiscovered(String vm, String vnic, List<DiscoveredAddress> addresses) implements ModelEdit {
        public SetDiscovered {
            addresses = List.copyOf(addresses);
        }
    }

    /** What happens where no rule matches, and how connections are tracked; see {@link TenantModel}. */
    record SetDefaults(Action defaultAction, boolean looseTracking, TimeoutPreset timeouts) implements ModelEdit {
        public SetDefaults {
            // edits that were stored before there was a choice name none
            timeouts = timeouts == null ? TimeoutPreset.LINUX : timeouts;
        }

        /** With the time-outs of Linux. */
        public SetDefaults(Action defaultAction, boolean looseTracking) {
            this(defaultAction, looseTracking, TimeoutPreset.LINUX);
        }
    }

    /** Policies are active and rules have expired as of this time, which is later than it was; see {@link TenantModel#time}. */
    record SetClock(Instant time) implements ModelEdit {}

    /** What the tenant may have at most from now on; what it has stays. */
    record SetQuota(TenantQuota quota) implements ModelEdit {}
    /** The provider's policies are these from now on, instead of those that there were; of a later revision than they, or nothing changes. */
    record AdoptProvider(ProviderPolicies provider) implements ModelEdit {}
}
