package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.classify.FrameRules;
import io.portcullis.datapath.engine.EngineCounters.Event;
import io.portcullis.datapath.engine.VirtualReassembly.Arrival;
import io.portcullis.datapath.guard.ConnectionLimiter;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.guard.Offence;
import io.portcullis.datapath.guard.VnicGuard;
import io.portcullis.datapath.packet.Checksums;
import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.packet.ReplyBuilder;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.rulelog.RuleLog;
import io.portcullis.datapath.rulelog.RuleLogEvent.Cause;
import io.portcullis.datapath.rulelog.RuleLogRing;
import io.portcullis.datapath.runtime.DataPathException;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.EstablishedPath;
import io.portcullis.datapath.track.ImportResult;
import io.portcullis.datapath.track.InsertResult;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.datapath.track.TimeoutPreset;
import io.portcullis.datapath.track.TrackResult;
import io.portcullis.datapath.track.TrackingProfile;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The firewall of one vNIC. One thread at a time (the loop that owns the vNIC); {@link #process} neither allocates nor
 * throws for any content of a frame.
 *
 * <p>A frame goes: parse, {@link VnicGuard}, rules of category ETHERNET, (ARP, neighbour and listener discovery pass here), fragments by
 * {@link VirtualReassembly}, connection tracking; then, only for the first packet of a connection and for the next packet of
 * one that was judged under another revision, classification.
 */
public final class VnicEngine implements AutoCloseable {
    /** Calls of {@link #expire} that look at the whole table, if it is full. */
    static final int EXPIRY_CALLS_PER_SWEEP = 16;

    private static final MacAddress NO_MAC = MacAddress.parse("02:00:00:00:00:00");

    /** Fewer frames find their connections one by one. */
    static final int SHORTEST_BATCH_FRAMES = 2;

    private static final SecureRandom SEEDS = new SecureRandom();

    private final VnicIdentity identity;
    /** Null for an engine without an identity to protect. */
    private final @Nullable VnicGuard guard;

    private final ConnectionTable table;
    private final ConnectionTracker tracker;
    private final EstablishedPath established;
    private final @Nullable PlainSender plainSender;
    private final ConnectionLimiter limiter;
    private final FragmentGate fragments;
    private final ReplyBudget replyBudget = new ReplyBudget();
    private final RuleLog ruleLog;
    private final EngineCounters counters = new EngineCounters();
    private final PacketView packet = new PacketView();
    private final PacketView original = new PacketView();
    private @Nullable PolicyInForce policy;
    private final int expiryBatch;
    private TimeoutPreset timeouts = TimeoutPreset.LINUX;
    private boolean isLoose;
    private boolean verifiesChecksums;
    private @Nullable DecisionTrace trace;

    /** @param maxConnections hard limit of the connection table, and the only limit */
    public VnicEngine(VnicIdentity identity, int maxConnections) {
        this(identity, ConnectionLimits.onlyConnections(maxConnections));
    }

    public VnicEngine(VnicIdentity identity, ConnectionLimits limits) {
        this(identity, new VnicGuard(identity.mac(), identity.addresses(), identity.protection()), limits);
    }

    private VnicEngine(VnicIdentity identity, @Nullable VnicGuard guard, ConnectionLimits limits) {
        int maxConnections = limits.connections();
        this.identity = identity;
        this.guard = guard;
        ruleLog = new RuleLog(identity.vnic());
        table = ConnectionTable.create(maxConnections);
        expiryBatch = Math.max(64, maxConnections / EXPIRY_CALLS_PER_SWEEP);
        tracker = new ConnectionTracker(table, TrackingProfile.STRICT);
        established = new EstablishedPath(tracker);
        plainSender = guard == null ? null : new PlainSender(identity);
        limiter = new ConnectionLimiter(tracker, limits, SEEDS.nextLong());
        fragments = new FragmentGate(SEEDS.nextLong());
    }

    /** An engine for traffic of many machines, as in a capture: nobody's MAC or IP address is checked. */
    public static VnicEngine withoutIdentity(VnicId name, int maxConnections) {
        return new VnicEngine(
                new VnicIdentity(name, NO_MAC, List.of()), null, ConnectionLimits.onlyConnections(maxConnections));
    }

    public VnicIdentity identity() {
        return identity;
    }

    /**
     * Has each frame's decision noted, until null is given; meanwhile frames are decided one by one on the plain path. The
     * note is about the last frame of {@link #process}.
     */
    public void setTrace(@Nullable DecisionTrace newTrace) {
        trace = newTrace;
    }

    /** Puts other time-outs in force; a connection meets them with its next packet. */
    public void setTimeouts(TimeoutPreset preset) {
        timeouts = preset;
        tracker.setProfile(preset.profile(isLoose));
    }

    /**
     * Whether FTP control connections (TCP port 21) open the way for the data connections that they announce (active and passive,
     * RFC 959, 2428). Off by default, as in Linux: it lets the ends of a control connection open ports of each other.
     */
    public void setFtpHelper(boolean isOn) {
        tracker.setFtpHelper(isOn);
    }

    /** Whether frames with a wrong IP or transport checksum are dropped; off for ports that leave checksums to hardware. */
    public void setVerifiesChecksums(boolean verifies) {
        verifiesChecksums = verifies;
    }

    /**
     * As {@link #install(long, CompiledRules, long)}, of a table that is compiled here and now: for those who have the time.
     *
     * @return whether the table is in force now
     */
    public boolean install(long revision, RuleTable rules, long nowNanos) {
        return install(revision, CompiledRules.of(rules), nowNanos);
    }

    /**
     * Puts a rule table in force from the next packet on. A revision below the one in force changes nothing; live
     * connections are judged again when their next packet comes.
     *
     * @return whether the table is in force now
     */
    public boolean install(long revision, CompiledRules rules, long nowNanos) {
        if (policy != null && revision < policy.revision()) {
            return false;
        }
        policy = new PolicyInForce(rules, revision, policy);
        table.setCurrentRevision(revision);
        isLoose = rules.table().looseTracking();
        tracker.setProfile(timeouts.profile(isLoose));
        return true;
    }

    /**
     * Decides about the frames {@code from} (inclusive) to {@code to} (exclusive) of a burst, in order.
     *
     * @param verdicts receives one verdict at each frame's index in the burst
     * @param repliesToVm gets complete, untagged frames for the VM (answers to what it sent)
     * @param repliesToNetwork gets complete, untagged frames for the network
     */
    public void process(
            Burst burst,
            int from,
            int to,
            Direction direction,
            long nowNanos,
            Verdict[] verdicts,
            Burst repliesToVm,
            Burst repliesToNetwork) {
        PolicyInForce inForce = policy;
        Burst toSender = direction == Direction.OUT ? repliesToVm : repliesToNetwork;
        Burst toReceiver = direction == Direction.OUT ? repliesToNetwork : repliesToVm;
        boolean hasShortWay = plainSender != null
                && inForce != null
                && trace == null
                && !verifiesChecksums
                && !inForce.hasFrameRules()
                && to - from >= SHORTEST_BATCH_FRAMES;
        for (int first = from; first < to; first += EstablishedPath.FRAMES) {
            int end = Math.min(to, first + EstablishedPath.FRAMES);
            if (hasShortWay) {
                prepare(burst, first, end, direction, nowNanos);
            }
            int passed = 0;
            long passedBytes = 0;
            for (int i = first; i < end; i++) {
                if (hasShortWay && established.pass(i - first)) {
                    verdicts[i] = Verdict.ALLOW;
                    passed++;
                    passedBytes += burst.length(i);
                } else {
                    verdicts[i] = decideFrame(burst, i, inForce, direction, nowNanos, toSender, toReceiver);
                }
            }
            counters.allowed(direction, passed, passedBytes);
        }
    }

    /** Finds the connections of all plain frames of a batch at once. */
    private void prepare(Burst burst, int first, int end, Direction direction, long nowNanos) {
        long base = burst.memory().address();
        PlainSender sender = plainSender;
        for (int i = first; i < end; i++) {
            long at = base + burst.offset(i);
            int length = burst.length(i);
            if (sender != null && sender.isHonest(at, length, direction)) {
                established.take(i - first, at, length);
            } else {
                established.skip(i - first);
            }
        }
        established.find(end - first, direction, nowNanos);
    }

    /** The long way of a frame, and the reference for the short one. */
    private Verdict decideFrame(
            Burst burst,
            int i,
            @Nullable PolicyInForce inForce,
            Direction direction,
            long nowNanos,
            Burst toSender,
            Burst toReceiver) {
        if (inForce == null) {
            return drop(direction, DropReason.NO_POLICY);
        }
        ParseResult parsed = PacketParser.parse(burst.memory(), burst.offset(i), burst.length(i), packet);
        if (trace != null) {
            trace.begin(parsed);
        }
        if (parsed != ParseResult.OK) {
            counters.malformed(parsed);
            if (packet.isFragment) {
                fragments.refuse(packet, direction, nowNanos);
            }
            return drop(direction, DropReason.MALFORMED);
        }
        return decide(inForce, direction, nowNanos, toSender, toReceiver);
    }

    private Verdict decide(
            PolicyInForce inForce, Direction direction, long nowNanos, Burst toSender, Burst toReceiver) {
        Offence offence = guard == null ? null : guard.check(packet, direction);
        if (offence != null) {
            return drop(direction, DropReason.of(offence));
        }
        Verdict refused = judgeFrame(inForce, direction, nowNanos, toSender);
        if (refused != null) {
            return refused;
        }
        if (packet.family == null) {
            return allow(direction);
        }
        if (verifiesChecksums && !(Checksums.isIpHeaderValid(packet) && Checksums.isTransportValid(packet))) {
            return drop(direction, DropReason.CHECKSUM);
        }
        return packet.isFragment
                ? decideFragment(inForce, direction, nowNanos, toSender, toReceiver)
                : decideDatagram(inForce, direction, nowNanos, toSender, toReceiver);
    }

    private Verdict decideFragment(
            PolicyInForce inForce, Direction direction, long nowNanos, Burst toSender, Burst toReceiver) {
        Arrival arrival = fragments.arrive(packet, direction, verifiesChecksums, toReceiver, nowNanos);
        if (trace != null && packet.isLaterFragment) {
            fragments.recall(trace);
        }
        return switch (arrival) {
            case JUDGE -> {
                Verdict verdict = decideDatagram(inForce, direction, nowNanos, toSender, toReceiver);
                fragments.judged(verdict.passes(), toReceiver, trace);
                yield verdict;
            }
            case PASS -> allow(direction);
            case WAIT -> fragments.hold(packet, nowNanos) ? Verdict.HOLD : drop(direction, DropReason.FRAGMENT);
            case BAD_CHECKSUM -> drop(direction, DropReason.CHECKSUM);
            case REFUSED, DUPLICATE, OVERLAP, TOO_MANY_GAPS -> drop(direction, DropReason.FRAGMENT);
        };
    }

    /** A packet, or the first fragment of one. */
    private Verdict decideDatagram(
            PolicyInForce inForce, Direction direction, long nowNanos, Burst toSender, Burst toReceiver) {
        // without listener reports a switch that snoops on them would cut the VM off from neighbour discovery
        if (packet.isNeighbourDiscovery() || packet.isListenerDiscovery(direction == Direction.IN)) {
            return allow(direction);
        }
        TrackResult tracked = tracker.lookup(packet, nowNanos);
        if (trace != null) {
            trace.tracked(tracked, tracker);
        }
        if (tracked.isHit()) {
            return table.isCurrent(tracker.connection())
                    ? allow(direction)
                    : judgeAgain(inForce, tracked, direction, nowNanos, toSender, toReceiver);
        }
        return switch (tracked) {
            case MISS_NEW, MISS_EXPECTED -> admit(inForce, true, direction, nowNanos, toSender);
            case MISS_UNTRACKED -> admit(inForce, false, direction, nowNanos, toSender);
            case RELATED -> related(inForce, direction);
            default -> {
                counters.invalid(tracked);
                yield drop(direction, DropReason.INVALID);
            }
        };
    }

    /** What category ETHERNET says about this one frame; null if it may go on. */
    private @Nullable Verdict judgeFrame(PolicyInForce inForce, Direction direction, long nowNanos, Burst toSender) {
        int decision = inForce.decideFrame(packet, direction);
        Action action = decision == FrameRules.DEFAULT ? Action.PASS : inForce.action(decision);
        log(Cause.FRAME, inForce, decision, action, direction, nowNanos);
        return switch (action) {
            case ALLOW -> null;
            case PASS ->
                packet.family != null || packet.etherType == EtherTypes.ARP
                        ? null
                        : drop(direction, DropReason.ETHERTYPE);
            case DROP -> drop(direction, DropReason.POLICY);
            case REJECT ->
                packet.family == null
                        ? drop(direction, DropReason.POLICY)
                        : reject(direction, DropReason.REJECT, nowNanos, toSender);
        };
    }

    /** The first packet of a connection, or one of no connection. */
    private Verdict admit(
            PolicyInForce inForce, boolean isTracked, Direction direction, long nowNanos, Burst toSender) {
        int decision = decideFirst(inForce, direction);
        inForce.countHit(decision);
        if (trace != null) {
            trace.ruled(inForce.ruleId(decision));
        }
        log(Cause.FIRST_PACKET, inForce, decision, inForce.action(decision), direction, nowNanos);
        return switch (inForce.action(decision)) {
            case ALLOW -> {
                DropReason refused = isTracked ? open(inForce, decision, direction, nowNanos) : null;
                yield refused == null ? allow(direction) : drop(direction, refused);
            }
            case REJECT -> reject(direction, DropReason.REJECT, nowNanos, toSender);
            case DROP, PASS -> drop(direction, DropReason.POLICY);
        };
    }

    /** What another connection announced shares that one's rule, if that allows it. */
    private int decideFirst(PolicyInForce inForce, Direction direction) {
        int parent = tracker.expectedBy();
        if (parent != ConnectionTable.NONE) {
            int decision = judge(inForce, parent);
            if (inForce.action(decision) == Action.ALLOW) {
                counters.event(Event.CONNECTIONS_EXPECTED);
                return decision;
            }
        }
        return inForce.decide(packet, direction);
    }

    /** An ICMP error goes where its connection may go; it never changes the connection. */
    private Verdict related(PolicyInForce inForce, Direction direction) {
        int slot = tracker.connection();
        if (!table.isCurrent(slot) && !goesOn(inForce, judge(inForce, slot))) {
            return drop(direction, DropReason.CUT);
        }
        counters.event(Event.RELATED);
        return allow(direction);
    }

    /** What the rules in force say about the first packet of a connection, or of the one that announced it. */
    private int judge(PolicyInForce inForce, int slot) {
        int parent = tracker.parent(slot);
        int subject = parent == ConnectionTable.NONE ? slot : parent;
        table.originalTuple(subject, original);
        return inForce.decide(original, table.isOutbound(subject) ? Direction.OUT : Direction.IN);
    }

    private static boolean goesOn(PolicyInForce inForce, int decision) {
        return inForce.action(decision) == Action.ALLOW || inForce.liveFlowMode(decision) == LiveFlowMode.KEEP;
    }

    /** Puts the connection of a packet that the rules allow into the table; null if it is there, else why not. */
    private @Nullable DropReason open(PolicyInForce inForce, int decision, Direction direction, long nowNanos) {
        switch (limiter.admit(packet, direction, nowNanos)) {
            case SYN_PUT_OFF -> {
                return DropReason.SYN_PUT_OFF;
            }
            case OVER_RATE -> {
                return DropReason.NEW_RATE;
            }
            case YES -> {}
        }
        boolean isIn = insert(inForce, decision, direction, nowNanos)
                || (limiter.makeRoom() && insert(inForce, decision, direction, nowNanos));
        if (!isIn) {
            return DropReason.TABLE_FULL;
        }
        counters.event(Event.CONNECTIONS_ADMITTED);
        limiter.opened(tracker.connection(), packet, direction, nowNanos);
        return null;
    }

    private boolean insert(PolicyInForce inForce, int decision, Direction direction, long nowNanos) {
        return tracker.insert(packet, direction, inForce.ruleId(decision), inForce.revision(), nowNanos)
                == InsertResult.INSERTED;
    }

    /** The next packet of a connection that was last judged under another revision; the connection's first packet decides. */
    private Verdict judgeAgain(
            PolicyInForce inForce,
            TrackResult tracked,
            Direction direction,
            long nowNanos,
            Burst toSender,
            Burst toReceiver) {
        counters.event(Event.CONNECTIONS_RECHECKED);
        int slot = tracker.connection();
        int decision = judge(inForce, slot);
        Action action = inForce.action(decision);
        if (goesOn(inForce, decision)) {
            long ruleId = action == Action.ALLOW ? inForce.ruleId(decision) : table.ruleId(slot);
            table.judged(slot, ruleId, inForce.revision());
            return allow(direction);
        }
        boolean isReset = inForce.liveFlowMode(decision) == LiveFlowMode.RESET && packet.isTcp();
        int expected = isReset ? table.resetSequence(slot, tracked == TrackResult.HIT_REPLY) : 0;
        tracker.remove(slot);
        counters.event(Event.CONNECTIONS_CUT);
        log(Cause.CUT, inForce, decision, isReset ? Action.REJECT : action, direction, nowNanos);
        if (isReset) {
            resetReceiver(expected, nowNanos, toReceiver);
        }
        return isReset || action == Action.REJECT
                ? reject(direction, DropReason.CUT, nowNanos, toSender)
                : drop(direction, DropReason.CUT);
    }

    /**
     * The receiver takes a RST only at exactly the next sequence number. That is what it acknowledged last, or, if data is
     * under way that we saw pass, where this packet stands.
     */
    private void resetReceiver(int expected, long nowNanos, Burst toReceiver) {
        if (!ReplyBuilder.mayAnswer(packet)) {
            return;
        }
        boolean isSent = replyBudget.take(nowNanos) && ReplyBuilder.resetReceiver(packet, expected, toReceiver);
        counters.event(isSent ? Event.REPLIES_SENT : Event.REPLIES_LIMITED);
        if (isSent && packet.tcpSequence != expected) {
            ReplyBuilder.resetReceiver(packet, packet.tcpSequence, toReceiver);
        }
    }

    private void log(
            Cause cause, PolicyInForce inForce, int decision, Action action, Direction direction, long nowNanos) {
        ruleLog.note(cause, inForce.rule(decision), action, inForce.revision(), packet, direction, nowNanos);
    }

    private Verdict allow(Direction direction) {
        counters.allowed(direction, packet.frameLength);
        return Verdict.ALLOW;
    }

    private Verdict drop(Direction direction, DropReason reason) {
        counters.dropped(direction, reason);
        if (trace != null) {
            trace.dropped(reason);
        }
        return Verdict.DROP;
    }

    private Verdict reject(Direction direction, DropReason reason, long nowNanos, Burst toSender) {
        counters.dropped(direction, reason);
        if (trace != null) {
            trace.dropped(reason);
        }
        answer(nowNanos, toSender);
        return Verdict.REJECT;
    }

    private void answer(long nowNanos, Burst toSender) {
        if (!ReplyBuilder.mayAnswer(packet)) {
            return;
        }
        boolean isSent = replyBudget.take(nowNanos) && ReplyBuilder.reject(packet, toSender);
        counters.event(isSent ? Event.REPLIES_SENT : Event.REPLIES_LIMITED);
    }

    /** Where events of rules with {@code log} go from now on; nowhere before. */
    public void logTo(RuleLogRing ring) {
        ruleLog.to(ring);
    }

    /** Removes connections whose time is over; call it every second or so, it does a bounded piece of work. */
    public void expire(long nowNanos) {
        counters.event(Event.CONNECTIONS_EXPIRED, tracker.expire(nowNanos, expiryBatch));
    }

    /** A copy of the connection table. */
    public TableSnapshot exportTable(long nowNanos) {
        return tracker.export(nowNanos);
    }

    /**
     * Replaces the connection table by a snapshot's connections; changes nothing when it throws.
     *
     * @throws DataPathException with BAD_SNAPSHOT or CAPACITY
     */
    public void importTable(TableSnapshot snapshot, long nowNanos) {
        adopt(snapshot, tracker.importSnapshot(snapshot, nowNanos), nowNanos);
    }

    /** As {@link #importTable}, from a checkpoint of connections that went on since. */
    public void restoreTable(TableSnapshot snapshot, long nowNanos) {
        adopt(snapshot, tracker.restoreSnapshot(snapshot, nowNanos), nowNanos);
    }

    private void adopt(TableSnapshot snapshot, ImportResult result, long nowNanos) {
        if (result != ImportResult.IMPORTED) {
            throw new DataPathException(
                    result == ImportResult.OVER_CAPACITY
                            ? DataPathException.Reason.CAPACITY
                            : DataPathException.Reason.BAD_SNAPSHOT,
                    "snapshot of " + snapshot.entries() + " connections for " + identity.vnic() + " refused: " + result
                            + " (limit " + table.maxConnections() + ")");
        }
        if (guard != null) {
            guard.rememberFrom(table);
        }
        fragments.beginAdoption(nowNanos);
    }

    public int connectionCount() {
        return table.count();
    }

    /** What the connection table takes, all in. */
    public long connectionMemoryBytes() {
        return table.memoryBytes();
    }

    /** At most {@code limit} connections, in no order. */
    public List<ConnectionInfo> connections(int limit, long nowNanos) {
        return tracker.list(limit, nowNanos);
    }

    /** A copy of all counters that are not zero, and of {@code allowed.in} and {@code allowed.out}, by name. */
    public Map<String, Long> counters() {
        SortedMap<String, Long> map = counters.asMap();
        fragments.addCounters(map);
        limiter.addCounters(map);
        if (guard != null) {
            guard.addCounters(map);
        }
        ruleLog.addCounters(map);
        return map;
    }

    /** First packets that each rule of the table in force decided about, by rule id (0: the default). */
    public Map<Long, Long> ruleHits() {
        return policy == null ? Map.of() : policy.hitsById();
    }

    /** Of the table in force, 0 for none. */
    public long revision() {
        return policy == null ? 0 : policy.revision();
    }

    /** Of the table in force, empty for none. */
    public String rulesHash() {
        return policy == null ? "" : policy.table().hash();
    }

    /** Frees the connection table's memory; no other call is allowed afterwards. */
    @Override
    public void close() {
        tracker.close();
        fragments.close();
    }
}
