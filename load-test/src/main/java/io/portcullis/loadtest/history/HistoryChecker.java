package io.portcullis.loadtest.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Checks a {@link History} against every {@link Rule}, after the run. One thread, one history. */
public final class HistoryChecker {
    private static final int MAX_EXAMPLES = 8;
    /** A log that became full says nothing about frames that were sent so shortly before. */
    private static final long FULL_MARGIN_NANOS = 5_000_000_000L;

    private final History history;
    /** Around a change within which two firewalls may see the same frame at different sides of it. */
    private final long slackNanos;

    private final long untilNanos;
    private final BitSet[] passed;
    private final Revocations revocations;
    /** When frames passed, by side; only of flows under a ban. */
    private final Map<Integer, long[]> passedNanos = new HashMap<>();

    private final Map<Rule, Long> violations = new EnumMap<>(Rule.class);
    private final List<String> examples = new ArrayList<>();
    private long compared;
    private long afterBan;

    /**
     * @param slackNanos longest that a frame may have been under way
     */
    public HistoryChecker(History history, long slackNanos) {
        this.history = history;
        this.slackNanos = slackNanos;
        long full = Math.min(history.sent().fullAtNanos(), history.decided().fullAtNanos());
        untilNanos = full == Long.MAX_VALUE ? full : full - FULL_MARGIN_NANOS;
        passed = new BitSet[2 * history.flows().size()];
        revocations = new Revocations(history, slackNanos);
    }

    /** Does all of it. */
    public HistoryVerdict check() {
        checkEpochs();
        checkPassed();
        checkSent();
        return new HistoryVerdict(
                history.sent().size(),
                history.decided().size(),
                compared,
                afterBan,
                history.sent().missed() + history.decided().missed(),
                violations,
                examples);
    }

    private void violated(Rule rule, String text) {
        if (violations.merge(rule, 1L, Long::sum) <= MAX_EXAMPLES) {
            examples.add(rule.text() + ": " + text);
        }
    }

    // ---- who decided

    private void checkEpochs() {
        List<List<History.Tenure>> tenures = new ArrayList<>();
        for (int vnic = 0; vnic < history.vnicCount(); vnic++) {
            tenures.add(new ArrayList<>());
        }
        history.tenures().forEach(tenure -> tenures.get(tenure.vnic()).add(tenure));
        tenures.forEach(list -> list.sort(Comparator.comparingLong(History.Tenure::epoch)));
        int[] current = new int[2 * history.vnicCount()];
        FrameLog log = history.decided();
        for (int i = 0; i < log.size(); i++) {
            if (log.host(i) == History.UNKNOWN_HOST) {
                continue;
            }
            int vnic = history.flows().get(log.flow(i)).vnic();
            int side = 2 * vnic + (log.isToVm(i) ? 1 : 0);
            int found = tenureOf(tenures.get(vnic), current[side], log.host(i), log.nanos(i));
            if (found >= 0) {
                current[side] = found;
            } else {
                violated(
                        Rule.ONE_EPOCH,
                        String.format(
                                Locale.ROOT,
                                "%s, which %s: %s let it pass%s",
                                frame(log, i),
                                tenures.get(vnic).isEmpty()
                                        ? "no host enforced"
                                        : "was under epoch "
                                                + tenures.get(vnic)
                                                        .get(current[side])
                                                        .epoch() + " by then",
                                history.host(log.host(i)),
                                log.isToVm(i) ? " to the VM" : " from the VM"));
            }
        }
    }

    /** The first at or behind {@code from} by which the host could decide at that time; -1 for none. */
    private static int tenureOf(List<History.Tenure> tenures, int from, int host, long nanos) {
        for (int i = from; i < tenures.size(); i++) {
            History.Tenure tenure = tenures.get(i);
            if (tenure.fromNanos() > nanos) {
                return -1;
            }
            if (tenure.host() == host && nanos <= tenure.untilNanos()) {
                return i;
            }
        }
        return -1;
    }

    // ---- order, and once

    private void checkPassed() {
        int[] highest = new int[passed.length];
        Arrays.fill(highest, -1);
        FrameLog log = history.decided();
        for (int i = 0; i < log.size(); i++) {
            int side = side(log, i);
            int number = log.number(i);
            if (passed[side] == null) {
                passed[side] = new BitSet();
            }
            if (passed[side].get(number)) {
                violated(Rule.ONCE, frame(log, i) + " passed twice");
            } else if (number < highest[side]) {
                violated(Rule.ORDER, frame(log, i) + " passed after number " + highest[side]);
            }
            passed[side].set(number);
            if (!revocations.of(history.flows().get(log.flow(i))).isEmpty()) {
                note(side, number, log.nanos(i));
            }
            highest[side] = Math.max(highest[side], number);
        }
    }

    private void note(int side, int number, long nanos) {
        long[] its = passedNanos.getOrDefault(side, new long[16]);
        if (number >= its.length) {
            its = Arrays.copyOf(its, Math.max(number + 1, 2 * its.length));
        }
        its[number] = nanos;
        passedNanos.put(side, its);
    }

    private boolean passedBefore(int side, int number, long nanos) {
        long[] its = passedNanos.get(side);
        return isPassed(side, number) && its != null && its[number] < nanos;
    }

    private static int side(FrameLog log, int index) {
        return 2 * log.flow(index) + (log.isToVm(index) ? 1 : 0);
    }

    private boolean isPassed(int side, int number) {
        BitSet numbers = passed[side];
        return numbers != null && numbers.get(number);
    }

    // ---- whether what was sent should have passed

    private void checkSent() {
        Map<Integer, List<History.Outage>> outages = new HashMap<>();
        history.outages()
                .forEach(outage -> outages.computeIfAbsent(outage.vnic(), _ -> new ArrayList<>())
                        .add(outage));
        BitSet[] sent = numbersSent();
        Map<Integer, History.Ban> cut = new HashMap<>();
        FrameLog log = history.sent();
        for (int i = 0; i < log.size(); i++) {
            if (log.nanos(i) > untilNanos) {
                continue;
            }
            History.Flow flow = history.flows().get(log.flow(i));
            boolean isOut =
                    outages.getOrDefault(flow.vnic(), List.of()).stream().anyMatch(isIn(log.nanos(i)));
            checkFrame(i, flow, isOut, cut);
            if (flow.twin() >= 0
                    && !isOut
                    && !revocations.isNearAChange(log.flow(i), log.isToVm(i), log.nanos(i))
                    && !revocations.isNearAChange(flow.twin(), log.isToVm(i), log.nanos(i))) {
                compare(i, 2 * flow.twin() + (log.isToVm(i) ? 1 : 0), sent);
            }
        }
        for (int side = 0; side < passed.length; side++) {
            if (passed[side] != null && untilNanos == Long.MAX_VALUE) {
                BitSet invented = (BitSet) passed[side].clone();
                invented.andNot(sent[side] == null ? new BitSet() : sent[side]);
                int of = side;
                invented.stream()
                        .forEach(number ->
                                violated(Rule.ONCE, "flow " + of / 2 + ": number " + number + " was never sent"));
            }
        }
    }

    private BitSet[] numbersSent() {
        BitSet[] sent = new BitSet[passed.length];
        FrameLog log = history.sent();
        for (int i = 0; i < log.size(); i++) {
            int side = side(log, i);
            if (sent[side] == null) {
                sent[side] = new BitSet();
            }
            sent[side].set(log.number(i));
        }
        return sent;
    }

    private java.util.function.Predicate<History.Outage> isIn(long nanos) {
        return outage -> nanos >= outage.fromNanos() - slackNanos && nanos <= outage.untilNanos() + slackNanos;
    }

    private void checkFrame(int index, History.Flow flow, boolean isOut, Map<Integer, History.Ban> cut) {
        FrameLog log = history.sent();
        boolean hasPassed = isPassed(side(log, index), log.number(index));
        if (!flow.isAllowed()) {
            if (hasPassed) {
                violated(Rule.SAME_VERDICT, frame(log, index) + " passed, and no rule allows it");
            }
            return;
        }
        for (History.Ban ban : revocations.of(flow)) {
            checkUnder(ban, index, hasPassed, isOut, cut);
        }
        if (!hasPassed && !isOut && !revocations.mayDrop(log.flow(index), log.isToVm(index), log.nanos(index))) {
            violated(Rule.NOT_LOST, frame(log, index) + " did not pass");
        }
    }

    private void checkUnder(
            History.Ban ban, int index, boolean hasPassed, boolean isOut, Map<Integer, History.Ban> cut) {
        FrameLog log = history.sent();
        long nanos = log.nanos(index);
        int side = side(log, index);
        if (nanos < ban.appliedNanos() || nanos >= ban.liftedNanos()) {
            return;
        }
        if (nanos > ban.acknowledgedNanos()) {
            afterBan++;
            if (passedBefore(side, log.number(index), ban.liftedNanos())) {
                violated(
                        Rule.REVOKED,
                        frame(log, index) + " passed, and was sent "
                                + (nanos - ban.acknowledgedNanos()) / 1_000 + " us after revision "
                                + ban.revision() + " was acknowledged");
            }
        } else if (hasPassed && ban.equals(cut.get(side))) {
            violated(Rule.REVOKED, frame(log, index) + " passed after one before it had been cut");
        }
        if (!hasPassed && !isOut && !revocations.mayDropForOneBefore(ban, log.flow(index), log.isToVm(index), nanos)) {
            cut.put(side, ban);
        }
    }

    private void compare(int index, int twinSide, BitSet[] sent) {
        FrameLog log = history.sent();
        int number = log.number(index);
        if (sent[twinSide] == null || !sent[twinSide].get(number)) {
            return;
        }
        compared++;
        boolean hasPassed = isPassed(side(log, index), number);
        if (hasPassed != isPassed(twinSide, number)) {
            violated(
                    Rule.SAME_VERDICT,
                    frame(log, index) + (hasPassed ? " passed" : " did not pass")
                            + ", other than at the firewall that never moved");
        }
    }

    /** Which one, and how long after the first that was sent. */
    private String frame(FrameLog log, int index) {
        FrameLog sent = history.sent();
        long first = sent.size() == 0 ? log.nanos(index) : sent.nanos(0);
        return String.format(
                Locale.ROOT,
                "%s flow %d %s number %d at %.3f s",
                history.vnic(history.flows().get(log.flow(index)).vnic()),
                log.flow(index),
                log.isToVm(index) ? "in" : "out",
                log.number(index),
                (log.nanos(index) - first) / 1e9);
    }
}
