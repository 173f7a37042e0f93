package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Problem;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.parcel.Parcel;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What {@link TenantPolicy} answers. */
public sealed interface TenantReply extends CborSerializable
        permits TenantReply.Applied,
                TenantReply.Acceptable,
                TenantReply.Rejected,
                TenantReply.StaleRevision,
                TenantReply.UnknownTenant,
                TenantReply.TenantDeleted,
                TenantReply.Model,
                TenantReply.ModelDelta,
                TenantReply.InPieces,
                TenantReply.NoRevision,
                TenantReply.History,
                TenantReply.Rules,
                TenantReply.Assignments,
                TenantReply.Labels,
                TenantReply.Realization,
                TenantReply.Adoptions,
                TenantReply.Provider,
                TenantReply.ProviderUnchanged,
                Refused {
    /** Answers, in pieces where it may be too large for one message to another node. */
    default void tellTo(ActorRef<TenantReply> asker, Parcels parcels) {
        boolean large = switch (this) {
            case Model _, Rules _ -> true;
            case Provider(ProviderPolicies policies) ->
                EditWeight.of(List.of(new ModelEdit.AdoptProvider(policies))) > LargeEdits.MAX_INLINE_WEIGHT;
            case ModelDelta delta -> EditWeight.of(delta.edits()) > LargeEdits.MAX_INLINE_WEIGHT;
            case Realization realization -> realization.vnics().size() > MAX_INLINE_ENTRIES;
            case History history -> history.revisions().size() > MAX_INLINE_ENTRIES;
            case Assignments assignments -> assignments.assignments().size() > MAX_INLINE_ENTRIES;
            case Labels labels -> labels.values().size() > MAX_INLINE_ENTRIES;
            case Applied _, Acceptable _, Rejected _, StaleRevision _, UnknownTenant _ -> false;
            case Adoptions adoptions -> adoptions.tenants().size() > MAX_INLINE_ENTRIES;
            case TenantDeleted _, InPieces _, NoRevision _, ProviderUnchanged _, Refused _ -> false;
        };
        if (large) {
            parcels.tell(asker, this, InPieces::new);
        } else {
            asker.tell(this);
        }
    }

    /** vNICs or revisions, of a few hundred bytes each, that go in one message. */
    int MAX_INLINE_ENTRIES = 200;

    /**
     * All of the edits are in force for whoever asks from now on.
     *
     * @param changed false when the edits changed nothing; then {@code revision} is the one that there was
     */
    record Applied(long revision, boolean changed) implements TenantReply {}

    /**
     * The edits would be applied.
     *
     * @param revision that the tenant would have then
     * @param changed false when the edits would change nothing
     */
    record Acceptable(long revision, boolean changed) implements TenantReply {}

    /** Nothing was changed; never empty. */
    record Rejected(List<Problem> problems) implements TenantReply {
        public Rejected {
            problems = List.copyOf(problems);
        }
    }

    /** Nothing was changed: the tenant is at another revision than the editor thought. */
    record StaleRevision(long currentRevision) implements TenantReply {}

    record UnknownTenant(TenantId tenant) implements TenantReply {}

    record TenantDeleted(TenantId tenant) implements TenantReply {}

    /**
     * The tenant as it is, or was.
     *
     * @param version under which the asker may keep it and ask for what is newer
     */
    record Model(TenantModel model, ModelVersion version) implements TenantReply {}

    /**
     * What happened since the model that the asker has.
     *
     * @param edits in order; empty if it has the newest
     * @param version of the model that they make of it
     */
    record ModelDelta(List<ModelEdit> edits, ModelVersion version) implements TenantReply {
        public ModelDelta {
            edits = List.copyOf(edits);
        }
    }

    /** Another answer, too large for one message. */
    record InPieces(Parcel answer) implements TenantReply {}

    /** The model of that revision is not known: it is to come, or older than what is remembered. */
    record NoRevision(long revision, long oldest, long current) implements TenantReply {}

    /**
     * Revisions, newest first.
     *
     * @param oldest revision whose model is known
     * @param current the tenant's revision
     */
    record History(List<Revision> revisions, long oldest, long current) implements TenantReply {
        public History {
            revisions = List.copyOf(revisions);
        }
    }

    /**
     * One revision.
     *
     * @param note why, in the words of whoever made the change; empty for none
     * @param summary what changed, in one line
     */
    record Revision(long revision, String by, Instant at, String note, String summary) {}

    /**
     * Rule tables.
     *
     * @param assignments for those of the vNICs asked for that the tenant has; their tables are in {@code tables}
     */
    record Rules(long revision, Map<VnicId, RuleAssignment> assignments, List<RuleTable> tables)
            implements TenantReply {
        public Rules {
            assignments = Map.copyOf(assignments);
            tables = List.copyOf(tables);
        }
    }

    /**
     * Rule tables, by name.
     *
     * @param assignments of those of the vNICs asked for that the tenant has
     */
    record Assignments(long revision, Map<VnicId, RuleAssignment> assignments) implements TenantReply {
        public Assignments {
            assignments = Map.copyOf(assignments);
        }
    }

    /** Values of the tags of one scope, of those VMs that have any. */
    record Labels(Map<VmId, Set<String>> values) implements TenantReply {
        public Labels {
            values = Map.copyOf(values);
        }

        static Labels of(TenantModel model, String scope) {
            Map<VmId, Set<String>> values = new HashMap<>();
            model.vms()
                    .values()
                    .forEach(vm -> vm.tags().stream()
                            .filter(tag -> tag.scope().equals(scope))
                            .forEach(tag -> values.computeIfAbsent(vm.id(), id -> new TreeSet<>())
                                    .add(tag.value())));
            return new Labels(values);
        }
    }

    /**
     * How far the tenant's present revision is in force. Only what hosts reported counts.
     *
     * @param vnics those that are attached to a host, and those that are not (then without one)
     */
    record Realization(long revision, List<VnicRealization> vnics) implements TenantReply {
        public Realization {
            vnics = List.copyOf(vnics);
        }

        /** Whether every attached vNIC enforces what it should. */
        public boolean complete() {
            return vnics.stream().allMatch(vnic -> vnic.host() == null || vnic.isRealized());
        }
    }

    /**
     * How far the tenants are with the provider's policies.
     *
     * @param revision of the provider
     * @param all how many tenants there are
     * @param pending how many of them have not adopted and realized what was asked for
     * @param tenants those that are pending first; not all if there are many
     */
    record Adoptions(long revision, int all, int pending, List<TenantAdoption> tenants) implements TenantReply {
        public Adoptions {
            tenants = List.copyOf(tenants);
        }
    }

    /** The provider's policies. */
    record Provider(ProviderPolicies policies) implements TenantReply {}

    /** The asker has the provider's policies as they are now. */
    record ProviderUnchanged(long revision) implements TenantReply {}

    /**
     * How far one vNIC is.
     *
     * @param host the one that enforces the vNIC, or is prepared to if none does; null if it is attached to none
     * @param wanted what the vNIC should have
     * @param inForce what the host has
     * @param pendingSince when it was first known that the host does not enforce what it should; null if it does, or there is no host
     */
    record VnicRealization(
            VnicId vnic,
            @Nullable HostId host,
            boolean enforcing,
            RuleAssignment wanted,
            RuleAssignment inForce,
            @Nullable Instant pendingSince) {
        /** Whether the host has the very table that the vNIC should have. */
        public boolean isRealized() {
            return enforcing && wanted.hash().equals(inForce.hash());
        }

        /** Whether the host enforces what that revision wants of the vNIC, or a later one. */
        public boolean enforces(long revision) {
            return isRealized() || (enforcing && inForce.revision() >= revision);
        }
    }
}
