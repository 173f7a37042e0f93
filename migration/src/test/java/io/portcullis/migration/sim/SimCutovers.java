package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.EpochFence;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import java.util.List;

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

    /** First the vNICs that took part in a cut-over, then the rest. */
    void reclaim(VmSpec spec, long newEpoch, Ask.Answer<Long> answer) {
        vnics.<Long>ask(spec.vm(), SimVnics.STEP_MILLIS, answer, ask -> {
            if (vnics.isRefused(ask)) {
                return;
            }
            int back = 0;
            boolean isTooLate = false;
            for (VnicId id : spec.vnicIds()) {
                SimVnic vnic = vnics.find(id);
                if (vnic == null || vnic.mode == VnicMode.PASSIVE || vnic.mode == VnicMode.HOLDING) {
                    back++;
                    continue;
                }
                if (vnics.isRefused(ask, vnics.fence(id).whyNotReclaim(newEpoch))) {
                    return;
                }
                if (!EpochFence.mayReclaim(vnic.status(), newEpoch) && !world.has(Mutant.RECLAIM_OLD_EPOCH)) {
                    ask.refuse(RefusalCode.STALE_EPOCH, "handed over under epoch " + vnic.epoch);
                    return;
                }
                if (takeBack(vnic, newEpoch)) {
                    back++;
                    vnics.fence(id).learn(vnic.epoch);
                } else {
                    isTooLate = true;
                }
            }
            if (isTooLate) {
                ask.refuse(
                        back == 0 ? RefusalCode.TOO_LATE : RefusalCode.WRONG_STATE, "the destination enforces already");
                return;
            }
            vnics.attachNow(spec, newEpoch, true, ask);
        });
    }

    /** False if the destination, which is asked, says that it enforces already. One that does not answer is taken for gone. */
    private boolean takeBack(SimVnic vnic, long newEpoch) {
        SimVnic.Cut cut = vnic.source;
        if (cut != null && cut.isJoined()) {
            SimVnic other = cut.other;
            if (cut.sealed != null) {
                // the question follows the source's word in the tunnel
                cut.to.arming().take(cut, cut.sealed);
            }
            if (cut.to.vnics().ofMove(other).anyMatch(any -> any.mode == VnicMode.ENFORCING)) {
                return false;
            }
            cut.to.vnics().ofMove(other).toList().forEach(any -> {
                any.isGivenBack = true;
                cut.to.arming().disarm(any, "it goes back to its source");
            });
            other.mode = VnicMode.PASSIVE;
        }
        if (vnic.epoch < newEpoch && !world.has(Mutant.SKIP_NOTE)) {
            // also where a cut that failed has closed it: the checkpoint is of the old epoch
            disk.note(vnic.id, vnic.epoch);
        }
        enforceAgain(vnic, newEpoch);
        return true;
    }

    private void enforceAgain(SimVnic vnic, long epoch) {
        vnic.source = null;
        vnic.table.endExport();
        vnics.enforce(vnic, epoch);
    }
}
