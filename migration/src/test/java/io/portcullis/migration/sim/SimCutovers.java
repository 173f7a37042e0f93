package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.TakingBack;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.EpochFence;
import io.portcullis.vnic.FirewallReply;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.Refused;
import io.portcullis.vnic.VmSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cut-overs as the data paths of two hosts do them, without their frames: the destination must be there to begin and to seal, and a
 * source that wants its vNIC back asks the destination as long as there is a way to it.
 */
final class SimCutovers {
    static final long CUTOVER_MILLIS = 15_000;

    /**
     * What is handed over of one vNIC.
     *
     * @param chunks of the rest of the table, or of all of it
     * @param isRest whether something was exported before
     * @param sum of the whole table
     */
    record Sealed(List<byte[]> chunks, boolean isRest, TableSum sum, long revision) {}

    private final SimHost host;
    private final World world;
    private final SimVnics vnics;
    private final Disk disk;

    SimCutovers(SimHost host, SimVnics vnics, Disk disk) {
        this.host = host;
        this.world = host.world();
        this.vnics = vnics;
        this.disk = disk;
    }

    void expectCutover(VnicId id, long epoch, Ask.Answer<Void> answer) {
        vnics.<Void>ask(id.vm(), SimVnics.STEP_MILLIS, answer, ask -> {
            SimVnic vnic = vnics.find(id);
            if (vnics.isRefused(ask) || vnics.isRefused(ask, vnics.fence(id).whyNot(epoch))) {
                return;
            }
            if (vnic == null || vnic.mode != VnicMode.PASSIVE || vnic.isGivenBack) {
                ask.refuse(RefusalCode.WRONG_STATE, "not free to take part in a cut-over");
                return;
            }
            vnic.expectsCut = true;
            vnic.came = null;
            vnic.taken = null;
            host.arming().disarm(vnic, "another cut-over is expected");
            ask.done(null);
        });
    }

    void cutOver(VnicId id, long epoch, SimHost to, long targetEpoch, Ask.Answer<Sealed> answer) {
        vnics.<Sealed>ask(id.vm(), CUTOVER_MILLIS, answer, ask -> {
            SimVnic vnic = vnics.find(id);
            if (vnics.isRefused(ask) || vnics.isRefused(ask, vnics.fence(id).whyNot(epoch))) {
                return;
            }
            if (vnic == null || vnic.mode != VnicMode.ENFORCING) {
                ask.refuse(RefusalCode.WRONG_STATE, "not enforcing");
                return;
            }
            SimVnic other = to.vnics().find(id);
            boolean isReady = to.hasProcess()
                    && world.network.joins(host, to)
                    && other != null
                    && other.expectsCut
                    && other.epoch == targetEpoch;
            if (!isReady || other == null) {
                ask.refuse(RefusalCode.HOST_UNAVAILABLE, "no tunnel");
                return;
            }
            SimVnic.Cut cut = new SimVnic.Cut(host, to, other, targetEpoch, disk.noted(id));
            if (!world.has(Mutant.SKIP_NOTE)) {
                disk.note(id, epoch);
            }
            vnic.source = cut;
            vnic.mode = VnicMode.CUTTING;
            if (other.mode == VnicMode.PASSIVE) {
                other.mode = VnicMode.HOLDING;
            }
            boolean isSlow = vnics.isSlow();
            world.time.after(2 + world.random.nextInt(isSlow ? 6_000 : 40), () -> seal(vnic, cut, ask));
        });
    }

    private void seal(SimVnic vnic, SimVnic.Cut cut, Ask<Sealed> ask) {
        if (vnics.find(vnic.id) != vnic || vnic.source != cut || vnic.mode != VnicMode.CUTTING) {
            ask.refuse(RefusalCode.WRONG_STATE, "was reclaimed");
            return;
        }
        if (!cut.isJoined()) {
            cut.isBroken = true;
            disk.takeBackNote(vnic.id, cut.notedBefore);
            enforceAgain(vnic, vnic.epoch);
            ask.refuse(RefusalCode.HOST_UNAVAILABLE, "the tunnel broke");
            return;
        }
        if (world.has(Mutant.SKIP_SEAL)) {
            vnic.mode = VnicMode.ENFORCING;
        } else {
            vnic.mode = VnicMode.SEALED;
            world.history.seals(vnic.id, host.id());
        }
        world.handsOver(vnic, cut.targetEpoch);
        Sealed sealed = export(vnic);
        cut.sealed = sealed;
        cut.to.arming().comes(cut, vnic.id, sealed);
        ask.done(sealed);
    }

    private Sealed export(SimVnic vnic) {
        SimExport begun = vnic.table.export();
        SimExport export = begun == null ? vnic.table.beginExport(world) : begun;
        boolean isRest = export.hasBegun();
        List<byte[]> chunks = export.rest();
        vnic.table.endExport();
        return new Sealed(chunks, isRest, export.sum(), vnic.revision);
    }

    /** First the vNICs that took part in a cut-over, then the rest: as FirewallHost does it. */
    void reclaim(VmSpec spec, long newEpoch, Ask.Answer<Long> answer) {
        vnics.<Long>ask(spec.vm(), SimVnics.STEP_MILLIS, answer, ask -> {
            if (vnics.isRefused(ask)) {
                return;
            }
            List<Refusal> refusals = takeBack(spec, newEpoch, world.has(Mutant.TAKE_BACK_UNHEARD));
            if (TakingBack.takesRestUnheard(refusals)) {
                refusals = takeBack(spec, newEpoch, true);
            }
            Refusal why = TakingBack.whyNot(spec, refusals);
            if (why != null) {
                ask.refuse(why.code(), why.message());
            } else {
                vnics.attachNow(spec, newEpoch, true, ask);
            }
        });
    }

    private List<Refusal> takeBack(VmSpec spec, long newEpoch, boolean unheard) {
        List<Refusal> refusals = new ArrayList<>();
        for (VnicId id : spec.vnicIds()) {
            SimVnic vnic = vnics.find(id);
            if (vnic == null && vnics.fence(id).isReleased() && !world.has(Mutant.RECLAIM_OLD_EPOCH)) {
                refusals.add(new Refusal(RefusalCode.STALE_EPOCH, id + " was released here after its hand-over"));
            } else if (vnic != null && vnic.mode != VnicMode.PASSIVE && vnic.mode != VnicMode.HOLDING) {
                Refusal why = whyNotTakeBack(vnic, newEpoch, unheard);
                if (why != null) {
                    refusals.add(why);
                }
            }
        }
        return refusals;
    }

    private @Nullable Refusal whyNotTakeBack(SimVnic vnic, long newEpoch, boolean unheard) {
        FirewallReply fenced =
                world.has(Mutant.SKIP_FENCE) ? null : vnics.fence(vnic.id).whyNotReclaim(newEpoch);
        if (fenced != null) {
            return fenced instanceof Refused(RefusalCode code, String message)
                    ? new Refusal(code, message)
                    : new Refusal(RefusalCode.WRONG_STATE, "the firewall answered otherwise");
        }
        if (!EpochFence.mayReclaim(vnic.status(), newEpoch) && !world.has(Mutant.RECLAIM_OLD_EPOCH)) {
            return new Refusal(RefusalCode.STALE_EPOCH, "handed over under epoch " + vnic.epoch);
        }
        Refusal why = takeBack(vnic, newEpoch, unheard);
        if (why == null) {
            vnics.fence(vnic.id).learn(vnic.epoch);
        }
        return why;
    }

    /** The destination is asked, and may say that it enforces already. What was sealed, and is of one that does not answer, comes back only {@code unheard}. */
    private @Nullable Refusal takeBack(SimVnic vnic, long newEpoch, boolean unheard) {
        SimVnic.Cut cut = vnic.source;
        if (cut != null && !cut.isBrokenOff && cut.isJoined()) {
            SimVnic other = cut.other;
            if (cut.sealed != null) {
                // the question follows the source's word in the tunnel
                cut.to.arming().take(cut, cut.sealed);
            }
            if (cut.to.vnics().ofMove(other).anyMatch(any -> any.mode == VnicMode.ENFORCING)) {
                return new Refusal(RefusalCode.TOO_LATE, "the destination enforces already");
            }
            cut.to.vnics().ofMove(other).toList().forEach(any -> {
                any.isGivenBack = true;
                cut.to.arming().disarm(any, "it goes back to its source");
            });
            other.mode = VnicMode.PASSIVE;
        } else if (cut != null && vnic.mode == VnicMode.SEALED && !unheard) {
            cut.isBrokenOff = true;
            return new Refusal(RefusalCode.HOST_UNAVAILABLE, "the destination cannot be asked");
        }
        if (vnic.epoch < newEpoch && !world.has(Mutant.SKIP_NOTE)) {
            // also where a cut that failed has closed it: the checkpoint is of the old epoch
            disk.note(vnic.id, vnic.epoch);
        }
        enforceAgain(vnic, newEpoch);
        return null;
    }

    /** Of which this host is the source. */
    void breakTunnel(VnicId id) {
        SimVnic vnic = vnics.find(id);
        SimVnic.Cut cut = vnic == null ? null : vnic.source;
        if (cut != null) {
            cut.isBroken = true;
            cut.to.arming().disarm(cut.other, "the tunnel has ended");
        }
    }

    private void enforceAgain(SimVnic vnic, long epoch) {
        vnic.source = null;
        vnic.table.endExport();
        vnics.enforce(vnic, epoch);
    }
}
