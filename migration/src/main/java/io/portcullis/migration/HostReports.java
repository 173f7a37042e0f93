package io.portcullis.migration;

import io.portcullis.migration.model.PlacementInput;
import io.portcullis.policy.HostId;

/** Turns what the model of a host reports into messages to the VM's placement. */
final class HostReports {
    private HostReports() {}

    /** The message for a report that needs nothing beside what the model knows; others are a bug. */
    static PlacementCommand.HostReport message(HostId host, PlacementInput report) {
        return switch (report) {
            case PlacementInput.HostAttached(long epoch, var restored) ->
                new PlacementCommand.AttachReport(host, epoch, null, restored);
            case PlacementInput.HostRefusedAttach(long epoch, var refusal) ->
                new PlacementCommand.AttachReport(host, epoch, refusal, null);
            case PlacementInput.HostDetached(long epoch) -> new PlacementCommand.DetachReport(host, epoch);
            case PlacementInput.TargetGaveUp(var id, var refusal) -> new PlacementCommand.TargetGaveUp(id, refusal);
            case PlacementInput.TargetHasActivated(var id, var vnics, var problems, var by) ->
                new PlacementCommand.TargetActivated(id, vnics, problems, by);
            case PlacementInput.SourceKept(var id, var refusal) -> new PlacementCommand.SourceKept(id, refusal);
            case PlacementInput.SourceFailed(var id, var refusal) -> new PlacementCommand.SourceFailed(id, refusal);
            case PlacementInput.SourceHasReclaimed(var id, var refusal) ->
                new PlacementCommand.SourceReclaimed(id, refusal);
            case PlacementInput.SourceHasReleased(var id) -> new PlacementCommand.SourceReleased(id);
            case PlacementInput.AttachRequested _,
                    PlacementInput.DetachRequested _,
                    PlacementInput.MigrateRequested _,
                    PlacementInput.VmHasStopped _,
                    PlacementInput.CancelRequested _,
                    PlacementInput.HostAttached _,
                    PlacementInput.HostRefusedAttach _,
                    PlacementInput.HostDetached _,
                    PlacementInput.ReplicaIsAt _,
                    PlacementInput.TargetIsReady _,
                    PlacementInput.PreCopyOrdered _,
                    PlacementInput.SourceHasPreCopied _,
                    PlacementInput.HostsLost _,
                    PlacementInput.DeadlinePassed _ -> throw new IllegalArgumentException("no host reports " + report);
        };
    }
}
