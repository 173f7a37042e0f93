package io.portcullis.migration;

import io.portcullis.migration.model.BulkMachine;
import io.portcullis.migration.model.BulkState;
import io.portcullis.migration.model.Refusal;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.RefusalCode;
import org.jspecify.annotations.Nullable;

/** Why orders about many VMs make no sense now. Thread-safe. */
final class BulkChecks {
    private final HostLookup hosts;

    BulkChecks(HostLookup hosts) {
        this.hosts = hosts;
    }

    /** Null if the host can be emptied as wished. */
    @Nullable
    Refusal whyNotEmpty(BulkState state, BulkCommand.Empty order) {
        Refusal why = hosts.whyNotUse(order.host());
        if (why == null) {
            why = BulkMachine.whyNotEmpty(state, order.kind(), order.host());
        }
        return why == null ? whyNot(state, order.wishes(), order.host()) : why;
    }

    /** Null if a plan can be made, and carried out if it is to be. */
    @Nullable
    Refusal whyNotRebalance(BulkState state, BulkCommand.Rebalance order) {
        Refusal why = order.dryRun() ? null : BulkMachine.whyNotRebalance(state);
        return why == null ? whyNot(state, order.wishes(), null) : why;
    }

    private @Nullable Refusal whyNot(BulkState state, BulkCommand.Wishes wishes, @Nullable HostId source) {
        for (HostId to : wishes.to()) {
            Refusal why = hosts.whyNotUse(to);
            if (why == null && to.equals(source)) {
                why = new Refusal(RefusalCode.SAME_HOST, "host " + to + " is the one that is to be emptied");
            }
            if (why == null && state.closes(to)) {
                why = new Refusal(RefusalCode.DRAINING, "host " + to + " is being emptied itself");
            }
            if (why != null) {
                return why;
            }
        }
        return null;
    }
}
