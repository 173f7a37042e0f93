package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

    private HostRecovery() {}

    /**
     * What was found.
     *
     * @param listed VMs that this host has according to the directory
     * @param missing those of them that the asker does not know
     * @param strays vNICs that the data path has, but of which the directory says that they are elsewhere, or nowhere
     */
    record Findings(Set<VmId> listed, List<RestoredVm> missing, List<VnicStatus> strays) {}

    /**
     * Reads the directory, then the checkpoints that {@linkplain #isOfThisStay belong} to it. Fails when the directory cannot be read.
     *
     * @param known VMs that the asker has already, or is about to attach
     */
    static CompletionStage<Findings> read(HostAgentEnvironment environment, Set<VmId> known) {
        CompletionStage<List<VnicStatus>> present = environment.dataPath().statuses();
        return present.thenCompose(statuses -> environment
                .directory()
                .listByHost(environment.host())
                .thenComposeAsync(
                        rows -> {
                            List<RestoredVm> vms = new ArrayList<>();
                            rows.stream()
                                    .filter(row -> !known.contains(row.vm()))
                                    .forEach(row -> restore(environment, row, vms));
                            Set<VmId> here = rows.stream().map(PlacementRow::vm).collect(Collectors.toSet());
                            List<VnicStatus> unlisted = statuses.stream()
                                    .filter(status ->
                                            !here.contains(status.vnic().vm()))
                                    .toList();
                            return strays(environment, unlisted, known)
                                    .thenApply(strays -> new Findings(here, vms, strays));
                        },
                        environment.blocking()));
    }

    /** See {@link Strays}. */
    private static CompletionStage<List<VnicStatus>> strays(
            HostAgentEnvironment environment, List<VnicStatus> unlisted, Set<VmId> known) {
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
                                known.contains(vm));
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
        for (VnicId vnic : spec.vnicIds()) {
            environment.checkpoints().read(vnic).ifPresent(checkpoint -> {
                if (isOfThisStay(checkpoint, environment.checkpoints().notes().find(vnic), row)) {
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
        boolean handedOver = spec.vnicIds().stream()
                .map(vnic -> environment.checkpoints().notes().find(vnic))
                .anyMatch(note -> note.isPresent() && note.getAsLong() >= row.epoch());
        if (handedOver) {
            LOG.warn(
                    "host {} was handing VM {} over when it stopped: nothing of it passes here until its placement"
                            + " decides",
                    environment.host(),
                    row.vm());
        }
        vms.add(new RestoredVm(spec, row.epoch(), checkpoints, !handedOver));
    }
}
