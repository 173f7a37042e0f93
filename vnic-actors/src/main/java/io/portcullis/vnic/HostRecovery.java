package io.portcullis.vnic;

import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds out what a host that starts should have. */
final class HostRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(HostRecovery.class);

    private HostRecovery() {}

    /** Reads the directory, then the checkpoints of the same epoch. Fails when the directory cannot be read. */
    static CompletionStage<List<RestoredVm>> read(HostAgentEnvironment environment) {
        return environment
                .directory()
                .listByHost(environment.host())
                .thenApplyAsync(
                        rows -> {
                            List<RestoredVm> vms = new ArrayList<>();
                            rows.forEach(row -> restore(environment, row, vms));
                            return vms;
                        },
                        environment.blocking());
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
                if (checkpoint.epoch() == row.epoch()) {
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
