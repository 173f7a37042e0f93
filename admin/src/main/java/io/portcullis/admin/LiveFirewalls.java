package io.portcullis.admin;

import io.portcullis.api.MigrationView;
import io.portcullis.api.PlacementView;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Finds the firewalls of vNICs, wherever their VMs are, and asks them about flows. Of a VM that moves both hosts are asked. Its stages never
 * fail: who does not answer is part of the answer. For one request, on one thread.
 */
final class LiveFirewalls {
    /** Where a VM is, and which hosts may have a firewall of its vNICs. */
    private record Place(PlacementView placement, Set<HostId> hosts) {}

    private final AdminServices services;
    private final Map<VmId, CompletionStage<Place>> places = new HashMap<>();

    LiveFirewalls(AdminServices services) {
        this.services = services;
    }

    CompletionStage<LiveSide> ask(VnicId vnic, FlowQuery query) {
        return places.computeIfAbsent(vnic.vm(), this::find).thenCompose(place -> {
            List<CompletionStage<FirewallAnswer>> answers = place.hosts().stream()
                    .map(host -> services.trace(host, vnic, query)
                            .thenCompose(answer -> followed(place, vnic, query, answer)))
                    .toList();
            return Stages.all(answers).thenApply(all -> new LiveSide(place.placement(), all));
        });
    }

    /** A vNIC that has just moved is asked where it is now, unless that host is asked anyway. */
    private CompletionStage<FirewallAnswer> followed(Place place, VnicId vnic, FlowQuery query, FirewallAnswer answer) {
        return answer instanceof FirewallAnswer.Moved moved && !place.hosts().contains(moved.to())
                ? services.trace(moved.to(), vnic, query)
                : CompletableFuture.completedFuture(answer);
    }

    private CompletionStage<Place> find(VmId vm) {
        return services.findPlacement(vm)
                .exceptionally(silent -> PlacementView.unknown())
                .thenCompose(placement -> {
                    Set<HostId> hosts = new LinkedHashSet<>();
                    String host = placement.host();
                    if (host != null) {
                        hosts.add(new HostId(host));
                    }
                    String migration = placement.migration();
                    return migration == null
                            ? CompletableFuture.completedFuture(new Place(placement, hosts))
                            : withBothEnds(placement, hosts, services.migration(migration));
                });
    }

    private static CompletionStage<Place> withBothEnds(
            PlacementView placement, Set<HostId> hosts, CompletionStage<MigrationView> migration) {
        return migration.handle((found, silent) -> {
            if (found != null) {
                hosts.add(new HostId(found.from()));
                hosts.add(new HostId(found.to()));
            }
            return new Place(placement, hosts);
        });
    }
}
