package io.portcullis.datapath.runtime;

import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.rulelog.RuleLogEvent;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The data path of one host, as its actors see it. Outlives the actor system: no actor's stop ends enforcement.
 *
 * <p>Thread-safe; every call is a command to the loop that owns the vNIC and completes on that loop's thread, so hand the
 * result on at once. Expected failures complete the stage with a {@link DataPathException}. Every command that changes a
 * vNIC names an epoch, and one below the vNIC's own is refused with {@link DataPathException.Reason#STALE_EPOCH}.
 */
public interface DataPath extends AutoCloseable {
    /** Opens the port and makes the vNIC PASSIVE. A second attach with the same epoch answers with what is there. */
    CompletionStage<VnicStatus> attach(VnicAttachment attachment);

    /** Puts a rule table in force from the next packet on; a lower revision than the one in force changes nothing. */
    CompletionStage<VnicStatus> installRules(VnicId vnic, long epoch, long revision, RuleTable rules);

    /**
     * Has the vNIC judge connections by these rules too, without a change of any verdict, and count what is different; a lower revision than
     * that of the shadow in force changes nothing.
     *
     * @param rules null to end it
     */
    CompletionStage<VnicStatus> installShadow(VnicId vnic, long epoch, long revision, @Nullable RuleTable rules);

    /** What was counted by all vNICs of a tenant that have a shadow. */
    CompletionStage<List<ShadowReport>> shadows(TenantId tenant);

    /**
     * Has all vNICs hand over what they counted of rules until now; frames do not wait for it. The ledger is the same one each time.
     */
    CompletionStage<HitLedger> collectHits();

    /**
     * The next piece of an ENFORCING vNIC's table, which goes on meanwhile: the loop copies a few connections between two bursts, and another
     * thread encodes them. From the first piece until {@link #endExport}, a seal or a release the table notes what changes.
     *
     * @param isFirst begins anew; what another export has sent is of no use then
     * @param chunkVersion of the first piece: the newest version of chunks that the other side reads ({@link io.portcullis.datapath.track.TableCodec})
     */
    CompletionStage<ExportedBatch> exportNext(VnicId vnic, long epoch, boolean isFirst, int chunkVersion);

    /** Ends what {@link #exportNext} has begun, unless the vNIC is being cut over; it may be repeated. */
    CompletionStage<VnicStatus> endExport(VnicId vnic, long epoch);

    /**
     * Takes a chunk of another host's table into a PASSIVE or HOLDING vNIC, beside its own table; complete when the next one is welcome, with what has come: behind
     * the last chunk of a piece that is its {@link ExportedBatch#sum}, or something went wrong on the way.
     *
     * @param sequence 0 for the first one, which begins anew; any other must be the next one
     */
    CompletionStage<TableSum> importNext(VnicId vnic, long epoch, int sequence, byte[] chunk);

    /**
     * Fills the table of a PASSIVE or HOLDING vNIC with what {@link #importNext} took and the rest; refuses what is damaged or not all, and
     * then forgets what came.
     *
     * @param firstSequence number of the first chunk of {@code rest}, 0 if that is the whole table
     * @param rest what is left, with the count and digest of the whole table
     */
    CompletionStage<VnicStatus> importTable(VnicId vnic, long epoch, int firstSequence, TableSnapshot rest);

    /** As {@link #importTable(VnicId, long, int, TableSnapshot)} of a whole table. */
    default CompletionStage<VnicStatus> importTable(VnicId vnic, long epoch, TableSnapshot snapshot) {
        return importTable(vnic, epoch, 0, snapshot);
    }

    /**
     * Fills the table of a PASSIVE or HOLDING vNIC from a checkpoint of this host, beside the loop. Its connections went on since: they are as much older, and
     * TCP windows are learned anew.
     */
    CompletionStage<VnicStatus> restoreTable(VnicId vnic, long epoch, SavedTable saved);

    /**
     * Takes in addresses that the vNIC was found to have before, on another host perhaps, where it may learn any.
     *
     * @param forgetOthers whether all others that it has learned are not its own any more
     */
    CompletionStage<VnicStatus> learnAddresses(VnicId vnic, List<DiscoveredAddress> known, boolean forgetOthers);

    /**
     * PASSIVE or HOLDING to ENFORCING: releases what was held, in order, then live frames. An ENFORCING vNIC answers with an empty report.
     *
     * @param forwardedFrames how many frames the source sent through the tunnel before it sealed (0 without a cut-over)
     */
    CompletionStage<ActivationReport> activate(VnicId vnic, long epoch, long forwardedFrames);

    /**
     * PASSIVE to ENFORCING on the host where the vNIC was all the time, after a restart of its process: unlike {@link #activate} it
     * tells the fabric nothing, so that it draws no frames here if the VM has gone elsewhere meanwhile.
     */
    CompletionStage<VnicStatus> resume(VnicId vnic, long epoch);

    /** At the destination: makes ready for a source's tunnel. */
    CompletionStage<CutoverTarget> expectCutover(VnicId vnic, long epoch);

    /**
     * At a destination that expects a cut-over: has the vNIC enforce as soon as its source has sealed, its table is here and rules of the source's
     * revision are in force, and so for all vNICs of the group, in one moment; then nobody is asked. Completes when it enforces. Fails if
     * it will not by itself: then {@link #importTable} and {@link #activate} decide, after {@link #disarm} has said that it does not enforce.
     *
     * @param group names the vNICs that begin together
     * @param size how many they are
     */
    CompletionStage<SelfActivation> arm(VnicId vnic, long epoch, String group, int size);

    /** Takes {@link #arm} back, and an {@link #activate} that waits for something. Answers whether the vNIC enforces: if not, it will not before it is told to. */
    CompletionStage<Boolean> disarm(VnicId vnic, long epoch);

    /** At the source: hands the VM's queue over and seals. On failure before the seal the vNIC enforces again. */
    CompletionStage<SealedVnic> cutOver(VnicId vnic, long epoch, CutoverTarget target);

    /** At a source that is CUTTING or SEALED: enforce again under {@code newEpoch}, the table is still there. */
    CompletionStage<VnicStatus> reclaim(VnicId vnic, long newEpoch);

    /**
     * As {@link #reclaim}, but what was sealed stays so, and this fails for {@link DataPathException.Reason#TUNNEL}, where the destination cannot be asked
     * or does not answer: another vNIC of the VM may still have its tunnel, and hear that the destination enforces.
     */
    CompletionStage<VnicStatus> askBack(VnicId vnic, long newEpoch);

    /**
     * Closes the port and forgets the vNIC. A SEALED source first forwards what comes late and completes when the destination
     * has the VM's queue for itself: attach the vNIC to no other host before. A HOLDING destination first gives back what it
     * holds.
     */
    CompletionStage<Void> release(VnicId vnic, long epoch);

    /**
     * The next piece of a copy of an ENFORCING vNIC's table, which goes on meanwhile: the loop copies a few connections between two bursts, and another thread
     * encodes them. First each connection is copied once; after that, round by round, what has changed since. One that is there from the first call of a
     * round to its last piece is in the copy. It knows nothing of what {@link #exportNext} does. Ends with {@link
     * DataPathException.Reason#WRONG_MODE} when the vNIC is cut over or released.
     *
     * @param copy a number that the caller has chosen; with a third one the oldest ends. One call of each at a time
     * @param isFirst begins anew
     */
    CompletionStage<CopiedPiece> copyNext(VnicId vnic, long copy, boolean isFirst);

    /** Ends all copies of the vNIC's table but this one. */
    CompletionStage<Void> keepCopy(VnicId vnic, long copy);

    CompletionStage<VnicStatus> status(VnicId vnic);

    /** All vNICs that are attached here, some looked at after others. */
    CompletionStage<List<VnicStatus>> statuses();

    /**
     * The vNICs to which something has happened (a command, a frame, a connection that ended) since an earlier answer: it costs as much as these are. One
     * that has left is in none.
     *
     * @param mark of that answer; {@link VnicNews#BEGINNING} for all that are here
     */
    CompletionStage<VnicNews> changedSince(long mark);

    /** At most {@code limit} connections, in no order. */
    CompletionStage<List<ConnectionInfo>> connections(VnicId vnic, int limit);

    /**
     * What the vNIC's firewall says about a flow, and which connections of it there are. Nothing is sent, counted as a hit or changed; frames
     * do not wait for it, however large the table.
     */
    CompletionStage<FlowReport> trace(VnicId vnic, FlowQuery query);

    /**
     * What would become of the vNIC's live connections if these rules were put in force, as they would decide; nothing is changed or counted,
     * and frames do not wait for it.
     */
    CompletionStage<FlowReview> review(VnicId vnic, RuleTable candidate, int maxExamples);

    /** Counters of the host's uplink, switch, tunnels and loop; may be up to a second old. */
    Map<String, Long> counters();

    /**
     * Hands over what rules with {@code log} saw since, oldest first. One caller at a time; it does not disturb the loop.
     *
     * @return how many events
     */
    default int drainRuleLog(Consumer<RuleLogEvent> consumer, int limit) {
        return 0;
    }

    @Override
    void close();
}
