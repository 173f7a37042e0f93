package io.portcullis.vnic;

import io.portcullis.persistence.Checkpoints;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a host's disk says of a VM before it is attached. On an executor that may block. */
final class StaysOnDisk {
    private static final Logger LOG = LoggerFactory.getLogger(StaysOnDisk.class);

    private final HostId host;
    private final Checkpoints checkpoints;
    private final Executor blocking;

    StaysOnDisk(HostId host, Checkpoints checkpoints, Executor blocking) {
        this.host = host;
        this.checkpoints = checkpoints;
        this.blocking = blocking;
    }

    /**
     * What is left on disk of a former stay of the VM, as when this host was down while the VM moved away, must not be taken for a checkpoint of
     * this one; what was noted of it goes on to hold until this one is on disk. Never fails.
     *
     * @param epoch of this stay
     */
    CompletionStage<?> forgetFormer(VmSpec spec, long epoch) {
        return CompletableFuture.runAsync(
                () -> spec.vnicIds().forEach(vnic -> {
                    try {
                        checkpoints.forget(vnic, epoch - 1);
                    } catch (IOException failed) {
                        LOG.warn("a former checkpoint of {} is not removed: {}", vnic, failed.getMessage());
                    }
                }),
                blocking);
    }

    /**
     * What is being moved here may enforce before anybody says that its migration is over, and be taken back if this host is lost then: its checkpoints are not to be trusted before
     * the directory says that it is here.
     *
     * @return why that cannot be noted, if so; then it must not come
     */
    CompletionStage<Optional<FirewallReply>> noteArrival(VmSpec spec, long epoch) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        for (VnicId vnic : spec.vnicIds()) {
                            checkpoints.arrivals().open(vnic, epoch);
                        }
                        return Optional.empty();
                    } catch (IOException failed) {
                        return Optional.of(new Refused(
                                RefusalCode.WRONG_STATE,
                                "host " + host + " cannot note that " + spec.vm() + " comes: " + failed.getMessage()));
                    }
                },
                blocking);
    }
}
