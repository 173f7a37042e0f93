package io.portcullis.datapath.engine;

import io.portcullis.datapath.track.EstablishedPath;
import io.portcullis.datapath.track.TrackingScratch;

/**
 * What a {@link VnicEngine} needs while it decides about a burst, and nothing of which it needs afterwards: one for all engines of a thread, as most of many
 * vNICs have little to decide, and each would keep as much again as all else that it is. One thread at a time, for all of these engines together.
 */
public final class EngineScratch implements AutoCloseable {
    final TrackingScratch tracking = new TrackingScratch();
    final FrameJudge judge;
    final EstablishedPath established;
    private final VnicWorks nobodys;
    private VnicWorks user;

    public EngineScratch() {
        nobodys = VnicWorks.ofNobody(this);
        user = nobodys;
        judge = new FrameJudge(nobodys);
        established = new EstablishedPath(nobodys.tracker);
    }

    /** From now on it serves this vNIC, as that is now. */
    void turnTo(VnicWorks works) {
        if (user != works) {
            judge.turnTo(works);
            established.turnTo(works.tracker);
            user = works;
        }
    }

    /** The vNIC is another one than before, or no more. */
    void forget(VnicWorks works) {
        if (user == works) {
            turnTo(nobodys);
        }
    }

    /** Frees its memory; none of the engines may be used afterwards. */
    @Override
    public void close() {
        established.close();
    }
}
