package io.portcullis.policy.model;

import io.portcullis.policy.Action;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.Tier;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All that decides a tenant's verdicts: inventory, groups, services, policies. Immutable and safe to share between
 * threads. Every change goes through {@link #apply(List)}, which gives a new model one revision on, this very model when
 * nothing changed, or the problems and no change.
 *
 * <p>The maps are keyed by name, and a model shares with the one that it came from all that the edit did not touch. A model that came from {@link #empty} through edits always passes
 * {@link ModelValidator#problems}; one that was put together by hand may not.
 *
 * @param revision grows by one with every change of anything in here
 * @param staged what is to become of policies, by name; in no rule table
 * @param defaultAction what happens where no rule matches: ALLOW, DROP or REJECT
 * @param looseTracking whether TCP connections may be picked up in mid-stream
 * @param timeouts after which idle connections are forgotten
 * @param time as of which policies are active and rules have expired. It is not the present, but moves on when something of the model becomes
 *     active or inactive ({@link ModelEdit.SetClock}); until then nothing does. So verdicts follow from the model alone.
 * @param quota what an edit may not make grow beyond; no verdict depends on it
 * @param provider what comes before the tenant's own policies; {@link ProviderPolicies#NONE} for none
 */
public record TenantModel(
        TenantId tenant,
        long revision,
        SortedMap<String, Segment> segments,
        SortedMap<String, Vm> vms,
        SortedMap<String, Group> groups,
        SortedMap<String, Service> services,
        SortedMap<String, SecurityPolicy> policies,
        SortedMap<String, StagedPolicy> staged,
        SortedMap<String, Exclusion> exclusions,
        Action defaultAction,
        boolean looseTracking,
        TimeoutPreset timeouts,
        Instant time,
        TenantQuota quota,
        ProviderPolicies provider) {
    public TenantModel {
        segments = NameMap.copyOf(segments);
        vms = NameMap.copyOf(vms, ModelKeys.OF_VM);
        groups = NameMap.copyOf(groups, ModelKeys.OF_GROUP);
        services = NameMap.copyOf(services);
        policies = NameMap.copyOf(policies, ModelKeys.OF_POLICY);
        // models that were stored before policies could be staged have none
        staged = staged == null ? NameMap.empty() : staged;
        staged = NameMap.copyOf(staged, ModelKeys.OF_STAGED);
        // models that were stored before there were exclusions have none
        exclusions = NameMap.copyOf(exclusions == null ? NameMap.empty() : exclusions, ModelKeys.OF_EXCLUSION);
        // models that were stored before there was a choice name none
        timeouts = timeouts == null ? TimeoutPreset.LINUX : timeouts;
        // nor a time those from before there were schedules
        time = time == null ? Instant.EPOCH : time;
        // nor a quota those from before there were any
        quota = quota == null ? TenantQuota.NONE : quota;
        // nor policies of a provider those from before there was one
        provider = provider == null ? ProviderPolicies.NONE : provider;
    }

    /** A tenant at revision 0 with nothing in it, that drops whatever no rule allows. */
    public static TenantModel empty(TenantId tenant) {
        return new TenantModel(
                tenant,
                0,
                NameMap.empty(),
                NameMap.empty(),
                NameMap.empty(),
                NameMap.empty(),
                NameMap.empty(),
                NameMap.empty(),
                NameMap.empty(),
                Action.DROP,
                false,
                TimeoutPreset.LINUX,
                Instant.EPOCH,
                TenantQuota.NONE,
                ProviderPolicies.NONE);
    }

    /** As it would be at that time if nobody changed it, earlier ones too; with the same revision. */
    public TenantModel at(Instant other) {
        return replayed(List.of(new ModelEdit.SetClock(other)), revision);
    }

    /** Applies all of the edits or none; however many they are, the revision grows by one. */
    public EditResult apply(List<ModelEdit> edits) {
        return ModelDraft.apply(this, edits);
    }

    /**
     * The model that these edits make of this one, unchecked: for edits that were accepted once, played back or undone.
     *
     * @param newRevision of the result, whatever the number of edits
     */
    public TenantModel replayed(List<ModelEdit> edits, long newRevision) {
        return ModelDraft.replay(this, edits, newRevision);
    }

    public EditResult apply(ModelEdit edit) {
        return apply(List.of(edit));
    }

    public EditResult putSegment(Segment segment) {
        return apply(new ModelEdit.PutSegment(segment));
    }

    public EditResult removeSegment(String name) {
        return apply(new ModelEdit.RemoveSegment(name));
    }

    public EditResult putVm(Vm vm) {
        return apply(new ModelEdit.PutVm(vm));
    }

    public EditResult removeVm(String name) {
        return apply(new ModelEdit.RemoveVm(name));
    }

    public EditResult putGroup(Group group) {
        return apply(new ModelEdit.PutGroup(group));
    }

    public EditResult removeGroup(String name) {
        return apply(new ModelEdit.RemoveGroup(name));
    }

    public EditResult putService(Service service) {
        return apply(new ModelEdit.PutService(service));
    }

    public EditResult removeService(String name) {
        return apply(new ModelEdit.RemoveService(name));
    }

    public EditResult putPolicy(SecurityPolicy policy) {
        return apply(new ModelEdit.PutPolicy(policy));
    }

    public EditResult removePolicy(String name) {
        return apply(new ModelEdit.RemovePolicy(name));
    }

    public EditResult stage(StagedPolicy policy) {
        return apply(new ModelEdit.PutStagedPolicy(policy));
    }

    public EditResult unstage(String name) {
        return apply(new ModelEdit.RemoveStagedPolicy(name));
    }

    public EditResult putExclusion(Exclusion exclusion) {
        return apply(new ModelEdit.PutExclusion(exclusion));
    }

    public EditResult removeExclusion(String name) {
        return apply(new ModelEdit.RemoveExclusion(name));
    }

    public EditResult setTags(String vm, Set<Tag> tags) {
        return apply(new ModelEdit.SetTags(vm, new TreeSet<>(tags)));
    }

    public EditResult setFinding(String vm, String finding, String value) {
        return apply(new ModelEdit.SetFinding(vm, finding, value));
    }

    public EditResult clearFinding(String vm, String finding) {
        return apply(new ModelEdit.ClearFinding(vm, finding));
    }

    public EditResult adopt(ProviderPolicies policies) {
        return apply(new ModelEdit.AdoptProvider(policies));
    }

    public EditResult setDefaults(Action action, boolean loose) {
        return apply(new ModelEdit.SetDefaults(action, loose));
    }

    public EditResult setQuota(TenantQuota other) {
        return apply(new ModelEdit.SetQuota(other));
    }

    /** The VM with this id; empty also for a VM of another tenant. */
    public Optional<Vm> vm(VmId id) {
        return id.tenant().equals(tenant) ? Optional.ofNullable(vms.get(id.name())) : Optional.empty();
    }

    /** The vNIC with this id; empty also for a vNIC of another tenant. */
    public Optional<Vnic> vnic(VnicId id) {
        return vm(id.vm()).flatMap(vm -> vm.vnic(id));
    }

    /** Whether a vNIC of the segment counts as having the address. Quick, but for the first time with a model that was read from a store. */
    public boolean isTaken(String segment, InetAddress address) {
        return AddressClaims.isTaken(NameMap.copyOf(vms), segment, address);
    }

    /** The service of this name: the tenant's own, the provider's ({@link Tier#PROVIDER_PREFIX}) or the built-in one. */
    public Optional<Service> service(String name) {
        Service own = (Tier.ofName(name) == Tier.PROVIDER ? provider.services() : services).get(name);
        return Optional.ofNullable(own != null ? own : ServiceLibrary.BUILT_IN.get(name));
    }

    /** The tenant's own group of this name, or the provider's ({@link Tier#PROVIDER_PREFIX}); null if there is none. */
    public @Nullable Group group(String name) {
        return (Tier.ofName(name) == Tier.PROVIDER ? provider.groups() : groups).get(name);
    }

    /** The tenant's own policy of this name, or the provider's ({@link Tier#PROVIDER_PREFIX}); null if there is none. */
    public @Nullable SecurityPolicy policy(String name) {
        return (Tier.ofName(name) == Tier.PROVIDER ? provider.policies() : policies).get(name);
    }

    /** All policies that hold for the tenant's vNICs, active or not: the provider's and its own, in no order. Linear in them. */
    public Stream<SecurityPolicy> allPolicies() {
        return Stream.concat(provider.policies().values().stream(), policies.values().stream());
    }
}
