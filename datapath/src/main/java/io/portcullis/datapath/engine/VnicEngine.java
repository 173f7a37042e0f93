package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.guard.VnicGuard;
import io.portcullis.datapath.offload.FlowOffload;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.VnetHeader;
import io.portcullis.datapath.rulelog.RuleLogRing;
import io.portcullis.datapath.runtime.DataPathException;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.datapath.track.EstablishedPath;
import io.portcullis.datapath.track.ImportResult;
import io.portcullis.datapath.track.TableExport;
import io.portcullis.datapath.track.TableImport;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
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

    static final MacAddress NO_MAC = MacAddress.parse("02:00:00:00:00:00");

    private static final Map<String, Long> NOTHING_COUNTED = new EngineCounters().asMap();

    private final VnicIdentity identity;
    private final boolean isGuarded;
    private final ConnectionLimits limits;
    /** Null for one of its own. */
    private final @Nullable EngineScratch shared;

    private @Nullable EngineScratch own;
    /** Null before the first frame or connection, as most of many vNICs are idle. */
    private @Nullable VnicWorks works;

    private @Nullable CompiledRules rules;
    private long revision;
    /** Of these, null before somebody needs it. */
    private @Nullable PolicyInForce policy;

    private @Nullable RuleLogRing ring;
    private @Nullable ShadowPolicy shadow;
    private long shadowRevision;
    private boolean verifiesChecksums;

    /** @param maxConnections hard limit of the connection table, and the only limit */
    public VnicEngine(VnicIdentity identity, int maxConnections) {
        this(identity, ConnectionLimits.onlyConnections(maxConnections));
    }

    public VnicEngine(VnicIdentity identity, ConnectionLimits limits) {
        this(identity, true, limits, null);
    }

    /**
     * One of many engines of a thread.
     *
     * @param shared by all of them; not closed with any
     */
    public VnicEngine(VnicIdentity identity, ConnectionLimits limits, EngineScratch shared) {
        this(identity, true, limits, shared);
    }

    private VnicEngine(
            VnicIdentity identity, boolean isGuarded, ConnectionLimits limits, @Nullable EngineScratch shared) {
        this.identity = identity;
        this.isGuarded = isGuarded;
        this.limits = limits;
        this.shared = shared;
        if (identity.protection().learnedAddresses() > 0) {
            works(); // which addresses are its own, it knows
        }
    }

    private VnicWorks works() {
        VnicWorks present = works;
        return present == null ? makeWorks() : present;
    }

    private @Nullable PolicyInForce policy() {
        if (policy == null && rules != null) {
            policy = new PolicyInForce(rules, revision, null);
        }
        return policy;
    }

    private VnicWorks makeWorks() {
        VnicGuard guard = isGuarded ? new VnicGuard(identity.mac(), identity.addresses(), identity.protection()) : null;
        EngineScratch scratch = shared;
        if (scratch == null) {
            scratch = new EngineScratch();
            own = scratch;
        }
        VnicWorks made = new VnicWorks(identity, guard, limits, scratch);
        made.setVerifiesChecksums(verifiesChecksums);
        made.setShadow(shadow);
        if (ring != null) {
            made.logTo(ring);
        }
        PolicyInForce inForce = policy();
        if (inForce != null) {
            made.install(inForce);
        }
        works = made;
        return made;
    }

    /** An engine for traffic of many machines, as in a capture: nobody's MAC or IP address is checked. */
    public static VnicEngine withoutIdentity(VnicId name, int maxConnections) {
        return new VnicEngine(
                new VnicIdentity(name, NO_MAC, List.of()),
                false,
                ConnectionLimits.onlyConnections(maxConnections),
                null);
    }

    public VnicIdentity identity() {
        return identity;
    }

    /**
     * Has each frame's decision noted, until null is given; meanwhile frames are decided one by one on the plain path. The
     * note is about the last frame of {@link #process}.
     */
    public void setTrace(@Nullable DecisionTrace newTrace) {
        VnicWorks current = works();
        current.tracker.endOffload();
        current.setTrace(newTrace);
    }

    /**
     * Whether frames with a wrong transport checksum are dropped, but for those whose {@link VnetHeader} vouches for it; off at first.
     * Those that are verified are marked as valid. (An IPv4 header with a wrong checksum is never parsed.)
     */
    public void setVerifiesChecksums(boolean verifies) {
        verifiesChecksums = verifies;
        if (works != null) {
            works.tracker.endOffload();
            works.setVerifiesChecksums(verifies);
        }
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
        VnicWorks current = works();
        current.tracker.offloadTo(
                port,
                afterPackets,
                flow -> current.isHonestPair(flow.isIpv6, flow.vmHigh, flow.vmLow, flow.peerHigh, flow.peerLow));
    }

    /**
     * As {@link #install(long, CompiledRules, long)}, of a table that is compiled here and now: for those who have the time.
     *
     * @return whether the table is in force now
     */
    public boolean install(long newRevision, RuleTable newRules, long nowNanos) {
        return install(newRevision, CompiledRules.of(newRules), nowNanos);
    }

    /**
     * Puts a rule table in force from the next packet on. A revision below the one in force changes nothing; live
     * connections are judged again when their next packet comes, and then meet the table's time-outs. With its FTP helper, control
     * connections (TCP port 21) open the way for the data connections that they announce (active and passive, RFC 959, 2428).
     *
     * @return whether the table is in force now
     */
    public boolean install(long newRevision, CompiledRules newRules, long nowNanos) {
        if (rules != null && newRevision < revision) {
            return false;
        }
        rules = newRules;
        revision = newRevision;
        if (policy != null || works != null) {
            PolicyInForce installed = new PolicyInForce(newRules, newRevision, policy);
            policy = installed;
            if (works != null) {
                works.install(installed);
            }
        }
        return true;
    }

    /**
     * Puts a shadow in force: a table under which each connection that is opened is judged as well, and counted, but which changes no
     * verdict. A revision below that of the shadow in force changes nothing. What rules with the same id counted is kept; live connections are
     * to be judged by {@link #judgeLive} then.
     *
     * @param newRules null for none any more
     * @return whether it is in force now
     */
    public boolean installShadow(long newRevision, @Nullable CompiledRules newRules) {
        if (newRevision < shadowRevision) {
            return false;
        }
        shadowRevision = newRevision;
        if (shadow != null) {
            shadow.endSurvey();
        }
        shadow = newRules == null ? null : new ShadowPolicy(newRules, newRevision, shadow);
        if (works != null) {
            works.setShadow(shadow);
        }
        return true;
    }

    /**
     * Begins to judge all live connections under the shadow, because it, the policy in force or the connections are others than before. An earlier
     * survey of the shadow is over with its next step.
     *
     * @return null if there is no shadow, or nothing in force yet
     */
    public @Nullable Survey judgeLive() {
        PolicyInForce inForce = shadow == null ? null : policy();
        if (shadow == null || inForce == null) {
            return null;
        }
        ShadowSurvey survey = new ShadowSurvey(inForce, shadow, works().tracker);
        shadow.beginSurvey(survey);
        return survey;
    }

    /** Begins to count the connections of an imported table that wait for their other end against the vNIC's budgets. */
    public Survey countWaiting(long nowNanos) {
        VnicWorks current = works();
        return new WaitingSurvey(current.table, current.limiter(), nowNanos);
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
        works().process(policy, burst, from, to, direction, nowNanos, verdicts, repliesToVm, repliesToNetwork);
    }

    /** Where events of rules with {@code log} go from now on; nowhere before. */
    public void logTo(RuleLogRing newRing) {
        ring = newRing;
        if (works != null) {
            works.logTo(newRing);
        }
    }

    /**
     * Removes connections and learned addresses whose time is over, and notes which rules live connections use; call it every second or so, it does
     * a bounded piece of work.
     *
     * @return whether a connection ended, or {@link #discoveredAddresses} became others
     */
    public boolean expire(long nowNanos) {
        VnicWorks current = works;
        if (current == null) {
            return false;
        }
        List<DiscoveredAddress> before = discoveredAddresses();
        if (current.guard != null) {
            current.guard.expire(nowNanos);
        }
        int expired = current.expire(nowNanos);
        return expired > 0 || !Objects.equals(before, discoveredAddresses());
    }

    /** Whether {@link #expire} has nothing to do until the next frame or command: there is nothing whose time could end. */
    public boolean isTimeless() {
        return works == null || (works.table.isAtRest() && (works.guard == null || !works.guard.learns()));
    }

    /** A copy of the connection table. */
    public TableSnapshot exportTable(long nowNanos) {
        return works().tracker.export(nowNanos);
    }

    /**
     * Begins to export the table in rounds, while connections go on.
     *
     * @param version of the chunks: the newest that the other side reads, or any above
     */
    public TableExport beginExport(int version) {
        return works().tracker.beginExport(version);
    }

    /** Begins a copy of the table that is kept up to date elsewhere while connections go on. */
    public TableExport beginCopy() {
        return works().tracker.beginCopy();
    }

    /** A port passes none of its connections any more: the table is about to leave. */
    public void endOffload() {
        if (works != null) {
            works.tracker.endOffload();
        }
    }

    /** Begins to take in another host's table beside the own one. */
    public TableImport beginImport() {
        return works().tracker.beginImport();
    }

    /**
     * Replaces the connection table by what came.
     *
     * @param entries how many connections that should be
     * @param digest of these
     * @throws DataPathException with BAD_SNAPSHOT if it is something else; then the table is as it was
     */
    public void adopt(TableImport taken, int entries, long digest, long nowNanos) {
        adopt(taken, entries, works().tracker.finishImport(taken, entries, digest), nowNanos);
    }

    /**
     * Replaces the connection table by a snapshot's connections; changes nothing when it throws.
     *
     * @throws DataPathException with BAD_SNAPSHOT or CAPACITY
     */
    public void importTable(TableSnapshot snapshot, long nowNanos) {
        try (TableImport taken = beginImport()) {
            ImportResult result = ImportResult.IMPORTED;
            for (byte[] chunk : snapshot.chunks()) {
                result = result == ImportResult.IMPORTED ? taken.add(chunk, nowNanos) : result;
            }
            if (result == ImportResult.IMPORTED) {
                result = works().tracker.finishImport(taken, snapshot.entries(), snapshot.digest());
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
                            + " (limit " + maxConnections() + ")");
        }
        VnicWorks current = works();
        if (current.guard != null) {
            current.guard.remember(taken.localAddresses());
        }
        current.fragments().beginAdoption(nowNanos);
    }

    /**
     * Takes in addresses that the vNIC was found to have elsewhere or before, where it may learn any.
     *
     * @param forgetOthers whether all others that it has learned are not its own any more
     */
    public void learnAddresses(List<DiscoveredAddress> known, boolean forgetOthers) {
        if (works != null && works.guard != null) {
            works.guard.learn(known, forgetOthers);
        }
    }

    /** What the vNIC was found to have beside its declared addresses; null if it discovers nothing. */
    public @Nullable List<DiscoveredAddress> discoveredAddresses() {
        return works == null || works.guard == null ? null : works.guard.discovered();
    }

    public int maxConnections() {
        return limits.connections();
    }

    public int connectionCount() {
        return works == null ? 0 : works.table.count();
    }

    /** What the connection table takes, all in. */
    public long connectionMemoryBytes() {
        return works == null ? 0 : works.table.memoryBytes();
    }

    /** At most {@code limit} connections, in no order. */
    public List<ConnectionInfo> connections(int limit, long nowNanos) {
        return works == null ? List.of() : works.tracker.list(limit, nowNanos);
    }

    /** Begins to look for what the rules in force say of a flow, and for its connections. */
    public FlowSearch search(FlowQuery query) {
        return new FlowSearch(query, policy(), works().tracker);
    }

    /** Begins to look what would become of the live connections under rules that are not in force. */
    public LiveFlowReview review(CompiledRules candidate, int maxExamples) {
        return new LiveFlowReview(candidate, works().tracker, maxExamples);
    }

    /** A copy of all counters that are not zero, and of {@code allowed.in} and {@code allowed.out}, by name. */
    public Map<String, Long> counters() {
        return works == null ? new TreeMap<>(NOTHING_COUNTED) : works.counters();
    }

    /**
     * Hands over what rules decided about, and when they were last of use, since the last call: before the table in force is replaced, as what
     * rules counted that are not in the next one is forgotten.
     */
    public void drainHits(HitSink sink, long nowNanos) {
        if (policy != null) {
            if (works != null) {
                works.tracker.tellUse(nowNanos, policy);
            }
            policy.drainHits(sink);
        }
    }

    /** What {@link #drainHits} would hand over, by rule id (0: the default); also rules without a hit. */
    public Map<Long, Long> ruleHits() {
        PolicyInForce inForce = policy();
        return inForce == null ? Map.of() : inForce.hitsById();
    }

    /** Of the table in force, 0 for none. */
    public long revision() {
        return revision;
    }

    /** Of the table in force, empty for none. */
    public String rulesHash() {
        return rules == null ? "" : rules.table().hash();
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
        if (works != null) {
            works.close();
        }
        if (own != null) {
            own.close();
        }
    }
}
