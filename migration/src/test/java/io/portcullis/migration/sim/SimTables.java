package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the data path of a host makes pieces of the tables of its vNICs, and takes in those of another host. */
final class SimTables {
    private final SimHost host;
    private final World world;
    private final SimVnics vnics;
    private int damages;

    SimTables(SimHost host, SimVnics vnics) {
        this.host = host;
        this.world = host.world();
        this.vnics = vnics;
    }

    /** Of so many chunks that come next ahead of a cut something else is kept, and nobody here notices. */
    void damageNext(int chunks) {
        damages = chunks;
    }

    // ---- a table that leaves

    /** Packets come before and after. */
    void exportNext(VnicId id, long epoch, boolean isFirst, Ask.Answer<ExportedBatch> answer) {
        vnics.<ExportedBatch>ask(id.vm(), SimVnics.STEP_MILLIS, answer, ask -> {
            SimVnic vnic = vnics.find(id);
            if (vnics.isRefused(ask) || vnics.isRefused(ask, vnics.fence(id).whyNot(epoch))) {
                return;
            }
            if (vnic == null || vnic.mode != VnicMode.ENFORCING) {
                ask.refuse(RefusalCode.WRONG_STATE, "not enforcing");
                return;
            }
            vnics.packets(vnic);
            SimExport export = isFirst ? vnic.table.beginExport(world) : vnic.table.export();
            if (export == null) {
                ask.refuse(RefusalCode.WRONG_STATE, "its table is exported no more");
                return;
            }
            ExportedBatch made = export.next();
            vnics.packets(vnic);
            ask.done(made);
        });
    }

    void endExport(VnicId id) {
        SimVnic vnic = vnics.find(id);
        if (vnic != null && vnic.mode == VnicMode.ENFORCING) {
            vnic.table.endExport();
        }
    }

    // ---- a table that comes

    void importNext(VnicId id, long epoch, int sequence, byte[] chunk, Ask.Answer<TableSum> answer) {
        vnics.<TableSum>ask(id.vm(), SimVnics.STEP_MILLIS, answer, ask -> {
            SimVnic vnic = toFill(id, epoch, ask);
            if (vnic == null) {
                return;
            }
            if (sequence == 0) {
                vnic.incoming = new SimIncoming();
            }
            SimIncoming incoming = vnic.incoming;
            if (incoming == null || (sequence != incoming.chunks() && !isCareless())) {
                ask.refuse(RefusalCode.WRONG_STATE, "not the next chunk");
                return;
            }
            incoming.take(chunk, world.has(Mutant.KEEP_REMOVED));
            if (damages > 0) {
                damages--;
                incoming.damage();
                world.damaged(id);
            }
            ask.done(incoming.sum());
        });
    }

    private boolean isCareless() {
        return world.has(Mutant.TAKE_OUT_OF_ORDER) || world.has(Mutant.TAKE_TWICE);
    }

    /** The rest, behind the chunks that came before the cut, or all of a table. */
    void importTable(
            VnicId id, long epoch, int firstSequence, List<byte[]> rest, TableSum sum, Ask.Answer<TableSum> answer) {
        vnics.<TableSum>ask(id.vm(), SimVnics.STEP_MILLIS, answer, ask -> {
            SimVnic vnic = toFill(id, epoch, ask);
            if (vnic == null) {
                return;
            }
            if (sum.equals(vnic.taken)) {
                ask.done(sum);
                return;
            }
            SimIncoming incoming = vnic.incoming == null || firstSequence == 0 ? new SimIncoming() : vnic.incoming;
            vnic.incoming = null;
            if (firstSequence != incoming.chunks()) {
                ask.refuse(RefusalCode.INVALID, incoming.chunks() + " chunks came before, not " + firstSequence);
                return;
            }
            if (adopt(vnic, incoming, rest, sum) || world.has(Mutant.TRUST_STATE)) {
                ask.done(incoming.sum());
            } else {
                ask.refuse(RefusalCode.INVALID, "not what was sent");
            }
        });
    }

    /** Replaces the vNIC's table by what came and the rest, if that is all. */
    boolean adopt(SimVnic vnic, SimIncoming incoming, List<byte[]> rest, TableSum sum) {
        rest.forEach(chunk -> incoming.take(chunk, world.has(Mutant.KEEP_REMOVED)));
        boolean isAll = incoming.sum().equals(sum);
        if (isAll || world.has(Mutant.TRUST_STATE)) {
            vnic.table.replace(incoming.connections());
        }
        return isAll;
    }

    private @Nullable SimVnic toFill(VnicId id, long epoch, Ask<?> ask) {
        SimVnic vnic = vnics.find(id);
        if (vnics.isRefused(ask) || vnics.isRefused(ask, vnics.fence(id).whyNot(epoch))) {
            return null;
        }
        if (vnic == null || (vnic.mode != VnicMode.PASSIVE && vnic.mode != VnicMode.HOLDING)) {
            ask.refuse(RefusalCode.WRONG_STATE, "not passive on " + host.id());
            return null;
        }
        return vnic;
    }
}
