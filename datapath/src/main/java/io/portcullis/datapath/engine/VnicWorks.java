package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.EngineCounters.Event;
import io.portcullis.datapath.guard.ConnectionLimiter;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.guard.VnicGuard;
import io.portcullis.datapath.packet.FrameChecksums;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.rulelog.RuleLog;
import io.portcullis.datapath.rulelog.RuleLogEvent.Cause;
import io.portcullis.datapath.rulelog.RuleLogRing;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.EstablishedPath;
import io.portcullis.datapath.track.OffloadedConnections;
import io.portcullis.datapath.track.TrackingProfile;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What {@link VnicEngine} needs for frames and connections: made with the first of either, since most of many vNICs are idle; and of it what needs
 * more than a broadcast is made with the first frame or connection that does. What is of use for the burst at hand only is in {@link EngineScratch}. One
 * thread at a time.
 */
final class VnicWorks implements AutoCloseable {
    /** Fewer frames find their connections one by one. */
    private static final int SHORTEST_BATCH_FRAMES = 2;

    private static final SecureRandom SEEDS = new SecureRandom();
    private static final VnicIdentity NOBODY =
            new VnicIdentity(VnicId.parse("nobody/nothing/none"), VnicEngine.NO_MAC, List.of());

    private final VnicIdentity identity;
    private final ConnectionLimits limits;
    private final EngineScratch scratch;
    /** Null for an engine without an identity to protect. */
    final @Nullable VnicGuard guard;

    final ConnectionTable table;
    final ConnectionTracker tracker;
    final EngineCounters counters = new EngineCounters();
    // ---- null before the first use ----
    private @Nullable ConnectionLimiter limiter;
    private @Nullable FragmentGate fragments;
    private @Nullable ReplyBudget replies;
    private @Nullable PlainSender plainSender;
    private @Nullable RuleLog ruleLog;

    /** Null while nobody reads. */
    private @Nullable RuleLogRing ring;

    private @Nullable DecisionTrace trace;
    private @Nullable ShadowPolicy shadow;
    private boolean verifiesChecksums;

    VnicWorks(VnicIdentity identity, @Nullable VnicGuard guard, ConnectionLimits limits, EngineScratch scratch) {
        this.identity = identity;
        this.guard = guard;
        this.limits = limits;
        this.scratch = scratch;
        table = ConnectionTable.create(limits.connections());
        tracker = new ConnectionTracker(table, TrackingProfile.STRICT, scratch.tracking);
    }

    /** For a scratch that serves nobody. */
    static VnicWorks ofNobody(EngineScratch scratch) {
        return new VnicWorks(NOBODY, null, ConnectionLimits.onlyConnections(1), scratch);
    }

    /** What keeps floods from the table. */
    ConnectionLimiter limiter() {
        ConnectionLimiter made = limiter;
        if (made == null) {
            made = new ConnectionLimiter(tracker, limits, SEEDS.nextLong());
            limiter = made;
        }
        return made;
    }

    FragmentGate fragments() {
        FragmentGate made = fragments;
        if (made == null) {
            made = new FragmentGate(SEEDS.nextLong());
            fragments = made;
        }
        return made;
    }

    /** For what the firewall itself sends. */
    ReplyBudget replies() {
        ReplyBudget made = replies;
        if (made == null) {
            made = new ReplyBudget();
            replies = made;
        }
        return made;
    }

    /** Null where only {@link VnicGuard} knows whose an address is: one that the VM may yet learn nobody else may use from then on. */
    private @Nullable PlainSender plainSender() {
        PlainSender made = plainSender;
        if (made == null && guard != null && identity.protection().learnedAddresses() == 0) {
            made = new PlainSender(identity);
            plainSender = made;
        }
        return made;
    }

    @Nullable
    DecisionTrace trace() {
        return trace;
    }

    void setTrace(@Nullable DecisionTrace newTrace) {
        trace = newTrace;
        scratch.forget(this);
    }

    @Nullable
    ShadowPolicy shadow() {
        return shadow;
    }

    void setShadow(@Nullable ShadowPolicy newShadow) {
        shadow = newShadow;
        scratch.forget(this);
    }

    boolean verifiesChecksums() {
        return verifiesChecksums;
    }

    void setVerifiesChecksums(boolean verifies) {
        verifiesChecksums = verifies;
        scratch.forget(this);
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
    void logTo(RuleLogRing newRing) {
        ring = newRing;
        if (ruleLog != null) {
            ruleLog.to(newRing);
        }
    }

    /** As {@link RuleLog#note}. */
    void log(
            Cause cause,
            @Nullable TableRule rule,
            Action action,
            long revision,
            PacketView packet,
            Direction direction,
            long nowNanos) {
        RuleLogRing to = ring;
        if (rule == null || !rule.log() || to == null) {
            return;
        }
        RuleLog log = ruleLog;
        if (log == null) {
            log = new RuleLog(identity.vnic());
            log.to(to);
            ruleLog = log;
        }
        log.note(cause, rule, action, revision, packet, direction, nowNanos);
    }

    /** Whether nothing but the tuple of a connection between these two decides about its packets. */
    boolean isHonestPair(boolean isIpv6, long vmHigh, long vmLow, long peerHigh, long peerLow) {
        PlainSender sender = verifiesChecksums ? null : plainSender();
        return sender != null && sender.isHonestPair(isIpv6, vmHigh, vmLow, peerHigh, peerLow);
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
        scratch.turnTo(this);
        FrameJudge judge = scratch.judge;
        EstablishedPath established = scratch.established;
        OffloadedConnections port = tracker.offloaded();
        boolean offloads = port != null && port.isOn();
        // what the trace wants to know the short way does not tell
        PlainSender sender = inForce != null
                        && trace == null
                        && !inForce.hasFrameRules()
                        && to - from >= (offloads ? 1 : SHORTEST_BATCH_FRAMES)
                ? plainSender()
                : null;
        boolean hasShortWay = sender != null;
        for (int first = from; first < to; first += EstablishedPath.FRAMES) {
            int end = Math.min(to, first + EstablishedPath.FRAMES);
            if (sender != null) {
                prepare(sender, burst, first, end, direction, nowNanos);
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
                    if (port != null && offloads) {
                        port.passed(established.slot(i - first));
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
        if (port != null && offloads) {
            port.installNoted(nowNanos);
        }
    }

    /** Finds the connections of all plain frames of a batch at once. */
    private void prepare(PlainSender sender, Burst burst, int first, int end, Direction direction, long nowNanos) {
        EstablishedPath established = scratch.established;
        long base = burst.memory().address();
        boolean isOut = direction == Direction.OUT;
        boolean verifies = verifiesChecksums;
        for (int i = first; i < end; i++) {
            long at = base + burst.offset(i);
            int length = burst.length(i);
            boolean isPlain = sender.isHonest(at, length, isOut);
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
        int expired = tracker.expire(nowNanos, Math.max(64, limits.connections() / VnicEngine.EXPIRY_CALLS_PER_SWEEP));
        if (expired > 0) {
            counters.event(Event.CONNECTIONS_EXPIRED, expired);
        }
        return expired;
    }

    Map<String, Long> counters() {
        SortedMap<String, Long> map = counters.asMap();
        OffloadedConnections port = tracker.offloaded();
        if (port != null) {
            port.readBackAll();
            port.addCounters(map);
        }
        if (fragments != null) {
            fragments.addCounters(map);
        }
        if (limiter != null) {
            limiter.addCounters(map);
        }
        if (guard != null) {
            guard.addCounters(map);
        }
        if (ruleLog != null) {
            ruleLog.addCounters(map);
        }
        return map;
    }

    @Override
    public void close() {
        scratch.forget(this);
        tracker.close();
        if (fragments != null) {
            fragments.close();
        }
    }
}
