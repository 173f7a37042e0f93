package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Consumer;

/**
 * Which ports of a loop's vNICs are read in a turn: all where they are few, as it costs less to read a port than to ask whether it has frames; else those of which the
 * poller says so, and those that had frames in the last turn. So a turn costs what there is to carry, not what is attached. On the
 * loop's thread.
 */
final class PortReads {
    /** With more vNICs than these the poller is asked before each turn. */
    static final int FEW_VNICS = 8;

    private final Poller poller;
    private final VnicChanges changes;
    private final IdentityHashMap<FramePort, Vnic> byPort = new IdentityHashMap<>();
    private final List<Vnic> few = new ArrayList<>();
    private List<Vnic> ready = new ArrayList<>();
    private List<Vnic> spare = new ArrayList<>();
    /** Those of which {@link Vnic#readsPort} may change, or has. */
    private final List<Vnic> unsettled = new ArrayList<>();

    private final Consumer<FramePort> tell = this::becomesReady;

    PortReads(Poller poller, VnicChanges changes) {
        this.poller = poller;
        this.changes = changes;
    }

    /** Reads the port of a vNIC; answers whether there was anything. */
    @FunctionalInterface
    interface Reader {
        boolean read(Vnic vnic);
    }

    void add(Vnic vnic) {
        byPort.put(vnic.port, vnic);
        poller.add(vnic.port);
        poller.setInterest(vnic.port, false);
        vnic.interested = false;
        chooseFew();
        mayChange(vnic);
    }

    void remove(Vnic vnic) {
        byPort.remove(vnic.port);
        poller.remove(vnic.port);
        ready.remove(vnic);
        unsettled.remove(vnic);
        chooseFew();
    }

    private void chooseFew() {
        few.clear();
        if (byPort.size() <= FEW_VNICS) {
            few.addAll(byPort.values());
        }
    }

    private boolean areFew() {
        return byPort.size() <= FEW_VNICS;
    }

    /** What is read of the vNIC may be something else from now on. */
    void mayChange(Vnic vnic) {
        if (!vnic.isUnsettled) {
            vnic.isUnsettled = true;
            unsettled.add(vnic);
        }
    }

    /**
     * Reads a burst of each port that may have one.
     *
     * @return whether any had
     */
    boolean read(Reader reader) {
        if (areFew()) {
            return readFew(reader);
        }
        List<Vnic> now = ready;
        ready = spare;
        spare = now;
        boolean worked = false;
        for (int i = 0; i < now.size(); i++) {
            Vnic vnic = now.get(i);
            vnic.isReady = false;
            // one that is not read now is told of again once it is
            if (vnic.readsPort() && reader.read(vnic)) {
                worked = true;
                becomesReady(vnic);
            }
        }
        now.clear();
        return worked;
    }

    private boolean readFew(Reader reader) {
        boolean worked = false;
        for (int i = 0; i < few.size(); i++) {
            Vnic vnic = few.get(i);
            worked |= vnic.readsPort() && reader.read(vnic);
        }
        return worked;
    }

    /** Waits until a port has frames, or something else wakes the poller; a turn that follows one with work does not wait. */
    void await(boolean worked, long waitNanos) {
        if (!worked) {
            poller.await(waitNanos, tell);
        } else if (!areFew()) {
            poller.await(0, tell);
        }
    }

    private void becomesReady(FramePort port) {
        Vnic vnic = byPort.get(port);
        if (vnic != null) {
            becomesReady(vnic);
        }
    }

    private void becomesReady(Vnic vnic) {
        if (!vnic.isReady) {
            vnic.isReady = true;
            ready.add(vnic);
        }
    }

    /** Tells the poller which ports to wait for, after what may have changed in this turn. */
    void settle(long nowNanos) {
        int kept = 0;
        for (int i = 0; i < unsettled.size(); i++) {
            Vnic vnic = unsettled.get(i);
            changes.note(vnic);
            vnic.pausing &= nowNanos - vnic.pausedUntilNanos < 0;
            boolean interested = vnic.readsPort() && !vnic.pausing;
            if (interested != vnic.interested) {
                vnic.interested = interested;
                poller.setInterest(vnic.port, interested);
            }
            if (vnic.source != null || vnic.destination != null || vnic.pausing) {
                unsettled.set(kept++, vnic);
                becomesReady(vnic); // a drain ends with a read that finds nothing, of which no poller tells
            } else {
                vnic.isUnsettled = false;
            }
        }
        unsettled.subList(kept, unsettled.size()).clear();
    }

    /** Whether a port is left alone for a while after a failure. */
    boolean isPausing() {
        for (int i = 0; i < unsettled.size(); i++) {
            if (unsettled.get(i).pausing) {
                return true;
            }
        }
        return false;
    }
}
