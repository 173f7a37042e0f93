package io.portcullis.admin;

import io.portcullis.api.CopyRoundView;
import io.portcullis.api.HostView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PreflightView;
import io.portcullis.api.ReceiptView;
import io.portcullis.api.VnicStatusView;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a migration would be like: whether it would be accepted, how much would move, and what the last ones were like. */
final class Preflight {
    /** Migrations of the past that are looked at. */
    private static final int MAX_PAST = 200;

    /** A round with fewer connections says nothing of how fast they are sent. */
    private static final long ENOUGH_ENTRIES = 1_000;

    private static final double NANOS_PER_SECOND = 1e9;

    private final AdminServices services;

    Preflight(AdminServices services) {
        this.services = services;
    }

    /**
     * Refused as the migration would be.
     *
     * @param bytesPerSecond that would be sent ahead of the cut at most; null or 0 for as fast as the last ones were
     */
    CompletionStage<PreflightView> look(VmId vm, HostId to, @Nullable Long bytesPerSecond, String by) {
        return services.checkMigration(vm, to, by)
                .thenCompose(from -> services.model(vm.tenant())
                        .thenCompose(model -> Stages.all(statuses(vm, from, model))
                                .thenCombine(hosts(from, to), (statuses, hosts) -> new Found(model, statuses, hosts)))
                        .thenCombine(
                                services.migrations(Optional.empty(), MAX_PAST),
                                (found, past) -> view(vm, from, to, bytesPerSecond, found, receipts(past, from, to))));
    }

    private record Found(TenantModel model, List<Optional<VnicStatusView>> statuses, List<HostView> hosts) {}

    private List<CompletionStage<Optional<VnicStatusView>>> statuses(VmId vm, HostId from, TenantModel model) {
        Vm known = model.vms().get(vm.name());
        return known == null
                ? List.of()
                : known.vnics().stream()
                        .map(vnic -> services.vnicStatus(from, vnic.id()).exceptionally(silent -> Optional.empty()))
                        .toList();
    }

    private CompletionStage<List<HostView>> hosts(HostId from, HostId to) {
        return Stages.all(List.of(services.host(from), services.host(to)));
    }

    /** Of those between the two hosts, or else of all. */
    private static List<ReceiptView> receipts(List<MigrationView> past, HostId from, HostId to) {
        List<ReceiptView> same = committed(past.stream()
                .filter(each -> each.from().equals(from.value()) && each.to().equals(to.value()))
                .toList());
        return same.isEmpty() ? committed(past) : same;
    }

    private static List<ReceiptView> committed(List<MigrationView> past) {
        return past.stream()
                .filter(each -> each.isOver() && each.state().equals("COMMITTED"))
                .map(MigrationView::receipt)
                .filter(Objects::nonNull)
                .toList();
    }

    private static PreflightView view(
            VmId vm, HostId from, HostId to, @Nullable Long bytesPerSecond, Found found, List<ReceiptView> past) {
        long revision = found.model().revision();
        List<VnicStatusView> live =
                found.statuses().stream().flatMap(Optional::stream).toList();
        int vnics = found.statuses().size();
        Long inForce = live.size() < vnics || live.isEmpty()
                ? null
                : live.stream().mapToLong(VnicStatusView::policyRevision).min().orElse(0);
        List<CopyRoundView> rounds = past.stream().flatMap(Preflight::rounds).toList();
        Double bytesPerConnection = bytesPerConnection(rounds);
        return new PreflightView(
                vm.toString(),
                from.value(),
                to.value(),
                vnics,
                live.stream().mapToLong(VnicStatusView::connections).sum(),
                median(past.stream().map(ReceiptView::pauseNanos).toList()),
                past.size(),
                connectionsPerSecond(rounds, bytesPerSecond, bytesPerConnection),
                bytesPerConnection,
                inForce,
                revision,
                host(found.hosts().getFirst()),
                host(found.hosts().getLast()),
                notes(found.hosts(), inForce, revision, vnics));
    }

    /** Those that say how fast is sent. */
    private static Stream<CopyRoundView> rounds(ReceiptView receipt) {
        return receipt.vnics().stream()
                .flatMap(vnic -> vnic.rounds().stream())
                .filter(round -> round.entries() >= ENOUGH_ENTRIES && round.nanos() > 0);
    }

    private static @Nullable Double bytesPerConnection(List<CopyRoundView> rounds) {
        long entries = rounds.stream().mapToLong(CopyRoundView::entries).sum();
        long bytes = rounds.stream().mapToLong(CopyRoundView::bytes).sum();
        return entries == 0 || bytes == 0 ? null : (double) bytes / entries;
    }

    /** How many may change in a second if rounds are to become shorter. */
    private static @Nullable Long connectionsPerSecond(
            List<CopyRoundView> rounds, @Nullable Long bytesPerSecond, @Nullable Double bytesPerConnection) {
        Long pace = bytesPerSecond == null || bytesPerSecond <= 0 ? null : bytesPerSecond;
        // what the last ones waited for their bandwidth says nothing of another one
        Long measured = median(rounds.stream()
                .map(round -> rate(round, pace == null ? 0 : round.waitNanos()))
                .toList());
        if (measured == null || bytesPerConnection == null || pace == null) {
            return measured;
        }
        return Math.min(measured, Math.round(pace / bytesPerConnection));
    }

    private static long rate(CopyRoundView round, long withoutNanos) {
        return Math.round(round.entries() * NANOS_PER_SECOND / Math.max(1, round.nanos() - withoutNanos));
    }

    private static @Nullable Long median(List<Long> values) {
        return values.isEmpty() ? null : values.stream().sorted().toList().get(values.size() / 2);
    }

    private static PreflightView.Host host(HostView host) {
        return new PreflightView.Host(
                host.name(), host.vms().size(), host.vnics(), host.maxVnics(), host.connections());
    }

    private static List<String> notes(List<HostView> hosts, @Nullable Long inForce, long revision, int vnics) {
        List<String> notes = new ArrayList<>();
        if (inForce == null) {
            notes.add("the source does not say what all vNICs enforce and track");
        } else if (inForce < revision) {
            notes.add("a vNIC enforces revision " + inForce + " now; the destination enforces " + revision
                    + " or a later one");
        }
        Integer most = hosts.getLast().maxVnics();
        if (most != null) {
            notes.add(hosts.getLast().name() + " has room for "
                    + (most - hosts.getLast().vnics()) + " vNICs before the migration, and for "
                    + (most - hosts.getLast().vnics() - vnics) + " after it");
        }
        hosts.forEach(host -> {
            if (host.problem() != null) {
                notes.add(host.name() + ": " + host.problem());
            }
        });
        return notes;
    }
}
