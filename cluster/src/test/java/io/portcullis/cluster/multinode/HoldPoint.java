package io.portcullis.cluster.multinode;

/** A moment of a migration at which it can be held. */
enum HoldPoint {
    /** The epoch is reserved; the destination's agent has the order to prepare, and does not look at it. */
    RESERVING(Holder.DESTINATION, "RESERVING"),
    /** The destination is passive; the coordinator has not yet begun the pre-copy. */
    PREPARED(Holder.COORDINATOR, "PREPARED"),
    /** That is durable; the source's agent has the order to pre-copy, and does not look at it. */
    PRECOPYING(Holder.SOURCE, "PRECOPYING"),
    /** The source has exported the first connections of a table while it enforces, and nothing was sent. */
    COPYING(Holder.SOURCE, "PRECOPYING"),
    /** The source's agent has the order to cut over, and does not look at it. */
    CUTTING_OVER(Holder.SOURCE, "CUTTING_OVER"),
    /** The source has sealed; its actors do not know yet. */
    SEALED(Holder.SOURCE, "CUTTING_OVER"),
    /** The destination's data path has the connections and enforces not yet; its actors do not know. */
    HANDED_OVER(Holder.DESTINATION, "CUTTING_OVER"),
    /** The destination enforces; its actors do not know yet. */
    ACTIVATED(Holder.DESTINATION, "CUTTING_OVER"),
    /** It is committed; the source's agent has the order to let go, and does not look at it. */
    COMMITTED(Holder.SOURCE, "COMMITTED");

    /** The part of the host that holds it. */
    enum Holder {
        SOURCE,
        DESTINATION,
        /** Where the VM's placement runs. */
        COORDINATOR
    }

    private final Holder holder;
    private final String phase;

    HoldPoint(Holder holder, String phase) {
        this.holder = holder;
        this.phase = phase;
    }

    Holder holder() {
        return holder;
    }

    /** The phase that the API shows meanwhile. */
    String phase() {
        return phase;
    }
}
