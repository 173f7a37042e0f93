package io.portcullis.migration.model;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.util.List;

/** What is journaled of bulk operations. {@code atMillis} is wall clock, for people; no decision depends on it. */
public sealed interface BulkEvent extends CborSerializable {
    /** The operation that it is about. */
    String id();

    /** It begins as it stands in {@code operation}. */
    record OperationStarted(BulkOperation operation) implements BulkEvent {
        @Override
        public String id() {
            return operation.id();
        }
    }

    /** It goes on with what failed; a drain may become a leave. */
    record OperationRestarted(String id, BulkOperation.Kind kind, String by) implements BulkEvent {}

    record PhaseEntered(String id, BulkOperation.Phase phase, String by, long atMillis) implements BulkEvent {}

    /** No VM is left, and {@code node} is told to leave the cluster. */
    record LeaveBegun(String id, String node, long atMillis) implements BulkEvent {}

    /** VMs that are on the host that is to be emptied. */
    record VmsFound(String id, List<VmId> vms) implements BulkEvent {
        public VmsFound {
            vms = List.copyOf(vms);
        }
    }

    /** It has other limits from now on, which {@link BulkOperation} explains. */
    record LimitsChanged(String id, int parallel, long bytesPerSecond, String by, long atMillis) implements BulkEvent {}

    record MoveBegun(String id, VmId vm, HostId to, String migration, long atMillis) implements BulkEvent {}

    /** The VM is on another host, or on none. */
    record MoveDone(String id, VmId vm, long atMillis) implements BulkEvent {}

    /**
     * The VM is where it was.
     *
     * @param forGood whether it is not tried again
     */
    record MoveFailed(String id, VmId vm, String why, boolean forGood, long atMillis) implements BulkEvent {}
}
