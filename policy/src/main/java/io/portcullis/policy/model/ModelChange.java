package io.portcullis.policy.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One object that is different between two models of a tenant, as the edits that lead from one to the other.
 *
 * @param undo makes the object be as it is in the former model
 * @param redo makes it be as it is in the latter
 */
public record ModelChange(Kind kind, String name, ModelEdit undo, ModelEdit redo) {
    /** What a tenant consists of, in the order in which the objects depend on each other. */
    public enum Kind {
        /** The tenant's own defaults; there is one of it. */
        TENANT("Tenant"),
        SEGMENT("Segment"),
        SERVICE("Service"),
        GROUP("Group"),
        VM("Vm"),
        POLICY("Policy"),
        /** What is to become of a policy; nothing of it is enforced. */
        STAGED_POLICY("StagedPolicy"),
        EXCLUSION("Exclusion"),
        /** The tenant's time; there is one of it, and no document. */
        CLOCK("Clock"),
        /** What the tenant may have; there is one of it, and no document: it is not the tenant's to change. */
        QUOTA("Quota"),
        /** The provider's policies that the tenant has; there is one of it, and no document. */
        PROVIDER("Provider");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        /** Whether there are documents of it, which a tenant exports, applies and rolls back. */
        public boolean hasDocuments() {
            return switch (this) {
                case TENANT, SEGMENT, SERVICE, GROUP, VM, POLICY, STAGED_POLICY, EXCLUSION -> true;
                case CLOCK, QUOTA, PROVIDER -> false;
            };
        }

        /** As documents call it: {@code Segment}. */
        public String title() {
            return title;
        }
    }

    /** What happened to the object. */
    public enum Effect {
        ADDED,
        CHANGED,
        REMOVED
    }

    private record Place(Kind kind, String name) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            int byKind = kind.compareTo(other.kind);
            return byKind != 0 ? byKind : name.compareTo(other.name);
        }
    }

    public Effect effect() {
        if (isRemoval(undo)) {
            return Effect.ADDED;
        }
        return isRemoval(redo) ? Effect.REMOVED : Effect.CHANGED;
    }

    /** {@code Policy/web}. */
    public String title() {
        return kind.title() + "/" + name;
    }

    /**
     * All differences but the provider's policies, which a tenant has whatever it goes back to; by kind and name. Time grows with both
     * models.
     */
    public static List<ModelChange> between(TenantModel before, TenantModel after) {
        List<ModelChange> changes = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            if (kind == Kind.PROVIDER) {
                continue;
            }
            if (kind == Kind.TENANT || !kind.hasDocuments()) {
                add(changes, before, after, new Place(kind, before.tenant().value()));
                continue;
            }
            SortedMap<String, ?> former = objects(kind, before);
            SortedMap<String, ?> latter = objects(kind, after);
            TreeSet<String> names = new TreeSet<>();
            former.forEach((name, object) -> {
                if (!object.equals(latter.get(name))) {
                    names.add(name);
                }
            });
            latter.keySet().stream().filter(name -> !former.containsKey(name)).forEach(names::add);
            names.forEach(name -> add(changes, before, after, new Place(kind, name)));
        }
        return changes;
    }

    /** The differences that these edits made; quick, as nothing else is compared. */
    public static List<ModelChange> made(TenantModel before, TenantModel after, List<ModelEdit> edits) {
        TreeSet<Place> places = new TreeSet<>();
        edits.forEach(edit -> places.add(place(before, edit)));
        // a VM that claims an address changes others that were found to have it
        ModelDelta.between(before, after).vms().forEach(change -> places.add(new Place(Kind.VM, change.name())));
        List<ModelChange> changes = new ArrayList<>();
        places.forEach(place -> add(changes, before, after, place));
        return changes;
    }

    private static void add(List<ModelChange> changes, TenantModel before, TenantModel after, Place place) {
        ModelEdit undo = state(before, place);
        ModelEdit redo = state(after, place);
        if (!undo.equals(redo)) {
            changes.add(new ModelChange(place.kind(), place.name(), undo, redo));
        }
    }

    private static Place place(TenantModel model, ModelEdit edit) {
        return switch (edit) {
            case ModelEdit.PutSegment(Segment segment) -> new Place(Kind.SEGMENT, segment.name());
            case ModelEdit.RemoveSegment(String name) -> new Place(Kind.SEGMENT, name);
            case ModelEdit.PutVm(Vm vm) -> new Place(Kind.VM, vm.name());
            case ModelEdit.RemoveVm(String name) -> new Place(Kind.VM, name);
            case ModelEdit.PutGroup(Group group) -> new Place(Kind.GROUP, group.name());
            case ModelEdit.RemoveGroup(String name) -> new Place(Kind.GROUP, name);
            case ModelEdit.PutService(Service service) -> new Place(Kind.SERVICE, service.name());
            case ModelEdit.RemoveService(String name) -> new Place(Kind.SERVICE, name);
            case ModelEdit.PutPolicy(SecurityPolicy policy) -> new Place(Kind.POLICY, policy.name());
            case ModelEdit.RemovePolicy(String name) -> new Place(Kind.POLICY, name);
            case ModelEdit.PutStagedPolicy(StagedPolicy policy) -> new Place(Kind.STAGED_POLICY, policy.name());
            case ModelEdit.RemoveStagedPolicy(String name) -> new Place(Kind.STAGED_POLICY, name);
            case ModelEdit.PutExclusion(Exclusion exclusion) -> new Place(Kind.EXCLUSION, exclusion.name());
            case ModelEdit.RemoveExclusion(String name) -> new Place(Kind.EXCLUSION, name);
            case ModelEdit.SetTags set -> new Place(Kind.VM, set.vm());
            case ModelEdit.SetFinding set -> new Place(Kind.VM, set.vm());
            case ModelEdit.ClearFinding clear -> new Place(Kind.VM, clear.vm());
            case ModelEdit.SetDiscovered set -> new Place(Kind.VM, set.vm());
            case ModelEdit.SetDefaults _ ->
                new Place(Kind.TENANT, model.tenant().value());
            case ModelEdit.SetClock _ -> new Place(Kind.CLOCK, model.tenant().value());
            case ModelEdit.SetQuota _ -> new Place(Kind.QUOTA, model.tenant().value());
            case ModelEdit.AdoptProvider _ ->
                new Place(Kind.PROVIDER, model.tenant().value());
        };
    }

    private static SortedMap<String, ?> objects(Kind kind, TenantModel model) {
        return switch (kind) {
            case TENANT, CLOCK, QUOTA, PROVIDER -> new TreeMap<String, String>();
            case SEGMENT -> model.segments();
            case SERVICE -> model.services();
            case GROUP -> model.groups();
            case VM -> model.vms();
            case POLICY -> model.policies();
            case STAGED_POLICY -> model.staged();
            case EXCLUSION -> model.exclusions();
        };
    }

    /** The edit that makes the object be as it is in the model. */
    private static ModelEdit state(TenantModel model, Place place) {
        String name = place.name();
        return switch (place.kind()) {
            case TENANT -> new ModelEdit.SetDefaults(model.defaultAction(), model.looseTracking(), model.timeouts());
            case SEGMENT -> state(model.segments(), name, ModelEdit.PutSegment::new, ModelEdit.RemoveSegment::new);
            case SERVICE -> state(model.services(), name, ModelEdit.PutService::new, ModelEdit.RemoveService::new);
            case GROUP -> state(model.groups(), name, ModelEdit.PutGroup::new, ModelEdit.RemoveGroup::new);
            case VM -> state(model.vms(), name, ModelEdit.PutVm::new, ModelEdit.RemoveVm::new);
            case POLICY -> state(model.policies(), name, ModelEdit.PutPolicy::new, ModelEdit.RemovePolicy::new);
            case STAGED_POLICY ->
                state(model.staged(), name, ModelEdit.PutStagedPolicy::new, ModelEdit.RemoveStagedPolicy::new);
            case CLOCK -> new ModelEdit.SetClock(model.time());
            case QUOTA -> new ModelEdit.SetQuota(model.quota());
            case PROVIDER -> new ModelEdit.AdoptProvider(model.provider());
            case EXCLUSION ->
                state(model.exclusions(), name, ModelEdit.PutExclusion::new, ModelEdit.RemoveExclusion::new);
        };
    }

    private static <T> ModelEdit state(
            Map<String, T> objects, String name, Function<T, ModelEdit> put, Function<String, ModelEdit> remove) {
        @Nullable T object = objects.get(name);
        return object == null ? remove.apply(name) : put.apply(Objects.requireNonNull(object));
    }

    private static boolean isRemoval(ModelEdit edit) {
        return switch (edit) {
            case ModelEdit.RemoveSegment _, ModelEdit.RemoveVm _, ModelEdit.RemoveGroup _ -> true;
            case ModelEdit.RemoveService _, ModelEdit.RemovePolicy _, ModelEdit.RemoveStagedPolicy _ -> true;
            case ModelEdit.RemoveExclusion _ -> true;
            case ModelEdit.PutExclusion _ -> false;
            case ModelEdit.PutSegment _, ModelEdit.PutVm _, ModelEdit.PutGroup _, ModelEdit.PutService _ -> false;
            case ModelEdit.PutPolicy _, ModelEdit.PutStagedPolicy _, ModelEdit.SetTags _, ModelEdit.SetFinding _ ->
                false;
            case ModelEdit.ClearFinding _, ModelEdit.SetDiscovered _ -> false;
            case ModelEdit.SetDefaults _, ModelEdit.SetClock _, ModelEdit.SetQuota _, ModelEdit.AdoptProvider _ ->
                false;
        };
    }
}
