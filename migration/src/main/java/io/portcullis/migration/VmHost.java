package io.portcullis.migration;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.datapath.runtime.SelfActivation;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.migration.model.ImportReport;
import io.portcullis.migration.model.ReplicaPlace;
import io.portcullis.migration.model.Restored;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.VmSpec;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What the own host can do for a VM, as migration needs it. Thread-safe; stages complete on any thread, within a bounded time,
 * and if they fail, then with what {@link HostRefusal#of} understands. Everything may be repeated, and is fenced by epoch.
 */
public interface VmHost {
    HostId host();

    /** Completes if the host would take the VM now. */
    CompletionStage<Void> wouldTake(VmSpec spec);

    /** What the host carries; {@code besides} are not counted among its VMs. */
    CompletionStage<AgentCommand.HostLoad> load(List<VmId> besides);

    CompletionStage<Void> setDraining(boolean draining);

    /** Attaches the VM; it is enforced from then on. A failure leaves nothing behind. */
    CompletionStage<Void> attach(VmSpec spec, long epoch);

    /**
     * As {@link #attach}, of a VM that was taken over from a lost host, with the connections that its replica has. A replica that does not come in time costs
     * the connections only.
     */
    CompletionStage<Restored> takeOver(VmSpec spec, long epoch, @Nullable ReplicaPlace replica);

    /** Forgets what the host holds of the VM under {@code epoch} or a lower one; it never enforces it under one of these again. */
    CompletionStage<Void> detach(VmSpec spec, long epoch);

    /** The same of a VM that it has not enforced under {@code epoch}. */
    CompletionStage<Void> clear(VmSpec spec, long epoch);

    /** Attaches the VM passive, with its rules. Completes with the policy revision of the rules. */
    CompletionStage<Long> admit(VmSpec spec, long epoch);

    CompletionStage<CutoverTarget> expectCutover(VnicId vnic, long epoch);

    /** Hands the vNIC's frames over and seals; on a failure before the seal the vNIC enforces as before. */
    CompletionStage<SealedVnic> cutOver(VnicId vnic, long epoch, CutoverTarget target);

    /** The next piece of the table of a vNIC that enforces here and goes on; see {@code DataPath.exportNext}. */
    CompletionStage<ExportedBatch> exportNext(VnicId vnic, long epoch, boolean isFirst, int chunkVersion);

    /** Nothing more is asked of the table, and there is no cut. */
    CompletionStage<Void> endExport(VnicId vnic, long epoch);

    /** Takes a chunk in, beside the table that the vNIC has, and writes it to disk; chunk 0 begins anew. Completes when the next one is welcome, with what has come. */
    CompletionStage<TableSum> importNext(VnicId vnic, long epoch, int sequence, byte[] chunk);

    /**
     * From then on a restart of this host's process, should the VM turn out to be here, begins with what {@link #importNext} has taken in. A disk that fails costs that, and
     * nothing else.
     */
    CompletionStage<Void> keepAhead(VmSpec spec, long epoch);

    /**
     * Takes the table whole, or refuses it whole.
     *
     * @param firstSequence how many chunks {@link #importNext} has taken of it
     * @param rest of it, with the count and digest of all
     */
    CompletionStage<ImportReport> importTable(VnicId vnic, long epoch, int firstSequence, TableSnapshot rest);

    /**
     * Has the vNIC enforce as soon as all that it needs has come from the source, with the others of the group in one moment, and completes then. A
     * failure says that it will not, or that nobody knows: {@link #disarm} tells.
     */
    CompletionStage<SelfActivation> arm(VnicId vnic, long epoch, String group, int size);

    /** Takes that back; whether the vNIC enforces. */
    CompletionStage<Boolean> disarm(VnicId vnic, long epoch);

    /** Enforces from then on, with rules of {@code minimumRevision} or newer; a vNIC that enforces already answers again. */
    CompletionStage<ActivationReport> activate(VnicId vnic, long epoch, long forwardedFrames, long minimumRevision);

    /**
     * Enforces all vNICs again under {@code newEpoch}, whatever became of them; attaches them if they are gone. Fails with TOO_LATE if
     * none is back because the destination enforces.
     */
    CompletionStage<Void> reclaim(VmSpec spec, long newEpoch);

    /** The VM is enforced elsewhere: forwards what is left, closes, forgets. */
    CompletionStage<Void> release(VmSpec spec, long epoch, HostId movedTo, long newEpoch);

    /**
     * The VMs of this host that may wait for a word of their placement: with a vNIC that was handed over, or is being, and has not been released; or with
     * none that enforces, as the host has given up the epoch that the directory names. A destination's are among them, and one whose rules have not come.
     */
    CompletionStage<List<VmSpec>> waitingVms();

    /** Those vNICs of the VM that are attached here. */
    CompletionStage<List<VnicStatus>> statuses(VmSpec spec);
}
