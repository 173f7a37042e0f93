package io.portcullis.vnic;

import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** A VM that a host has, or is about to have. Belongs to {@link HostAgent}. */
final class HostedVm {
    enum Phase {
        /** Its vNICs are told to attach. */
        ATTACHING,
        /** All are attached and passive; rule tables are awaited, for a bounded time. */
        AWAITING_RULES,
        /** Its vNICs are told to enforce, or asked how they are. */
        SETTLING,
        /** Done. */
        ATTACHED,
        /**
         * A port could not be opened although the directory says that the VM is here: tried again. Or a vNIC did not answer in time: tried again when it
         * is asked for again.
         */
        FAILED,
        /** Its vNICs are told to go. */
        LEAVING,
        /** A vNIC did not go that was told to, and may enforce still: told again, again and again. */
        STUCK
    }

    final VmSpec spec;
    final long epoch;

    /** Checkpoints to begin with, until it is attached; empty but for a host that starts again, and a VM with a replica. */
    Map<VnicId, io.portcullis.persistence.Checkpoint> checkpoints;

    /** Whether the rules of its checkpoints may be old ones, so that its tenant is heard first: they are of a replica, or were written before it was here to stay. */
    final boolean awaitsTenant;

    /** Whether the directory says that it is here: then a failure to attach it is no refusal, but tried again. */
    final boolean isRestored;

    boolean enforce;

    /** While SETTLING: whether it was attached before, and is only asked again how it is. */
    boolean isAskedAgain;

    /** Set while LEAVING and STUCK. */
    long leavingEpoch;

    /** As {@link HostCommand.DetachVm} has it; set while LEAVING and STUCK. */
    boolean hasEnforced;

    /** Where it goes; set while LEAVING and STUCK, null for a VM that goes nowhere. */
    HostCommand.@Nullable ReleaseVm release;

    /** Why it was not attached, while it leaves for that; whoever asks again hears the same. */
    @Nullable
    Refused whyNot;

    Phase phase = Phase.ATTACHING;
    final List<ActorRef<HostReply>> askers = new ArrayList<>();

    HostedVm(VmSpec spec, long epoch, boolean enforce) {
        this(spec, epoch, enforce, Map.of());
    }

    /** @param replicas what another host had kept of it; empty for none */
    HostedVm(VmSpec spec, long epoch, boolean enforce, Map<VnicId, io.portcullis.persistence.Checkpoint> replicas) {
        this.spec = spec;
        this.epoch = epoch;
        this.enforce = enforce;
        this.checkpoints = replicas;
        this.awaitsTenant = !replicas.isEmpty();
        this.isRestored = false;
    }

    HostedVm(RestoredVm restored) {
        this.spec = restored.spec();
        this.epoch = restored.epoch();
        this.enforce = restored.enforce();
        this.checkpoints = restored.checkpoints();
        this.awaitsTenant = restored.wasComing();
        this.isRestored = true;
    }

    /** Attaches under a higher epoch that came while the VM was leaving: the VM moved away and comes back. */
    final List<HostCommand.TakeOverVm> afterLeaving = new ArrayList<>();

    /** From now on its vNICs are told to go. */
    void leaving(long underEpoch, boolean mayHaveEnforced, HostCommand.@Nullable ReleaseVm forAnother) {
        phase = Phase.LEAVING;
        leavingEpoch = underEpoch;
        hasEnforced = mayHaveEnforced;
        release = forAnother;
    }

    /** Whether no more is done here under this epoch or a lower one but to have it go. */
    boolean isOver(long underEpoch) {
        return phase == Phase.LEAVING || (phase == Phase.STUCK && underEpoch <= leavingEpoch);
    }

    /** Answers everyone who waits, once. */
    void answer(HostReply reply) {
        askers.forEach(asker -> asker.tell(reply));
        askers.clear();
    }
}
