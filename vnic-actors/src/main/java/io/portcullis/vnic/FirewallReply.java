package io.portcullis.vnic;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.runtime.FlowReport;
import io.portcullis.datapath.runtime.FlowReview;
import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.datapath.runtime.SelfActivation;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.parcel.Parcel;
import io.portcullis.vnic.parcel.Parcels;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/** What {@link VnicFirewall} answers. */
public sealed interface FirewallReply
        permits FirewallReply.Status,
                FirewallReply.Connections,
                FirewallReply.InPieces,
                FirewallReply.FlowTraced,
                FirewallReply.FlowsReviewed,
                FirewallReply.CutoverReady,
                FirewallReply.Exported,
                FirewallReply.ChunkTaken,
                FirewallReply.SelfActivated,
                FirewallReply.Disarmed,
                FirewallReply.Sealed,
                FirewallReply.Activated,
                FirewallReply.Released,
                FirewallReply.Moved,
                Refused {
    /** Connections that go in one message. */
    int MAX_INLINE_CONNECTIONS = 200;

    /** Answers, in pieces where it may be too large for one message to another node. */
    static void tell(ActorRef<FirewallReply> asker, FirewallReply reply, Parcels parcels) {
        if (reply instanceof Connections listed && listed.connections().size() > MAX_INLINE_CONNECTIONS) {
            parcels.tell(asker, reply, InPieces::new);
        } else {
            asker.tell(reply);
        }
    }

    /**
     * How the vNIC is now.
     *
     * @param status of an UNATTACHED or RELEASED vNIC only its name and the highest epoch that was in force here
     */
    record Status(HostId host, FirewallState state, VnicStatus status) implements FirewallReply, CborSerializable {}

    /** At most as many as were asked for, in no order. */
    record Connections(VnicId vnic, List<ConnectionInfo> connections) implements FirewallReply, CborSerializable {
        public Connections {
            connections = List.copyOf(connections);
        }
    }

    /** Another answer, which is too large for one message. */
    record InPieces(Parcel answer) implements FirewallReply, CborSerializable {}

    /** What the vNIC says about a flow now. */
    record FlowTraced(HostId host, FirewallState state, FlowReport report) implements FirewallReply, CborSerializable {}

    /** What rules that are not in force would do. Goes to the agent of the same host only. */
    record FlowsReviewed(FlowReview review) implements FirewallReply {}

    record CutoverReady(VnicId vnic, CutoverTarget target) implements FirewallReply, CborSerializable {}

    /** Carries a whole connection table, so it has no form on the wire: the asker must be on the same host. */
    record Sealed(VnicId vnic, SealedVnic sealed) implements FirewallReply {}

    /** Carries a piece of a connection table: the asker must be on the same host. */
    record Exported(VnicId vnic, ExportedBatch batch) implements FirewallReply {}

    /** The chunk is taken in, and the next one is welcome. */
    record ChunkTaken(VnicId vnic, int sequence, TableSum here) implements FirewallReply {}

    /** The vNIC enforces; nobody was asked. The asker must be on the same host. */
    record SelfActivated(VnicId vnic, SelfActivation activation) implements FirewallReply {}

    /** Whether the vNIC enforces; if not, it will not by itself. */
    record Disarmed(VnicId vnic, boolean enforces) implements FirewallReply {}

    record Activated(VnicId vnic, ActivationReport report, VnicStatus status)
            implements FirewallReply, CborSerializable {}

    /** Nothing of the vNIC is left here under {@code epoch} or a lower one. */
    record Released(VnicId vnic, long epoch) implements FirewallReply, CborSerializable {}

    /** The vNIC is enforced elsewhere now; correct your directory and ask there. */
    record Moved(VnicId vnic, HostId host, long epoch) implements FirewallReply, CborSerializable {}
}
