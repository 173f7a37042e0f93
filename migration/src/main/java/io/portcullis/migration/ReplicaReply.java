package io.portcullis.migration;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.parcel.Parcel;
import java.util.List;

/** Answer to {@link ReplicaCommand.Fetch} and {@link ReplicaCommand.Describe}. */
public sealed interface ReplicaReply extends CborSerializable {
    /**
     * What there is of a VM.
     *
     * @param ageMillis how long ago it was known to be all that its host had
     * @param tables one for each vNIC of which there is something
     */
    record Tables(long ageMillis, List<Table> tables) implements ReplicaReply {
        public Tables {
            tables = List.copyOf(tables);
        }
    }

    /**
     * Of one vNIC.
     *
     * @param checkpoint as its host has written it
     * @param clockOffsetMillis what the clock of the answering host is ahead of that one's
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Table(VnicId vnic, byte[] checkpoint, long clockOffsetMillis) {}

    /** The host has nothing of this epoch. */
    record None(String why) implements ReplicaReply {}

    /** All that a host keeps of one tenant. */
    record Kept(HostId host, List<KeptReplica> replicas) implements ReplicaReply {
        public Kept {
            replicas = List.copyOf(replicas);
        }
    }

    /**
     * What a host keeps of one VM.
     *
     * @param epoch of the highest of its tables
     * @param whole whether something is there of which all came; only that is of use after a loss
     * @param ageMillis how long ago that was known to be all that the VM's host had in its checkpoints; 0 for nothing whole
     */
    record KeptReplica(VmId vm, long epoch, boolean whole, long ageMillis, int connections) {}

    /** Another answer, which is too large for one message. */
    record InPieces(Parcel answer) implements ReplicaReply {}
}
