package io.portcullis.datapath.runtime;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The vNICs of a loop in the order in which something last happened to them (a command, a frame, a connection that ended), and those that time does
 * something to. Whoever wants to know of changes asks for those since the mark that it got last, and pays for these only, however many vNICs
 * there are. On the loop's thread; to note a vNIC once more costs a comparison.
 */
final class VnicChanges {
    /** Of vNICs that nothing has happened to since the beginning. */
    static final long BEGINNING = 0;
    /** Of vNICs that are not the loop's any more, whatever still happens to them. */
    private static final long GONE = -1;

    private @Nullable Vnic latest;
    private long mark = BEGINNING + 1;
    private final List<Vnic> aging = new ArrayList<>();

    /** Something happened to the vNIC, which may have begun a time that ends. */
    void note(Vnic vnic) {
        if (vnic.changedAt != mark) {
            moveToEnd(vnic);
        }
        if (!vnic.isAging && vnic.changedAt != GONE) {
            vnic.isAging = true;
            aging.add(vnic);
        }
    }

    private void moveToEnd(Vnic vnic) {
        if (vnic.changedAt == GONE) {
            return;
        }
        vnic.changedAt = mark;
        if (latest != vnic) {
            unlink(vnic);
            vnic.changedBefore = latest;
            if (latest != null) {
                latest.changedAfter = vnic;
            }
            latest = vnic;
        }
    }

    /** It is not the loop's any more. */
    void remove(Vnic vnic) {
        unlink(vnic);
        vnic.changedAt = GONE;
        if (vnic.isAging) {
            vnic.isAging = false;
            aging.remove(vnic);
        }
    }

    private void unlink(Vnic vnic) {
        Vnic before = vnic.changedBefore;
        Vnic after = vnic.changedAfter;
        if (before != null) {
            before.changedAfter = after;
        }
        if (after != null) {
            after.changedBefore = before;
        }
        if (latest == vnic) {
            latest = before;
        }
        vnic.changedBefore = null;
        vnic.changedAfter = null;
    }

    /** What is noted from now on came after the mark that this answers. */
    long mark() {
        return mark++;
    }

    /** vNICs noted after an earlier mark ({@link #BEGINNING}: ever), latest first. */
    List<Vnic> since(long earlier) {
        List<Vnic> changed = new ArrayList<>();
        for (Vnic vnic = latest; vnic != null && vnic.changedAt > earlier; vnic = vnic.changedBefore) {
            changed.add(vnic);
        }
        return changed;
    }

    /** vNICs that time does something to, in no order. */
    List<Vnic> aging() {
        return aging;
    }

    /** Ends connections, addresses and memory whose time is over; what time does nothing to any more is left alone until it is noted again. */
    void expire(long nowNanos) {
        int kept = 0;
        for (int i = 0; i < aging.size(); i++) {
            Vnic vnic = aging.get(i);
            if (vnic.mode() == VnicMode.ENFORCING && vnic.engine.expire(nowNanos)) {
                moveToEnd(vnic);
            }
            if (vnic.engine.isTimeless()) {
                // what was noted of its last connections is told
                moveToEnd(vnic);
                vnic.isAging = false;
            } else {
                aging.set(kept++, vnic);
            }
        }
        aging.subList(kept, aging.size()).clear();
    }
}
