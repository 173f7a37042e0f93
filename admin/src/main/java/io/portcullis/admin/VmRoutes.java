package io.portcullis.admin;

import io.portcullis.admin.document.ModelWriter;
import io.portcullis.admin.http.Access;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Role;
import io.portcullis.admin.http.Router;
import io.portcullis.api.AttachRequest;
import io.portcullis.api.ConnectionView;
import io.portcullis.api.ConnectionsView;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.FindingsRequest;
import io.portcullis.api.ItemList;
import io.portcullis.api.PlacementView;
import io.portcullis.api.RulesView;
import io.portcullis.api.TagsRequest;
import io.portcullis.api.VmSpec;
import io.portcullis.api.VmView;
import io.portcullis.api.VnicStatusView;
import io.portcullis.api.VnicView;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Quarantine;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.TableRule;
import io.portcullis.vnic.VnicSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** VMs: inventory, labels, placement and what their vNICs do. */
final class VmRoutes {
    private static final String VM = "/v1/tenants/{tenant}/vms/{name}";
    private static final int DEFAULT_CONNECTIONS = 100;
    private static final int MAX_CONNECTIONS = 10_000;

    private final AdminServices services;
    private final Edits edits;
    private final DocumentRoutes documents;
    private final Executor workers;

    VmRoutes(AdminServices services, Edits edits, DocumentRoutes documents, Executor workers) {
        this.services = services;
        this.edits = edits;
        this.documents = documents;
        this.workers = workers;
    }

    void addTo(Router router) {
        router.get("/v1/tenants/{tenant}/vms", this::list)
                .get(VM, this::get)
                .put(VM, exchange -> documents.put(exchange, "Vm", VmSpec.class))
                .delete(VM, this::delete)
                .add("POST", VM + "/attach", Access.cluster(Role.EDITOR), this::attach)
                .add("POST", VM + "/detach", Access.cluster(Role.EDITOR), this::detach)
                .post(VM + "/tags", this::tags)
                .post(VM + "/findings", this::findings)
                .put(VM + "/quarantine", this::quarantine)
                .delete(VM + "/quarantine", exchange -> change(exchange, (_, vm) -> Quarantine.release(vm)))
                .delete(VM + "/discovered", exchange -> change(exchange, (_, vm) -> forgotten(vm)))
                .get(VM + "/vnics/{vnic}", this::vnic)
                .get(VM + "/vnics/{vnic}/rules", this::rules)
                .get(VM + "/vnics/{vnic}/connections", this::connections);
    }

    private CompletionStage<Answer> list(Exchange exchange) {
        return services.model(TenantRoutes.tenant(exchange))
                .thenCombine(services.placements(TenantRoutes.tenant(exchange)), (model, placements) -> {
                    Views views = new Views(model, Sight.of(exchange.principal()));
                    List<VmView> vms = model.vms().values().stream()
                            .map(vm -> views.vm(vm, placements.getOrDefault(vm.id(), Views.NOWHERE), Map.of()))
                            .toList();
                    return Answer.ok(new ItemList<>(vms), model.revision());
                });
    }

    private CompletionStage<Answer> get(Exchange exchange) {
        return services.model(TenantRoutes.tenant(exchange)).thenCompose(model -> {
            Vm vm = Lookup.vm(model, exchange.variable("name"));
            return services.findPlacement(vm.id()).thenCompose(placement -> view(exchange, model, vm, placement));
        });
    }

    private CompletionStage<Answer> view(Exchange exchange, TenantModel model, Vm vm, PlacementView placement) {
        Views views = Views.ofVm(model, vm, Sight.of(exchange.principal()));
        return statuses(vm, placement)
                .thenApply(statuses -> Answer.ok(views.vm(vm, placement, statuses), model.revision()));
    }

    /** What is known; a host that does not answer costs the live part only. */
    private CompletionStage<Map<String, VnicStatusView>> statuses(Vm vm, PlacementView placement) {
        String host = placement.host();
        CompletionStage<Map<String, VnicStatusView>> statuses =
                CompletableFuture.completedFuture(new java.util.HashMap<>());
        if (host == null) {
            return statuses;
        }
        for (Vnic vnic : vm.vnics()) {
            CompletionStage<Optional<VnicStatusView>> status =
                    services.vnicStatus(new HostId(host), vnic.id()).exceptionally(silent -> Optional.empty());
            statuses = statuses.thenCombine(status, (map, found) -> {
                found.ifPresent(view -> map.put(vnic.id().name(), view));
                return map;
            });
        }
        return statuses;
    }

    private CompletionStage<Answer> delete(Exchange exchange) {
        String name = exchange.variable("name");
        return edits.apply(
                Edits.Change.removal(TenantRoutes.tenant(exchange), exchange.ifMatch(), exchange.by(), model -> {
                    Lookup.vm(model, name);
                    return List.of(new ModelEdit.RemoveVm(name));
                }));
    }

    private CompletionStage<Answer> attach(Exchange exchange) {
        AttachRequest request = exchange.read(AttachRequest.class);
        String host = request.host();
        HostId hostId;
        try {
            hostId = new HostId(host);
        } catch (IllegalArgumentException noName) {
            throw RefusedException.invalid(
                    List.of(new FieldProblem("host", String.valueOf(noName.getMessage()), null)));
        }
        return services.model(TenantRoutes.tenant(exchange)).thenCompose(model -> {
            Vm vm = Lookup.vm(model, exchange.variable("name"));
            return services.attach(
                            specOf(model, vm)
                                    .withReplica(Objects.requireNonNullElseGet(
                                            request.replica(), () -> services.wantsReplica(vm))),
                            hostId,
                            exchange.by())
                    .thenCompose(placement -> view(exchange, model, vm, placement));
        });
    }

    /** What a host is told of the VM. */
    static io.portcullis.vnic.VmSpec specOf(TenantModel model, Vm vm) {
        if (vm.vnics().isEmpty()) {
            throw new RefusedException(
                    ProblemKind.WRONG_STATE, vm.id() + " has no vNIC", "give it at least one, then attach it");
        }
        return new io.portcullis.vnic.VmSpec(
                vm.id(),
                vm.vnics().stream()
                        .map(vnic -> VnicSpec.of(
                                vnic,
                                Lookup.named(model.segments(), "segment", vnic.segment())
                                        .vlan()))
                        .toList());
    }

    private CompletionStage<Answer> detach(Exchange exchange) {
        return services.model(TenantRoutes.tenant(exchange)).thenCompose(model -> {
            Vm vm = Lookup.vm(model, exchange.variable("name"));
            return services.detach(vm.id(), exchange.by())
                    .thenCompose(placement -> view(exchange, model, vm, placement));
        });
    }

    private CompletionStage<Answer> tags(Exchange exchange) {
        TagsRequest request = exchange.read(TagsRequest.class);
        List<FieldProblem> mistakes = new ArrayList<>();
        List<Tag> add = tags(request.add(), "add", mistakes);
        List<Tag> remove = tags(request.remove(), "remove", mistakes);
        add.stream()
                .filter(remove::contains)
                .forEach(tag -> mistakes.add(new FieldProblem("remove", tag + " is to be added too", null)));
        if (!mistakes.isEmpty()) {
            throw RefusedException.invalid(mistakes);
        }
        return change(exchange, (_, vm) -> {
            TreeSet<Tag> tags = new TreeSet<>(vm.tags());
            tags.addAll(add);
            remove.forEach(tags::remove);
            return List.of(new ModelEdit.SetTags(vm.name(), tags));
        });
    }

    private static List<Tag> tags(@Nullable List<String> texts, String path, List<FieldProblem> mistakes) {
        List<Tag> tags = new ArrayList<>();
        for (int index = 0; texts != null && index < texts.size(); index++) {
            try {
                tags.add(Tag.parse(texts.get(index)));
            } catch (IllegalArgumentException noTag) {
                mistakes.add(new FieldProblem(path + "[" + index + "]", String.valueOf(noTag.getMessage()), null));
            }
        }
        return tags;
    }

    private CompletionStage<Answer> quarantine(Exchange exchange) {
        return change(exchange, (model, vm) -> {
            try {
                return Quarantine.isolate(model, vm);
            } catch (IllegalStateException ownDoesNotIsolate) {
                throw new RefusedException(
                        ProblemKind.WRONG_STATE,
                        String.valueOf(ownDoesNotIsolate.getMessage()),
                        "mend it, or rename it: then the usual one is made");
            }
        });
    }

    private static List<ModelEdit> forgotten(Vm vm) {
        return vm.vnics().stream()
                .filter(vnic -> !vnic.discovered().isEmpty())
                .<ModelEdit>map(
                        vnic -> new ModelEdit.SetDiscovered(vm.name(), vnic.id().name(), List.of()))
                .toList();
    }

    private CompletionStage<Answer> findings(Exchange exchange) {
        FindingsRequest request = exchange.read(FindingsRequest.class);
        Map<String, String> set = request.set() == null ? Map.of() : request.set();
        List<String> clear = request.clear() == null ? List.of() : request.clear();
        return change(exchange, (_, vm) -> {
            List<ModelEdit> wanted = new ArrayList<>();
            clear.stream()
                    .filter(finding -> vm.findings().containsKey(finding))
                    .forEach(finding -> wanted.add(new ModelEdit.ClearFinding(vm.name(), finding)));
            set.forEach((finding, value) -> wanted.add(new ModelEdit.SetFinding(vm.name(), finding, value)));
            return wanted;
        });
    }

    private CompletionStage<Answer> change(Exchange exchange, BiFunction<TenantModel, Vm, List<ModelEdit>> wanted) {
        return edits.apply(new Edits.Change(
                TenantRoutes.tenant(exchange),
                exchange.ifMatch(),
                exchange.by(),
                model -> wanted.apply(model, Lookup.vm(model, exchange.variable("name"))),
                problem -> null,
                ProblemKind.INVALID_DOCUMENT));
    }

    /** A vNIC that was found, and where it is. */
    private record Found(TenantModel model, Vm vm, Vnic vnic, PlacementView placement) {
        Optional<HostId> host() {
            return Optional.ofNullable(placement.host()).map(HostId::new);
        }
    }

    private CompletionStage<Found> find(Exchange exchange) {
        return services.model(TenantRoutes.tenant(exchange)).thenCompose(model -> {
            Vm vm = Lookup.vm(model, exchange.variable("name"));
            Vnic vnic = Lookup.vnic(vm, exchange.variable("vnic"));
            return services.findPlacement(vm.id()).thenApply(placement -> new Found(model, vm, vnic, placement));
        });
    }

    private CompletionStage<Answer> vnic(Exchange exchange) {
        return find(exchange)
                .thenCompose(found -> status(found).thenApply(status -> {
                    Views views = Views.ofVm(found.model(), found.vm(), Sight.of(exchange.principal()));
                    VnicView view = views.vnic(found.vnic(), status.orElse(null));
                    return Answer.ok(view, found.model().revision());
                }));
    }

    private CompletionStage<Optional<VnicStatusView>> status(Found found) {
        return found.host()
                .map(host -> services.vnicStatus(host, found.vnic().id()).exceptionally(silent -> Optional.empty()))
                .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
    }

    private CompletionStage<Answer> rules(Exchange exchange) {
        Sight sight = Sight.of(exchange.principal());
        return find(exchange)
                .thenCompose(found -> services.rules(found.vnic().id()).thenCombine(status(found), (rules, status) -> {
                    long realized = status.map(VnicStatusView::policyRevision).orElse(0L);
                    return Answer.ok(new RulesView(
                            found.vnic().id().toString(),
                            rules.revision(),
                            realized,
                            rules.table().hash(),
                            rules.table().defaultAction().name(),
                            ModelWriter.tracking(rules.table().looseTracking()),
                            ModelWriter.word(rules.table().timeouts()),
                            rules.table().excluded(),
                            rules.table().ftpHelper() ? List.of(ModelWriter.word(Alg.FTP)) : List.of(),
                            rules.table().rules().stream().map(TableRule::name).anyMatch(sight::hides),
                            Views.rules(rules.table(), sight)));
                }));
    }

    private CompletionStage<Answer> connections(Exchange exchange) {
        int limit = (int) exchange.number("limit", 1, MAX_CONNECTIONS).orElse(DEFAULT_CONNECTIONS);
        boolean isExplained = "true".equals(exchange.query().get("why"));
        return find(exchange).thenCompose(found -> {
            VmId vm = found.vm().id();
            HostId host = found.host().orElseThrow(() -> onNoHost(vm, found.placement()));
            return services.connections(host, found.vnic().id(), limit + 1).thenCompose(connections -> {
                List<ConnectionInfo> listed = connections.stream().limit(limit).toList();
                return views(found, listed, isExplained, Sight.of(exchange.principal()))
                        .thenApply(views -> Answer.ok(new ConnectionsView(
                                found.vnic().id().toString(), host.value(), connections.size() > limit, views)));
            });
        });
    }

    private static RefusedException onNoHost(VmId vm, PlacementView placement) {
        return placement.phase().equals(PlacementView.UNKNOWN)
                ? new RefusedException(
                        ProblemKind.STORE_UNAVAILABLE,
                        "where " + vm + " is cannot be said now: its placement does not answer, and no host that does"
                                + " enforces it",
                        "try again; 'portcullis get cluster' shows the nodes")
                : new RefusedException(ProblemKind.WRONG_STATE, vm + " is attached to no host", "attach it first");
    }

    /** On a thread of its own if they are explained: each walks the whole policy of some revision. */
    private CompletionStage<List<ConnectionView>> views(
            Found found, List<ConnectionInfo> connections, boolean isExplained, Sight sight) {
        Views views = new Views(found.model(), sight);
        return isExplained
                ? Provenance.of(services, found.model(), found.vnic().id(), connections, sight)
                        .thenApplyAsync(provenance -> views.connections(connections, provenance), workers)
                : CompletableFuture.completedFuture(views.connections(connections));
    }
}
