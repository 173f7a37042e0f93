package io.portcullis.vnic;

import java.util.ArrayList;
import java.util.List;

/** Activations of one vNIC that wait until rules of their minimum revision are in force. One thread. */
final class WaitingActivations {
    /** More are refused. */
    private static final int MAX_WAITING = 8;

    private final List<FirewallCommand.Activate> waiting = new ArrayList<>();

    /** Says whether there was room. */
    boolean add(FirewallCommand.Activate activate) {
        return waiting.size() < MAX_WAITING && waiting.add(activate);
    }

    /** Says whether it still waited. */
    boolean remove(FirewallCommand.Activate activate) {
        return waiting.remove(activate);
    }

    /** Those that need no more than this revision; they wait no longer. */
    List<FirewallCommand.Activate> takeReady(long policyRevision) {
        List<FirewallCommand.Activate> ready = waiting.stream()
                .filter(activate -> activate.minimumRevision() <= policyRevision)
                .toList();
        waiting.removeAll(ready);
        return ready;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    List<FirewallCommand.Activate> takeAll() {
        List<FirewallCommand.Activate> all = List.copyOf(waiting);
        waiting.clear();
        return all;
    }
}
