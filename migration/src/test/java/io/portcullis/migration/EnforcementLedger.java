package io.portcullis.migration;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Watches all hosts of a test: notes every moment in which two hosts enforce the same vNIC, or an epoch comes back. */
final class EnforcementLedger {
    private record Holder(HostId host, long epoch) {}

    private final Map<VnicId, Holder> holders = new HashMap<>();
    private final Map<VnicId, Long> highest = new HashMap<>();
    private final List<String> violations = new ArrayList<>();

    synchronized void enforces(VnicId vnic, HostId host, long epoch) {
        Holder before = holders.put(vnic, new Holder(host, epoch));
        if (before != null && !before.host().equals(host)) {
            violations.add(vnic + " enforced at " + before + " and at " + host + " with epoch " + epoch);
        }
        long top = highest.getOrDefault(vnic, 0L);
        if (epoch < top || epoch == top && before == null) {
            violations.add(vnic + ": epoch " + epoch + " enforced again at " + host + " after " + top);
        }
        highest.put(vnic, Math.max(top, epoch));
    }

    synchronized void stops(VnicId vnic, HostId host) {
        Holder holder = holders.get(vnic);
        if (holder != null && holder.host().equals(host)) {
            holders.remove(vnic);
        }
    }

    synchronized List<String> violations() {
        return List.copyOf(violations);
    }
}
