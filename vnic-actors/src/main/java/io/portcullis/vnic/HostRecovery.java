package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.EpochNotes;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds out what a host that starts should have. */
final class HostRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(HostRecovery.class);

    /** VMs of which it is asked, in one look, whether what was noted of them is void or settled; the rest waits for the next. */
    private static final int MAX_NOTED_VMS = 256;

    private HostRecovery() {}

    /**
     * What an agent has, or is about to attach.
     *
     * @param wereListed those of them that it has because the directory listed them, under the epoch that they have still
     */
    record Known(Map<VmId, Long> epochs, Set<VmId> wereListed) {
        /** Whether the VM may be about to be listed. One that was, and is nowhere now, was detached while this host counted as lost. */
        private boolean isExpected(VmId vm, boolean hasRow) {
            return epochs.containsKey(vm) && (hasRow || !wereListed.contains(vm));
        }
    }

    /**
     * What was found.
     *
     * @param listed VMs that this host has according to the directory
     * @param missing those of them that the asker does not know, or knows under a lower epoch
     * @param strays vNICs that the data path has, but of which the directory says that they are elsewhere, or nowhere
     */
    record Findings(Set<VmId> listed, List<RestoredVm> missing, List<VnicStatus> strays) {}

    /**
     * Reads the directory, then the checkpoints that {@linkplain #isOfThisStay belong} to it; and removes notes on epochs that the directory cannot name
     * for this host any more. Fails when the directory cannot be read.
     *
     * @param known VMs that the asker has already, or is about to attach
     */
    static CompletionStage<Findings> read(HostAgentEnvironment environment, Known known) {
        Checkpoints checkpoints = environment.checkpoints();
        // Before the directory is read: what it says then is newer than these notes.
        CompletionStage<Notes> noted = CompletableFuture.supplyAsync(
                () -> new Notes(
                        checkpoints.notes().list(), checkpoints.arrivals().list()),
                environment.blocking());
        CompletionStage<List<VnicStatus>> present = environment.dataPath().statuses();
        return noted.thenCombine(present, Before::new)
                .thenCompose(before -> environment
                        .directory()
                        .listByHost(environment.host())
                        .thenComposeAsync(
                                rows -> {
                                    List<RestoredVm> vms = new ArrayList<>();
                                    rows.stream()
                                            .filter(row ->
                                                    known.epochs().getOrDefault(row.vm(), Long.MIN_VALUE) < row.epoch())
                                            .forEach(row -> restore(environment, row, vms));
                                    Set<VmId> here =
                                            rows.stream().map(PlacementRow::vm).collect(Collectors.toSet());
                                    Set<VmId> involved = new HashSet<>(here);
                                    involved.addAll(known.epochs().keySet());
                                    closeArrived(
                                            checkpoints.arrivals(),
                                            before.notes().arrivals(),
                                            rows);
                                    closeVoid(environment, before.notes().highest(), involved);
                                    List<VnicStatus> unlisted = before.statuses().stream()
                                            .filter(status ->
                                                    !here.contains(status.vnic().vm()))
                                            .toList();
                                    return strays(environment, unlisted, known)
                                            .thenApply(strays -> new Findings(here, vms, strays));
                                },
                                environment.blocking()));
    }

    /** What there was before the directory was read. */
    private record Before(Notes notes, List<VnicStatus> statuses) {}

    /** Epochs that this host has given up, and those under which vNICs come. */
    private record Notes(Map<VnicId, Long> givenUp, Map<VnicId, Long> arrivals) {
        Map<VnicId, Long> highest() {
            Map<VnicId, Long> all = new HashMap<>(givenUp);
            arrivals.forEach((vnic, epoch) -> all.merge(vnic, epoch, Math::max));
            return all;
        }
    }

    /**
     * Asks the directory of each vNIC that comes, or came, whether it is here to stay, and removes the notes on those that are. Fails when the directory cannot be read.
     *
     * @return whether notes stay
     */
    static CompletionStage<Boolean> settleArrivals(HostAgentEnvironment environment) {
        EpochNotes arrivals = environment.checkpoints().arrivals();
        return CompletableFuture.supplyAsync(arrivals::list, environment.blocking())
                .thenCompose(noted -> {
                    CompletionStage<List<PlacementRow>> here = CompletableFuture.completedFuture(List.of());
                    for (VmId vm : noted.keySet().stream()
                            .map(VnicId::vm)
                            .distinct()
                            .limit(MAX_NOTED_VMS)
                            .toList()) {
                        here = here.thenCombine(
                                environment.directory().find(vm),
                                (rows, row) -> Stream.concat(
                                                rows.stream(),
                                                row.filter(found -> found.host().equals(environment.host())).stream())
                                        .toList());
                    }
                    return here.thenApplyAsync(
                            rows -> {
                                closeArrived(arrivals, noted, rows);
                                return !arrivals.list().isEmpty();
                            },
                            environment.blocking());
                });
    }

    /** The directory says that they are here: what they enforce is this host's to enforce. */
    private static void closeArrived(EpochNotes arrivals, Map<VnicId, Long> noted, List<PlacementRow> rows) {
        if (noted.isEmpty()) {
            return;
        }
        Map<VmId, Long> epochs = rows.stream().collect(Collectors.toMap(PlacementRow::vm, PlacementRow::epoch));
        noted.forEach((vnic, arrived) -> {
            Long epoch = epochs.get(vnic.vm());
            if (epoch != null && epoch >= arrived) {
                try {
                    arrivals.closeUpTo(vnic, epoch);
                } catch (IOException failed) {
                    LOG.warn("the note that {} comes is not removed: {}", vnic, failed.getMessage());
                }
            }
        });
    }

    /**
     * Removes notes on VMs that are nowhere, or elsewhere under a higher epoch: no row of this host's can follow that has an epoch of
     * before. One on a VM that is involved here stays until a checkpoint takes its place. One that is not removed costs nothing but its file, and is looked at again.
     */
    private static void closeVoid(HostAgentEnvironment environment, Map<VnicId, Long> notes, Set<VmId> involved) {
        Map<VmId, List<VnicId>> byVm = notes.keySet().stream()
                .filter(vnic -> !involved.contains(vnic.vm()))
                .collect(Collectors.groupingBy(VnicId::vm));
        byVm.entrySet().stream()
                .limit(MAX_NOTED_VMS)
                .forEach(vm -> environment
                        .directory()
                        .find(vm.getKey())
                        .thenAcceptAsync(
                                row -> vm.getValue().forEach(vnic -> {
                                    long epoch = Objects.requireNonNull(notes.get(vnic));
                                    if (row.isEmpty() || isElsewhere(environment, row.get(), epoch)) {
                                        close(environment.checkpoints(), vnic, epoch);
                                    }
                                }),
                                environment.blocking()));
    }

    private static boolean isElsewhere(HostAgentEnvironment environment, PlacementRow row, long noted) {
        return row.epoch() > noted && !row.host().equals(environment.host());
    }

    private static void close(Checkpoints checkpoints, VnicId vnic, long epoch) {
        try {
            checkpoints.closeVoid(vnic, epoch);
        } catch (IOException failed) {
            LOG.warn("the note on epoch {} of {}, which is void, is not removed: {}", epoch, vnic, failed.getMessage());
        }
    }

    /** See {@link Strays}. */
    private static CompletionStage<List<VnicStatus>> strays(
            HostAgentEnvironment environment, List<VnicStatus> unlisted, Known known) {
        CompletionStage<List<VnicStatus>> strays = CompletableFuture.completedFuture(List.of());
        for (VnicStatus status : unlisted) {
            CompletionStage<Boolean> isElsewhere = environment
                    .directory()
                    .find(status.vnic().vm())
                    .thenApply(row -> {
                        VmId vm = status.vnic().vm();
                        return Strays.isStray(
                                status,
                                row.map(found -> OptionalLong.of(found.epoch())).orElse(OptionalLong.empty()),
                                row.filter(found -> found.host().equals(environment.host()))
                                        .isPresent(),
                                known.isExpected(vm, row.isPresent()));
                    });
            strays = strays.thenCombine(
                    isElsewhere,
                    (found, stray) -> stray
                            ? Stream.concat(found.stream(), Stream.of(status)).toList()
                            : found);
        }
        return strays;
    }

    /**
     * Whether the VM has not been anywhere else since the checkpoint was written. It has not if the epoch is the same; nor if it was about to be
     * handed over under the checkpoint's epoch when the host stopped, and is still the host's under a higher one: so the hand-over was rolled
     * back. Had the VM come back from another host, {@link HostVms} would have removed what was left of its former stay.
     */
    private static boolean isOfThisStay(Checkpoint checkpoint, OptionalLong note, PlacementRow row) {
        boolean wasTakenBack =
                note.isPresent() && note.getAsLong() == checkpoint.epoch() && checkpoint.epoch() < row.epoch();
        return checkpoint.epoch() == row.epoch() || wasTakenBack;
    }

    private static void restore(HostAgentEnvironment environment, PlacementRow row, List<RestoredVm> vms) {
        VmSpec spec;
        try {
            spec = VmSpecJson.read(row.spec());
        } catch (IllegalArgumentException damaged) {
            LOG.error(
                    "the directory's entry of VM {} cannot be read; it is not attached: {}",
                    row.vm(),
                    damaged.getMessage());
            return;
        }
        Map<VnicId, Checkpoint> checkpoints = new HashMap<>();
        boolean isGivenUp = false;
        boolean wasComing = false;
        for (VnicId vnic : spec.vnicIds()) {
            OptionalLong note = environment.checkpoints().notes().find(vnic);
            Optional<Checkpoint> found = environment.checkpoints().read(vnic);
            wasComing |= environment.checkpoints().arrivals().find(vnic).isPresent();
            isGivenUp |= note.isPresent() && note.getAsLong() >= row.epoch();
            isGivenUp |= found.isPresent() && found.get().epoch() > row.epoch();
            found.ifPresent(checkpoint -> {
                if (isOfThisStay(checkpoint, note, row)) {
                    checkpoints.put(vnic, checkpoint);
                } else {
                    LOG.info(
                            "the checkpoint of {} is of epoch {}, the VM is here under {}: not used",
                            vnic,
                            checkpoint.epoch(),
                            row.epoch());
                }
            });
        }
        if (isGivenUp) {
            LOG.warn(
                    "host {} has handed VM {} over, or let it go, under epoch {}, which the directory still names, or a"
                            + " higher one: nothing of it passes here until its placement decides",
                    environment.host(),
                    row.vm(),
                    row.epoch());
        }
        vms.add(new RestoredVm(spec, row.epoch(), checkpoints, !isGivenUp, wasComing));
    }
}
