package io.portcullis.loadtest.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the bans of a history mean for the frames of its flows. Made after the run; immutable. */
final class Revocations {
    private final History history;
    private final long slackNanos;
    private final Map<Integer, List<History.Ban>> byStream = new HashMap<>();
    /** Of flows under bans that come back by themselves: for each ban the first frame to the VM that passed after it. */
    private final Map<Integer, long[]> backNanos = new HashMap<>();

    Revocations(History history, long slackNanos) {
        this.history = history;
        this.slackNanos = slackNanos;
        history.bans()
                .forEach(ban -> byStream.computeIfAbsent(ban.stream(), _ -> new ArrayList<>())
                        .add(ban));
        FrameLog decided = history.decided();
        for (int i = 0; i < decided.size(); i++) {
            if (decided.isToVm(i)) {
                comesBack(decided.flow(i), decided.nanos(i));
            }
        }
    }

    private void comesBack(int number, long nanos) {
        History.Flow flow = history.flows().get(number);
        List<History.Ban> bans = of(flow);
        if (bans.isEmpty() || flow.isConnection()) {
            return;
        }
        long[] back = backNanos.computeIfAbsent(number, _ -> never(bans.size()));
        for (int i = 0; i < back.length; i++) {
            if (back[i] == Long.MAX_VALUE && nanos >= bans.get(i).liftedNanos()) {
                back[i] = nanos;
            }
        }
    }

    private static long[] never(int count) {
        long[] nanos = new long[count];
        Arrays.fill(nanos, Long.MAX_VALUE);
        return nanos;
    }

    /** In no order. */
    List<History.Ban> of(History.Flow flow) {
        return byStream.getOrDefault(flow.stream(), List.of());
    }

    /**
     * Whether a frame that was sent then may have been dropped for a ban: while it was applied, in force or being lifted; for ever where the flow is a connection, which was
     * cut; and from the VM until the client has said something, which only then is known to the firewall again.
     */
    boolean mayDrop(int number, boolean isToVm, long nanos) {
        return history.flows().get(number).isConnection()
                ? isAfterABan(number, nanos)
                : isInOrNearABan(number, isToVm, nanos);
    }

    private boolean isAfterABan(int number, long nanos) {
        return of(history.flows().get(number)).stream().anyMatch(ban -> nanos >= ban.appliedNanos() - slackNanos);
    }

    private boolean isInOrNearABan(int number, boolean isToVm, long nanos) {
        List<History.Ban> bans = of(history.flows().get(number));
        for (int i = 0; i < bans.size(); i++) {
            History.Ban ban = bans.get(i);
            if (nanos >= ban.appliedNanos() - slackNanos
                    && (isBefore(nanos, ban.restoredNanos()) || (!isToVm && isBefore(nanos, back(number, i))))) {
                return true;
            }
        }
        return false;
    }

    private boolean isBefore(long nanos, long limit) {
        return limit == Long.MAX_VALUE || nanos <= limit + slackNanos;
    }

    private long back(int number, int ban) {
        long[] back = backNanos.get(number);
        return back == null ? Long.MAX_VALUE : back[ban];
    }

    /** Whether a firewall may see a frame that was sent then on this side of a change and another firewall on the other. */
    boolean isNearAChange(int number, boolean isToVm, long nanos) {
        History.Flow flow = history.flows().get(number);
        List<History.Ban> bans = of(flow);
        for (int i = 0; i < bans.size(); i++) {
            History.Ban ban = bans.get(i);
            boolean isAtItsBegin = nanos >= ban.appliedNanos() - slackNanos && nanos <= ban.acknowledgedNanos();
            boolean isAtItsEnd = ban.liftedNanos() != Long.MAX_VALUE
                    && nanos >= ban.liftedNanos() - slackNanos
                    && (nanos <= ban.restoredNanos()
                            || (!isToVm && !flow.isConnection() && isBefore(nanos, back(number, i))));
            if (isAtItsBegin || isAtItsEnd) {
                return true;
            }
        }
        return false;
    }

    /** Whether a frame may have been dropped for a ban before this one. */
    boolean mayDropForOneBefore(History.Ban ban, int number, boolean isToVm, long nanos) {
        List<History.Ban> bans = of(history.flows().get(number));
        for (int i = 0; i < bans.size(); i++) {
            History.Ban before = bans.get(i);
            if (before.appliedNanos() < ban.appliedNanos()
                    && (isBefore(nanos, before.restoredNanos()) || (!isToVm && isBefore(nanos, back(number, i))))) {
                return true;
            }
        }
        return false;
    }
}
