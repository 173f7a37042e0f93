package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.EngineCounters.Event;
import io.portcullis.datapath.guard.ConnectionLimiter;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.guard.VnicGuard;
import io.portcullis.datapath.packet.FrameChecksums;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.rulelog.RuleLog;
import io.portcullis.datapath.rulelog.RuleLogRing;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.EstablishedPath;
import io.portcullis.datapath.track.TrackingProfile;
import io.portcullis.policy.table.RuleTable;
import java.security.SecureRandom;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** What {@link VnicEngine} needs for frames and connections: made with the first of either, since most of many vNICs are idle. One thread at a time. */
final class VnicWorks implements AutoCloseable {
    /** Fewer frames find their connections one by one. */
    private static final int SHORTEST_BATCH_FRAMES = 2;

    private static final SecureRandom SEEDS = new SecureRandom();

    /** Null for an engine without an identity to protect. */
    final @Nullable VnicGuard guard;

    final ConnectionTable table;
    final ConnectionTracker tracker;
    final ConnectionLimiter limiter;
    final FragmentGate fragments;
    final FrameJudge judge;
    private final EstablishedPath established;
    private final @Nullable PlainSender plainSender;
    private final RuleLog ruleLog;
    private final EngineCounters counters = new EngineCounters();
    private final int expiryBatch;

    VnicWorks(VnicIdentity identity, @Nullable VnicGuard guard, ConnectionLimits limits) {
        this.guard = guard;
        table = ConnectionTable.create(limits.connections());
        expiryBatch = Math.max(64, limits.connections() / VnicEngine.EXPIRY_CALLS_PER_SWEEP);
        tracker = new ConnectionTracker(table, TrackingProfile.STRICT);
        established = new EstablishedPath(tracker);
        // an address that the VM may yet learn is one that nobody else may use from then on: only VnicGuard knows
        boolean isPinned = identity.protection().learnedAddresses() == 0;
        plainSender = guard == null || !isPinned ? null : new PlainSender(identity);
        limiter = new ConnectionLimiter(tracker, limits, SEEDS.nextLong());
        fragments = new FragmentGate(SEEDS.nextLong());
        ruleLog = new RuleLog(identity.vnic());
        judge = new FrameJudge(guard, tracker, limiter, fragments, ruleLog, counters);
    }

    /** Another table is in force: live connections are judged again with their next packet, and meet its time-outs. */
    void install(PolicyInForce policy) {
        table.setCurrentRevision(policy.revision());
        RuleTable installed = policy.table();
        tracker.setProfile(
                TrackingProfile.of(installed.timeouts(), installed.looseTracking()),
                policy.compiled().facts().mayPickUp());
        tracker.setFtpHelper(installed.ftpHelper());
    }

    /** Where events of rules with {@code log} go from now on. */
    void logTo(RuleLogRing ring) {
        ruleLog.to(ring);
    }

    /** Whether nothing but the tuple of a connection between these two decides about its packets. */
    boolean isHonestPair(boolean isIpv6, long vmHigh, long vmLow, long peerHigh, long peerLow) {
        return plainSender != null
                && !judge.verifiesChecksums()
                && plainSender.isHonestPair(isIpv6, vmHigh, vmLow, peerHigh, peerLow);
    }

    /** As {@link VnicEngine#process}, under this policy; without one nothing passes. */
    void process(
            @Nullable PolicyInForce inForce,
            Burst burst,
            int from,
            int to,
            Direction direction,
            long nowNanos,
            Verdict[] verdicts,
            Burst repliesToVm,
            Burst repliesToNetwork) {
        Burst toSender = direction == Direction.OUT ? repliesToVm : repliesToNetwork;
        Burst toReceiver = direction == Direction.OUT ? repliesToNetwork : repliesToVm;
        boolean offloads = tracker.offloaded().isOn();
        boolean hasShortWay = plainSender != null
                && inForce != null
                && !judge.isAlone()
                && !inForce.hasFrameRules()
                && to - from >= (offloads ? 1 : SHORTEST_BATCH_FRAMES);
        for (int first = from; first < to; first += EstablishedPath.FRAMES) {
            int end = Math.min(to, first + EstablishedPath.FRAMES);
            if (hasShortWay) {
                prepare(burst, first, end, direction, nowNanos);
            }
            int passed = 0;
            long passedBytes = 0;
            for (int i = first; i < end; ) {
                // an offload looks at each connection between its packets
                int run = offloads ? i + 1 : end;
                int next = hasShortWay ? first + established.passFrom(i - first, run - first) : i;
                passed += next - i;
                for (; i < next; i++) {
                    verdicts[i] = Verdict.ALLOW;
                    passedBytes += burst.length(i);
                    if (offloads) {
                        tracker.offloaded().passed(established.slot(i - first));
                    }
                }
                if (i < run) {
                    int number = i - first;
                    verdicts[i] = inForce != null && hasShortWay && established.isPlain(number)
                            ? judge.decidePlain(
                                    burst, i, established, number, inForce, direction, nowNanos, toSender, toReceiver)
                            : judge.decide(burst, i, inForce, direction, nowNanos, toSender, toReceiver);
                    i++;
                }
            }
            counters.allowed(direction, passed, passedBytes);
        }
        if (offloads) {
            tracker.offloaded().installNoted(nowNanos);
        }
    }

    /** Finds the connections of all plain frames of a batch at once. */
    private void prepare(Burst burst, int first, int end, Direction direction, long nowNanos) {
        long base = burst.memory().address();
        PlainSender sender = plainSender;
        boolean isOut = direction == Direction.OUT;
        boolean verifies = judge.verifiesChecksums();
        for (int i = first; i < end; i++) {
            long at = base + burst.offset(i);
            int length = burst.length(i);
            boolean isPlain = sender != null && sender.isHonest(at, length, isOut);
            if (isPlain && (!verifies || FrameChecksums.isSettled(at, length))) {
                established.take(i - first, at, length);
            } else {
                established.skip(i - first);
            }
        }
        established.find(end - first, direction, nowNanos);
    }

    /** As {@link VnicEngine#expire}, of connections; answers how many ended. */
    int expire(long nowNanos) {
        int expired = tracker.expire(nowNanos, expiryBatch);
        counters.event(Event.CONNECTIONS_EXPIRED, expired);
        return expired;
    }

    Map<String, Long> counters() {
        SortedMap<String, Long> map = counters.asMap();
        tracker.offloaded().readBackAll();
        tracker.offloaded().addCounters(map);
        fragments.addCounters(map);
        limiter.addCounters(map);
        if (guard != null) {
            guard.addCounters(map);
        }
        ruleLog.addCounters(map);
        return map;
    }

    @Override
    public void close() {
        tracker.close();
        established.close();
        fragments.close();
    }
}
