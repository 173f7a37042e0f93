package io.portcullis.admin.actors;

import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.HostView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.document.Nearest;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.HostNode;
import io.portcullis.vnic.HostReply;
import io.portcullis.vnic.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.japi.function.Function;
import org.jspecify.annotations.Nullable;

/** What is known of hosts: members of the cluster, and those that VMs are placed on although they are gone. Thread-safe. */
final class Hosts {
    /** A host that is only looked at may not hold up the list of all hosts for longer. */
    static final Duration LOOK = Duration.ofSeconds(3);

    private final ClusterAccess access;
    private final Asking asking;

    /** Which hosts had VMs when the directory was read last: those that are not in the cluster are known from there only. */
    private volatile Set<HostId> placedLast = Set.of();

    Hosts(ClusterAccess access, Asking asking) {
        this.access = access;
        this.asking = asking;
    }

    /** Also while the directory cannot be read: then what the hosts themselves say. */
    CompletionStage<List<HostView>> all() {
        return rows().thenCompose(rows -> {
            Set<HostId> known = new TreeSet<>(Comparator.comparing(HostId::value));
            names(rows.orElse(List.of())).forEach(name -> known.add(new HostId(name)));
            known.addAll(placedLast);
            CompletionStage<List<HostView>> views = CompletableFuture.completedFuture(new ArrayList<>());
            for (HostId host : known) {
                views = views.thenCombine(view(host, rows), (list, view) -> {
                    list.add(view);
                    return list;
                });
            }
            return views;
        });
    }

    /** As {@link #all}. */
    CompletionStage<HostView> one(HostId host) {
        return rows().thenCompose(rows -> {
            if (rows.isPresent()) {
                requireKnown(host, rows.get());
            } else if (access.vnics().hosts().find(host).isEmpty() && !placedLast.contains(host)) {
                throw new RefusedException(
                        ProblemKind.STORE_UNAVAILABLE,
                        "whether there is a host '" + host + "' cannot be said without the database: it is not in the"
                                + " cluster",
                        "'portcullis get cluster' shows who is");
            }
            return view(host, rows);
        });
    }

    /** The whole directory; empty if it cannot be read. */
    private CompletionStage<Optional<List<PlacementRow>>> rows() {
        if (asking.isStoreDown()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return access.directory()
                .listAll()
                .<Optional<List<PlacementRow>>>thenApply(rows -> {
                    placedLast = rows.stream().map(PlacementRow::host).collect(Collectors.toUnmodifiableSet());
                    return Optional.of(rows);
                })
                .exceptionally(storeIsDown -> Optional.empty());
    }

    /** Fails with 404 if nobody knows the host. */
    CompletionStage<Void> requireKnown(HostId host) {
        if (access.vnics().hosts().find(host).isPresent()) {
            return CompletableFuture.completedFuture(null);
        }
        return access.directory().listAll().thenAccept(rows -> requireKnown(host, rows));
    }

    /** The status that the host's own agent gives. */
    CompletionStage<HostReply.HostStatus> status(HostId host) {
        Optional<ActorRef<HostCommand>> agent = access.vnics().hostAgent(host);
        if (agent.isEmpty()) {
            return CompletableFuture.failedFuture(unavailable(host));
        }
        Function<ActorRef<HostReply>, HostCommand> get = HostCommand.GetHost::new;
        return asking.askHost(agent.get(), get, LOOK).thenApply(reply -> switch (reply) {
            case HostReply.HostStatus status -> status;
            case Refused refused -> throw Asking.refused(refused.code(), refused.message());
            default -> throw Asking.unexpected(reply);
        });
    }

    /** Fails unless the host is a member that answers. */
    CompletionStage<Void> requireUp(HostId host) {
        return requireKnown(host).thenAccept(known -> {
            if (!access.vnics().hosts().isUp(host)) {
                throw unavailable(host);
            }
        });
    }

    /** Whether the host's node is in the cluster: {@code UP}, {@code UNREACHABLE} or {@code DOWN}. Answers at once. */
    String membership(HostId host) {
        return access.vnics()
                .hosts()
                .find(host)
                .map(node -> node.stays() ? PlacementView.UP : PlacementView.UNREACHABLE)
                .orElse(PlacementView.DOWN);
    }

    /** How many VMs are placed on hosts that are not in the cluster. */
    CompletionStage<Long> vmsDown() {
        return access.directory()
                .countByHost()
                .thenApply(counts -> counts.entrySet().stream()
                        .filter(count -> membership(count.getKey()).equals(PlacementView.DOWN))
                        .mapToLong(Map.Entry::getValue)
                        .sum());
    }

    static RefusedException unavailable(HostId host) {
        return new RefusedException(
                ProblemKind.HOST_UNAVAILABLE,
                "host " + host + " is not up",
                "start its node, or look at 'portcullis get cluster'");
    }

    private Set<String> names(List<PlacementRow> rows) {
        Set<String> names = new TreeSet<>();
        access.vnics().hosts().all().keySet().forEach(host -> names.add(host.value()));
        rows.forEach(row -> names.add(row.host().value()));
        return names;
    }

    private void requireKnown(HostId host, List<PlacementRow> rows) {
        Set<String> names = names(rows);
        if (!names.contains(host.value())) {
            throw new RefusedException(
                    ProblemKind.UNKNOWN,
                    "there is no host '" + host + "'",
                    Nearest.to(host.value(), names)
                            .map(nearest -> "did you mean " + nearest + "?")
                            .orElse("there are " + String.join(", ", names)));
        }
    }

    private CompletionStage<HostView> view(HostId host, Optional<List<PlacementRow>> rows) {
        String unread = rows.isPresent() ? "" : "; which VMs it has cannot be read while the database is away";
        List<String> placed = rows.orElse(List.of()).stream()
                .filter(row -> row.host().equals(host))
                .map(row -> row.vm().toString())
                .toList();
        Optional<HostNode> node = access.vnics().hosts().find(host);
        if (node.isEmpty()) {
            return CompletableFuture.completedFuture(
                    bare(host, "DOWN", null, placed, "its node is not in the cluster" + unread));
        }
        String address = node.get().address().address().hostPort();
        if (!node.get().reachable()) {
            return CompletableFuture.completedFuture(
                    bare(host, "UNREACHABLE", address, placed, "its node does not answer the others" + unread));
        }
        return status(host)
                .handle((status, failure) -> status == null
                        ? bare(host, "UNREACHABLE", address, placed, "its agent does not answer" + unread)
                        : live(host, address, status));
    }

    private static HostView bare(
            HostId host, String status, @Nullable String address, List<String> placed, String problem) {
        return new HostView(host.value(), status, address, false, placed, 0, null, 0, Map.of(), problem);
    }

    private static HostView live(HostId host, String address, HostReply.HostStatus status) {
        return new HostView(
                host.value(),
                "UP",
                address,
                status.draining(),
                status.vms().stream()
                        .map(vm -> vm.spec().vm().toString())
                        .sorted()
                        .toList(),
                status.vnicCount(),
                status.limits().maxVnics(),
                connections(status),
                counters(status),
                status.recovered() ? null : "still attaching what it had before its last stop");
    }

    static long connections(HostReply.HostStatus status) {
        return status.vms().stream()
                .flatMap(vm -> vm.vnics().stream())
                .mapToLong(VnicStatus::connections)
                .sum();
    }

    /** Those of the host, and the sums over its vNICs. */
    static Map<String, Long> counters(HostReply.HostStatus status) {
        Map<String, Long> counters = new TreeMap<>(status.counters());
        status.vms().stream()
                .flatMap(vm -> vm.vnics().stream())
                .forEach(vnic -> vnic.counters().forEach((name, value) -> counters.merge(name, value, Long::sum)));
        return counters;
    }
}
