package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import org.jspecify.annotations.Nullable;

/**
 * Which ownership epoch of a vNIC is in force at one firewall, whether it was released there, and what is answered to a command that
 * names another. Belongs to its {@link VnicFirewall}, on its thread.
 */
public final class EpochFence {
    private final HostId host;
    private final VnicId vnic;

    /** Highest epoch that was ever in force here. */
    private long epoch;

    /** Set from the release of {@link #epoch} until an attach with a higher one. */
    private boolean released;

    private FirewallReply.@Nullable Moved movedTo;

    public EpochFence(HostId host, VnicId vnic) {
        this.host = host;
        this.vnic = vnic;
    }

    public long epoch() {
        return epoch;
    }

    public boolean isReleased() {
        return released;
    }

    /** Where the vNIC went; null unless it was released for another host. */
    public FirewallReply.@Nullable Moved movedTo() {
        return released ? movedTo : null;
    }

    /** The data path has this epoch in force. */
    public void learn(long inForce) {
        epoch = Math.max(epoch, inForce);
    }

    /** An attach under this epoch begins. */
    public void attaching(long newEpoch) {
        epoch = newEpoch;
    }

    public void attached() {
        released = false;
        movedTo = null;
    }

    /** A release under this epoch begins; {@code moved} is null for a detach. */
    public void leaving(long leavingEpoch, FirewallReply.@Nullable Moved moved) {
        epoch = leavingEpoch;
        movedTo = moved;
    }

    public void left() {
        released = true;
    }

    /** Why a vNIC cannot be attached under this epoch; null if it can. */
    public @Nullable FirewallReply whyNotAttach(long newEpoch) {
        return newEpoch < epoch || (released && newEpoch == epoch) ? over(newEpoch) : null;
    }

    /** Why a command cannot be obeyed that needs this very epoch to be in force; null if it can. */
    public @Nullable FirewallReply whyNot(long commandEpoch) {
        if (commandEpoch == epoch && !released) {
            return null;
        }
        return commandEpoch > epoch
                ? new Refused(
                        RefusalCode.WRONG_STATE, vnic + " is not attached to " + host + " under epoch " + commandEpoch)
                : over(commandEpoch);
    }

    /** Why a source cannot take its vNIC back under this epoch; null if it can. */
    public @Nullable FirewallReply whyNotReclaim(long newEpoch) {
        return newEpoch < epoch || released ? over(newEpoch) : null;
    }

    /**
     * Whether a vNIC that is so may enforce again under this epoch. What was handed over under an epoch, or is being, never comes back
     * under the same one: an order that says so is of an earlier migration.
     */
    public static boolean mayReclaim(VnicStatus status, long newEpoch) {
        return switch (status.mode()) {
            case CUTTING, SEALED -> newEpoch > status.epoch();
            case PASSIVE, HOLDING, ENFORCING -> newEpoch >= status.epoch();
        };
    }

    /** Why a vNIC cannot leave under this epoch; null if it can. */
    public @Nullable Refused whyNotLeave(long leavingEpoch) {
        return leavingEpoch < epoch ? stale(leavingEpoch) : null;
    }

    public Refused stale(long commandEpoch) {
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
