package io.portcullis.loadtest.flow;

import java.util.Map;

/** Looks at every byte of the frames that come, and counts. The traffic's thread only. */
final class FrameCheck {
    private final Map<String, Throughput> throughput;

    /**
     * @param throughput by role of VMs
     */
    FrameCheck(Map<String, Throughput> throughput) {
        this.throughput = throughput;
    }

    /** Checks a numbered frame; true if it is one that has not come before. */
    boolean isFresh(Flow flow, byte[] frame, boolean isToVm, long nanos) {
        int at = Payload.find(frame);
        if (at < 0) {
            return false;
        }
        StreamCounts its = flow.counts;
        if (!Payload.isSound(frame, at)) {
            its.corrupted++;
            return false;
        }
        if (Payload.flow(frame, at) != flow.id || Payload.isToVm(frame, at) != isToVm) {
            its.stray++;
            return false;
        }
        its.forbidden += flow.plan.isAllowed() ? 0 : 1;
        Numbering.Arrival arrival = flow.numbering(isToVm).arrived(Payload.number(frame, at));
        switch (arrival) {
            case IN_ORDER, LATE -> {
                its.received++;
                its.reordered += arrival == Numbering.Arrival.LATE ? 1 : 0;
                long due = Payload.dueNanos(frame, at);
                its.delayNanos.recordValue(Math.max(0, nanos - due));
                flow.vm.came(isToVm, due, nanos);
                Throughput series = throughput.get(flow.vm.role());
                if (series != null) {
                    series.count(nanos);
                }
            }
            case AGAIN -> its.duplicated++;
            case UNKNOWN -> its.stray++;
        }
        return arrival == Numbering.Arrival.IN_ORDER || arrival == Numbering.Arrival.LATE;
    }
}
