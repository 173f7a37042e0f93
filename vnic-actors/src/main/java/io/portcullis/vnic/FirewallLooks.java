package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.util.Map;

/** Answers requests that look at a vNIC and change nothing. Belongs to its {@link VnicFirewall}, on its thread. */
final class FirewallLooks {
    private static final int MAX_CONNECTIONS_LISTED = 10_000;

    private final HostId host;
    private final DataPath dataPath;
    private final VnicId vnic;
    private final EpochFence fence;
    private final FirewallOutcomes outcomes;

    FirewallLooks(FirewallEnvironment environment, VnicId vnic, EpochFence fence, FirewallOutcomes outcomes) {
        host = environment.host();
        dataPath = environment.dataPath();
        this.vnic = vnic;
        this.fence = fence;
        this.outcomes = outcomes;
    }

    void answer(FirewallCommand.Look look) {
        FirewallReply.Moved moved = fence.movedTo();
        if (moved != null) {
            look.replyTo().tell(moved);
            return;
        }
        switch (look) {
            case FirewallCommand.GetStatus get -> status(get);
            case FirewallCommand.ListConnections list ->
                outcomes.pipe(
                        dataPath.connections(vnic, Math.clamp(list.limit(), 0, MAX_CONNECTIONS_LISTED)),
                        connections -> new FirewallReply.Connections(vnic, connections),
                        list);
            case FirewallCommand.TraceFlow trace ->
                outcomes.pipe(
                        dataPath.trace(vnic, trace.query()),
                        report -> new FirewallReply.FlowTraced(host, FirewallState.of(report.mode()), report),
                        trace);
            case FirewallCommand.ReviewFlows review ->
                outcomes.pipe(
                        dataPath.review(vnic, review.candidate(), review.maxExamples()),
                        FirewallReply.FlowsReviewed::new,
                        review);
        }
    }

    private void status(FirewallCommand.GetStatus get) {
        FirewallReply notHere = new FirewallReply.Status(
                host,
                fence.isReleased() ? FirewallState.RELEASED : FirewallState.UNATTACHED,
                new VnicStatus(vnic, fence.epoch(), VnicMode.PASSIVE, "", 0, 0, Map.of()));
        outcomes.pipe(
                dataPath.status(vnic)
                        .thenApply(status -> outcomes.done(status, get.replyTo()))
                        .exceptionally(failure -> new FirewallCommand.Done(
                                null,
                                DataPathFailures.isUnknown(failure) ? notHere : DataPathFailures.refusal(failure),
                                get.replyTo())),
                get.replyTo());
    }
}
