package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.engine.EngineCounters.Event;
import io.portcullis.datapath.guard.ConnectionLimiter;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.guard.VnicGuard;
import io.portcullis.datapath.offload.FlowOffload;
import io.portcullis.datapath.offload.OffloadedFlow;
import io.portcullis.datapath.packet.FrameChecksums;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.VnetHeader;
import io.portcullis.datapath.rulelog.RuleLog;
import io.portcullis.datapath.rulelog.RuleLogRing;
import io.portcullis.datapath.runtime.DataPathException;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.EstablishedPath;
import io.portcullis.datapath.track.ImportResult;
import io.portcullis.datapath.track.TableExport;
import io.portcullis.datapath.track.TableImport;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.datapath.track.TrackingProfile;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The firewall of one vNIC. One thread at a time (the loop that owns the vNIC); {@link #process} neither allocates nor
 * throws for any content of a frame.
 *
 * <p>Frames come in bursts. Most are the next packet of an established connection and go the short way, many at a time ({@link
 * EstablishedPath}); every other one is for {@link FrameJudge}. The outcome is the same as if all went to the latter.
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
    private final FrameJudge judge;
    private final RuleLog ruleLog;
    private final EngineCounters counters = new EngineCounters();
    private @Nullable PolicyInForce policy;
    private @Nullable ShadowPolicy shadow;
    private long shadowRevision;
    private final int expiryBatch;

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
        // an address that the VM may yet learn is one that nobody else may use from then on: only VnicGuard knows
        boolean isPinned = identity.protection().learnedAddresses() == 0;
        plainSender = guard == null || !isPinned ? null : new PlainSender(identity);
        limiter = new ConnectionLimiter(tracker, limits, SEEDS.nextLong());
        fragments = new FragmentGate(SEEDS.nextLong());
        judge = new FrameJudge(guard, tracker, limiter, fragments, ruleLog, counters);
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
        tracker.offloaded().revokeAll();
        judge.setTrace(newTrace);
    }

    /**
     * Whether frames with a wrong transport checksum are dropped, but for those whose {@link VnetHeader} vouches for it; off at first.
     * Those that are verified are marked as valid. (An IPv4 header with a wrong checksum is never parsed.)
     */
    public void setVerifiesChecksums(boolean verifies) {
        tracker.offloaded().revokeAll();
        judge.setVerifiesChecksums(verifies);
    }

    /**
     * Lets a port pass plain packets of established connections by itself; without one, which is the default, all frames must come
     * here. Verdicts, time-outs, counters and exports are the same either way. While checksums are verified it gets none: it
     * would not.
     *
     * @param port null for none; whatever another one had is taken back
     * @param afterPackets a connection is offered each time that so many of its packets have passed, at least 1
     */
    public void offloadTo(@Nullable FlowOffload port, int afterPackets) {
        tracker.offloaded().use(port, afterPackets, this::dependsOnItsTupleAlone);
    }

    private boolean dependsOnItsTupleAlone(OffloadedFlow flow) {
        return plainSender != null
                && !judge.verifiesChecksums()
                && plainSender.isHonestPair(flow.isIpv6, flow.vmHigh, flow.vmLow, flow.peerHigh, flow.peerLow);
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
     * connections are judged again when their next packet comes, and then meet the table's time-outs. With its FTP helper, control
     * connections (TCP port 21) open the way for the data connections that they announce (active and passive, RFC 959, 2428).
     *
     * @return whether the table is in force now
     */
    public boolean install(long revision, CompiledRules rules, long nowNanos) {
        if (policy != null && revision < policy.revision()) {
            return false;
        }
        policy = new PolicyInForce(rules, revision, policy);
        table.setCurrentRevision(revision);
        RuleTable installed = rules.table();
        tracker.setProfile(
                TrackingProfile.of(installed.timeouts(), installed.looseTracking()),
                rules.facts().mayPickUp());
        tracker.setFtpHelper(installed.ftpHelper());
        return true;
    }

    /**
     * Puts a shadow in force: a table under which each connection that is opened is judged as well, and counted, but which changes no
     * verdict. A revision below that of the shadow in force changes nothing. What rules with the same id counted is kept; live connections are
     * to be judged by {@link #judgeLive} then.
     *
     * @param rules null for none any more
     * @return whether it is in force now
     */
    public boolean installShadow(long revision, @Nullable CompiledRules rules) {
        if (revision < shadowRevision) {
            return false;
        }
        shadowRevision = revision;
        if (shadow != null) {
            shadow.endSurvey();
        }
        shadow = rules == null ? null : new ShadowPolicy(rules, revision, shadow);
        judge.setShadow(shadow);
        return true;
    }

    /**
     * Begins to judge all live connections under the shadow, because it, the policy in force or the connections are others than before. An earlier
     * survey of the shadow is over with its next step.
     *
     * @return null if there is no shadow, or nothing in force yet
     */
    public @Nullable Survey judgeLive() {
        if (shadow == null || policy == null) {
            return null;
        }
        ShadowSurvey survey = new ShadowSurvey(policy, shadow, tracker);
        shadow.beginSurvey(survey);
        return survey;
    }

    /** Begins to count the connections of an imported table that wait for their other end against the vNIC's budgets. */
    public Survey countWaiting(long nowNanos) {
        return new WaitingSurvey(table, limiter, nowNanos);
    }

    /** What was counted under the shadow; null while there is none. */
    public @Nullable ShadowReport shadowReport(long nowNanos) {
        return shadow == null ? null : shadow.report(identity.vnic(), nowNanos);
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

    /** Where events of rules with {@code log} go from now on; nowhere before. */
    public void logTo(RuleLogRing ring) {
        ruleLog.to(ring);
    }

    /**
     * Removes connections and learned addresses whose time is over, and notes which rules live connections use; call it every second or so, it does
     * a bounded piece of work.
     *
     * @return whether a connection ended, or {@link #discoveredAddresses} became others
     */
    public boolean expire(long nowNanos) {
        List<DiscoveredAddress> before = discoveredAddresses();
        if (guard != null) {
            guard.expire(nowNanos);
        }
        int expired = tracker.expire(nowNanos, expiryBatch);
        counters.event(Event.CONNECTIONS_EXPIRED, expired);
        return expired > 0 || !Objects.equals(before, discoveredAddresses());
    }

    /** Whether {@link #expire} has nothing to do until the next frame or command: there is nothing whose time could end. */
    public boolean isTimeless() {
        return table.isAtRest() && (guard == null || !guard.learns());
    }

    /** A copy of the connection table. */
    public TableSnapshot exportTable(long nowNanos) {
        return tracker.export(nowNanos);
    }

    /** Begins to export the table in rounds, while connections go on. */
    public TableExport beginExport() {
        return tracker.beginExport();
    }

    /** Begins a copy of the table that is kept up to date elsewhere while connections go on. */
    public TableExport beginCopy() {
        return tracker.beginCopy();
    }

    /** A port passes none of its connections any more: the table is about to leave. */
    public void endOffload() {
        tracker.offloaded().revokeAll();
    }

    /** Begins to take in another host's table beside the own one. */
    public TableImport beginImport() {
        return tracker.beginImport();
    }

    /**
     * Replaces the connection table by what came.
     *
     * @param entries how many connections that should be
     * @param digest of these
     * @throws DataPathException with BAD_SNAPSHOT if it is something else; then the table is as it was
     */
    public void adopt(TableImport taken, int entries, long digest, long nowNanos) {
        adopt(taken, entries, tracker.finishImport(taken, entries, digest), nowNanos);
    }

    /**
     * Replaces the connection table by a snapshot's connections; changes nothing when it throws.
     *
     * @throws DataPathException with BAD_SNAPSHOT or CAPACITY
     */
    public void importTable(TableSnapshot snapshot, long nowNanos) {
        try (TableImport taken = tracker.beginImport()) {
            ImportResult result = ImportResult.IMPORTED;
            for (byte[] chunk : snapshot.chunks()) {
                result = result == ImportResult.IMPORTED ? taken.add(chunk, nowNanos) : result;
            }
            if (result == ImportResult.IMPORTED) {
                result = tracker.finishImport(taken, snapshot.entries(), snapshot.digest());
            }
            adopt(taken, snapshot.entries(), result, nowNanos);
        }
    }

    private void adopt(TableImport taken, int entries, ImportResult result, long nowNanos) {
        if (result != ImportResult.IMPORTED) {
            throw new DataPathException(
                    result == ImportResult.OVER_CAPACITY
                            ? DataPathException.Reason.CAPACITY
                            : DataPathException.Reason.BAD_SNAPSHOT,
                    "snapshot of " + entries + " connections for " + identity.vnic() + " refused: " + result
                            + " (limit " + table.maxConnections() + ")");
        }
        if (guard != null) {
            guard.remember(taken.localAddresses());
        }
        fragments.beginAdoption(nowNanos);
    }

    /**
     * Takes in addresses that the vNIC was found to have elsewhere or before, where it may learn any.
     *
     * @param forgetOthers whether all others that it has learned are not its own any more
     */
    public void learnAddresses(List<DiscoveredAddress> known, boolean forgetOthers) {
        if (guard != null) {
            guard.learn(known, forgetOthers);
        }
    }

    /** What the vNIC was found to have beside its declared addresses; null if it discovers nothing. */
    public @Nullable List<DiscoveredAddress> discoveredAddresses() {
        return guard == null ? null : guard.discovered();
    }

    public int maxConnections() {
        return table.maxConnections();
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

    /** Begins to look for what the rules in force say of a flow, and for its connections. */
    public FlowSearch search(FlowQuery query) {
        return new FlowSearch(query, policy, tracker);
    }

    /** Begins to look what would become of the live connections under rules that are not in force. */
    public LiveFlowReview review(CompiledRules candidate, int maxExamples) {
        return new LiveFlowReview(candidate, tracker, maxExamples);
    }

    /** A copy of all counters that are not zero, and of {@code allowed.in} and {@code allowed.out}, by name. */
    public Map<String, Long> counters() {
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

    /**
     * Hands over what rules decided about, and when they were last of use, since the last call: before the table in force is replaced, as what
     * rules counted that are not in the next one is forgotten.
     */
    public void drainHits(HitSink sink, long nowNanos) {
        if (policy != null) {
            tracker.tellUse(nowNanos, policy);
            policy.drainHits(sink);
        }
    }

    /** What {@link #drainHits} would hand over, by rule id (0: the default); also rules without a hit. */
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

    /** Of the shadow in force, or that ended the last one; 0 for none ever. */
    public long shadowRevision() {
        return shadowRevision;
    }

    /** Of the shadow in force, empty for none. */
    public String shadowHash() {
        return shadow == null ? "" : shadow.rules().table().hash();
    }

    /** Frees the connection table's memory; no other call is allowed afterwards. */
    @Override
    public void close() {
        tracker.close();
        established.close();
        fragments.close();
    }
}
