package io.portcullis.cluster.multinode;

/** What happens while migrations are held. */
enum Fault {
    /** The oldest node, which has the cluster's singletons, leaves for good order. */
    OLDEST_LEAVES(false, false),
    /** The source's process is killed and does not come back before the migrations have ended. */
    KILL_SOURCE(true, true),
    KILL_DESTINATION(true, true),
    /** The node on which the VMs' placements run. */
    KILL_COORDINATOR(false, false),
    /** The process is killed, and started again before anybody has taken note. */
    RESTART_SOURCE(true, false),
    RESTART_DESTINATION(true, false),
    RESTART_COORDINATOR(false, false),
    /** Messages between the two pass neither way, until the migrations have ended or been given up. */
    CUT_SOURCE_DESTINATION(false, false),
    CUT_SOURCE_COORDINATOR(false, false),
    CUT_DESTINATION_COORDINATOR(false, false),
    /** No node reaches the database, until the VMs whose hand-over had begun are enforced at the destination. */
    DATABASE_AWAY(false, false),
    /** Somebody else wants the VMs elsewhere. */
    TWO_OPERATORS(false, true);

    private final boolean losesFrames;
    private final boolean inEveryBuild;

    Fault(boolean losesFrames, boolean inEveryBuild) {
        this.losesFrames = losesFrames;
        this.inEveryBuild = inEveryBuild;
    }

    /** Whether a VM may be without a host that enforces for a while, so that what is sent then is lost. */
    boolean losesFrames() {
        return losesFrames;
    }

    /** Whether a build without the profile may draw it: it takes little time, as no time-out has to pass. */
    boolean inEveryBuild() {
        return inEveryBuild;
    }
}
