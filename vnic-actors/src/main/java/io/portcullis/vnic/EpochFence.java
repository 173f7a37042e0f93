package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import org.jspecify.annotations.Nullable;

/**
 * Which ownership epoch of a vNIC is in force at one firewall, whether it was released there, and what is answered to a command that
 * names another. Belongs to its {@link VnicFirewall}, on its thread.
 */
final class EpochFence {
    private final HostId host;
    private final VnicId vnic;

    /** Highest epoch that was ever in force here. */
    private long epoch;

    /** Set from the release of {@link #epoch} until an attach with a higher one. */
    private boolean released;

    private FirewallReply.@Nullable Moved movedTo;

    EpochFence(HostId host, VnicId vnic) {
        this.host = host;
        this.vnic = vnic;
    }

    long epoch() {
        return epoch;
    }

    boolean isReleased() {
        return released;
    }

    /** Where the vNIC went; null unless it was released for another host. */
    FirewallReply.@Nullable Moved movedTo() {
        return released ? movedTo : null;
    }

    /** The data path has this epoch in force. */
    void learn(long inForce) {
        epoch = Math.max(epoch, inForce);
    }

    /** An attach under this epoch begins. */
    void attaching(long newEpoch) {
        epoch = newEpoch;
    }

    void attached() {
        released = false;
        movedTo = null;
    }

    /** A release under this epoch begins; {@code moved} is null for a detach. */
    void leaving(long leavingEpoch, FirewallReply.@Nullable Moved moved) {
        epoch = leavingEpoch;
        movedTo = moved;
    }

    void left() {
        released = true;
    }

    /** Why a vNIC cannot be attached under this epoch; null if it can. */
    @Nullable
    FirewallReply whyNotAttach(long newEpoch) {
        return newEpoch < epoch || (released && newEpoch == epoch) ? over(newEpoch) : null;
    }

    /** Why a command cannot be obeyed that needs this very epoch to be in force; null if it can. */
    @Nullable
    FirewallReply whyNot(long commandEpoch) {
        if (commandEpoch == epoch && !released) {
            return null;
        }
        return commandEpoch > epoch
                ? new Refused(
                        RefusalCode.WRONG_STATE, vnic + " is not attached to " + host + " under epoch " + commandEpoch)
                : over(commandEpoch);
    }

    /** Why a source cannot take its vNIC back under this epoch; null if it can. */
    @Nullable
    FirewallReply whyNotReclaim(long newEpoch) {
        return newEpoch < epoch || released ? over(newEpoch) : null;
    }

    /** Why a vNIC cannot leave under this epoch; null if it can. */
    @Nullable
    Refused whyNotLeave(long leavingEpoch) {
        return leavingEpoch < epoch ? stale(leavingEpoch) : null;
    }

    Refused stale(long commandEpoch) {
        return new Refused(
                RefusalCode.STALE_EPOCH,
                "epoch " + commandEpoch + " of " + vnic + " is over on " + host + ", which is at " + epoch
                        + (released ? " (released)" : ""));
    }

    private FirewallReply over(long commandEpoch) {
        FirewallReply.Moved moved = movedTo();
        return moved != null ? moved : stale(commandEpoch);
    }
}
