package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.SelfActivation;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How the data path of a host lets vNICs enforce without an order: all of a VM's at once, as soon as each has the source's word and the rest of its table. */
final class SimArming {
    private static final int TOO_LARGE_PERCENT = 20;
    private static final long RESEND_MILLIS = 700;
    private static final int RESENDS = 6;

    /** vNICs of one VM that enforce together. */
    static final class Group {
        private final int size;
        private final List<SimVnic> ready = new ArrayList<>();

        Group(int size) {
            this.size = size;
        }
    }

    /** What a vNIC waits for that was told to enforce by itself. */
    record Armed(Group group, long epoch, Ask<SelfActivation> ask) {}

    private final SimHost host;
    private final World world;
    private final SimVnics vnics;
    private final Map<String, Group> groups = new HashMap<>();

    SimArming(SimHost host, SimVnics vnics) {
        this.host = host;
        this.world = host.world();
        this.vnics = vnics;
    }

    void processDied() {
        groups.clear();
    }

    // ---- orders

    void arm(VnicId id, long epoch, String group, int size, Ask.Answer<SelfActivation> answer) {
        vnics.<SelfActivation>ask(id.vm(), SimCutovers.CUTOVER_MILLIS, answer, ask -> {
            SimVnic vnic = vnics.find(id);
            if (vnics.isRefused(ask) || vnics.isRefused(ask, vnics.fence(id).whyNot(epoch))) {
                return;
            }
            if (vnic == null || !vnic.expectsCut || vnic.isGivenBack || vnic.decides() || vnic.armed != null) {
                ask.refuse(RefusalCode.WRONG_STATE, "not the destination of a cut-over");
                return;
            }
            vnic.epoch = Math.max(vnic.epoch, epoch);
            vnic.armed = new Armed(groups.computeIfAbsent(group, _ -> new Group(size)), epoch, ask);
            proceed(vnic);
            if (world.has(Mutant.ACTIVATE_WITHOUT_SEAL) && vnic.armed != null) {
                activate(vnic, vnic.armed);
            }
        });
    }

    void disarm(VnicId id, long epoch, Ask.Answer<Boolean> answer) {
        vnics.<Boolean>ask(id.vm(), SimVnics.STEP_MILLIS, answer, ask -> {
            SimVnic vnic = vnics.find(id);
            if (vnics.isRefused(ask) || vnics.isRefused(ask, vnics.fence(id).whyNot(epoch))) {
                return;
            }
            if (vnic == null) {
                ask.refuse(RefusalCode.UNKNOWN, "not attached");
                return;
            }
            if (!world.has(Mutant.IGNORE_DISARM)) {
                disarm(vnic, "told to wait for orders");
                vnic.withdrawals++;
                vnic.awaitsOthers = null;
            }
            ask.done(vnic.mode == VnicMode.ENFORCING);
        });
    }

    /** It will not enforce by itself any more, if it does not yet. */
    void disarm(SimVnic vnic, String why) {
        Armed armed = vnic.armed;
        vnic.armed = null;
        if (armed != null) {
            armed.group().ready.remove(vnic);
            groups.values().remove(armed.group());
            armed.ask().refuse(RefusalCode.WRONG_STATE, why);
        }
    }

    // ---- what comes through the tunnel

    /**
     * The word of a source that has sealed; it comes late where the way is bad, even when the source has taken the destination for gone
     * meanwhile, and not at all once the tunnel has ended.
     */
    void comes(SimVnic.Cut cut, VnicId id, SimCutovers.Sealed sealed) {
        comes(cut, id, world.chance(TOO_LARGE_PERCENT) ? null : sealed, RESENDS);
    }

    private void comes(SimVnic.Cut cut, VnicId id, SimCutovers.@Nullable Sealed sealed, int resends) {
        boolean isSlow = vnics.isSlow();
        world.time.after(1 + world.random.nextInt(isSlow ? 3_000 : 20), () -> {
            if (vnics.find(id) != cut.other) {
                return;
            }
            if (!cut.isJoined()) {
                if (resends > 0 && world.chance(80)) {
                    world.time.after(RESEND_MILLIS, () -> comes(cut, id, sealed, resends - 1));
                } else {
                    cut.isBroken = true;
                    disarm(cut.other, "the tunnel has ended");
                }
                return;
            }
            take(cut, sealed);
        });
    }

    void take(SimVnic.Cut cut, SimCutovers.@Nullable Sealed sealed) {
        if (!cut.hasCome) {
            cut.hasCome = true;
            cut.other.came = sealed;
            if (sealed == null) {
                disarm(cut.other, "the rest of the table is too large");
            }
            proceed(cut.other);
        }
    }

    private void proceed(SimVnic vnic) {
        Armed armed = vnic.armed;
        SimCutovers.Sealed sealed = vnic.came;
        if (armed == null || sealed == null || vnic.taken != null || vnic.mode != VnicMode.HOLDING) {
            return;
        }
        if (vnic.revision < sealed.revision() && !world.has(Mutant.ACTIVATE_BELOW_REVISION)) {
            disarm(vnic, "rules of the source's revision are missing");
            return;
        }
        if (!takeIn(vnic, sealed)) {
            disarm(vnic, "the table was refused");
            return;
        }
        Group group = armed.group();
        group.ready.add(vnic);
        if (world.has(Mutant.ACTIVATE_ALONE)) {
            activate(vnic, armed);
        } else if (group.ready.size() == group.size) {
            groups.values().remove(group);
            List.copyOf(group.ready).forEach(one -> {
                if (one.armed != null) {
                    activate(one, one.armed);
                }
            });
        }
    }

    private boolean takeIn(SimVnic vnic, SimCutovers.Sealed sealed) {
        SimIncoming incoming = !sealed.isRest() || vnic.incoming == null ? new SimIncoming() : vnic.incoming;
        vnic.incoming = null;
        if (!host.tables().adopt(vnic, incoming, sealed.chunks(), sealed.sum())) {
            return false;
        }
        vnic.taken = sealed.sum();
        return true;
    }

    private void activate(SimVnic vnic, Armed armed) {
        SimCutovers.Sealed sealed = vnic.came;
        vnic.armed = null;
        vnics.enforce(vnic, armed.epoch());
        world.activated(vnic, armed.epoch());
        armed.ask()
                .done(new SelfActivation(
                        sealed == null ? 0 : sealed.sum().entries(),
                        sealed == null ? 0 : sealed.sum().digest(),
                        sealed == null ? 0 : sealed.chunks().size(),
                        sealed == null ? 0 : sealed.revision(),
                        0,
                        0,
                        new ActivationReport(0, 0, 0, 0)));
    }
}
